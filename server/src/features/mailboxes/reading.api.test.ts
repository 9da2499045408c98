import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { dovecotMissing } from '../../../test/dovecot.ts'
import {
  connect,
  type MailboxBench,
  markSent,
  PASSWORD,
  reply,
  startMailboxBench,
  until,
} from '../../../test/mailbox-account.ts'
import { newId } from '../../ids.ts'
import { findMailboxRow } from './find-mailbox.ts'
import { Overtaken } from './read-folder.ts'
import { lookInto, openMailbox } from './sync-mailbox.ts'
import { watchMailboxes } from './watch-mailboxes.ts'

const POLL_MS = 121_000

describe('answers are read from a connected mailbox', { skip: dovecotMissing }, () => {
  let bench: MailboxBench
  let tenant: TestTenant
  before(async () => {
    bench = await startMailboxBench({
      users: [
        'ada@mail.test',
        'eve@mail.test',
        'ren@mail.test',
        'kim@mail.test',
        'jo@mail.test',
        'max@mail.test',
        'zoe@mail.test',
      ],
    })
    tenant = await createTenant(bench.h, { mode: 'live' })
  })
  after(() => bench?.close())

  const inboundOf = async (
    alias_id: string,
  ): Promise<{ from_email: string; kind: string; matched_by: string | null; body_text: string }[]> => {
    const { rows } = await sql<{ from_email: string; kind: string; matched_by: string | null; body_text: string }>`
      select from_email, kind, matched_by, body_text from inbound_emails where alias_id = ${alias_id} order by id`.execute(
      bench.h.deps.db,
    )
    return rows
  }
  const stored = async (text: string): Promise<number> => {
    const { rows } = await sql<{ n: number }>`
      select (select count(*) from inbound_deliveries where position(${Buffer.from(text)}::bytea in raw) > 0)
        + (select count(*) from inbound_emails where body_text like ${`%${text}%`} or subject like ${`%${text}%`}) as n`.execute(
      bench.h.deps.db,
    )
    return Number(rows[0]?.n)
  }
  /** One look into every mailbox that is due. */
  const poll = async (): Promise<void> => {
    bench.h.clock.advance(POLL_MS)
    await bench.h.worker.drain()
  }

  test('an answer is taken once and matched by its token; private mail and older mail are not stored', async () => {
    await bench.imap.deliver(
      'ada@mail.test',
      PASSWORD,
      reply('ada@mail.test', 'old@people.example', '<x@y>', 'from before the connection'),
    )
    const mailbox = await connect(bench, tenant, 'ada@mail.test')
    const { message_id } = await markSent(bench.h, tenant, mailbox, 'bea@people.example')
    const private_mail = (subject: string, from: string) =>
      `From: ${from}\nTo: ada@mail.test\nSubject: ${subject}\nMessage-ID: <${subject}@home.example>\nDate: Wed, 14 Jan 2026 09:00:00 +0000\n\nDinner at eight, ${subject}.\n`
    await bench.imap.deliver('ada@mail.test', PASSWORD, private_mail('family-secret', 'mum@home.example'))
    await bench.imap.deliver('ada@mail.test', PASSWORD, reply('ada@mail.test', 'bea@people.example', message_id))
    await bench.imap.deliver('ada@mail.test', PASSWORD, private_mail('note-to-self', 'ada@mail.test'))
    await poll()
    await poll()
    assert.deepEqual(
      (await inboundOf(mailbox.alias_id)).map(({ from_email, kind, matched_by }) => [from_email, kind, matched_by]),
      [['bea@people.example', 'human_reply', 'reference_token']],
    )
    for (const text of ['family-secret', 'note-to-self', 'from before the connection'])
      assert.equal(await stored(text), 0, text)
    const flags = (await bench.imap.list('ada@mail.test', PASSWORD, 'INBOX')).map((message) =>
      message.flags.includes('\\Seen'),
    )
    assert.ok(
      flags.every((seen) => !seen),
      'reading marks nothing as read',
    )
  })

  test('IDLE wakes the session: an answer is there without any poll', async () => {
    const mailbox = await connect(bench, tenant, 'eve@mail.test')
    const { message_id } = await markSent(bench.h, tenant, mailbox, 'bob@people.example')
    const { deps, worker } = bench.h
    const watcher = watchMailboxes(deps, { round_ms: 50 })
    try {
      await until(async () => (await sessionsOf(mailbox.id)) === 1)
      await until(async () => /EXAMINE|eve@mail.test/.test(bench.imap.log()))
      await bench.imap.deliver('eve@mail.test', PASSWORD, reply('eve@mail.test', 'bob@people.example', message_id))
      await until(async () => {
        await worker.drain()
        return (await inboundOf(mailbox.alias_id)).length === 1
      })
    } finally {
      await watcher.stop()
    }
    assert.equal(await sessionsOf(mailbox.id), 0, 'the lease is given back')
  })

  test('a server that dies while it is watched, and comes back, has lost and doubled nothing', async () => {
    const mailbox = await connect(bench, tenant, 'ren@mail.test')
    const sent = await Promise.all(
      ['r1@people.example', 'r2@people.example', 'r3@people.example'].map((to) =>
        markSent(bench.h, tenant, mailbox, to),
      ),
    )
    const answerFrom = (n: number) =>
      bench.imap.deliver(
        'ren@mail.test',
        PASSWORD,
        reply('ren@mail.test', `r${n}@people.example`, sent[n - 1]?.message_id ?? ''),
      )
    const writers = async (): Promise<string[]> => {
      await bench.h.worker.drain()
      return (await inboundOf(mailbox.alias_id)).map(({ from_email }) => from_email.split('@')[0] as string)
    }
    const watcher = watchMailboxes(bench.h.deps, { round_ms: 50 })
    try {
      await until(async () => (await sessionsOf(mailbox.id)) === 1)
      await answerFrom(1)
      await until(async () => (await writers()).length === 1)
      await bench.imap.kill()
      await until(async () => (await sessionsOf(mailbox.id)) === 0)
      await bench.imap.start()
      await answerFrom(2)
      assert.equal(
        (await statusOf(mailbox.id)).status,
        'active',
        'a server that is away is no reason to ask for a person',
      )
      bench.h.clock.advance(20_000)
      await until(async () => (await writers()).length === 2)
      await answerFrom(3)
      await until(async () => (await writers()).length === 3)
    } finally {
      await watcher.stop()
    }
    await poll()
    assert.deepEqual(await writers(), ['r1', 'r2', 'r3'])
  })

  test('a folder that is numbered anew brings what is new and nothing twice', async () => {
    const mailbox = await connect(bench, tenant, 'kim@mail.test')
    const first = await markSent(bench.h, tenant, mailbox, 'k1@people.example')
    const second = await markSent(bench.h, tenant, mailbox, 'k2@people.example')
    await bench.imap.deliver('kim@mail.test', PASSWORD, reply('kim@mail.test', 'k1@people.example', first.message_id))
    await poll()
    const before = await cursorOf(mailbox.id)
    await bench.imap.kill()
    bench.imap.renumber('kim@mail.test')
    await bench.imap.start()
    await bench.imap.deliver('kim@mail.test', PASSWORD, reply('kim@mail.test', 'k2@people.example', second.message_id))
    await poll()
    await poll()
    const after = await cursorOf(mailbox.id)
    assert.notEqual(before.uid_validity, after.uid_validity, 'the server did number the folder anew')
    assert.deepEqual(
      (await inboundOf(mailbox.alias_id)).map(({ from_email }) => from_email),
      ['k1@people.example', 'k2@people.example'],
    )
  })

  test('a bounce is known by the message it returns, an answer in the junk folder is found, and moved it stays one', async () => {
    const mailbox = await connect(bench, tenant, 'jo@mail.test')
    const gone = await markSent(bench.h, tenant, mailbox, 'gone@people.example')
    const junked = await markSent(bench.h, tenant, mailbox, 'j@people.example')
    const report = (message_id: string, to: string) =>
      [
        'Return-Path: <>',
        'From: Mail Delivery System <MAILER-DAEMON@mx.example>',
        'To: jo@mail.test',
        'Subject: Undelivered Mail Returned to Sender',
        'Auto-Submitted: auto-replied',
        `Message-ID: <${to}.bounce@mx.example>`,
        'Date: Wed, 14 Jan 2026 09:00:00 +0000',
        'MIME-Version: 1.0',
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        '',
        '--b',
        '',
        `<${to}>: 550 5.1.1 User unknown`,
        '--b',
        'Content-Type: message/delivery-status',
        '',
        'Reporting-MTA: dns; mx.example',
        '',
        `Final-Recipient: rfc822; ${to}`,
        'Action: failed',
        'Status: 5.1.1',
        'Diagnostic-Code: smtp; 550 5.1.1 User unknown',
        '',
        '--b',
        'Content-Type: message/rfc822',
        '',
        'From: jo@mail.test',
        `To: ${to}`,
        'Subject: A question',
        `Message-ID: ${message_id}`,
        '',
        'Hello',
        '--b--',
        '',
      ].join('\r\n')
    const answer = reply('jo@mail.test', 'j@people.example', junked.message_id)
    await bench.imap.deliver('jo@mail.test', PASSWORD, report(gone.message_id, 'gone@people.example'))
    await bench.imap.deliver('jo@mail.test', PASSWORD, report('<private-letter@mail.test>', 'grandma@home.example'))
    await bench.imap.deliver('jo@mail.test', PASSWORD, answer, 'Junk')
    await poll()
    await bench.imap.deliver('jo@mail.test', PASSWORD, answer)
    await poll()
    assert.deepEqual((await inboundOf(mailbox.alias_id)).map(({ kind, matched_by }) => [kind, matched_by]).sort(), [
      ['bounce', 'reference_token'],
      ['human_reply', 'reference_token'],
    ])
    assert.equal(await stored('grandma@home.example'), 0)
    const { rows } = await sql<{ status: string }>`select status from emails where id = ${gone.email_id}`.execute(
      bench.h.deps.db,
    )
    assert.equal(rows[0]?.status, 'bounced')
  })

  test('two readers who both believe to hold the mailbox take each message once between them', async () => {
    const { deps } = bench.h
    const mailbox = await connect(bench, tenant, 'zoe@mail.test')
    const people = Array.from({ length: 12 }, (_, i) => `z${i}@people.example`)
    for (const to of people) {
      const { message_id } = await markSent(bench.h, tenant, mailbox, to)
      await bench.imap.deliver('zoe@mail.test', PASSWORD, reply('zoe@mail.test', to, message_id))
    }
    const row = await findMailboxRow(deps.db, mailbox.id)
    assert.ok(row)
    const readers = await Promise.all([1, 2, 3].map(() => openMailbox(deps, row)))
    const never = new AbortController().signal
    const ends = await Promise.allSettled(readers.map((open) => lookInto(deps, open, never)))
    await Promise.all(readers.map(({ session }) => session.close()))
    for (const end of ends)
      if (end.status === 'rejected') assert.ok(end.reason instanceof Overtaken, String(end.reason))
    await bench.h.worker.drain()
    assert.deepEqual((await inboundOf(mailbox.alias_id)).map(({ from_email }) => from_email).sort(), people.toSorted())
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from inbound_deliveries where alias_id = ${mailbox.alias_id}`.execute(deps.db)
    assert.equal(rows[0]?.n, people.length)
  })

  test('two processes hold one session between them, and a dead holder is replaced', async () => {
    const { deps } = bench.h
    const mailbox = await connect(bench, tenant, 'max@mail.test')
    const now = deps.clock.now()
    const process = async (id: string) =>
      sql`insert into processes (id, role, hostname, pid, data_dir, queue_worker_ids, started_at, heartbeat_at) values (${id}, 'worker', 'test', 1, '', '{}', ${now}, ${now})`.execute(
        deps.db,
      )
    const [one, two] = [newId(), newId()]
    await process(one)
    await process(two)
    const holder = async () =>
      (
        await sql<{
          lease_process: string | null
        }>`select lease_process from mailboxes where id = ${mailbox.id}`.execute(deps.db)
      ).rows[0]?.lease_process
    const first = watchMailboxes({ ...deps, process_id: one }, { round_ms: 50 })
    await until(async () => (await holder()) === one)
    const second = watchMailboxes({ ...deps, process_id: two }, { round_ms: 50 })
    try {
      const opened = () => bench.imap.log().split('Login: user=<max@mail.test>').length - 1
      await until(async () => opened() >= 2)
      const logins = opened()
      await new Promise((resolve) => setTimeout(resolve, 400))
      assert.deepEqual([await holder(), opened()], [one, logins])
      // What the registry of processes does when a heartbeat stays out.
      await sql`delete from processes where id = ${one}`.execute(deps.db)
      await until(async () => (await holder()) === two)
      await first.stop()
      assert.equal(await holder(), two, 'the one that lost it does not take it back with it')
    } finally {
      await first.stop()
      await second.stop()
    }
  })

  const statusOf = async (id: string): Promise<{ status: string; last_error: string | null; failures: number }> => {
    const { rows } = await sql<{ status: string; last_error: string | null; failures: number }>`
      select status, last_error, failures from mailboxes where id = ${id}`.execute(bench.h.deps.db)
    return rows[0] as { status: string; last_error: string | null; failures: number }
  }
  const cursorOf = async (id: string): Promise<{ uid_validity: number; last_uid: number }> => {
    const { rows } = await sql<{ uid_validity: number; last_uid: number }>`
      select uid_validity, last_uid from mailbox_folders where mailbox_id = ${id} and role = 'inbox'`.execute(
      bench.h.deps.db,
    )
    return rows[0] as { uid_validity: number; last_uid: number }
  }

  const sessionsOf = async (id: string): Promise<number> => {
    const { rows } = await sql<{
      n: number
    }>`select count(*)::int as n from mailboxes where id = ${id} and lease_id is not null`.execute(bench.h.deps.db)
    return rows[0]?.n ?? 0
  }
})

test('a server without IDLE and CONDSTORE is polled', { skip: dovecotMissing }, async () => {
  const bench = await startMailboxBench({ users: ['old@mail.test'], without: ['IDLE', 'CONDSTORE'] })
  try {
    const tenant = await createTenant(bench.h, { mode: 'live' })
    const mailbox = await connect(bench, tenant, 'old@mail.test')
    const tested = await bench.h.call<{ imap: Record<string, unknown> }>(
      'POST',
      `/api/v1/mailboxes/${mailbox.id}/test`,
      { as: tenant.key },
    )
    assert.deepEqual([tested.body.imap.ok, tested.body.imap.idle, tested.body.imap.condstore], [true, false, false])
    const { message_id } = await markSent(bench.h, tenant, mailbox, 'o@people.example')
    await bench.imap.deliver('old@mail.test', PASSWORD, reply('old@mail.test', 'o@people.example', message_id))
    bench.h.clock.advance(POLL_MS)
    await bench.h.worker.drain()
    const { rows } = await sql`select 1 from inbound_emails where alias_id = ${mailbox.alias_id}`.execute(
      bench.h.deps.db,
    )
    assert.equal(rows.length, 1)
  } finally {
    await bench.close()
  }
})
