import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { notFound, problem } from '../../http/errors.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { sendSystemMail } from '../auth/jobs.ts'
import { shownEmail } from '../auth/outside-issuer.ts'
import { actorOf, changeRole, takeOut } from './change-members.ts'
import { createWorkspace } from './create-workspace.ts'
import { createInvitation } from './invitations.ts'
import { checkMailDelivery, getMailDelivery, saveMailDelivery, testMailDelivery } from './mail-delivery.ts'
import { workspaceOf } from './named-workspace.ts'
import {
  deleteInvitation,
  findWorkspace,
  getSettings,
  listInvitations,
  listMembers,
  listWorkspaces,
  type MemberRow,
  updateSettings,
} from './queries.ts'
import {
  InvitationCreate,
  InvitationCreated,
  InvitationList,
  InvitationParams,
  MailDeliveryTest,
  MailDeliveryTestRequest,
  Member,
  MemberList,
  MemberParams,
  MemberUpdate,
  WorkspaceCreate,
  WorkspaceInfo,
  WorkspaceList,
  WorkspaceParams,
  WorkspaceSettings,
  WorkspaceSettingsUpdate,
} from './schema.ts'

const PATH = '/api/v1/workspaces'
const tag = 'workspaces'
const source = 'ours' as const

const shown = (member: MemberRow) => ({ ...member, email: shownEmail(member.email) })

const shownSettings = async (deps: Deps, workspaceId: string) => {
  const settings = await getSettings(deps.db, workspaceId)
  return { ...settings, mail_delivery: await getMailDelivery(deps, settings) }
}

const listMine = defineOperation({
  id: 'list_workspaces',
  method: 'GET',
  path: PATH,
  tag,
  summary: 'List my workspaces',
  description: 'Those the user is a member of, the personal one first. A key sees its own only.',
  access: 'workspace:read',
  impact: 'read',
  source,
  responses: { 200: WorkspaceList },
  handle: async ({ principal }, deps) => ({
    items: await listWorkspaces(
      deps.db,
      principal.user_id,
      principal.kind === 'api_key' ? principal.workspace.workspace_id : null,
    ),
  }),
})

const create = defineOperation({
  id: 'create_workspace',
  method: 'POST',
  path: PATH,
  tag,
  summary: 'Create a workspace',
  description: 'The caller becomes its owner. The mode never changes afterwards.',
  access: 'session',
  impact: 'write',
  source,
  body: WorkspaceCreate,
  responses: { 201: WorkspaceInfo },
  handle: async ({ principal, body }, deps) =>
    transaction(deps.db, async (tx) => {
      const { user_id } = principal
      const id = await createWorkspace(tx, { ...body, user_id, personal: false, now: deps.clock.now() })
      return findWorkspace(tx, user_id, id)
    }),
})

const get = defineOperation({
  id: 'get_workspace',
  method: 'GET',
  path: `${PATH}/{workspace_id}`,
  tag,
  summary: 'Get a workspace',
  access: 'workspace:read',
  impact: 'read',
  source,
  params: WorkspaceParams,
  responses: { 200: WorkspaceInfo },
  handle: ({ principal, params }, deps) => workspaceOf(deps, principal, params.workspace_id, 'workspace:read'),
})

const readSettings = defineOperation({
  id: 'get_workspace_settings',
  method: 'GET',
  path: `${PATH}/{workspace_id}/settings`,
  tag,
  summary: 'Get the settings of a workspace',
  access: 'workspace:read',
  impact: 'read',
  source,
  params: WorkspaceParams,
  responses: { 200: WorkspaceSettings },
  handle: async ({ principal, params }, deps) => {
    const { workspace_id } = await workspaceOf(deps, principal, params.workspace_id, 'workspace:read')
    return shownSettings(deps, workspace_id)
  },
})

const changeSettings = defineOperation({
  id: 'update_workspace_settings',
  method: 'PATCH',
  path: `${PATH}/{workspace_id}/settings`,
  tag,
  summary: 'Change the settings of a workspace',
  description: 'A relay for its mail is logged in to before anything is stored.',
  access: 'workspace:write',
  impact: 'write',
  calls_outside: true,
  source,
  params: WorkspaceParams,
  body: WorkspaceSettingsUpdate,
  responses: { 200: WorkspaceSettings },
  errors: ['FORBIDDEN', 'LIVE_WORKSPACE_ONLY', 'MAIL_NOT_CONFIGURED'],
  handle: async ({ principal, params, body }, deps) => {
    const workspace = await workspaceOf(deps, principal, params.workspace_id, 'workspace:write')
    const { workspace_id } = workspace
    const { mail_delivery, ...settings } = body
    if (mail_delivery) await checkMailDelivery(deps, workspace, mail_delivery)
    const now = deps.clock.now()
    await transaction(deps.db, async (tx) => {
      if (mail_delivery) await saveMailDelivery(tx, deps, workspace_id, mail_delivery, now)
      await updateSettings(tx, workspace_id, settings, now)
    })
    return shownSettings(deps, workspace_id)
  },
})

const testDelivery = defineOperation({
  id: 'test_mail_delivery',
  method: 'POST',
  path: `${PATH}/{workspace_id}/mail-delivery/test`,
  tag,
  summary: 'Try the relay of a workspace',
  description:
    'Logs in at the relay that is given, or at the stored one, and reports what happened. Nothing is stored or sent.',
  access: 'workspace:write',
  impact: 'write',
  calls_outside: true,
  source,
  params: WorkspaceParams,
  body: MailDeliveryTestRequest,
  body_optional: true,
  responses: { 200: MailDeliveryTest },
  errors: ['FORBIDDEN', 'LIVE_WORKSPACE_ONLY', 'MAIL_NOT_CONFIGURED'],
  handle: async ({ principal, params, body }, deps) => {
    const workspace = await workspaceOf(deps, principal, params.workspace_id, 'workspace:write')
    return testMailDelivery(deps, workspace, body?.relay)
  },
})

const members = defineOperation({
  id: 'list_members',
  method: 'GET',
  path: `${PATH}/{workspace_id}/members`,
  tag,
  summary: 'List the members of a workspace',
  access: 'session',
  impact: 'read',
  source,
  params: WorkspaceParams,
  responses: { 200: MemberList },
  handle: async ({ principal, params }, deps) => {
    const { workspace_id } = await workspaceOf(deps, principal, params.workspace_id, 'workspace:read')
    return { items: (await listMembers(deps.db, workspace_id)).map(shown) }
  },
})

const updateMember = defineOperation({
  id: 'update_member',
  method: 'PATCH',
  path: `${PATH}/{workspace_id}/members/{user_id}`,
  tag,
  summary: 'Change the role of a member',
  access: 'session',
  impact: 'write',
  source,
  params: MemberParams,
  body: MemberUpdate,
  responses: { 200: Member },
  errors: ['FORBIDDEN', 'LAST_OWNER'],
  handle: async ({ principal, params, body }, deps) => {
    const { workspace_id, role } = await workspaceOf(deps, principal, params.workspace_id, 'workspace:write')
    const { user_id } = params
    await transaction(deps.db, (tx) =>
      changeRole(tx, { workspace_id, user_id, by: actorOf(principal, role), role: body.role }),
    )
    return (await listMembers(deps.db, workspace_id, user_id)).map(shown)[0]
  },
})

const deleteMember = defineOperation({
  id: 'remove_member',
  method: 'DELETE',
  path: `${PATH}/{workspace_id}/members/{user_id}`,
  tag,
  summary: 'Remove a member, or leave',
  description: 'Their keys of this workspace stop working.',
  access: 'session',
  impact: 'destructive',
  source,
  params: MemberParams,
  responses: { 204: null },
  errors: ['FORBIDDEN', 'LAST_OWNER', 'CONFLICT'],
  handle: async ({ principal, params }, deps) => {
    const leaving = params.user_id === principal.user_id
    const { workspace_id, role } = await workspaceOf(
      deps,
      principal,
      params.workspace_id,
      leaving ? 'workspace:read' : 'workspace:write',
    )
    await transaction(deps.db, (tx) =>
      takeOut(tx, { workspace_id, user_id: params.user_id, by: actorOf(principal, role) }),
    )
  },
})

const invitations = defineOperation({
  id: 'list_invitations',
  method: 'GET',
  path: `${PATH}/{workspace_id}/invitations`,
  tag,
  summary: 'List open invitations',
  access: 'session',
  impact: 'read',
  source,
  params: WorkspaceParams,
  responses: { 200: InvitationList },
  errors: ['FORBIDDEN'],
  handle: async ({ principal, params }, deps) => {
    const { workspace_id } = await workspaceOf(deps, principal, params.workspace_id, 'workspace:write')
    return { items: await listInvitations(deps.db, workspace_id, deps.clock.now()) }
  },
})

const invite = defineOperation({
  id: 'create_invitation',
  method: 'POST',
  path: `${PATH}/{workspace_id}/invitations`,
  tag,
  summary: 'Invite somebody',
  description:
    'Sends a letter with a link that is good for seven days; without system mail the answer holds the token instead. An earlier open invitation of the address is replaced.',
  access: 'session',
  impact: 'sends',
  source,
  secret: true,
  params: WorkspaceParams,
  body: InvitationCreate,
  responses: { 201: InvitationCreated },
  errors: ['FORBIDDEN'],
  handle: async ({ principal, params, body }, deps) => {
    const { workspace_id, role } = await workspaceOf(deps, principal, params.workspace_id, 'workspace:write')
    if (body.role === 'owner' && role !== 'owner')
      throw problem('FORBIDDEN', 'Only an owner may change who is an owner.')
    const email = body.email.toLowerCase()
    return transaction(deps.db, async (tx) => {
      const made = await createInvitation(tx, {
        workspace_id,
        email,
        role: body.role,
        invited_by: principal.user_id,
        now: deps.clock.now(),
      })
      const sent = deps.system_mail !== null
      if (sent) await enqueue(tx, sendSystemMail, { letter: 'invitation', subject_id: made.id })
      return { id: made.id, email, role: body.role, expires_at: made.expires_at, sent, token: sent ? null : made.token }
    })
  },
})

const withdraw = defineOperation({
  id: 'delete_invitation',
  method: 'DELETE',
  path: `${PATH}/{workspace_id}/invitations/{invitation_id}`,
  tag,
  summary: 'Take an invitation back',
  access: 'session',
  impact: 'destructive',
  source,
  params: InvitationParams,
  responses: { 204: null },
  errors: ['FORBIDDEN'],
  handle: async ({ principal, params }, deps) => {
    const { workspace_id } = await workspaceOf(deps, principal, params.workspace_id, 'workspace:write')
    if (!(await deleteInvitation(deps.db, workspace_id, params.invitation_id)))
      throw notFound('There is no such open invitation.')
  },
})

export const operations: Operation[] = [
  listMine,
  create,
  get,
  readSettings,
  changeSettings,
  testDelivery,
  members,
  updateMember,
  deleteMember,
  invitations,
  invite,
  withdraw,
]
