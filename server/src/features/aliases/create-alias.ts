import type { Deps } from '../../deps.ts'
import { notFound, problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { readLocalPart } from './local-part.ts'
import { findDomainName, insertAlias } from './queries.ts'
import { type AliasRow, getAlias } from './read-aliases.ts'
import type { AliasCreate } from './schema.ts'
import { signatureText } from './signature.ts'

const DEFAULT_DAILY_LIMIT = 50
const DEFAULT_JITTER = 0.2

/** Makes an address on one of the workspace's domains; upper and lower case of the local part are the same address. */
export const createAlias = async (
  deps: Pick<Deps, 'db'>,
  who: { workspace_id: string; user_id: string },
  body: AliasCreate,
  now: Date,
): Promise<AliasRow> => {
  const domain = await findDomainName(deps.db, who.workspace_id, body.domain_id)
  if (!domain) throw notFound('There is no such domain in this workspace.')
  const alias = readLocalPart(body.alias)
  const id = newId()
  const made = await insertAlias(deps.db, {
    id,
    workspace_id: who.workspace_id,
    user_id: who.user_id,
    domain_id: body.domain_id,
    alias,
    full_email: `${alias}@${domain}`,
    display_name: body.display_name?.trim() || null,
    signature_html: body.signature_html ?? null,
    signature_text: signatureText(body.signature_html),
    raw_mime_retention_enabled: body.raw_mime_retention_enabled,
    daily_limit: body.daily_limit ?? DEFAULT_DAILY_LIMIT,
    ramp_start: body.ramp_start ?? null,
    ramp_step: body.ramp_step ?? null,
    ramp_started_on: null,
    jitter_ratio: body.jitter_ratio ?? DEFAULT_JITTER,
    now,
  })
  if (!made) throw problem('ALREADY_EXISTS', `This workspace has ${alias}@${domain} already.`)
  return getAlias(deps.db, who.workspace_id, id)
}
