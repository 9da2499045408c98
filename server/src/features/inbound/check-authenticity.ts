import { isIP } from 'node:net'
import { Readable } from 'node:stream'
import { authenticate } from 'mailauth'
import type { Deps } from '../../deps.ts'
import { type AuthenticationResult, type DmarcVerdict, evaluateDmarc } from '../../dmarc-lookup.ts'
import type { DnsResolver } from '../../ports/dns/port.ts'
import { boundedResolver, resolveFunction } from './bounded-resolver.ts'
import { headerValue, type MessageHeader, type ParsedMessage } from './parse-message.ts'
import { type SpamReading, spamVerdict } from './spam-headers.ts'

export type VerdictStatus = 'PASS' | 'FAIL' | 'GRAY' | 'PROCESSING_FAILED'
export type Verdict = { status: VerdictStatus; details: string | null }
export type Verdicts = Record<'spf' | 'dkim' | 'dmarc' | 'arc' | 'spam' | 'virus', Verdict>

/** What is known of a message's origin, and the header field of our own hop (RFC 8601); null where nothing was checked. */
export type Authenticity = { verdicts: Verdicts; authentication_results: string | null }

export type Arrival = {
  raw: Buffer
  message: ParsedMessage
  mail_from: string
  /** Null for what was read from a mailbox. */
  remote_address: string | null
  helo: string | null
  /** Whether the session was that of the local mail world, which has no DNS. */
  is_sandbox: boolean
  /** Whether the address is a relay of the operator's own, whose Received and spam headers are believed. */
  is_trusted: boolean
}

/** All look-ups of one message together. */
const LOOK_UP_MS = 8_000
const LOOK_UPS = 60
/** Signatures beyond any honest number are not looked at: each may have us hash the whole body once more. */
const MAX_SIGNATURES = 12
const MAX_SEALS = 12

const virus: Verdict = { status: 'GRAY', details: 'not scanned' }

const statusOf = (result: string): VerdictStatus => {
  switch (result) {
    case 'pass':
      return 'PASS'
    case 'fail':
      return 'FAIL'
    case 'temperror':
    case 'temperr':
      return 'PROCESSING_FAILED'
    default:
      return 'GRAY'
  }
}

const gray = (details: string): Verdict => ({ status: 'GRAY', details })
const unchecked = (why: string, spam: SpamReading): Authenticity => ({
  verdicts: { spf: gray(why), dkim: gray(why), dmarc: gray(why), arc: gray(why), spam, virus },
  authentication_results: null,
})

const domainOf = (address: string): string | null => {
  const at = address.lastIndexOf('@')
  return at > 0 && at < address.length - 1 ? address.slice(at + 1).toLowerCase() : null
}

/** Only what may stand in a header value as a word. */
const word = (text: string): string => text.replace(/[^A-Za-z0-9@._+=:-]/g, '').slice(0, 255) || 'unknown'

const KNOWN_RESULTS = new Set(['pass', 'fail', 'softfail', 'neutral', 'none', 'policy', 'temperror', 'permerror'])
const resultOf = (result: string): AuthenticationResult =>
  KNOWN_RESULTS.has(result) ? (result as AuthenticationResult) : result === 'temperr' ? 'temperror' : 'neutral'

const countOf = (headers: readonly MessageHeader[], name: string): number =>
  headers.filter((header) => header.name.toLowerCase() === name).length

type Spf = { result: AuthenticationResult; domain: string | null; details: string }

/** SPF as the mailbox's own server found it: the topmost field, since every server adds its own above the others. */
const readOwnServer = (message: ParsedMessage): Spf | null => {
  const field = headerValue(message, 'authentication-results')
  const found = field && /^\s*([^;\s]+)[^;]*;.*?\bspf\s*=\s*(\w+)/is.exec(field.slice(0, 8_000))
  if (!field || !found?.[1] || !found[2]) return null
  const sender = /\bsmtp\.(?:mailfrom|envelope-from)\s*=\s*"?([^\s;"]{1,320})/i.exec(field)?.[1] ?? ''
  return {
    result: resultOf(found[2].toLowerCase()),
    domain: domainOf(sender) ?? (sender.includes('.') ? sender.toLowerCase() : null),
    details: `${found[2].toLowerCase()}, as ${word(found[1])} found`,
  }
}

type Checked = {
  spf: Spf | null
  dkim: { result: AuthenticationResult; domain: string; selector: string; comment: string | null }[]
  arc: { result: string; comment: string | null } | null
}

const check = async (arrival: Arrival, resolver: DnsResolver, ownName: string): Promise<Checked> => {
  const { message, raw, helo, mail_from, remote_address, is_trusted } = arrival
  const isFlooded =
    countOf(message.headers, 'dkim-signature') > MAX_SIGNATURES ||
    countOf(message.headers, 'arc-message-signature') > MAX_SEALS ||
    countOf(message.headers, 'arc-seal') > MAX_SEALS
  const address = remote_address?.replace(/^::ffff:(?=\d+\.)/i, '') ?? ''
  const client = isIP(address) && !is_trusted ? { ip: address, helo: helo || address } : {}
  const found = await authenticate(
    // In pieces, so that a large message does not keep everybody else waiting. Without its signatures there is SPF only.
    isFlooded ? Buffer.from('From: unknown\r\n\r\n') : Readable.from(pieces(raw)),
    {
      ...client,
      sender: mail_from,
      trustReceived: is_trusted,
      mta: ownName,
      resolver: resolveFunction(resolver),
      disableDmarc: true,
      disableBimi: true,
    },
  )
  const spf = found.spf || null
  return {
    spf: spf
      ? {
          result: resultOf(spf.status.result),
          // HELO counts for nothing in DMARC (RFC 9989 §4.4.2).
          domain: domainOf(mail_from),
          details: spf.status.comment || spf.status.result,
        }
      : remote_address === null
        ? readOwnServer(message)
        : null,
    dkim: isFlooded
      ? [
          {
            result: 'policy',
            domain: 'unknown',
            selector: '',
            comment: `more than ${MAX_SIGNATURES} signatures, none of which was checked`,
          },
        ]
      : (found.dkim?.results ?? [])
          .filter((one) => one.signingDomain)
          .map((one) => ({
            // A body that was changed on the way is a failure (RFC 8601 §2.7.1), whatever else may be said for the signature.
            result:
              one.bodyHash && one.bodyHashExpecting && one.bodyHash !== one.bodyHashExpecting
                ? 'fail'
                : resultOf(one.status.result),
            domain: one.signingDomain as string,
            selector: one.selector ?? '',
            comment: one.status.comment || null,
          })),
    arc:
      found.arc && !isFlooded ? { result: found.arc.status.result, comment: found.arc.status.comment || null } : null,
  }
}

function* pieces(raw: Buffer): Generator<Buffer> {
  for (let at = 0; at < raw.length; at += 65_536) yield raw.subarray(at, at + 65_536)
}

const dkimVerdict = (dkim: Checked['dkim']): Verdict => {
  if (!dkim.length) return gray('The message is not signed.')
  const best =
    dkim.find(({ result }) => result === 'pass') ?? dkim.find(({ result }) => result === 'temperror') ?? dkim[0]
  const details = dkim
    .map(({ result, domain, comment }) => `${result} for ${word(domain)}${comment ? ` (${comment})` : ''}`)
    .join('; ')
  // A signature that cannot be read or is for nobody's sake says as little as none (RFC 6376 §6.3).
  return { status: statusOf(best?.result ?? 'none'), details: details.slice(0, 1_000) }
}

const dmarcVerdict = (dmarc: DmarcVerdict): Verdict => ({
  status: statusOf(dmarc.result),
  details: `${dmarc.reason}${dmarc.result === 'fail' && dmarc.policy ? ` Its policy is ${dmarc.policy}.` : ''}`.slice(
    0,
    1_000,
  ),
})

const fieldOf = (ownName: string, checked: Checked, dmarc: DmarcVerdict | null, author: string | null): string =>
  [
    word(ownName),
    checked.spf
      ? `spf=${checked.spf.result}${checked.spf.domain ? ` smtp.mailfrom=${word(checked.spf.domain)}` : ''}`
      : 'spf=none',
    ...(checked.dkim.length
      ? checked.dkim.map(
          ({ result, domain, selector }) =>
            `dkim=${result} header.d=${word(domain)}${selector ? ` header.s=${word(selector)}` : ''}`,
        )
      : ['dkim=none']),
    `dmarc=${dmarc?.result ?? 'permerror'}${author ? ` header.from=${word(author)}` : ''}`,
    `arc=${word(checked.arc?.result ?? 'none')}`,
  ].join('; ')

/**
 * SPF (RFC 7208), DKIM (RFC 6376), ARC (RFC 8617) and DMARC (RFC 9989) of a message as it arrived, and what its spam headers
 * say. Never throws and never takes much longer than eight seconds: what could not be asked is PROCESSING_FAILED. A
 * message of the local mail world is not checked, because that world has no name servers.
 */
export const checkAuthenticity = async (
  deps: Pick<Deps, 'dns' | 'log'> & { config: Pick<Deps['config'], 'mail_host_name'> },
  arrival: Arrival,
): Promise<Authenticity> => {
  const spam = spamVerdict(arrival.message.headers, arrival.is_trusted)
  if (arrival.is_sandbox) return unchecked('The local mail world has no name servers to check against.', spam)
  const { resolver, close } = boundedResolver(deps.dns.resolver, { ms: LOOK_UP_MS, max: LOOK_UPS })
  const ownName = deps.config.mail_host_name
  try {
    const checked = await check(arrival, resolver, ownName)
    const isOneAuthor = countOf(arrival.message.headers, 'from') === 1
    const author = isOneAuthor && arrival.message.from ? domainOf(arrival.message.from.address) : null
    const dmarc = author
      ? await evaluateDmarc({ author_domain: author, spf: checked.spf, dkim: checked.dkim }, resolver)
      : null
    return {
      verdicts: {
        spf: checked.spf
          ? { status: statusOf(checked.spf.result), details: checked.spf.details.slice(0, 1_000) }
          : gray('The address that the message came from is not known.'),
        dkim: dkimVerdict(checked.dkim),
        dmarc: dmarc
          ? dmarcVerdict(dmarc)
          : { status: 'FAIL', details: 'The message names no single author, so nobody can have vouched for one.' },
        arc: checked.arc
          ? { status: statusOf(checked.arc.result), details: checked.arc.comment ?? checked.arc.result }
          : gray('There is no chain of seals.'),
        spam,
        virus,
      },
      authentication_results: fieldOf(ownName, checked, dmarc, author),
    }
  } catch (error) {
    deps.log.error({ err: error }, 'the origin of an inbound message could not be checked')
    const failed: Verdict = { status: 'PROCESSING_FAILED', details: 'The check failed on our side.' }
    return {
      verdicts: { spf: failed, dkim: failed, dmarc: failed, arc: failed, spam, virus },
      authentication_results: null,
    }
  } finally {
    close()
  }
}
