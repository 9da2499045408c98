import { z } from 'zod'
import { idParam, timestamp } from '../../http/params.ts'
import { workspaceMode, zoneName } from './zone-name.ts'

export const role = z.enum(['owner', 'admin', 'member', 'viewer'])

const providerLimits = z
  .record(z.string().min(1).max(64), z.int().min(0).max(1_000_000))
  .describe('Most messages a day to one receiving provider, by its name, such as google or microsoft.')

export const WorkspaceParams = z.object({ workspace_id: idParam })
export const MemberParams = z.object({ workspace_id: idParam, user_id: idParam })
export const InvitationParams = z.object({ workspace_id: idParam, invitation_id: idParam })

const postalAddress = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .describe('Stands in the footer of every message, where the law asks for it.')

export const WorkspaceInfo = z
  .object({
    workspace_id: z.uuid(),
    name: z.string(),
    mode: workspaceMode,
    plan: z.string(),
    timezone: z.string(),
    role: role.describe('The role of the caller.'),
    is_personal: z.boolean().describe('Where a session of the caller acts unless X-Workspace-Id names another.'),
    created_at: timestamp,
  })
  .meta({ id: 'Workspace' })

export const WorkspaceList = z.object({ items: z.array(WorkspaceInfo) }).meta({ id: 'WorkspaceList' })

export const WorkspaceCreate = z
  .strictObject({ name: z.string().trim().min(1).max(100), mode: workspaceMode, timezone: zoneName.default('UTC') })
  .meta({ id: 'WorkspaceCreate' })

const delivery = z
  .enum(['instance', 'direct', 'relay'])
  .describe(
    'As the instance is set up, direct to the receivers’ servers (MX), or through a relay of the workspace’s own.',
  )

const relayHost = z
  .string()
  .trim()
  .regex(/^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9.:-]*[A-Za-z0-9])?$/, 'A host name or an address.')

const relaySecurity = z
  .enum(['tls', 'starttls', 'opportunistic'])
  .describe(
    'Encrypted from the first byte, by STARTTLS or not at all, or by STARTTLS where it is offered (no password).',
  )

export const MailDeliverySettings = z
  .object({
    delivery,
    relay: z
      .object({
        host: z.string(),
        port: z.int(),
        security: relaySecurity,
        user: z.string().nullable(),
        has_password: z.boolean(),
      })
      .nullable(),
    effective: z
      .enum(['sandbox', 'none', 'relay', 'direct'])
      .describe('What follows: a sandbox always has the local mail world; with none, live mail waits for a transport.'),
  })
  .meta({ id: 'MailDelivery' })

const relayGiven = z.strictObject({
  host: relayHost,
  port: z.int().min(1).max(65535),
  security: relaySecurity.default('starttls'),
  user: z.string().min(1).max(320).nullable().optional(),
  password: z
    .string()
    .min(1)
    .max(1024)
    .nullable()
    .optional()
    .describe('Kept when left out, as long as host, port and user stay the same. Never shown.'),
})

export const MailDeliveryUpdate = z
  .strictObject({ delivery, relay: relayGiven.nullable().optional() })
  .describe(
    'A relay is logged in to before it is stored. One that is left out keeps the one there is; null removes it.',
  )
  .meta({ id: 'MailDeliveryUpdate' })

export const MailDeliveryTestRequest = z
  .strictObject({ relay: relayGiven.optional().describe('Left out, the stored relay is tried.') })
  .meta({ id: 'MailDeliveryTestRequest' })

export const MailDeliveryTest = z
  .object({
    ok: z.boolean().describe('A session could be opened, with the log-in where there is one.'),
    host: z.string(),
    port: z.int(),
    problem: z
      .object({
        type: z.enum(['auth', 'refused', 'tls', 'network', 'log_in']),
        message: z.string(),
        smtp_code: z.int().nullable(),
        smtp_enhanced: z.string().nullable(),
        smtp_text: z.string().nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'MailDeliveryTest' })

export const WorkspaceSettings = z
  .object({
    workspace_id: z.uuid(),
    name: z.string(),
    mode: workspaceMode,
    timezone: z.string(),
    postal_address: z.string().nullable(),
    provider_daily_limits: providerLimits,
    mail_delivery: MailDeliverySettings,
    updated_at: timestamp,
  })
  .meta({ id: 'WorkspaceSettings' })

export const WorkspaceSettingsUpdate = z
  .strictObject({
    name: z.string().trim().min(1).max(100).optional(),
    timezone: zoneName.optional(),
    postal_address: postalAddress.nullable().optional(),
    provider_daily_limits: providerLimits.optional(),
    mail_delivery: MailDeliveryUpdate.optional(),
  })
  .describe('Fields left out keep their value.')
  .meta({ id: 'WorkspaceSettingsUpdate' })

export const Member = z
  .object({
    user_id: z.uuid(),
    name: z.string(),
    email: z.email().nullable(),
    role,
    joined_at: timestamp,
  })
  .meta({ id: 'Member' })

export const MemberList = z.object({ items: z.array(Member) }).meta({ id: 'MemberList' })

export const MemberUpdate = z.strictObject({ role }).meta({ id: 'MemberUpdate' })

const invitationFields = { id: z.uuid(), email: z.email(), role, expires_at: timestamp }

export const InvitationInfo = z.object({ ...invitationFields, created_at: timestamp }).meta({ id: 'Invitation' })

export const InvitationList = z.object({ items: z.array(InvitationInfo) }).meta({ id: 'InvitationList' })

export const InvitationCreate = z.strictObject({ email: z.email().max(254), role }).meta({ id: 'InvitationCreate' })

export const InvitationCreated = z
  .object({
    ...invitationFields,
    sent: z.boolean().describe('A letter with the link is on its way.'),
    token: z.string().nullable().describe('Only where no system mail is configured: hand it on yourself. Shown once.'),
  })
  .meta({ id: 'InvitationCreated' })
