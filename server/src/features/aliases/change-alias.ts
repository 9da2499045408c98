import { type RawBuilder, sql } from 'kysely'
import { violatedConstraint } from '../../db/connect.ts'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { invalid, notFound, problem } from '../../http/errors.ts'
import { readLocalPart } from './local-part.ts'
import { lockDispatch } from './lock-dispatch.ts'
import { type LockedAlias, lockAlias } from './queries.ts'
import { type AliasRow, getAlias } from './read-aliases.ts'
import type { AliasUpdate } from './schema.ts'
import { signatureText } from './signature.ts'

export const noSuchAlias = () => notFound('There is no such alias in this workspace.')

const write = async (tx: Tx, id: string, changes: Record<string, unknown>, now: Date): Promise<void> => {
  const columns: RawBuilder<unknown>[] = Object.entries({ ...changes, updated_at: now }).map(
    ([name, value]) => sql`${sql.ref(name)} = ${value}`,
  )
  await sql`update aliases set ${sql.join(columns)} where id = ${id}`.execute(tx)
}

/** The new address of an alias, written everywhere it has not been used yet. What was sent keeps the old one. */
const rename = async (
  tx: Tx,
  workspaceId: string,
  alias: LockedAlias,
  wanted: string,
  now: Date,
): Promise<Record<string, unknown>> => {
  const local = readLocalPart(wanted)
  if (local === alias.alias) return {}
  if (alias.mailbox_id)
    throw problem('IN_USE', `${alias.full_email} is the address of a connected mailbox and cannot be another one.`)
  const full_email = `${local}@${alias.domain}`
  await sql`
    update emails set from_email = ${full_email}, updated_at = ${now}
    where workspace_id = ${workspaceId} and alias_id = ${alias.id} and status in ('queued', 'scheduled')`.execute(tx)
  return { alias: local, full_email }
}

/** Changes what is given and leaves the rest. Throws NOT_FOUND, ALREADY_EXISTS, RESERVED_NAME and IN_USE. */
export const changeAlias = async (
  deps: Pick<Deps, 'db'>,
  workspaceId: string,
  id: string,
  body: AliasUpdate,
  now: Date,
): Promise<AliasRow> => {
  const { alias: local, signature_html, display_name, ...rest } = body
  const change = () =>
    transaction(deps.db, async (tx) => {
      if (local !== undefined) await lockDispatch(tx, workspaceId)
      const alias = await lockAlias(tx, workspaceId, id)
      if (!alias) throw noSuchAlias()
      const ramp = { start: rest.ramp_start ?? alias.ramp_start, step: rest.ramp_step ?? alias.ramp_step }
      if (rest.ramp_start === null) ramp.start = null
      if (rest.ramp_step === null) ramp.step = null
      if ((ramp.start === null) !== (ramp.step === null))
        throw invalid([
          { loc: ['body', 'ramp_start'], msg: 'ramp_start and ramp_step are given together', type: 'custom' },
        ])
      await write(
        tx,
        id,
        {
          ...rest,
          ...(display_name === undefined ? {} : { display_name: display_name?.trim() || null }),
          ...(signature_html === undefined ? {} : { signature_html, signature_text: signatureText(signature_html) }),
          ...(local === undefined ? {} : await rename(tx, workspaceId, alias, local, now)),
        },
        now,
      )
      return getAlias(tx, workspaceId, id)
    })
  try {
    return await change()
  } catch (error) {
    if (violatedConstraint(error) === 'aliases_address')
      throw problem('ALREADY_EXISTS', 'Another alias of this workspace has this address already.')
    throw error
  }
}

/** Mail that carries the token is the warm-up service's, not a person's. Null takes the token away. */
export const setWarmupToken = (
  deps: Pick<Deps, 'db'>,
  workspaceId: string,
  id: string,
  token: string | null,
  now: Date,
): Promise<AliasRow> =>
  transaction(deps.db, async (tx) => {
    if (!(await lockAlias(tx, workspaceId, id))) throw noSuchAlias()
    await write(tx, id, { warmup_token: token }, now)
    return getAlias(tx, workspaceId, id)
  })
