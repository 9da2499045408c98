import type { KeyObject } from 'node:crypto'
import { createPrivateKey, createPublicKey, generateKeyPair, hash, sign as signWithKey } from 'node:crypto'
import { promisify } from 'node:util'
import type { Header } from './mime-message.ts'

export type DkimSigner = {
  readonly domain: string
  readonly selector: string
  /** The value of the DKIM-Signature header, folded, to be put on top of the message. */
  sign: (message: { headers: readonly Header[]; body: Uint8Array }) => Promise<string>
}

const signedHeaders = [
  'From',
  'To',
  'Cc',
  'Subject',
  'Date',
  'Message-ID',
  'Reply-To',
  'In-Reply-To',
  'References',
  'MIME-Version',
  'Content-Type',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
  'Feedback-ID',
] as const
const signedNames = new Map<string, number>(signedHeaders.map((name, index) => [name.toLowerCase(), index]))

const KEY_COPIES = 6

/**
 * Signs messages with DKIM (RFC 6376), relaxed/relaxed, with an RSA or an Ed25519 key (RFC 8463), the algorithm
 * following from the key. Every header of the list that is present is signed, each instance of it from the bottom up
 * (section 5.4.2), and From once more than it occurs, so a second From added on the way breaks the signature
 * (section 8.15). RSA runs on the thread pool: at 2048 bits it is most of the cost of sending a message.
 */
export function dkimSigner(options: { domain: string; selector: string; privateKey: string | KeyObject }): DkimSigner {
  const { domain, selector } = options
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(domain)) throw new Error(`"${domain}" is not an ASCII domain to sign for.`)
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(selector)) throw new Error(`"${selector}" is not a DKIM selector.`)
  const key = typeof options.privateKey === 'string' ? createPrivateKey(options.privateKey) : options.privateKey
  const kind = key.asymmetricKeyType
  if (kind !== 'rsa' && kind !== 'ed25519') throw new Error(`DKIM signs with RSA or Ed25519 keys, not with ${kind}.`)
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (kind === 'rsa' && bits < 1024) throw new Error(`A DKIM key of ${bits} bits is refused by receivers.`)
  const algorithm = kind === 'rsa' ? 'rsa-sha256' : 'ed25519-sha256'
  // A KeyObject is locked while it signs, and whoever hands it the next message waits for that lock on the main thread.
  // Copies taken in turn let the pool's threads sign side by side.
  const pem = key.export({ type: 'pkcs8', format: 'pem' })
  const keys = Array.from({ length: KEY_COPIES }, () => createPrivateKey(pem))
  let turn = 0
  const start = `v=1; a=${algorithm}; c=relaxed/relaxed; d=${domain};\r\n s=${selector};`

  return {
    domain,
    selector,
    sign: (message) => {
      const bodyHash = hash('sha256', canonicalBody(message.body), 'base64')
      const chosen: { rank: number; name: string; line: string }[] = []
      // Bottom up, as a verifier picks them; the sort is stable and only brings the names into our order.
      for (let index = message.headers.length - 1; index >= 0; index--) {
        const [name, value] = message.headers[index] as Header
        const rank = signedNames.get(name.toLowerCase())
        if (rank !== undefined)
          chosen.push({ rank, name: signedHeaders[rank] as string, line: canonicalHeader(name, value) })
      }
      chosen.sort((a, b) => a.rank - b.rank)
      if (chosen[0]?.rank !== 0) return Promise.reject(new Error('A message without From cannot be signed.'))

      let data = ''
      for (const one of chosen) data += `${one.line}\r\n`
      const names = ['From', ...chosen.map((one) => one.name)]
      const unsigned = `${start}\r\n h=${foldNames(names)};\r\n bh=${bodyHash};\r\n b=`
      data += canonicalHeader('DKIM-Signature', unsigned)

      return new Promise((resolve, reject) => {
        const done = (error: Error | null, signature: Buffer): void => {
          if (error) reject(error)
          else resolve(unsigned + foldBase64(signature.toString('base64')))
        }
        const bytes = Buffer.from(data)
        const key = keys[turn++ % KEY_COPIES] as KeyObject
        if (kind === 'rsa') signWithKey('sha256', bytes, key, done)
        // RFC 8463 section 3: Ed25519 signs the SHA-256 of the data, not the data.
        else signWithKey(null, hash('sha256', bytes, 'buffer'), key, done)
      })
    },
  }
}

/** The message with its signatures on top, one DKIM-Signature header for each; they do not sign each other. */
export function signedMessage(raw: Uint8Array, signatures: readonly string[]): Buffer {
  let lines = ''
  for (const signature of signatures) lines += `DKIM-Signature: ${signature}\r\n`
  const whole = Buffer.allocUnsafe(lines.length + raw.length)
  whole.write(lines, 0, 'latin1')
  whole.set(raw, lines.length)
  return whole
}

const generate = promisify(generateKeyPair)

/** A new key pair as PEM (PKCS #8 and SPKI). RSA has 2048 bits: more does not fit one UDP answer and gains little. */
export async function generateDkimKeyPair(
  kind: 'rsa' | 'ed25519' = 'rsa',
): Promise<{ privateKey: string; publicKey: string }> {
  const encoding = {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  } as const
  return kind === 'rsa' ? generate('rsa', { modulusLength: 2048, ...encoding }) : generate('ed25519', encoding)
}

/**
 * The TXT record at `<selector>._domainkey.<domain>`. `value` is the whole text, as most DNS pages want it; `strings`
 * is the same cut at 255 octets, the longest one character-string may be (RFC 1035 section 3.3, RFC 6376 section 3.6.2.2).
 * A private key is taken too; only its public half is published.
 */
export function dkimDnsRecord(publicKey: string | KeyObject): { value: string; strings: string[] } {
  const key = typeof publicKey === 'string' || publicKey.type === 'private' ? createPublicKey(publicKey) : publicKey
  const der = key.export({ type: 'spki', format: 'der' })
  // RFC 8463 section 4: for Ed25519 the 32 octets of the key itself, which are the last of its SPKI form.
  const isRsa = key.asymmetricKeyType === 'rsa'
  const value = `v=DKIM1; k=${isRsa ? 'rsa' : 'ed25519'}; p=${(isRsa ? der : der.subarray(-32)).toString('base64')}`
  return { value, strings: value.match(/.{1,255}/g) ?? [] }
}

/** RFC 6376 section 3.4.2: name in lower case, unfolded, runs of white space one space, none at the ends. */
export function canonicalHeader(name: string, value: string): string {
  return `${name.toLowerCase().trimEnd()}:${value
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .replace(/^ | $/g, '')}`
}

let scratch = new Uint8Array(65536)

/**
 * The body in relaxed form (RFC 6376 section 3.4.4): runs of spaces and tabs one space, none before a line end, no
 * empty lines at the end, one CRLF after the last line; an empty body stays empty. Expects CRLF line ends, as they are
 * sent. The result may be a view that the next call overwrites.
 */
export function canonicalBody(body: Uint8Array): Uint8Array {
  const length = body.length
  if (scratch.length < length + 2) scratch = new Uint8Array(Math.max(length + 2, scratch.length * 2))
  const out = scratch
  let at = 0
  let lineStart = 0
  let end = 0 // after the last line that is not empty, its CRLF included
  for (let index = 0; index < length; index++) {
    const octet = body[index] as number
    if (octet > 32) {
      out[at++] = octet
    } else if (octet === 32 || octet === 9) {
      // A space is written once and taken back if the line ends here.
      if (at === lineStart || out[at - 1] !== 32) out[at++] = 32
    } else if (octet === 13 && body[index + 1] === 10) {
      if (at > lineStart && out[at - 1] === 32) at--
      const empty = at === lineStart
      out[at++] = 13
      out[at++] = 10
      index++
      lineStart = at
      if (!empty) end = at
    } else {
      out[at++] = octet
    }
  }
  if (at > lineStart && out[at - 1] === 32) at--
  if (at > lineStart) {
    // The last line has no CRLF; one is added.
    out[at++] = 13
    out[at++] = 10
    end = at
  }
  return out.subarray(0, end)
}

function foldNames(names: readonly string[]): string {
  let folded = ''
  let column = 3
  for (const [index, name] of names.entries()) {
    const piece = index === 0 ? name : `:${name}`
    if (column + piece.length > 74 && index > 0) {
      folded += '\r\n '
      column = 1
    }
    folded += piece
    column += piece.length
  }
  return folded
}

function foldBase64(text: string): string {
  let folded = text.slice(0, 72)
  for (let index = 72; index < text.length; index += 76) folded += `\r\n ${text.slice(index, index + 76)}`
  return folded
}
