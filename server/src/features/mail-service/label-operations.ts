import { z } from 'zod'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { idParam, timestamp } from '../../http/params.ts'
import { countLabels, countPlaces, countStarred } from '../conversations/read-places.ts'
import { changeTag, createTag, deleteTag } from '../tags/change-tags.ts'
import { listTags, type TagRow } from '../tags/read-tags.ts'
import { TagCreate, TagUpdate } from '../tags/schema.ts'
import { inNewWords } from './new-words.ts'

const tag = 'mail-service'
const PATH = '/mail/v1/labels'
const source = 'ours' as const
const count = z.int().min(0)

const Label = z
  .object({
    id: z.string().describe('Of a system folder its name: inbox, sent, spam or trash.'),
    name: z.string(),
    color: z.string().nullable(),
    kind: z.enum(['system', 'folder', 'label']),
    total: count.describe('Threads in it or with it.'),
    unread: count.describe('Those of them with unread messages.'),
    created_at: timestamp.nullable(),
    updated_at: timestamp.nullable(),
  })
  .meta({ id: 'MailLabel', description: 'A tag or folder, in the words of the clients from 1.0 on.' })

const Labels = z
  .object({ labels: z.array(Label), starred: z.object({ total: count, unread: count }) })
  .meta({ id: 'MailLabels' })

const LabelCreate = z
  .object({
    name: TagCreate.shape.name,
    kind: z.enum(['label', 'folder']).default('label'),
    color: TagCreate.shape.color,
  })
  .meta({ id: 'MailLabelCreate' })

const LabelUpdate = z
  .object({ name: TagUpdate.shape.name, color: TagUpdate.shape.color.describe('null takes it away.') })
  .refine((body) => Object.values(body).some((value) => value !== undefined), 'at least one field is needed')
  .meta({ id: 'MailLabelUpdate' })

const LabelParams = z.object({ label_id: idParam })

const NONE = { total: 0, unread: 0 }

const PLACES = [
  ['inbox', 'Inbox'],
  ['sent', 'Sent'],
  ['spam', 'Spam'],
  ['trash', 'Trash'],
] as const

type Counts = { total: number; unread: number }

const labelOf = (row: TagRow, { total, unread }: Counts) => ({
  id: row.id,
  name: row.name,
  color: row.color,
  kind: row.type === 'folder' ? ('folder' as const) : ('label' as const),
  total,
  unread,
  created_at: row.created_at,
  updated_at: row.updated_at,
})

const mailListLabels = defineOperation({
  id: 'mail_list_labels',
  method: 'GET',
  path: PATH,
  tag,
  source,
  summary: 'List system folders, folders and labels',
  description: 'With the number of threads in each and of those with unread messages. Labels and folders are the tags.',
  access: 'mail:read',
  impact: 'read',
  responses: { 200: Labels },
  handle: async ({ workspace, principal }, deps) => {
    const { workspace_id } = workspace
    const who = { workspace_id, user_id: principal.user_id }
    const [rows, places, labels, starred] = await Promise.all([
      listTags(deps.db, who, { include_hidden: true }),
      countPlaces(deps.db, workspace_id),
      countLabels(deps.db, workspace_id),
      countStarred(deps.db, workspace_id),
    ])
    const system = PLACES.map(([id, name]) => {
      const { total, unread } = places.get(id) ?? NONE
      const color = rows.find((row) => row.is_system && row.name === name)?.color ?? null
      return { id, name, color, kind: 'system' as const, total, unread, created_at: null, updated_at: null }
    })
    const own = rows
      .filter((row) => !row.is_system)
      .map((row) => labelOf(row, (row.type === 'folder' ? places : labels).get(row.id) ?? NONE))
    return { labels: [...system, ...own], starred }
  },
})

const mailCreateLabel = defineOperation({
  id: 'mail_create_label',
  method: 'POST',
  path: PATH,
  tag,
  source,
  summary: 'Create a label or a folder',
  description: 'Names are unique in the workspace whatever their case, over labels and folders alike.',
  access: 'mail:write',
  impact: 'write',
  body: LabelCreate,
  responses: { 200: Label },
  errors: ['ALREADY_EXISTS'],
  handle: ({ workspace, principal, body, now }, deps) =>
    inNewWords(async () => {
      const who = { workspace_id: workspace.workspace_id, user_id: principal.user_id }
      const type = body.kind === 'folder' ? ('folder' as const) : ('tag' as const)
      return labelOf(await createTag(deps, who, { name: body.name, color: body.color, type }, now), NONE)
    }),
})

const mailUpdateLabel = defineOperation({
  id: 'mail_update_label',
  method: 'PATCH',
  path: `${PATH}/{label_id}`,
  tag,
  source,
  summary: 'Rename or recolour a label or folder',
  description: 'Changes the fields sent. The system folders keep their names; a taken name gives 409.',
  access: 'mail:write',
  impact: 'write',
  params: LabelParams,
  body: LabelUpdate,
  responses: { 200: Label },
  errors: ['ALREADY_EXISTS', 'CONFLICT'],
  handle: ({ workspace, principal, params, body, now }, deps) =>
    inNewWords(async () => {
      const { workspace_id } = workspace
      const who = { workspace_id, user_id: principal.user_id }
      const row = await changeTag(deps, who, params.label_id, body, now)
      const counts =
        row.type === 'folder' ? await countPlaces(deps.db, workspace_id) : await countLabels(deps.db, workspace_id)
      return labelOf(row, counts.get(row.id) ?? NONE)
    }),
})

const mailDeleteLabel = defineOperation({
  id: 'mail_delete_label',
  method: 'DELETE',
  path: `${PATH}/{label_id}`,
  tag,
  source,
  summary: 'Delete a label or folder',
  description:
    'Its threads stay: without the label, or out of the folder in the inbox (in sent, where nothing was received).',
  access: 'mail:write',
  impact: 'destructive',
  params: LabelParams,
  responses: { 204: null },
  errors: ['CONFLICT'],
  handle: ({ workspace, params }, deps) => inNewWords(() => deleteTag(deps, workspace.workspace_id, params.label_id)),
})

export const labelOperations: Operation[] = [mailListLabels, mailCreateLabel, mailUpdateLabel, mailDeleteLabel]
