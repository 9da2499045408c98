import { randomBytes, X509Certificate } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Deps } from '../../deps.ts'
import { selfSignedCertificate } from '../../self-signed-certificate.ts'

export type ListenerCertificate = { cert: string; key: string; is_self_signed: boolean }

const FILE = 'inbound-tls.pem'
const LASTS_DAYS = 3_650
const RENEWED_BEFORE_MS = 30 * 86_400_000

const BLOCK = /-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----\n?/g

/** What the data folder keeps, if it is whole, for this name and good for a while. */
const readKept = async (path: string, name: string, now: Date): Promise<ListenerCertificate | null> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const blocks = new Map([...text.matchAll(BLOCK)].map((found) => [found[1], found[0]]))
  const cert = blocks.get('CERTIFICATE')
  const key = blocks.get('PRIVATE KEY')
  if (!cert || !key) return null
  const read = new X509Certificate(cert)
  const isGood = new Date(read.validTo).getTime() - now.getTime() > RENEWED_BEFORE_MS
  return isGood && (read.checkHost(name) || read.checkIP(name)) ? { cert, key, is_self_signed: true } : null
}

/**
 * The certificate of the inbound listener: that of the settings, read anew at each call because somebody renews it, or one
 * that we sign ourselves and keep in the data folder, as mail servers do: senders that encrypt when they can do not ask
 * who signed. Throws when the files of the settings cannot be read.
 */
export const listenerCertificate = async (
  deps: Pick<Deps, 'clock'> & { config: Pick<Deps['config'], 'inbound_smtp' | 'data_dir' | 'mail_host_name'> },
): Promise<ListenerCertificate> => {
  const { tls } = deps.config.inbound_smtp
  if (tls) {
    const [cert, key] = await Promise.all([readFile(tls.cert, 'utf8'), readFile(tls.key, 'utf8')])
    return { cert, key, is_self_signed: false }
  }
  const path = join(deps.config.data_dir, FILE)
  const now = deps.clock.now()
  const name = deps.config.mail_host_name
  const kept = await readKept(path, name, now)
  if (kept) return kept
  const { certificate, private_key } = selfSignedCertificate({ name, from: now, days: LASTS_DAYS })
  // Written aside and renamed: of several processes that start at once the last one's stays, and each has a whole pair.
  const draft = `${path}.${randomBytes(4).toString('hex')}.new`
  try {
    const handle = await open(draft, 'wx', 0o600)
    await handle.writeFile(certificate + private_key).finally(() => handle.close())
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
  return { cert: certificate, key: private_key, is_self_signed: true }
}
