import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { sql } from 'kysely'
import { getDomain } from 'tldts'
import type { Db } from '../../db/connect.ts'
import { judgeDelivery } from '../../delivery-verdict.ts'
import type { Logger } from '../../log.ts'
import { explainReply, retryHint } from '../../provider-replies.ts'
import type { Clock } from '../clock.ts'
import type { DnsResolver } from '../dns/port.ts'
import type { EgressPolicy } from '../egress.ts'
import type { OutboundHttp } from '../outbound-http.ts'
import { createStsPolicies, isStsHost } from './mta-sts.ts'
import { findAddresses, findMailHosts, type MailHosts } from './mx-hosts.ts'
import type { DeliveryReply, MailConnection, MailEnvelope } from './port.ts'
import { createReceiverPaces, type PaceStore, type Place, type TurnOutcome } from './receiver-pace.ts'
import { openSmtpConnection, type SmtpOpenError } from './smtp-client.ts'

export type DirectMail = {
  /** Hands one message to the receiver's own server. Never throws for what the other side does. */
  send: (envelope: MailEnvelope) => Promise<DeliveryReply>
  close: () => void
}

export type DirectOptions = {
  db: Db
  clock: Clock
  log: Logger
  resolver: DnsResolver
  egress: EgressPolicy
  http: Pick<OutboundHttp, 'request'>
  /** What this machine calls itself in EHLO. */
  name: string
  mx_port: number
  source_addresses: readonly string[]
  lanes: number
  /** Authorities besides the system's, for tests. */
  ca?: string
  /** Sessions that may wait for another message, over all hosts. */
  most_idle?: number
  timeouts?: { connect_ms?: number; command_ms?: number; final_ms?: number }
}

const CONNECT_MS = 30_000
const COMMAND_MS = 120_000
const IDLE_MS = 20_000
/** Sessions that wait for another message, over all hosts: each is a socket here and a place taken there. */
const MOST_IDLE = 200
/** Sessions are ended after so many messages, as servers like it, and sooner where a server has said so. */
const PER_SESSION = 100
const HOSTS_KNOWN_MS = 300_000
const FAULT_KNOWN_MS = 30_000
const MOST_DOMAINS = 20_000
/** One host that cannot be reached is left alone for this long, doubling. */
const FIRST_HOST_REST_MS = 5_000
const LONGEST_HOST_REST_MS = 300_000
/** Where TLS broke, it is not tried again for this long (RFC 7435: some security where possible, none where not). */
const PLAIN_MS = 3_600_000
/** A domain is unknown once two answers this far apart said so. */
const APART_MS = 8 * 60_000
const ABSENT_KNOWN_MS = 60_000
/** Tries within one delivery, over hosts and addresses. */
const MOST_TRIES = 5

const HELD = { phase: 'connect', error_name: 'EHELD' } as const

type Session = { connection: MailConnection; since: number; sent: number; waits_in: Session[] | null }
type HostState = {
  rest_until: number
  rest_ms: number
  plain_until: number
  per_session: number
  idle: Map<string, Session[]>
}
type Wanted = { host: string; verified: boolean }

/** The domain that the hosts of one receiver share; an address or a bare name stands for itself. */
const receiverOf = (host: string): string => getDomain(host, { allowPrivateDomains: false }) ?? host

/** One message’s place at a receiver while its hosts are tried, and what they have taught of it so far. */
type Turn = { receiver: string; place: Place; how: TurnOutcome }

/** Of what several hosts of one receiver have said: one that took the conversation up outweighs the ones that did not. */
const togetherWith = (known: TurnOutcome, other: TurnOutcome): TurnOutcome =>
  other.kind !== 'fine' && known.kind === 'slow_down' && known.rest ? known : other

/** What a server says when it will take no more in this session, rather than no more at all. */
const SESSION_IS_FULL =
  /too many (?:recipients|messages|mails|e-?mails|transactions|commands)|(?:per|this|one|each) (?:smtp )?(?:session|connection)|max(?:imum)?[a-z ]{0,20}(?:session|connection)|only one recipient|one (?:recipient|message) at a time/i

const isSessionFull = (reply: DeliveryReply): boolean => {
  if (reply.phase !== 'mail' && reply.phase !== 'rcpt' && reply.phase !== 'data') return false
  if (reply.reply_code === undefined) return reply.error_name !== 'EENVELOPE'
  if (reply.reply_code < 400 || reply.reply_code > 499) return false
  return reply.reply_code === 421 || reply.enhanced_code === '4.5.3' || SESSION_IS_FULL.test(reply.text ?? '')
}

/** A refusal at the door that means the sender, so that the receiver’s other hosts would say the same; not one host that is full. */
const isAboutSender = (reply: DeliveryReply): boolean =>
  reply.reply_code !== undefined &&
  reply.reply_code >= 400 &&
  (/^[45]\.7\.\d+$/.test(reply.enhanced_code ?? '') || (explainReply(reply)?.action ?? 'none') !== 'none')

/** Some servers say 4.7.1 of one address or domain, such as one that they do not relay for; everybody else is served as before. */
const isAboutRecipient = (reply: DeliveryReply): boolean => {
  const { blames, reason } = judgeDelivery(reply)
  return blames === 'recipient' || reason === 'no_relaying'
}

/** What a reply says of the receiver as a whole. */
export const turnOutcome = (reply: DeliveryReply): TurnOutcome => {
  const { reply_code: code, enhanced_code: enhanced, text = '' } = reply
  const why = [code, enhanced, text]
    .filter((part) => part !== undefined && part !== '')
    .join(' ')
    .slice(0, 300)
  if (code === undefined) {
    const refused = reply.phase === 'connect' && /^E(CONNREFUSED|CONNRESET|TIMEDOUT)$/.test(reply.error_name ?? '')
    return refused
      ? { kind: 'slow_down', rest: false, asked_ms: null, why: reply.error_name ?? '' }
      : { kind: 'neutral' }
  }
  if (code < 400) return { kind: 'fine' }
  // Greylisting is about one sender and one recipient; everybody else is served as before.
  if (/gr[ae]y-?list/i.test(text)) return { kind: 'neutral' }
  const known = explainReply(reply)
  const asked_ms = retryHint(text)
  if (code === 421 || known?.action === 'slow_down') return { kind: 'slow_down', rest: true, asked_ms, why }
  if (known?.action === 'pause_domain' && code < 500) return { kind: 'slow_down', rest: true, asked_ms, why }
  if (code < 500 && /^4\.7\.\d+$/.test(enhanced ?? '') && !isAboutRecipient(reply))
    return { kind: 'slow_down', rest: true, asked_ms, why }
  return { kind: reply.phase === 'rcpt' || reply.phase === 'final' || reply.phase === 'data' ? 'fine' : 'neutral' }
}

/** Delivery to the servers of the receivers themselves (RFC 5321 §5): MX look-up, TLS where it is offered, MTA-STS, pools and paces. */
export const createDirectMail = (options: DirectOptions): DirectMail => {
  const { clock, db, egress, log, mx_port, resolver } = options
  const now = (): number => clock.now().getTime()
  const families = familiesOf(options.source_addresses)
  const sts = createStsPolicies({ db, clock, http: options.http, resolver })
  const paces = createReceiverPaces({
    lanes: options.lanes,
    now: () => clock.now(),
    store: paceStore(db, clock),
    onStoreError: (error) => log.warn({ message: (error as Error).message }, 'the pace of a receiver was not stored'),
  })
  const domains = new Map<string, { found: Promise<MailHosts>; until: number }>()
  const hosts = new Map<string, HostState>()
  /** Every idle session, the one that waits longest first. */
  const waiting = new Set<Session>()
  let closed = false
  let sweep: NodeJS.Timeout | null = null

  /** Domains that some process has lately found absent; a look at the table for each domain that is there would cost more than it tells. */
  let absent = { names: Promise.resolve(new Set<string>()), until: 0 }
  const absentNames = (): Promise<Set<string>> => {
    if (absent.until > now()) return absent.names
    const names = sql<{ domain: string }>`
      select domain from absent_domains order by last_absent_at desc limit ${MOST_DOMAINS}`
      .execute(db)
      .then(({ rows }) => new Set(rows.map(({ domain }) => domain)))
    absent = { names, until: now() + ABSENT_KNOWN_MS }
    names.catch(() => {
      absent.until = 0
    })
    return names
  }

  const hostsOf = async (domain: string): Promise<MailHosts> => {
    const known = domains.get(domain)
    if (known && known.until > now()) return known.found
    if (domains.size >= MOST_DOMAINS) domains.clear()
    const entry = { found: findMailHosts(resolver, domain), until: now() + HOSTS_KNOWN_MS }
    domains.set(domain, entry)
    const found = await entry.found
    if (found.state === 'found' && (await absentNames()).delete(domain))
      await sql`delete from absent_domains where domain = ${domain}`.execute(db)
    if (found.state === 'error') entry.until = now() + FAULT_KNOWN_MS
    // An absence is asked for again each time, since the second answer is what counts.
    if (found.state === 'absent') domains.delete(domain)
    return found
  }

  const stateOf = (host: string): HostState => {
    const known = hosts.get(host)
    if (known) return known
    if (hosts.size >= MOST_DOMAINS)
      for (const [name, state] of hosts) if (state.idle.size === 0 && state.rest_until < now()) hosts.delete(name)
    const made: HostState = { rest_until: 0, rest_ms: 0, plain_until: 0, per_session: PER_SESSION, idle: new Map() }
    hosts.set(host, made)
    return made
  }

  const rest = (state: HostState): void => {
    state.rest_ms = Math.min(state.rest_ms > 0 ? state.rest_ms * 2 : FIRST_HOST_REST_MS, LONGEST_HOST_REST_MS)
    state.rest_until = now() + state.rest_ms
  }

  const unlist = (session: Session): void => {
    waiting.delete(session)
    const at = session.waits_in?.indexOf(session) ?? -1
    if (at >= 0) session.waits_in?.splice(at, 1)
    session.waits_in = null
  }

  const end = (session: Session): void => {
    unlist(session)
    session.connection.close()
  }

  /** Ends what nobody used for a while. */
  const dropOld = (): void => {
    const limit = performance.now() - IDLE_MS
    for (const session of waiting) if (!session.connection.alive || session.since <= limit) end(session)
    for (const state of hosts.values())
      for (const [key, idle] of state.idle) if (idle.length === 0) state.idle.delete(key)
    if (waiting.size === 0 && sweep) {
      clearInterval(sweep)
      sweep = null
    }
  }

  const keep = (state: HostState, key: string, session: Session): void => {
    if (closed || !session.connection.alive || session.sent >= state.per_session) {
      session.connection.close()
      return
    }
    const idle = state.idle.get(key) ?? []
    state.idle.set(key, idle)
    session.since = performance.now()
    session.waits_in = idle
    idle.push(session)
    waiting.add(session)
    const [oldest] = waiting
    if (oldest && waiting.size > (options.most_idle ?? MOST_IDLE)) end(oldest)
    if (!sweep) {
      sweep = setInterval(dropOld, IDLE_MS / 2)
      sweep.unref()
    }
  }

  const closeIdle = (state: HostState): void => {
    for (const idle of state.idle.values()) for (const session of [...idle]) end(session)
    state.idle.clear()
  }

  const idleSession = (state: HostState, key: string): Session | null => {
    const idle = state.idle.get(key)
    for (let found = idle?.at(-1); found; found = idle?.at(-1)) {
      unlist(found)
      if (found.connection.alive && found.since > performance.now() - IDLE_MS) return found
      found.connection.close()
    }
    return null
  }

  /** A new session with a host: its addresses one after the other, each held against the egress policy. */
  const open = async (wanted: Wanted, state: HostState, tries: { left: number }): Promise<Session | DeliveryReply> => {
    const { host } = wanted
    const found = isIP(host)
      ? ({ state: 'found', addresses: [host] } as const)
      : await findAddresses(resolver, host, families)
    if (found.state !== 'found') {
      const error_name = found.state === 'absent' ? 'ENOTFOUND' : 'EAI_AGAIN'
      return {
        phase: 'connect',
        error_name,
        text: found.state === 'error' ? found.message : `${host} has no address.`,
        host,
      }
    }
    let last: DeliveryReply = {
      phase: 'connect',
      error_name: 'EMXPRIVATE',
      text: `${host} has no public address.`,
      host,
    }
    for (const given of found.addresses) {
      const address = await egress.resolve(given, mx_port).catch(() => null)
      if (address === null) continue
      if (tries.left-- <= 0) break
      try {
        const connection = await openSmtpConnection({
          host: address,
          port: mx_port,
          name: options.name,
          secure: wanted.verified ? 'required' : state.plain_until > now() ? 'none' : 'opportunistic',
          timeout_ms: options.timeouts?.command_ms ?? COMMAND_MS,
          connect_timeout_ms: options.timeouts?.connect_ms ?? CONNECT_MS,
          ...(options.timeouts?.final_ms ? { final_timeout_ms: options.timeouts.final_ms } : {}),
          ...sourceFor(address, options.source_addresses),
          tls: { servername: host, rejectUnauthorized: wanted.verified, ...(options.ca ? { ca: options.ca } : {}) },
          onBrokenTls: () => {
            state.plain_until = now() + PLAIN_MS
          },
        })
        return { connection, since: 0, sent: 0, waits_in: null }
      } catch (error) {
        const reply = (error as SmtpOpenError).reply
        if (!reply) throw error
        last = { ...reply, host }
        // What the server itself has said holds for its other addresses too.
        if (reply.reply_code !== undefined) break
      }
    }
    return last
  }

  const attempt = async (envelope: MailEnvelope, wanted: Wanted, tries: { left: number }): Promise<DeliveryReply> => {
    const state = stateOf(wanted.host)
    const key = wanted.verified ? 'verified' : 'any'
    let session = idleSession(state, key)
    const was_used = session !== null
    for (let second = false; ; second = true) {
      if (!session) {
        const opened = await open(wanted, state, tries)
        if (!('connection' in opened)) {
          if (opened.phase === 'connect' || (opened.phase === 'greeting' && opened.reply_code !== undefined))
            rest(state)
          return opened
        }
        session = opened
      }
      state.rest_ms = 0
      state.rest_until = 0
      const reply = await session.connection.send(envelope)
      const { sent } = session
      session.sent++
      if (was_used && !second && isSessionFull(reply)) {
        // It hung up while idle, or takes no more in this session. Nothing of this message was taken, so a new one is asked.
        if (reply.reply_code !== undefined && reply.reply_code !== 421) state.per_session = Math.max(1, sent)
        session.connection.close()
        session = null
        continue
      }
      keep(state, key, session)
      return { ...reply, host: wanted.host }
    }
  }

  const deliver = async (envelope: MailEnvelope, domain: string): Promise<DeliveryReply> => {
    const [found, policy] = await Promise.all([hostsOf(domain), sts.of(domain)])
    if (found.state === 'null_mx') return { phase: 'connect', error_name: 'ENULLMX', text: `${domain} takes no mail.` }
    if (found.state === 'error') return { phase: 'connect', error_name: 'EAI_AGAIN', text: found.message }
    if (found.state === 'absent') return await absence(domain)
    const enforced = policy?.mode === 'enforce'
    const allowed = enforced ? found.hosts.filter((host) => isStsHost(policy.mx, host)) : found.hosts
    if (allowed.length === 0)
      return { phase: 'connect', error_name: 'EMTASTS', text: `No MX of ${domain} is one its MTA-STS policy names.` }

    const tries = { left: MOST_TRIES }
    let held: DeliveryReply | null = null
    let worst: DeliveryReply | null = null
    let turn = null as Turn | null
    const refusing = new Set<string>()
    try {
      for (const host of allowed) {
        const receiver = receiverOf(host)
        if (tries.left <= 0) break
        if (refusing.has(receiver)) continue
        const state = stateOf(host)
        const left = state.rest_until - now()
        if (left > 0) {
          held = sooner(held, { ...HELD, host, held_ms: left, text: `${host} is left alone` })
          continue
        }
        if (turn?.receiver !== receiver) {
          turn?.place.done(turn.how)
          turn = null
          const place = await paces.take(receiver)
          if ('held_ms' in place) {
            held = sooner(held, { ...HELD, host, held_ms: place.held_ms, text: place.why })
            continue
          }
          turn = { receiver, place, how: { kind: 'neutral' } }
        }
        const reply = await attempt(envelope, { host, verified: enforced }, tries)
        const how = turnOutcome(reply)
        // Whoever asks to slow down is not kept busy with sessions that wait.
        if (how.kind === 'slow_down') closeIdle(state)
        turn.how = togetherWith(turn.how, how)
        if (reply.phase !== 'connect' && reply.phase !== 'greeting') return reply
        if (isAboutSender(reply)) refusing.add(receiver)
        worst = milder(worst, reply)
      }
    } finally {
      turn?.place.done(turn.how)
    }
    if (worst?.error_name === 'ENOTFOUND') return await absence(domain)
    return worst ?? held ?? { ...HELD, held_ms: FIRST_HOST_REST_MS }
  }

  /** The domain cannot take mail; certain once two answers some time apart have said so (RFC 5321 §5.1 for one answer). */
  const absence = async (domain: string): Promise<DeliveryReply> => {
    const at = clock.now()
    const { rows } = await sql<{ first_absent_at: Date }>`
      insert into absent_domains (domain, first_absent_at, last_absent_at) values (${domain}, ${at}, ${at})
      on conflict (domain) do update set last_absent_at = excluded.last_absent_at returning first_absent_at`.execute(db)
    ;(await absentNames()).add(domain)
    const first = rows[0]?.first_absent_at.getTime() ?? at.getTime()
    const certain = at.getTime() - first >= APART_MS
    return {
      phase: 'connect',
      error_name: certain ? 'ENODOMAIN' : 'ENOTFOUND',
      text: `${domain} has neither MX nor address.`,
    }
  }

  return {
    send: async (envelope) => {
      const domain = domainToASCII(envelope.rcpt_to.slice(envelope.rcpt_to.lastIndexOf('@') + 1)).toLowerCase()
      if (domain === '') return { phase: 'mail', error_name: 'EENVELOPE', text: 'The recipient has no domain.' }
      try {
        return await deliver(envelope, domain)
      } catch (error) {
        // Only what comes before the conversation can throw: the database, a resolver out of order. Nothing was sent.
        log.warn({ message: (error as Error).message }, 'a message waits, since its way could not be found out')
        return { ...HELD, held_ms: FIRST_HOST_REST_MS }
      }
    },
    close: () => {
      closed = true
      paces.close()
      if (sweep) clearInterval(sweep)
      for (const state of hosts.values()) closeIdle(state)
      hosts.clear()
    },
  }
}

const familiesOf = (source: readonly string[]): (4 | 6)[] => {
  const given = source.map((address) => isIP(address) as 4 | 6)
  return given.length > 0 ? given : [4, 6]
}

const sourceFor = (address: string, source: readonly string[]): { local_address?: string } => {
  const local = source.find((own) => isIP(own) === isIP(address))
  return local ? { local_address: local } : {}
}

const sooner = (known: DeliveryReply | null, other: DeliveryReply): DeliveryReply =>
  known && (known.held_ms ?? 0) <= (other.held_ms ?? 0) ? known : other

/** Of several hosts' refusals the one that leaves most hope, and of equals the one with words. */
const milder = (known: DeliveryReply | null, other: DeliveryReply): DeliveryReply => {
  if (!known) return other
  const final = (reply: DeliveryReply): boolean => (reply.reply_code ?? 0) >= 500 || reply.error_name === 'EMXPRIVATE'
  if (final(known) !== final(other)) return final(known) ? other : known
  return known.reply_code === undefined && other.reply_code !== undefined ? other : known
}

const paceStore = (db: Db, clock: Clock): PaceStore => ({
  load: async (receiver) => {
    const { rows } = await sql<{
      concurrency: number
      interval_ms: number
      rest_until: Date | null
      rest_ms: number
      reason: string | null
    }>`select concurrency, interval_ms, rest_until, rest_ms, reason from receiver_paces where receiver = ${receiver}`.execute(
      db,
    )
    return rows[0] ?? null
  },
  save: async (receiver, pace) => {
    const { concurrency, interval_ms, rest_until, rest_ms, reason } = pace
    await sql`
      insert into receiver_paces (receiver, concurrency, interval_ms, rest_until, rest_ms, reason, updated_at)
      values (${receiver}, ${concurrency}, ${interval_ms}, ${rest_until}, ${Math.round(rest_ms)}, ${reason}, ${clock.now()})
      on conflict (receiver) do update set concurrency = excluded.concurrency, interval_ms = excluded.interval_ms,
        rest_until = excluded.rest_until, rest_ms = excluded.rest_ms, reason = excluded.reason, updated_at = excluded.updated_at`.execute(
      db,
    )
  },
})
