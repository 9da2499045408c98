import { generateDkimKeyPair } from '../../dkim.ts'

/** Names the first key of a domain; a rotated one gets the next number, so that both can be published side by side. */
export const FIRST_SELECTOR = 'bav1'

/** A key of 2048 bits (RFC 8301 §3.2): PEM to seal, and base64 DER, which is what the DNS record holds. */
export const generateDkimKey = async (): Promise<{ private_key: string; public_key: string }> => {
  const { privateKey, publicKey } = await generateDkimKeyPair('rsa')
  return { private_key: privateKey, public_key: publicKey.replace(/-----[^-]+-----|\s/g, '') }
}
