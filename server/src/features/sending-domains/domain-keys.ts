import type { Deps } from '../../deps.ts'
import { type DkimSigner, dkimSigner } from '../../dkim.ts'
import type { Secrets } from '../../secrets.ts'
import { findDomainKey } from './queries.ts'

/** A rotated key is in use within this time; until then the old one is still published. */
const KEPT_MS = 300_000

type Kept = { signer: Promise<DkimSigner>; until: number }

// Opened keys live as long as the secrets that opened them, so two instances in one process never share any.
const keptBySecrets = new WeakMap<Secrets, Map<string, Kept>>()

const open = async (deps: Pick<Deps, 'db' | 'secrets'>, domainId: string): Promise<DkimSigner> => {
  const row = await findDomainKey(deps.db, domainId)
  if (!row) throw new Error(`There is no sending domain ${domainId} to sign for.`)
  return dkimSigner({
    domain: row.domain,
    selector: row.dkim_selector,
    privateKey: deps.secrets.open(row.dkim_private_key, row.id).toString('utf8'),
  })
}

/**
 * The signer of a domain: gives the value of the DKIM-Signature header of a message. Opened once and kept for a few
 * minutes, because opening and parsing a key costs more than looking it up; callers who come together share one look-up.
 */
export const loadSigner = async (
  deps: Pick<Deps, 'db' | 'secrets' | 'clock'>,
  domainId: string,
): Promise<DkimSigner['sign']> => {
  const kept = keptBySecrets.get(deps.secrets) ?? new Map<string, Kept>()
  keptBySecrets.set(deps.secrets, kept)
  const now = deps.clock.now().getTime()
  let entry = kept.get(domainId)
  if (!entry || entry.until <= now) {
    entry = { signer: open(deps, domainId), until: now + KEPT_MS }
    kept.set(domainId, entry)
    // A failed look-up is not kept: the next message tries again.
    entry.signer.catch(() => kept.delete(domainId))
  }
  return (await entry.signer).sign
}
