import { z } from 'zod'
import { cursorFields, listParams } from '../../http/pagination.ts'
import { idParam, timestamp } from '../../http/params.ts'

const provider = z.enum(['google', 'microsoft', 'other'])
const security = z.enum(['tls', 'starttls'])
export const MailboxStatus = z
  .enum(['connecting', 'active', 'needs_attention', 'paused', 'disconnected'])
  .meta({ id: 'MailboxStatus' })

const shownServer = z.object({
  host: z.string(),
  port: z.int(),
  security,
  user: z.string(),
})

const sentCopies = z.enum(['auto', 'always', 'never'])

export const Mailbox = z
  .object({
    id: z.uuid(),
    alias_id: z.uuid().describe('Name it in alias_ids of a campaign, or as the sender of a message.'),
    email: z.email(),
    display_name: z.string().nullable(),
    signature_html: z.string().nullable(),
    provider,
    auth_kind: z.enum(['password', 'oauth2']),
    smtp: shownServer,
    imap: shownServer,
    status: MailboxStatus,
    last_error: z.string().nullable().describe('Why it needs attention or was not reached last; never a secret.'),
    last_error_at: timestamp.nullable(),
    sent_copies: sentCopies,
    sent_folder: z.string().nullable(),
    reads_junk: z.boolean(),
    daily_limit: z.int(),
    ramp_start: z.int().nullable(),
    ramp_step: z.int().nullable(),
    ramp_started_on: z.iso.date().nullable(),
    sent_today: z.int().min(0).describe('Messages taken from today’s cap, by the workspace’s calendar.'),
    connected_at: timestamp,
    last_synced_at: timestamp.nullable(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Mailbox', description: 'A person’s own mailbox, sent through by SMTP and read by IMAP.' })

export const MailboxList = z.object({ items: z.array(Mailbox), ...cursorFields }).meta({ id: 'MailboxList' })

export const MailboxListQuery = z.object(listParams(100))
export const MailboxParams = z.object({ mailbox_id: idParam })

const server = z.object({
  host: z.string().min(1).max(253),
  port: z.int().min(1).max(65_535),
  security: security.describe(
    'tls: encrypted from the first byte; starttls: encrypted before the log-in. Never without.',
  ),
  user: z.string().min(1).max(320).optional().describe('Log-in name, when it is not the address.'),
})

// A line end in a user name or password would end the command it stands in.
const secret = z
  .string()
  .min(1)
  .max(1_000)
  .refine((text) => !/[\0\r\n]/.test(text), 'cannot hold a line end')

const settings = {
  display_name: z.string().max(200).nullable().optional().describe('Name in the From header.'),
  signature_html: z.string().max(65_536).nullable().optional(),
  daily_limit: z
    .int()
    .min(1)
    .max(2_000)
    .optional()
    .describe('Most messages per calendar day of the workspace; 40 when absent.'),
  ramp_start: z
    .int()
    .min(1)
    .max(2_000)
    .nullable()
    .optional()
    .describe('Messages on the first day; 5 when absent, null for no ramp-up.'),
  ramp_step: z
    .int()
    .min(1)
    .max(2_000)
    .nullable()
    .optional()
    .describe('Messages more on each further day; 3 when absent.'),
  sent_copies: sentCopies
    .optional()
    .describe(
      'Whether sent messages are put into the Sent folder: auto does so unless the provider does it by itself.',
    ),
  reads_junk: z.boolean().optional().describe('Look for answers in the junk folder too; true when absent.'),
}

const togetherRamp = (body: { ramp_start?: number | null; ramp_step?: number | null }): boolean =>
  (body.ramp_start === undefined) === (body.ramp_step === undefined) &&
  (body.ramp_start === null) === (body.ramp_step === null)
const RAMP = { error: 'ramp_start and ramp_step are given together', path: ['ramp_start'] }

export const MailboxConnect = z
  .object({
    email: z.email().max(254),
    password: secret.describe('The account’s password, or an app password where the provider wants one.'),
    provider: provider.optional().describe('Told from the address when absent.'),
    smtp: server.optional().describe('Needed unless the provider’s servers are known.'),
    imap: server.optional().describe('Needed unless the provider’s servers are known.'),
    ...settings,
  })
  .refine(togetherRamp, RAMP)
  .meta({ id: 'MailboxConnect' })
export type MailboxConnect = z.output<typeof MailboxConnect>

export const MailboxUpdate = z
  .object({ ...settings, paused: z.boolean().optional().describe('true stops sending and reading; false goes on.') })
  .refine(togetherRamp, RAMP)
  .meta({ id: 'MailboxUpdate' })
export type MailboxUpdate = z.output<typeof MailboxUpdate>

export const MailboxReconnect = z
  .object({ password: secret, smtp: server.optional(), imap: server.optional() })
  .meta({ id: 'MailboxReconnect' })
export type MailboxReconnect = z.output<typeof MailboxReconnect>

const check = z.object({ ok: z.boolean(), problem: z.string().nullable() })

export const MailboxTest = z
  .object({
    smtp: check,
    imap: check.extend({
      idle: z.boolean().nullable().describe('The server tells of new mail at once; null when it was not reached.'),
      condstore: z.boolean().nullable(),
      junk_folder: z.string().nullable(),
      sent_folder: z.string().nullable(),
    }),
  })
  .meta({ id: 'MailboxTest' })

export const MailboxAuthorize = z
  .object({
    provider: z.enum(['google', 'microsoft']),
    email: z.email().max(254).optional().describe('The account to offer first.'),
    mailbox_id: z.uuid().optional().describe('A mailbox to give new consent to.'),
    ...settings,
  })
  .refine(togetherRamp, RAMP)
  .meta({ id: 'MailboxAuthorize' })
export type MailboxAuthorize = z.output<typeof MailboxAuthorize>

export const MailboxAuthorization = z
  .object({
    authorize_url: z.url().describe('Open it in the browser of the person whose mailbox it is.'),
    redirect_uri: z.url().describe('Must be registered with the provider’s app.'),
    expires_at: timestamp,
  })
  .meta({ id: 'MailboxAuthorization' })
