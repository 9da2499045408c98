import { PassThrough } from 'node:stream'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { newId } from '../src/ids.ts'
import { createLogger } from '../src/log.ts'
import type { TestTenant } from './builders.ts'
import { type Dovecot, makeCertificate, startDovecot } from './dovecot.ts'
import { type Harness, startHarness } from './harness.ts'
import { type SubmissionServer, startSubmissionServer } from './submission-server.ts'

export const PASSWORD = 'correct horse 4711'

export type MailboxBench = {
  h: Harness
  imap: Dovecot
  smtp: SubmissionServer
  /** All that was logged, to be searched for what must not stand in it. */
  logged: () => string
  close: () => Promise<void>
}

export const servers = (bench: Pick<MailboxBench, 'imap' | 'smtp'>) => ({
  smtp: { host: 'localhost', port: bench.smtp.port, security: 'tls' },
  imap: { host: 'localhost', port: bench.imap.port, security: 'tls' },
})

/** The product with a real IMAP and a real submission server beside it that know the same users. */
export const startMailboxBench = async (options: {
  users: string[]
  env?: Record<string, string>
  token_info_url?: string
  isToken?: SubmissionServer['isToken']
  without?: string[]
  /** For settings that name the servers' ports. */
  envWith?: (servers: { smtp_port: number; imap_port: number }) => Record<string, string>
  allow?: string[]
}): Promise<MailboxBench> => {
  const certificate = await makeCertificate()
  // As an operator's NODE_EXTRA_CA_CERTS would, for this process.
  setDefaultCACertificates([...getCACertificates('default'), certificate.ca])
  const smtp = await startSubmissionServer(certificate)
  if (options.isToken) smtp.isToken = options.isToken
  for (const user of options.users) smtp.passwords.set(user, PASSWORD)
  const imap = await startDovecot({
    certificate,
    users: Object.fromEntries(options.users.map((user) => [user, PASSWORD])),
    ...(options.token_info_url ? { token_info_url: options.token_info_url } : {}),
    ...(options.without ? { without: options.without } : {}),
  })
  const allow = [`localhost:${smtp.port}`, `localhost:${imap.port}`, ...(options.allow ?? [])]
  const lines: string[] = []
  const destination = new PassThrough()
  destination.on('data', (chunk) => lines.push(String(chunk)))
  const h = await startHarness({
    env: {
      EGRESS_ALLOW: allow.join(','),
      ...options.env,
      ...options.envWith?.({ smtp_port: smtp.port, imap_port: imap.port }),
    },
    overrides: { log: createLogger('trace', destination) },
  })
  return {
    h,
    imap,
    smtp,
    logged: () => lines.join(''),
    close: async () => {
      await h.close()
      await smtp.close()
      await imap.close()
    },
  }
}

export type TestMailbox = { id: string; alias_id: string; email: string; status: string; last_error: string | null }

export const connect = async (
  bench: MailboxBench,
  tenant: TestTenant,
  email: string,
  more: Record<string, unknown> = {},
): Promise<TestMailbox> => {
  const made = await bench.h.call<TestMailbox>('POST', '/api/v1/mailboxes', {
    as: tenant.key,
    body: { email, password: PASSWORD, ...servers(bench), ...more },
  })
  if (made.status !== 201) throw new Error(`connect: ${made.status} ${made.text}`)
  return made.body
}

/** Writes down that a message left from the mailbox, as the sender does. Returns its id and Message-ID. */
export const markSent = async (
  h: Harness,
  tenant: TestTenant,
  mailbox: TestMailbox,
  to: string,
  lead?: { campaign_id: string; campaign_lead_id: string },
): Promise<{ email_id: string; message_id: string }> => {
  const { db, mail_tokens } = h.deps
  const now = h.clock.now()
  const email_id = newId()
  const domain = mailbox.email.split('@')[1] as string
  const message_id = mail_tokens.messageId(email_id, domain)
  const alias = await db
    .selectFrom('aliases')
    .select(['domain_id'])
    .where('id', '=', mailbox.alias_id)
    .executeTakeFirstOrThrow()
  await db
    .insertInto('emails')
    .values({
      id: email_id,
      workspace_id: tenant.workspace_id,
      user_id: tenant.user_id,
      campaign_id: lead?.campaign_id ?? null,
      campaign_lead_id: lead?.campaign_lead_id ?? null,
      step: lead ? 1 : null,
      variant_label: lead ? 'A' : null,
      alias_id: mailbox.alias_id,
      domain_id: alias.domain_id,
      from_email: mailbox.email,
      to_email: to,
      receiving_provider: to.split('@')[1] as string,
      status: 'delivered',
      verdict: 'accepted',
      message_id,
      due_at: now,
      sent_at: now,
      delivered_at: now,
      created_at: now,
      updated_at: now,
    })
    .execute()
  return { email_id, message_id }
}

export const reply = (
  to: string,
  from: string,
  message_id: string,
  text = 'Yes, tell me more.',
  id = newId(),
): string =>
  [
    `Return-Path: <${from}>`,
    `From: Bea Lind <${from}>`,
    `To: ${to}`,
    'Subject: Re: A question',
    'Date: Wed, 14 Jan 2026 09:30:00 +0000',
    `Message-ID: <${id}@people.example>`,
    `In-Reply-To: ${message_id}`,
    `References: ${message_id}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    text,
    '',
  ].join('\r\n')

/** Waits for something outside our clock, such as a real server, to have happened. */
export const until = async (happened: () => Promise<boolean>, most_ms = 15_000): Promise<void> => {
  for (const end = performance.now() + most_ms; ; ) {
    if (await happened()) return
    if (performance.now() > end) throw new Error('it did not happen in time')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** A mailbox as it stands in the tables, for what needs one and reaches no server. Returns its id. */
export const insertMailbox = async (h: Harness, tenant: TestTenant, email: string): Promise<string> => {
  const { db, secrets } = h.deps
  const now = h.clock.now()
  const [id, domain_id] = [newId(), newId()]
  const { workspace_id, user_id } = tenant
  const made = { workspace_id, user_id, created_at: now, updated_at: now }
  const [alias, domain] = email.split('@') as [string, string]
  await db
    .insertInto('sending_domains')
    .values({
      ...made,
      id: domain_id,
      domain,
      is_sandbox: false,
      status: 'verified',
      inbound_enabled: false,
      ownership_token: '',
      kind: 'mailbox',
    })
    .execute()
  const server = { host: 'mail.test', security: 'tls' }
  await db
    .insertInto('mailboxes')
    .values({
      ...made,
      id,
      email,
      provider: 'other',
      auth_kind: 'password',
      smtp_host: server.host,
      smtp_port: 465,
      smtp_security: server.security,
      smtp_user: email,
      imap_host: server.host,
      imap_port: 993,
      imap_security: server.security,
      imap_user: email,
      credentials: secrets.seal(JSON.stringify({ password: PASSWORD }), id),
      // Paused, so that no look into it is ever due.
      status: 'paused',
      connected_at: now,
      next_attempt_at: now,
      next_sync_at: now,
    })
    .execute()
  await db
    .insertInto('aliases')
    .values({
      ...made,
      id: newId(),
      domain_id,
      mailbox_id: id,
      alias,
      full_email: email,
      daily_limit: 40,
      ramp_start: 5,
      ramp_step: 3,
    })
    .execute()
  return id
}
