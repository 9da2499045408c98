import type { Deps } from '../../deps.ts'
import { dkimSigner } from '../../dkim.ts'
import type { Header } from '../../mime-message.ts'
import type { Secrets } from '../../secrets.ts'
import { listSigningKeys } from './queries.ts'

/** A rotated key is in use within this time; until then the old one is still published. */
const KEPT_MS = 300_000

/** The values of the DKIM-Signature headers of a message, one for each key that signs, all to be put on top of it. */
export type DomainSigner = (message: { headers: readonly Header[]; body: Uint8Array }) => Promise<string[]>

type Kept = { signer: Promise<DomainSigner>; until: number }

// Opened keys live as long as the secrets that opened them, so two instances in one process never share any.
const keptBySecrets = new WeakMap<Secrets, Map<string, Kept>>()

const open = async (deps: Pick<Deps, 'db' | 'secrets'>, domainId: string): Promise<DomainSigner> => {
  const rows = await listSigningKeys(deps.db, domainId)
  if (!rows.length) throw new Error(`There is no sending domain ${domainId} to sign for.`)
  const signers = rows.flatMap(({ id, domain, selector, private_key }) =>
    id === null
      ? []
      : [dkimSigner({ domain, selector, privateKey: deps.secrets.open(private_key, id).toString('utf8') })],
  )
  if (!signers.length) throw new Error(`The sending domain ${domainId} has no key to sign with.`)
  return (message) => Promise.all(signers.map((signer) => signer.sign(message)))
}

/**
 * The signer of a domain: one signature for each of its active keys (RFC 8463 §3 lets receivers that do not know Ed25519 go
 * by the RSA one). Opened once and kept for a few minutes, because opening and parsing a key costs more than looking it up;
 * callers who come together share one look-up.
 */
export const loadSigner = async (
  deps: Pick<Deps, 'db' | 'secrets' | 'clock'>,
  domainId: string,
): Promise<DomainSigner> => {
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
  return entry.signer
}
