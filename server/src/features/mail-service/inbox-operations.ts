import { z } from 'zod'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { booleanParam, idParam, timestamp } from '../../http/params.ts'
import { changeAlias } from '../aliases/change-alias.ts'
import { createAlias } from '../aliases/create-alias.ts'
import { deleteAlias } from '../aliases/delete-alias.ts'
import { type AliasRow, getAlias, listAliases } from '../aliases/read-aliases.ts'
import { localPart } from '../aliases/schema.ts'
import { inNewWords } from './new-words.ts'

const tag = 'mail-service'
const PATH = '/mail/v1/inboxes'
const source = 'ours' as const

const signature = z.string().max(65_536).nullable()
const displayName = z.string().max(200).nullable()

export const Inbox = z
  .object({
    id: z
      .uuid()
      .describe('The same as the alias’s: an inbox is an alias under the name that clients from 1.0 on give it.'),
    user_id: z.uuid(),
    domain_id: z.uuid(),
    name: z.string().describe('Local part of the address.'),
    full_email: z.email(),
    domain_name: z.string(),
    domain_status: z.string(),
    is_active: z.boolean(),
    inactivity_reason: z.string().nullable(),
    signature_html: z.string().nullable(),
    signature_text: z.string().nullable().describe('Derived from signature_html; ours.'),
    display_name: z.string().nullable().describe('Name in the From header; ours.'),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'MailInbox', description: 'An address on a domain, which sends and receives.' })

const InboxCreate = z
  .object({
    domain_id: z.uuid(),
    name: localPart,
    signature_html: signature.optional(),
    display_name: displayName.optional().describe('Name in the From header; ours.'),
  })
  .meta({ id: 'MailInboxCreate' })

const InboxUpdate = z
  .object({
    name: localPart.optional().describe('New local part; the old address stops sending and receiving.'),
    signature_html: signature.optional().describe('null removes the signature.'),
    display_name: displayName.optional().describe('Ours.'),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), 'at least one field is needed')
  .meta({ id: 'MailInboxUpdate', description: 'Only the fields sent are changed.' })

const InboxParams = z.object({ inbox_id: idParam })

/** An alias in the words of the clients from 1.0 on. A deleted one is not shown, so every one that is shown is active. */
const inboxOf = (row: AliasRow) => ({
  id: row.id,
  user_id: row.user_id,
  domain_id: row.domain_id,
  name: row.alias,
  full_email: row.full_email,
  domain_name: row.domain_name,
  domain_status: row.domain_status,
  is_active: true,
  inactivity_reason: null,
  signature_html: row.signature_html,
  signature_text: row.signature_text,
  display_name: row.display_name,
  created_at: row.created_at,
  updated_at: row.updated_at,
})

const mailListInboxes = defineOperation({
  id: 'mail_list_inboxes',
  method: 'GET',
  path: PATH,
  tag,
  source,
  summary: 'List inboxes',
  description: 'All of them, or one domain’s, in one answer. They are the aliases of this workspace.',
  access: 'mail:read',
  impact: 'read',
  query: z.object({
    domain_id: z.uuid().optional(),
    include_transferred: booleanParam(false).describe(
      'Taken for known clients: domains are not transferred between accounts here, so it finds nothing more.',
    ),
  }),
  responses: { 200: z.array(Inbox) },
  handle: async (request, deps) =>
    (await listAliases(deps.db, request.workspace.workspace_id, request.query.domain_id ?? null)).map(inboxOf),
})

const mailCreateInbox = defineOperation({
  id: 'mail_create_inbox',
  method: 'POST',
  path: PATH,
  tag,
  source,
  summary: 'Create an inbox',
  description: 'Makes an address on one of the workspace’s domains. A taken name gives 409.',
  access: 'mail:write',
  impact: 'write',
  body: InboxCreate,
  responses: { 200: Inbox },
  errors: ['NOT_FOUND', 'ALREADY_EXISTS', 'RESERVED_NAME'],
  handle: ({ workspace, principal, body, now }, deps) =>
    inNewWords(async () => {
      const { name: alias, ...rest } = body
      const who = { workspace_id: workspace.workspace_id, user_id: principal.user_id }
      return inboxOf(await createAlias(deps, who, { ...rest, alias, raw_mime_retention_enabled: false }, now))
    }),
})

const mailGetInbox = defineOperation({
  id: 'mail_get_inbox',
  method: 'GET',
  path: `${PATH}/{inbox_id}`,
  tag,
  source,
  summary: 'Read one inbox',
  description: 'The alias with this id; 404 once it is deleted.',
  access: 'mail:read',
  impact: 'read',
  params: InboxParams,
  responses: { 200: Inbox },
  handle: ({ workspace, params }, deps) =>
    inNewWords(async () => inboxOf(await getAlias(deps.db, workspace.workspace_id, params.inbox_id))),
})

const mailUpdateInbox = defineOperation({
  id: 'mail_update_inbox',
  method: 'PUT',
  path: `${PATH}/{inbox_id}`,
  tag,
  source,
  summary: 'Change an inbox',
  description:
    'Changes the fields sent; a null signature removes it. With another name the old address stops sending and receiving at once. A taken name gives 409.',
  access: 'mail:write',
  impact: 'write',
  params: InboxParams,
  body: InboxUpdate,
  responses: { 200: Inbox },
  errors: ['ALREADY_EXISTS', 'RESERVED_NAME', 'IN_USE'],
  handle: ({ workspace, params, body, now }, deps) =>
    inNewWords(async () => {
      const { name: alias, ...rest } = body
      return inboxOf(await changeAlias(deps, workspace.workspace_id, params.inbox_id, { ...rest, alias }, now))
    }),
})

const mailDeleteInbox = defineOperation({
  id: 'mail_delete_inbox',
  method: 'DELETE',
  path: `${PATH}/{inbox_id}`,
  tag,
  source,
  summary: 'Delete an inbox',
  description:
    'The address stops sending and receiving and can be made anew; its mail stays readable. 409 names the campaigns that would still send from it; with reassign_to another inbox takes them over, and their follow-ups begin new threads.',
  access: 'mail:write',
  impact: 'destructive',
  params: InboxParams,
  query: z.object({
    reassign_to: z.uuid().optional().describe('Another inbox, which takes over campaigns and leads; ours.'),
  }),
  responses: { 204: null },
  errors: ['IN_USE'],
  handle: ({ workspace, params, query, now }, deps) =>
    inNewWords(() => deleteAlias(deps, workspace.workspace_id, params.inbox_id, query, now)),
})

export const inboxOperations: Operation[] = [
  mailListInboxes,
  mailCreateInbox,
  mailGetInbox,
  mailUpdateInbox,
  mailDeleteInbox,
]
