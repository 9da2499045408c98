import type { AddressInfo } from 'node:net'
import { sql } from 'kysely'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import { createBatcher } from '../../../batcher.ts'
import type { Config } from '../../../config.ts'
import type { Db } from '../../../db/connect.ts'
import { newId } from '../../../ids.ts'
import type { Logger } from '../../../log.ts'
import type { Secrets } from '../../../secrets.ts'
import { readSenderGreeting, senderGreeting } from '../../../world-greeting.ts'
import { type Clock, workspaceNow } from '../../clock.ts'
import type { MailTransport } from '../port.ts'
import { openSmtpConnection } from '../smtp-client.ts'
import { type Carrier, createCarrier, listenerPort, type ReactionPayload, type ReactionRow } from './carry-out.ts'
import { greetingOf, type ReactionKind, reactionsOf } from './people.ts'
import { readLetter } from './read-letter.ts'

export type MailWorld = {
  /** The transport of a sandbox workspace: a real SMTP session to this process's local mail world. */
  transportFor: (workspaceId: string) => MailTransport
  /** Lets the people of a workspace do what is due by `now`. Returns how many did something. */
  react: (workspaceId: string, now: Date) => Promise<number>
  close: () => Promise<void>
}

export type MailWorldOptions = {
  db: Db
  clock: Clock
  log: Logger
  config: Pick<Config, 'mail_connections' | 'inbound_smtp'>
  secrets: Pick<Secrets, 'key'>
  address: { local_url: string; base_url: string; inbound_smtp_port: number | null }
}

const HOST = '127.0.0.1'
const CLOSE_MS = 250
const MAX_BYTES = 52_428_800
const ACTED_AT_ONCE = 500

type Taken = { workspace_id: string; mail_from: string; recipient: string; raw: Buffer }

const reply = (code: number, text: string): Error => Object.assign(new Error(text), { responseCode: code })

const VISITS: ReactionKind[] = ['scan', 'open', 'click', 'unsubscribe_link']

/** What the person will need to carry a reaction out; the small ones hold no more than their addresses. */
const payloadFor = (
  kind: ReactionKind,
  taken: Taken,
  letter: ReturnType<typeof readLetter>,
): ReactionPayload | null => {
  const person = taken.recipient
  if (kind === 'open') return letter.pixel_url ? { person, urls: [letter.pixel_url] } : null
  if (kind === 'click')
    return letter.links[0] ? { person, urls: [letter.links[Math.floor(letter.links.length / 2)] as string] } : null
  if (kind === 'unsubscribe_link') return letter.unsubscribe_url ? { person, urls: [letter.unsubscribe_url] } : null
  if (kind === 'scan') {
    const urls = [...(letter.pixel_url ? [letter.pixel_url] : []), ...letter.links]
    return urls.length ? { person, urls } : null
  }
  return { person, mail_from: taken.mail_from, letter }
}

/**
 * The local mail world: a real SMTP server on loopback, whose people, chosen by address, defer, refuse, bounce, answer, are
 * away, unsubscribe, complain, open and click. It serves sandbox workspaces only; what its people will do stands in a table
 * with a time of the workspace's clock, and `react` carries out what is due. Started by the first who sends.
 */
export const createMailWorld = (options: MailWorldOptions): MailWorld => {
  const { db, clock, log } = options
  let starting: Promise<{ port: number; server: SMTPServer }> | null = null
  let closed = false
  const carrier: Carrier = createCarrier(options)

  /** Plans what follows from messages that were taken; those that arrive together share one commit. */
  const plan = async (messages: Taken[]): Promise<undefined[]> => {
    const ids = [...new Set(messages.map(({ workspace_id }) => workspace_id))]
    const clocks = await sql<{ id: string; clock_offset_ms: number; clock_frozen_at: Date | null }>`
      select id, clock_offset_ms, clock_frozen_at from workspaces where id = any(${ids}::uuid[]) and mode = 'sandbox'`.execute(
      db,
    )
    const system = clock.now()
    const rows = messages.flatMap((taken) => {
      const workspace = clocks.rows.find(({ id }) => id === taken.workspace_id)
      if (!workspace) return []
      const letter = readLetter(taken.raw)
      return reactionsOf(taken.recipient, letter.references.length, workspaceNow(workspace, system)).flatMap(
        ({ kind, due_at }) => {
          const payload = payloadFor(kind, taken, letter)
          return payload ? [{ id: newId(), workspace_id: taken.workspace_id, due_at, kind, payload }] : []
        },
      )
    })
    if (rows.length)
      await sql`
        insert into world_reactions (id, workspace_id, due_at, kind, payload, created_at)
        select id, workspace_id, due_at, kind, payload, ${system}
        from jsonb_to_recordset(${JSON.stringify(rows, (_key, value) => (typeof value === 'string' ? value.replaceAll('\0', '') : value))}::jsonb)
          as r (id uuid, workspace_id uuid, due_at timestamptz, kind text, payload jsonb)`.execute(db)
    return messages.map(() => undefined)
  }
  const planner = createBatcher(plan, { max: 100 })

  /** True for the first try of a recipient that defers, which the table remembers. */
  const defersNow = async (workspaceId: string, recipient: string): Promise<boolean> => {
    const { numAffectedRows } = await sql`
      insert into world_deferrals (workspace_id, recipient, first_try_at)
      select id, ${recipient.toLowerCase()}, ${clock.now()} from workspaces where id = ${workspaceId} on conflict do nothing`.execute(
      db,
    )
    return (numAffectedRows ?? 0n) > 0n
  }

  const answerRecipient = async (recipient: string, session: SMTPServerSession): Promise<void> => {
    const workspaceId = readSenderGreeting(session.hostNameAppearsAs)
    if (!workspaceId) throw reply(550, '5.7.1 The local mail world serves sandbox workspaces only')
    const said = greetingOf(recipient)
    if (said.answer === 'accept') return
    if (said.answer === 'refuse' || (await defersNow(workspaceId, recipient))) throw reply(said.code, said.text)
  }

  const take = (stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> =>
    new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('error', reject)
      stream.on('end', () => {
        if (stream.sizeExceeded) return reject(reply(552, '5.3.4 Message too big'))
        const raw = Buffer.concat(chunks)
        const workspace_id = readSenderGreeting(session.hostNameAppearsAs) as string
        const { mailFrom, rcptTo } = session.envelope
        const mail_from = mailFrom ? mailFrom.address : ''
        Promise.all(
          rcptTo.map(({ address }) => planner.add({ workspace_id, mail_from, recipient: address, raw })),
        ).then(() => resolve(), reject)
      })
    })

  const answer = (work: Promise<void>, callback: (error?: Error | null) => void): void => {
    work.then(
      () => callback(),
      (error: Error & { responseCode?: number }) => {
        if (!error.responseCode) log.error({ err: error }, 'the local mail world failed')
        callback(error.responseCode ? error : reply(451, '4.3.0 Try again later'))
      },
    )
  }

  const start = async (): Promise<{ port: number; server: SMTPServer }> => {
    const server = new SMTPServer({
      name: 'mx.sandbox.invalid',
      banner: 'local mail world, sandbox only',
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      size: MAX_BYTES,
      socketTimeout: 3_600_000,
      closeTimeout: CLOSE_MS,
      maxAllowedUnauthenticatedCommands: false,
      logger: false,
      onRcptTo: (address, session, callback) => answer(answerRecipient(address.address, session), callback),
      onData: (stream, session, callback) => answer(take(stream, session), callback),
    })
    server.on('error', (error) => log.warn({ message: error.message }, 'local mail world'))
    await new Promise<void>((resolve, reject) => {
      server.server.once('error', reject)
      server.listen(0, HOST, () => resolve())
    })
    const { port } = server.server.address() as AddressInfo
    log.debug({ port }, 'the local mail world listens')
    return { port, server }
  }

  /** Claims what is due. Marked done first: people of a simulation who miss something after a crash are no loss, twice is. */
  const claim = async (workspaceId: string, now: Date): Promise<ReactionRow[]> => {
    const able = listenerPort(options) === null ? sql`and kind = any(${VISITS})` : sql``
    const { rows } = await sql<ReactionRow>`
      update world_reactions set done_at = ${now}
      where id = any(array(
        select id from world_reactions where workspace_id = ${workspaceId} and done_at is null and due_at <= ${now} ${able}
        order by due_at, id limit ${ACTED_AT_ONCE} for update skip locked))
      returning id, workspace_id, due_at, kind, payload`.execute(db)
    return rows.sort((a, b) => a.due_at.getTime() - b.due_at.getTime() || (a.id < b.id ? -1 : 1))
  }

  return {
    transportFor: (workspaceId) => ({
      // Sessions are kept by this name, and a session belongs to the workspace that it greeted for.
      name: `local mail world of sandbox ${workspaceId}`,
      connections: options.config.mail_connections,
      open: async () => {
        if (closed) throw new Error('the local mail world is closed')
        starting ??= start()
        const { port } = await starting
        return openSmtpConnection({ host: HOST, port, name: senderGreeting(workspaceId), secure: 'none' })
      },
    }),
    react: async (workspaceId, now) => {
      let acted = 0
      for (;;) {
        const due = await claim(workspaceId, now)
        if (due.length) acted += await carrier.carryOut(due)
        if (due.length < ACTED_AT_ONCE) return acted
      }
    },
    close: async () => {
      closed = true
      carrier.close()
      const running = await starting?.catch(() => null)
      if (running) await new Promise<void>((resolve) => running.server.close(() => resolve()))
      await planner.idle()
    },
  }
}
