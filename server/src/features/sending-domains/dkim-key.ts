import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'

const generate = promisify(generateKeyPair)

/** Names the first key of a domain; a rotated one gets the next number, so that both can be published side by side. */
export const FIRST_SELECTOR = 'bav1'

export type DkimKey = { private_key: string; public_key: string }

/** An RSA key of 2048 bits (RFC 8301 §3.2), made on a thread of the pool: PEM to seal, and base64 DER for the DNS record. */
export const generateDkimKey = async (): Promise<DkimKey> => {
  const { privateKey, publicKey } = await generate('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return { private_key: privateKey as string, public_key: (publicKey as Buffer).toString('base64') }
}
