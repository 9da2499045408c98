import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { type Detail, invalid } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { type KnownModel, listKnownModels } from './queries.ts'
import type { ModelGiven } from './schema.ts'

type Known = Map<string, KnownModel>

/** An address as it is compared and stored. */
const addressOf = (given: ModelGiven): string | null => given.base_url?.replace(/\/+$/, '') ?? null

/** The model whose key goes on being used: a key is never handed to another place than it was given for. */
const keyKeeper = (known: Known, given: ModelGiven): KnownModel | null => {
  const same = given.id === undefined ? undefined : known.get(given.id)
  return given.api_key === undefined && same?.provider === given.provider && same.base_url === addressOf(given)
    ? same
    : null
}

/** Everything about one model that can be told without asking it. */
const problemsOf = async (
  deps: Pick<Deps, 'config' | 'egress'>,
  known: Known,
  given: ModelGiven,
  at: number,
): Promise<Detail[]> => {
  const details: Detail[] = []
  const add = (field: string, type: string, msg: string) =>
    details.push({ loc: ['body', 'items', at, field], msg, type })
  if (given.id !== undefined && !known.has(given.id)) add('id', 'unknown', 'There is no such model.')
  const isPriced = (price: number | null | undefined) => price !== undefined && price !== null
  if (isPriced(given.input_price_microusd) !== isPriced(given.output_price_microusd))
    add('output_price_microusd', 'missing', 'Prices for input and output are given together, or not at all.')
  const hasKey = Boolean(given.api_key || keyKeeper(known, given)?.api_key)
  if (given.provider !== 'openai_compatible' && !hasKey) add('api_key', 'missing', 'This provider needs a key.')
  if (!given.base_url) {
    if (given.provider === 'openai_compatible') add('base_url', 'missing', 'This provider has no address of its own.')
    return details
  }
  const { protocol, hostname, port, username, password, search, hash } = new URL(given.base_url)
  if (username || password || search || hash) add('base_url', 'url', 'It must have no user, query or fragment.')
  const number = Number(port || (protocol === 'https:' ? 443 : 80))
  const isListed = deps.config.egress_allow.includes(`${hostname}:${number}`)
  if (protocol === 'http:' && !isListed) add('base_url', 'url', 'The key and the leads’ data need https.')
  try {
    await deps.egress.resolve(hostname, number)
  } catch (error) {
    const isRefused = (error as { code?: string }).code === 'EGRESS_REFUSED'
    add('base_url', isRefused ? 'egress' : 'host', isRefused ? (error as Error).message : `${hostname} was not found.`)
  }
  return details
}

/**
 * Writes the workspace's models anew, in the order given, and keeps the keys that were left out. Looks up names outside of the
 * transaction. Throws VALIDATION_ERROR with every problem of every model; nothing is written then.
 */
export const replaceModels = async (
  deps: Pick<Deps, 'db' | 'config' | 'egress' | 'secrets' | 'clock'>,
  workspaceId: string,
  items: ModelGiven[],
): Promise<void> => {
  const byId = (rows: KnownModel[]): Known => new Map(rows.map((row) => [row.id, row]))
  const before = byId(await listKnownModels(deps.db, workspaceId))
  const details = (await Promise.all(items.map((given, at) => problemsOf(deps, before, given, at)))).flat()
  const ids = items.flatMap(({ id }) => id ?? [])
  for (const [at, { id }] of items.entries())
    if (id && ids.indexOf(id) !== ids.lastIndexOf(id))
      details.push({
        loc: ['body', 'items', at, 'id'],
        msg: 'It stands in the list more than once.',
        type: 'duplicate',
      })
  if (details.length) throw invalid(details)
  const now = deps.clock.now()
  await transaction(deps.db, async (tx) => {
    await sql`select 1 from workspaces where id = ${workspaceId} for no key update`.execute(tx)
    const known = byId(await listKnownModels(tx, workspaceId))
    const values = items.map((given, index) => {
      const stands = given.id === undefined ? undefined : known.get(given.id)
      // Somebody else deleted it, or its key, since it was looked at.
      if (given.id !== undefined && !stands)
        throw invalid([{ loc: ['body', 'items', index, 'id'], msg: 'There is no such model.', type: 'unknown' }])
      const kept = keyKeeper(known, given)?.api_key ?? null
      if (given.provider !== 'openai_compatible' && !given.api_key && !kept)
        throw invalid([
          { loc: ['body', 'items', index, 'api_key'], msg: 'This provider needs a key.', type: 'missing' },
        ])
      const id = given.id ?? newId()
      return {
        id,
        workspace_id: workspaceId,
        position: index + 1,
        provider: given.provider,
        base_url: addressOf(given),
        model: given.model,
        api_key: given.api_key ? deps.secrets.seal(given.api_key, id) : kept,
        input_price_microusd: given.input_price_microusd ?? null,
        output_price_microusd: given.output_price_microusd ?? null,
        timeout_ms: given.timeout_ms,
        concurrency: given.concurrency,
        max_output_tokens: given.max_output_tokens,
        created_at: stands?.created_at ?? now,
        updated_at: now,
      }
    })
    await tx.deleteFrom('workspace_models').where('workspace_id', '=', workspaceId).execute()
    if (values.length) await tx.insertInto('workspace_models').values(values).execute()
  })
}
