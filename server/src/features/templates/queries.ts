import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { PageRequest } from '../../http/pagination.ts'
import type { TemplateContent } from './schema.ts'

export type TemplateRow = {
  template_id: string
  user_id: string
  name: string
  content: { subject: string; body: string; body_text: string | null }
  created_at: Date
  updated_at: Date
}

const COLUMNS = sql`template_id, user_id, name,
  json_build_object('subject', subject, 'body', body, 'body_text', body_text) as content, created_at, updated_at`

export const listTemplates = async (db: Db, workspaceId: string, page: PageRequest): Promise<TemplateRow[]> => {
  const { rows } = await sql<TemplateRow>`
    select ${COLUMNS} from templates
    where workspace_id = ${workspaceId} ${page.after ? sql`and template_id < ${page.after[0]}::uuid` : sql``}
    order by template_id desc limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return rows
}

export const countTemplates = async (db: Db, workspaceId: string): Promise<number> => {
  const { rows } = await sql<{
    n: number
  }>`select count(*)::int as n from templates where workspace_id = ${workspaceId}`.execute(db)
  return rows[0]?.n ?? 0
}

export const findTemplate = async (db: Db, workspaceId: string, templateId: string): Promise<TemplateRow | null> => {
  const { rows } = await sql<TemplateRow>`
    select ${COLUMNS} from templates where workspace_id = ${workspaceId} and template_id = ${templateId}`.execute(db)
  return rows[0] ?? null
}

export type NewTemplate = {
  template_id: string
  workspace_id: string
  user_id: string
  name: string
  content: TemplateContent
  now: Date
}

export const insertTemplate = async (db: Db, t: NewTemplate): Promise<TemplateRow> => {
  const { rows } = await sql<TemplateRow>`
    insert into templates (template_id, workspace_id, user_id, name, subject, body, body_text, created_at, updated_at)
    values (${t.template_id}, ${t.workspace_id}, ${t.user_id}, ${t.name}, ${t.content.subject}, ${t.content.body},
      ${t.content.body_text ?? null}, ${t.now}, ${t.now})
    returning ${COLUMNS}`.execute(db)
  return rows[0] as TemplateRow
}

/** Null leaves the name or the content as it is; content is replaced as a whole, its text part included. */
export const updateTemplateRow = async (
  db: Db,
  workspaceId: string,
  templateId: string,
  changes: { name: string | null; content: TemplateContent | null; now: Date },
): Promise<TemplateRow | null> => {
  const { content } = changes
  const { rows } = await sql<TemplateRow>`
    update templates set name = coalesce(${changes.name}::text, name), updated_at = ${changes.now}
      ${content ? sql`, subject = ${content.subject}, body = ${content.body}, body_text = ${content.body_text ?? null}` : sql``}
    where workspace_id = ${workspaceId} and template_id = ${templateId}
    returning ${COLUMNS}`.execute(db)
  return rows[0] ?? null
}

export const deleteTemplateRow = async (tx: Tx, workspaceId: string, templateId: string): Promise<boolean> => {
  const { rows } = await sql`
    delete from templates where workspace_id = ${workspaceId} and template_id = ${templateId} returning 1`.execute(tx)
  return rows.length > 0
}

/**
 * Sets template_id to null in every step variant that points at the template, in one statement over the workspace's
 * campaigns; all other parts of the steps keep their values and order. Ids are compared without regard to case, since a
 * UUID may have come in either.
 */
export const detachTemplate = async (tx: Tx, workspaceId: string, templateId: string, now: Date): Promise<void> => {
  await sql`
    update campaigns c set updated_at = ${now}, steps_config = (
      select jsonb_agg(
        case when jsonb_typeof(s.step -> 'variants') = 'array' then jsonb_set(s.step, '{variants}', (
          select coalesce(jsonb_agg(
            case when lower(v.variant ->> 'template_id') = ${templateId} then v.variant || '{"template_id": null}' else v.variant end
            order by v.position), '[]')
          from jsonb_array_elements(s.step -> 'variants') with ordinality as v (variant, position)
        )) else s.step end
        order by s.position)
      from jsonb_array_elements(c.steps_config) with ordinality as s (step, position))
    where c.workspace_id = ${workspaceId} and exists (
      select 1 from jsonb_path_query(c.steps_config, '$[*].variants[*].template_id') as used (id)
      where lower(used.id #>> '{}') = ${templateId})`.execute(tx)
}
