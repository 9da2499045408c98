import { createPublicKey } from 'node:crypto'
import { generateDkimKeyPair } from '../../dkim.ts'
import type { Secrets } from '../../secrets.ts'
import type { DomainKey } from './dns-records.ts'

/** Keys of one generation share a number, and each algorithm has a selector of its own. */
export const selectorOf = (generation: number, algorithm: DomainKey['algorithm']): string =>
  algorithm === 'rsa' ? `bav${generation}` : `bav${generation}e`

/** RSA of 2048 bits (RFC 8301 §3.2) or Ed25519 (RFC 8463): the private half sealed for the row `id`, the public as p= holds it. */
export const generateKey = async (
  secrets: Secrets,
  id: string,
  algorithm: DomainKey['algorithm'],
): Promise<{ private_key: string; public_key: string }> => {
  const { privateKey, publicKey } = await generateDkimKeyPair(algorithm)
  const der = createPublicKey(publicKey).export({ type: 'spki', format: 'der' })
  return {
    private_key: secrets.seal(privateKey, id),
    // For Ed25519 p= holds the 32 octets of the key itself, which are the last of its SPKI form (RFC 8463 §4).
    public_key: (algorithm === 'rsa' ? der : der.subarray(-32)).toString('base64'),
  }
}
