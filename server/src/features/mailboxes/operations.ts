import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import { answer, defineOperation, type Operation } from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { cutPage, readPage } from '../../http/pagination.ts'
import { idParam } from '../../http/params.ts'
import { MailboxFault } from '../../ports/mailbox/port.ts'
import { calendarDay } from '../../time-window.ts'
import { authorizeMailbox } from './authorize-mailbox.ts'
import { disconnectMailbox, updateMailbox } from './change-mailbox.ts'
import { checkServers } from './check-servers.ts'
import { connectMailbox, describedMailbox, loadMailbox, mustBeLive, reconnectMailbox } from './connect-mailbox.ts'
import { loadLogin } from './mailbox-login.ts'
import { imapServer, smtpServer } from './mailbox-row.ts'
import { countMailboxes, findShownMailbox, listMailboxes, type ShownMailbox } from './queries.ts'
import {
  Mailbox,
  MailboxAuthorization,
  MailboxAuthorize,
  MailboxConnect,
  MailboxList,
  MailboxListQuery,
  MailboxParams,
  MailboxReconnect,
  MailboxTest,
  MailboxUpdate,
} from './schema.ts'

const tag = 'mailboxes'

const show = async (deps: Pick<Deps, 'db'>, workspace: Workspace, id: string, now: Date): Promise<ShownMailbox> => {
  const found = await findShownMailbox(deps.db, workspace.workspace_id, id, calendarDay(now, workspace.timezone))
  if (!found) throw notFound('There is no such mailbox in this workspace.')
  return found
}

const listMailboxesOperation = defineOperation({
  id: 'list_mailboxes',
  method: 'GET',
  path: '/api/v1/mailboxes',
  tag,
  source: 'ours',
  summary: 'List connected mailboxes',
  description: 'People’s own mailboxes that are connected as senders, oldest first. Disconnected ones are not listed.',
  access: 'mail:read',
  impact: 'read',
  query: MailboxListQuery,
  responses: { 200: MailboxList },
  handle: async ({ query, query_given, workspace, now }, deps) => {
    const page = readPage(query, query_given, { size: 50, key: [idParam] })
    const today = calendarDay(now, workspace.timezone)
    const rows = await listMailboxes(deps.db, workspace.workspace_id, page, today)
    return {
      ...cutPage(rows, page, (row) => [row.id]),
      total: await countMailboxes(deps.db, workspace.workspace_id),
    }
  },
})

const connectMailboxOperation = defineOperation({
  id: 'connect_mailbox',
  method: 'POST',
  path: '/api/v1/mailboxes',
  tag,
  source: 'ours',
  summary: 'Connect a mailbox by password',
  description:
    'Logs in by SMTP and by IMAP before anything is stored, and names every problem at once. Reading begins at this moment: older mail is never looked at. Only live workspaces connect mailboxes, because a sandbox reaches no real server.',
  access: 'mail:write',
  impact: 'write',
  calls_outside: true,
  body: MailboxConnect,
  responses: { 201: Mailbox },
  errors: ['LIVE_WORKSPACE_ONLY', 'ALREADY_EXISTS', 'MAILBOX_REFUSED'],
  handle: async ({ body, workspace, principal, now }, deps) => {
    mustBeLive(workspace)
    const who = { workspace, user_id: principal.user_id }
    const id = await connectMailbox(deps, who, describedMailbox(deps.config, body), now)
    return answer(201, await show(deps, workspace, id, now))
  },
})

const getMailboxOperation = defineOperation({
  id: 'get_mailbox',
  method: 'GET',
  path: '/api/v1/mailboxes/{mailbox_id}',
  tag,
  source: 'ours',
  summary: 'Read one mailbox',
  access: 'mail:read',
  impact: 'read',
  params: MailboxParams,
  responses: { 200: Mailbox },
  handle: ({ params, workspace, now }, deps) => show(deps, workspace, params.mailbox_id, now),
})

const updateMailboxOperation = defineOperation({
  id: 'update_mailbox',
  method: 'PATCH',
  path: '/api/v1/mailboxes/{mailbox_id}',
  tag,
  source: 'ours',
  summary: 'Change a mailbox',
  description:
    'Its name, signature, cap and ramp-up; where sent copies go; pause and go on. Fields that are absent stay.',
  access: 'mail:write',
  impact: 'write',
  params: MailboxParams,
  body: MailboxUpdate,
  responses: { 200: Mailbox },
  errors: ['MAILBOX_STATE'],
  handle: async ({ params, body, workspace, now }, deps) => {
    const row = await loadMailbox(deps, workspace.workspace_id, params.mailbox_id)
    await updateMailbox(deps, row, body, now)
    return show(deps, workspace, row.id, now)
  },
})

const reconnectMailboxOperation = defineOperation({
  id: 'reconnect_mailbox',
  method: 'POST',
  path: '/api/v1/mailboxes/{mailbox_id}/reconnect',
  tag,
  source: 'ours',
  summary: 'Give a mailbox a new password',
  description:
    'Both log-ins are tried first. It goes on where it stopped: answers that came meanwhile are read, and what waited is sent at its usual pace.',
  access: 'mail:write',
  impact: 'write',
  calls_outside: true,
  params: MailboxParams,
  body: MailboxReconnect,
  responses: { 200: Mailbox },
  errors: ['LIVE_WORKSPACE_ONLY', 'MAILBOX_REFUSED', 'MAILBOX_STATE'],
  handle: async ({ params, body, workspace, now }, deps) => {
    const row = await loadMailbox(deps, workspace.workspace_id, params.mailbox_id)
    await reconnectMailbox(deps, { workspace }, row, body, now)
    return show(deps, workspace, row.id, now)
  },
})

const testMailboxOperation = defineOperation({
  id: 'test_mailbox',
  method: 'POST',
  path: '/api/v1/mailboxes/{mailbox_id}/test',
  tag,
  source: 'ours',
  summary: 'Try a mailbox’s log-ins',
  description:
    'Logs in at both servers with the stored credentials and reports what happened; nothing is changed by it.',
  access: 'mail:write',
  impact: 'write',
  calls_outside: true,
  params: MailboxParams,
  responses: { 200: MailboxTest },
  errors: ['LIVE_WORKSPACE_ONLY'],
  handle: async ({ params, workspace }, deps) => {
    const row = await loadMailbox(deps, workspace.workspace_id, params.mailbox_id)
    mustBeLive(workspace)
    const servers = { smtp: smtpServer(row), imap: imapServer(row) }
    const checked = await (async () => {
      const smtp = await loadLogin(deps, row, 'smtp')
      return checkServers(deps.mailboxes, servers, { smtp, imap: { ...smtp, user: row.imap_user } })
    })().catch((error) => {
      if (!(error instanceof MailboxFault)) throw error
      return { smtp: error, imap: { fault: error } }
    })
    const { smtp, imap } = checked
    return {
      smtp: { ok: !smtp, problem: smtp?.message ?? null },
      imap: imap.fault
        ? { ok: false, problem: imap.fault.message, idle: null, condstore: null, junk_folder: null, sent_folder: null }
        : {
            ok: true,
            problem: null,
            idle: imap.idle,
            condstore: imap.condstore,
            junk_folder: imap.junk_folder,
            sent_folder: imap.sent_folder,
          },
    }
  },
})

const deleteMailboxOperation = defineOperation({
  id: 'delete_mailbox',
  method: 'DELETE',
  path: '/api/v1/mailboxes/{mailbox_id}',
  tag,
  source: 'ours',
  summary: 'Disconnect a mailbox',
  description:
    'Erases its credentials and gives a consent back. What was sent and received stays. Refused while a campaign uses it.',
  access: 'mail:write',
  impact: 'destructive',
  calls_outside: true,
  params: MailboxParams,
  responses: { 204: null },
  errors: ['IN_USE'],
  handle: async ({ params, workspace, now }, deps) => {
    const row = await loadMailbox(deps, workspace.workspace_id, params.mailbox_id)
    await disconnectMailbox(deps, row, now)
    return answer(204, null)
  },
})

const authorizeMailboxOperation = defineOperation({
  id: 'authorize_mailbox',
  method: 'POST',
  path: '/api/v1/mailboxes/oauth/authorize',
  tag,
  source: 'ours',
  summary: 'Ask for consent at Google or Microsoft',
  description:
    'Gives the address where the mailbox’s owner consents. They come back to a page of this instance, which shows whose workspace it is and connects the mailbox once they say so; then it is listed.',
  access: 'session:mail:write',
  impact: 'write',
  body: MailboxAuthorize,
  responses: { 200: MailboxAuthorization },
  errors: ['LIVE_WORKSPACE_ONLY', 'OAUTH_NOT_CONFIGURED', 'NOT_FOUND'],
  secret: true,
  handle: ({ body, workspace, principal }, deps) =>
    authorizeMailbox(deps, { workspace, user_id: principal.user_id }, body),
})

export const operations: Operation[] = [
  listMailboxesOperation,
  connectMailboxOperation,
  authorizeMailboxOperation,
  getMailboxOperation,
  updateMailboxOperation,
  reconnectMailboxOperation,
  testMailboxOperation,
  deleteMailboxOperation,
]
