import type { AddressInfo } from 'node:net'
import { sql } from 'kysely'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import { createBatcher } from '../../batcher.ts'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { readWorldGreeting } from '../../world-greeting.ts'
import { findRecipient } from './find-recipient.ts'
import { processInboundJob } from './jobs.ts'

export type InboundListener = { port: number; close: () => Promise<void> }

const MAX_RECIPIENTS = 50
const MAX_CLIENTS = 200
const IDLE_MS = 120_000
/** What is on the wire when we stop gets 421 and is tried again by its sender. */
const CLOSE_MS = 250
/** Messages of one commit; together they must not hold much memory. */
const BATCH = 50

type Delivery = { mail_from: string; rcpt_to: string; raw: Buffer; remote_address: string; helo: string }

/** An error whose text and code are the reply that the other side reads (RFC 5321 §4.2, RFC 3463). */
const reply = (code: number, text: string): Error => Object.assign(new Error(text), { responseCode: code })

const readAll = (stream: SMTPServerDataStream, maxBytes: number): Promise<Buffer | null> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length
      // The rest is read to the end, because the reply can only be given there, but it is not kept.
      if (size <= maxBytes) chunks.push(chunk)
      else chunks.length = 0
    })
    stream.on('end', () => resolve(size > maxBytes || stream.sizeExceeded ? null : Buffer.concat(chunks)))
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
    await enqueue(tx, processInboundJob, { delivery_ids: rows.map((row) => row.id) })
  })

/** Addresses and names come from strangers and go into text columns, which hold no NUL. */
const storable = (text: string | undefined): string => (text ?? '').replaceAll('\0', '').toWellFormed().slice(0, 1000)

/**
 * Listens for mail. Only known recipients are taken, everybody else is 550; every message is stored, with the job that
 * will understand it, before the sender hears 250. Messages that arrive together share one commit.
 */
export const listenInbound = async (deps: Deps): Promise<InboundListener> => {
  const { host, port, max_bytes: maxBytes } = deps.config.inbound_smtp
  const keys = deps.secrets.keys('mail-tokens')
  const batcher = createBatcher<Delivery[], undefined>(
    async (batches) => {
      await store(deps, batches.flat())
      return batches.map(() => undefined)
    },
    { max: BATCH },
  )

  const accept = async (stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> => {
    const raw = await readAll(stream, maxBytes)
    if (!raw) throw reply(552, `5.3.4 The message is larger than ${maxBytes} bytes`)
    const { mailFrom, rcptTo } = session.envelope
    const from = storable(mailFrom ? mailFrom.address : '')
    const shared = {
      mail_from: from,
      raw,
      remote_address: storable(session.remoteAddress),
      helo: storable(session.hostNameAppearsAs),
    }
    await batcher.add(rcptTo.map(({ address }) => ({ ...shared, rcpt_to: storable(address) })))
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

  const server = new SMTPServer({
    name: new URL(deps.address.base_url).hostname,
    banner: 'Bavlio',
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: maxBytes,
    maxClients: MAX_CLIENTS,
    maxRecipients: MAX_RECIPIENTS,
    socketTimeout: IDLE_MS,
    closeTimeout: CLOSE_MS,
    logger: false,
    onRcptTo: (address, session, callback) => {
      const world = readWorldGreeting(keys, session.hostNameAppearsAs)
      answer(
        findRecipient(deps, address.address, world).then((known) => {
          if (!known) throw reply(550, '5.1.1 There is no such address here')
        }),
        callback,
      )
    },
    onData: (stream, session, callback) => answer(accept(stream, session), callback),
  })
  server.on('error', (error) => deps.log.warn({ message: error.message }, 'inbound SMTP'))

  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(port, host, () => {
      server.server.off('error', reject)
      resolve()
    })
  })
  return {
    port: (server.server.address() as AddressInfo).port,
    close: async () => {
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await batcher.idle()
    },
  }
}
