import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * One SECRET_KEY, one derived key per purpose (HKDF-SHA256, RFC 5869). Stored secrets are AES-256-GCM with the id of the
 * key that made them and the row id as additional data, so a sealed value cannot be moved to another row. Keys of earlier
 * rotations still open and verify; only the newest seals and signs.
 */
export type Secrets = {
  key: (purpose: Purpose) => Buffer
  keys: (purpose: Purpose) => Buffer[]
  seal: (plain: string | Uint8Array, rowId: string) => string
  open: (sealed: string, rowId: string) => Buffer
}

export type Purpose =
  | 'mail-tokens'
  | 'stored-secrets'
  | 'sessions'
  | 'cursors'
  | 'suppression-hash'
  | 'better-auth'
  | 'attachment-downloads'
  | 'domain-ownership'
  | 'approvals'

const derive = (master: Buffer, purpose: Purpose): Buffer =>
  Buffer.from(hkdfSync('sha256', master, 'bavlio', purpose, 32))
const keyId = (key: Buffer): string => createHash('sha256').update(key).digest('hex').slice(0, 8)

export const createSecrets = (secretKey: string, oldKeys: string[] = []): Secrets => {
  const masters = [secretKey, ...oldKeys].map((hex) => Buffer.from(hex, 'hex'))
  const cache = new Map<Purpose, Buffer[]>()
  const keys = (purpose: Purpose): Buffer[] => {
    let found = cache.get(purpose)
    if (!found) {
      found = masters.map((master) => derive(master, purpose))
      cache.set(purpose, found)
    }
    return found
  }
  const key = (purpose: Purpose): Buffer => keys(purpose)[0] as Buffer
  return {
    key,
    keys,
    seal: (plain, rowId) => {
      const sealing = key('stored-secrets')
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', sealing, iv).setAAD(Buffer.from(rowId))
      const body = Buffer.concat([cipher.update(plain as Buffer), cipher.final()])
      return `v1.${keyId(sealing)}.${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')}`
    },
    open: (sealed, rowId) => {
      const [version, id, payload] = sealed.split('.')
      const opening = keys('stored-secrets').find((candidate) => keyId(candidate) === id)
      if (version !== 'v1' || !opening || !payload)
        throw new Error('This stored secret was sealed with a key that is not configured.')
      const bytes = Buffer.from(payload, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', opening, bytes.subarray(0, 12)).setAAD(Buffer.from(rowId))
      decipher.setAuthTag(bytes.subarray(12, 28))
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
    },
  }
}

export const equalSecrets = (a: string, b: string): boolean => {
  const [left, right] = [createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest()]
  return timingSafeEqual(left, right)
}

export const sha256 = (value: string | Uint8Array): Buffer => createHash('sha256').update(value).digest()
