import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

/** One element of DER (X.690 §8.1): tag, length, content. */
const element = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts)
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content])
  const digits = length.toString(16)
  const size = Buffer.from(digits.length % 2 ? `0${digits}` : digits, 'hex')
  return Buffer.concat([Buffer.from([tag, 0x80 | size.length]), size, content])
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => element(0x30, ...parts)
const set = (...parts: readonly Uint8Array[]): Buffer => element(0x31, ...parts)
const octets = (content: Uint8Array): Buffer => element(0x04, content)
const utf8 = (text: string): Buffer => element(0x0c, Buffer.from(text))
const yes = element(0x01, Buffer.from([0xff]))
/** An unsigned number; a leading zero keeps it from being read as negative. */
const integer = (bytes: Buffer): Buffer =>
  element(0x02, (bytes[0] as number) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)

const oid = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const groups = [arc & 0x7f]
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80)
    bytes.push(...groups)
  }
  return element(0x06, Buffer.from(bytes))
}

/** UTCTime to 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5). */
const time = (at: Date): Buffer => {
  const digits = at.toISOString().replace(/[-:T]/g, '').slice(0, 14)
  return at.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : element(0x18, Buffer.from(`${digits}Z`))
}

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))
const extension = (id: string, value: Buffer, isCritical = false): Buffer =>
  sequence(oid(id), ...(isCritical ? [yes] : []), octets(value))

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`

const octetsOfAddress = (address: string): Buffer =>
  isIP(address) === 4
    ? Buffer.from(address.split('.').map(Number))
    : Buffer.from(
        new URL(`http://[${address}]`).hostname
          .slice(1, -1)
          .split('::')
          .map((half) =>
            half
              .split(':')
              .filter(Boolean)
              .map((group) => group.padStart(4, '0'))
              .join(''),
          )
          .reduce((head, tail) => head + tail.padStart(32 - head.length, '0'))
          .padEnd(32, '0'),
        'hex',
      )

/**
 * A new key (P-256) and a certificate for `name` that it signs itself (X.509 version 3, RFC 5280), both as PEM. It proves
 * nothing about who we are; it lets senders encrypt, which is all that opportunistic STARTTLS asks (RFC 7435). `name` is a
 * host name or an address.
 */
export const selfSignedCertificate = (options: {
  name: string
  from: Date
  days: number
}): { certificate: string; private_key: string } => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const { name, from } = options
  const serial = randomBytes(16)
  serial[0] = (serial[0] as number) & 0x7f || 1
  // A common name holds 64 characters at most; the alternative name is what clients read.
  const subject = sequence(set(sequence(oid('2.5.4.3'), utf8(name.slice(0, 64)))))
  const alternative = isIP(name) ? element(0x87, octetsOfAddress(name)) : element(0x82, Buffer.from(name, 'latin1'))
  const body = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    subject,
    sequence(time(from), time(new Date(from.getTime() + options.days * 86_400_000))),
    subject,
    createPublicKey(publicKey).export({ type: 'spki', format: 'der' }),
    element(
      0xa3,
      sequence(
        extension('2.5.29.17', sequence(alternative)),
        extension('2.5.29.19', sequence(), true),
        extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))),
      ),
    ),
  )
  const signature = sign('sha256', body, createPrivateKey(privateKey))
  const certificate = sequence(body, ECDSA_SHA256, element(0x03, Buffer.from([0]), signature))
  return { certificate: pem('CERTIFICATE', certificate), private_key: privateKey }
}
