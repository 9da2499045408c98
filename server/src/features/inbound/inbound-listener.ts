import type { AddressInfo, Socket } from 'node:net'
import { sql } from 'kysely'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import { createBatcher } from '../../batcher.ts'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { readWorldGreeting } from '../../world-greeting.ts'
import { type AskedRecipient, findRecipients, type KnownRecipient } from './find-recipient.ts'
import { processInboundJob } from './jobs.ts'
import { hidesAnEnd } from './line-ends.ts'
import { listenerCertificate } from './listener-certificate.ts'
import { createSessionLimits, strangerOf } from './session-limits.ts'
import { storable } from './storable-text.ts'
import { isTrustedRelay } from './trusted-relay.ts'

export type InboundListener = { port: number; close: () => Promise<void> }

const MAX_RECIPIENTS = 50
/** Who asks for so many addresses that do not exist is trying names out (RFC 5321 §7.3). */
const MAX_UNKNOWN = 10
const IDLE_MS = 120_000
/** However busy it keeps itself, no session lasts longer; a sender that has more to say comes again. */
const SESSION_MS = 30 * 60_000
/** What is on the wire when we stop gets 421 and is tried again by its sender. */
const CLOSE_MS = 250
/** A renewed certificate is taken up without a restart. */
const CERTIFICATE_MS = 10 * 60_000
/** Messages of one commit; together they must not hold much memory. */
const BATCH = 50
const BATCH_BYTES = 32_000_000
/** A message has a delivery for each recipient, and a job takes no more of them than its input allows. */
const DELIVERIES_OF_JOB = 200
/** One address may hold a tenth of the connections. */
const SHARE = 10
/** Messages that are being received or stored hold this much memory together at most, over all sessions. */
const HELD_BYTES = 256_000_000

type Delivery = { mail_from: string; rcpt_to: string; raw: Buffer; remote_address: string; helo: string }

/** An error whose text and code are the reply that the other side reads (RFC 5321 §4.2, RFC 3463). */
const reply = (code: number, text: string): Error => Object.assign(new Error(text), { responseCode: code })

/** Contents on their way through this process, in bytes. */
type Held = { bytes: number; most: number }

/** Why a message was not kept while it came in. */
type Unread = 'too_large' | 'no_room'

const readAll = (stream: SMTPServerDataStream, maxBytes: number, held: Held): Promise<Buffer | Unread> =>
  new Promise((resolve, reject) => {
    let chunks: Buffer[] = []
    let size = 0
    let why: Unread | null = null
    const drop = (because: Unread): void => {
      why = because
      for (const chunk of chunks) held.bytes -= chunk.length
      chunks = []
    }
    stream.on('data', (chunk: Buffer) => {
      // The rest is read to the end, because the reply can only be given there, but it is not kept.
      if (why) return
      size += chunk.length
      if (size > maxBytes) return drop('too_large')
      if (held.bytes + chunk.length > held.most) return drop('no_room')
      held.bytes += chunk.length
      chunks.push(chunk)
    })
    // A session that breaks off in the middle leaves nothing behind.
    stream.on('close', () => {
      if (stream.readableEnded) return
      drop('no_room')
      reject(reply(421, '4.4.2 The connection broke'))
    })
    stream.on('end', () => resolve(why ?? (stream.sizeExceeded ? 'too_large' : Buffer.concat(chunks))))
    stream.on('error', reject)
  })

const store = (deps: Deps, deliveries: Delivery[]): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const received = deps.clock.now()
    const rows = deliveries.map((delivery) => ({ id: newId(), ...delivery }))
    await sql`
      insert into inbound_deliveries (id, mail_from, rcpt_to, raw, remote_address, helo, received_at)
      select id, mail_from, rcpt_to, raw, remote_address, helo, ${received}
      from unnest(${rows.map((row) => row.id)}::uuid[], ${rows.map((row) => row.mail_from)}::text[], ${rows.map((row) => row.rcpt_to)}::text[],
        ${rows.map((row) => row.raw)}::bytea[], ${rows.map((row) => row.remote_address)}::text[], ${rows.map((row) => row.helo)}::text[])
        as given (id, mail_from, rcpt_to, raw, remote_address, helo)`.execute(tx)
    const ids = rows.map((row) => row.id)
    for (let at = 0; at < ids.length; at += DELIVERIES_OF_JOB)
      await enqueue(tx, processInboundJob, { delivery_ids: ids.slice(at, at + DELIVERIES_OF_JOB) })
  })

/** One commit for what is small, several for what is not. */
const storeInPortions = async (deps: Deps, deliveries: readonly Delivery[]): Promise<void> => {
  let portion: Delivery[] = []
  let bytes = 0
  for (const delivery of deliveries) {
    if (portion.length && bytes + delivery.raw.length > BATCH_BYTES) {
      await store(deps, portion)
      portion = []
      bytes = 0
    }
    portion.push(delivery)
    bytes += delivery.raw.length
  }
  if (portion.length) await store(deps, portion)
}

/** Addresses and names come from strangers and go into text columns. */
const shortText = (text: string | undefined): string =>
  storable(text ?? '')
    .slice(0, 1000)
    .toWellFormed()

/** What the client announced in MAIL FROM (RFC 1870); 0 where it announced nothing. */
const announcedSize = ({ envelope }: SMTPServerSession): number => {
  const args = envelope.mailFrom ? (envelope.mailFrom.args as Record<string, unknown> | false | undefined) : undefined
  return Number(args ? args.SIZE : 0) || 0
}

/**
 * Listens for mail. Only known recipients are taken, everybody else is 550 (no relaying, no VRFY, no EXPN); every message is
 * stored, with the job that will understand it, before the sender hears 250. Messages that arrive together share one
 * commit. No address holds more than a tenth of the connections or brings more than the settings let it.
 */
export const listenInbound = async (deps: Deps): Promise<InboundListener> => {
  const { host, port, max_bytes: maxBytes, connections, messages_per_minute, trusted_relays } = deps.config.inbound_smtp
  const keys = deps.secrets.keys('mail-tokens')
  const limits = createSessionLimits({
    connections_per_address: Math.max(2, Math.floor(connections / SHARE)),
    messages_per_minute,
  })
  const held: Held = { bytes: 0, most: Math.max(HELD_BYTES, 3 * maxBytes) }
  const unknownAsked = new WeakMap<SMTPServerSession, number>()
  const recipients = createBatcher<AskedRecipient, KnownRecipient | null>((asked) => findRecipients(deps, asked), {
    max: BATCH,
  })
  const batcher = createBatcher<Delivery[], undefined>(
    async (batches) => {
      await storeInPortions(deps, batches.flat())
      return batches.map(() => undefined)
    },
    { max: BATCH },
  )

  /** Connections that are one too many for their address; they are told so when they would be greeted. */
  const tooMany = new Set<string>()
  const nameOf = (address: string, from: number): string => `${strangerOf(address) ?? ''} ${from}`
  const isFree = (address: string): boolean => isTrustedRelay(trusted_relays, address)

  const accept = async (stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> => {
    const raw = await readAll(stream, maxBytes, held)
    if (raw === 'too_large') throw reply(552, `5.3.4 The message is larger than ${maxBytes} bytes`)
    if (raw === 'no_room') throw reply(452, '4.3.1 Too much mail is coming in at once, try again later')
    try {
      const { mailFrom, rcptTo } = session.envelope
      if (hidesAnEnd(raw)) throw reply(554, '5.5.2 A line of a single dot does not end with CR LF')
      if (raw.length * rcptTo.length > held.most) throw reply(452, '4.5.3 Too many recipients for so large a message')
      if (!isFree(session.remoteAddress) && !limits.take(session.remoteAddress, deps.clock.now().getTime()))
        throw reply(451, '4.7.1 Too many messages from your address, try again in a minute')
      const shared = {
        mail_from: shortText(mailFrom ? mailFrom.address : ''),
        raw,
        remote_address: shortText(session.remoteAddress),
        helo: shortText(session.hostNameAppearsAs || undefined),
      }
      await batcher.add(rcptTo.map(({ address }) => ({ ...shared, rcpt_to: shortText(address) })))
    } finally {
      held.bytes -= raw.length
    }
  }

  const judgeRecipient = async (address: string, session: SMTPServerSession): Promise<void> => {
    // Each recipient has a copy; a sender that is told so puts the rest into another message.
    if (announcedSize(session) * (session.envelope.rcptTo.length + 1) > held.most / 2)
      throw reply(452, '4.5.3 Too many recipients for so large a message')
    const world = readWorldGreeting(keys, session.hostNameAppearsAs || null)
    if (await recipients.add({ address, world })) return
    const asked = (unknownAsked.get(session) ?? 0) + 1
    unknownAsked.set(session, asked)
    if (asked > MAX_UNKNOWN && !isFree(session.remoteAddress))
      throw reply(421, '4.7.0 Too many addresses that do not exist')
    throw reply(550, '5.1.1 There is no such address here')
  }

  /** A fault of ours is never the sender's: the message stays with them and comes again. */
  const answer = (work: Promise<unknown>, callback: (error?: Error | null) => void): void => {
    work.then(
      () => callback(),
      (error: Error & { responseCode?: number }) => {
        if (!error.responseCode) deps.log.error({ err: error }, 'inbound mail could not be taken')
        callback(error.responseCode ? error : reply(451, '4.3.0 Try again later'))
      },
    )
  }

  const tls = async () => {
    const { cert, key, is_self_signed } = await listenerCertificate(deps)
    return { context: { cert, key, minVersion: 'TLSv1.2' as const }, is_self_signed }
  }
  const { context } = await tls()
  const server = new SMTPServer({
    name: deps.config.mail_host_name,
    banner: 'Bavlio',
    authOptional: true,
    // Nobody logs in here, nobody asks who is here, and nobody speaks for another client.
    disabledCommands: ['AUTH', 'VRFY', 'EXPN', 'XCLIENT', 'XFORWARD'],
    disableReverseLookup: true,
    // We answer for what arrives and write no reports about it, so we do not offer to.
    hideDSN: true,
    hideREQUIRETLS: true,
    ...context,
    size: maxBytes,
    maxClients: connections,
    maxRecipients: MAX_RECIPIENTS,
    socketTimeout: IDLE_MS,
    closeTimeout: CLOSE_MS,
    logger: false,
    onConnect: ({ remoteAddress, remotePort }, callback) =>
      callback(
        tooMany.has(nameOf(remoteAddress, remotePort))
          ? reply(421, '4.7.0 Too many connections from your address')
          : null,
      ),
    onRcptTo: (address, session, callback) => answer(judgeRecipient(address.address, session), callback),
    onData: (stream, session, callback) => answer(accept(stream, session), callback),
  })
  server.on('error', (error) => deps.log.warn({ message: error.message }, 'inbound SMTP'))

  server.server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? ''
    const name = nameOf(address, socket.remotePort ?? 0)
    if (!limits.enter(address) && !isFree(address)) tooMany.add(name)
    const end = setTimeout(() => socket.destroy(), SESSION_MS)
    end.unref()
    socket.once('close', () => {
      clearTimeout(end)
      limits.leave(address)
      tooMany.delete(name)
    })
  })

  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject)
    // On a database that several processes share, those of one host may share the port, too; the kernel deals sessions out.
    const isShared = port !== 0 && deps.config.database.url !== null && process.platform === 'linux'
    server.listen({ port, host, reusePort: isShared }, () => {
      server.server.off('error', reject)
      resolve()
    })
  })
  const renewal = setInterval(() => {
    tls()
      .then(({ context: renewed }) => server.updateSecureContext(renewed))
      .catch((error: Error) =>
        deps.log.error({ err: error }, 'the certificate of inbound SMTP could not be read again'),
      )
  }, CERTIFICATE_MS)
  renewal.unref()
  return {
    port: (server.server.address() as AddressInfo).port,
    close: async () => {
      clearInterval(renewal)
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await Promise.all([recipients.idle(), batcher.idle()])
    },
  }
}
