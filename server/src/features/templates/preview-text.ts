import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import { invalid, notFound } from '../../http/errors.ts'
import { composeText } from '../../message-text.ts'
import { TemplateError } from '../../template-engine.ts'
import { leadVariables, variableNames } from '../campaigns/lead-variables.ts'
import type { TextPreviewRequest } from './schema.ts'
import { contentProblems } from './template-content.ts'

type Source = {
  columns: string[]
  column_mapping: Record<string, string>
  row_id: string
  row_index: number
  data: Record<string, unknown>
}

/** The row that the text is read for; null where none was named. Throws NOT_FOUND for one that is not the workspace's. */
const findSource = async (db: Deps['db'], workspaceId: string, request: TextPreviewRequest): Promise<Source | null> => {
  if (request.campaign_lead_id) {
    const found = await sql<Source>`
      select d.columns, d.column_mapping, l.dataset_row_id as row_id, l.row_index, l.lead_data as data
      from campaign_leads l join campaigns c on c.campaign_id = l.campaign_id join datasets d on d.dataset_id = c.dataset_id
      where l.workspace_id = ${workspaceId} and l.campaign_lead_id = ${request.campaign_lead_id}`.execute(db)
    if (!found.rows[0]) throw notFound('There is no such lead in this workspace.')
    return found.rows[0]
  }
  if (!request.dataset_id) return null
  const found = await sql<Source>`
    select d.columns, d.column_mapping, r.id as row_id, r.row_index, r.data
    from datasets d join dataset_rows r on r.dataset_id = d.dataset_id and r.workspace_id = d.workspace_id
    where d.workspace_id = ${workspaceId} and d.dataset_id = ${request.dataset_id} and d.archived_at is null
      and r.row_index = ${request.row_index} and r.removed_at is null`.execute(db)
  if (!found.rows[0])
    throw notFound(`There is no such dataset in this workspace, or it has no row ${request.row_index}.`)
  return found.rows[0]
}

/**
 * A text that need not be stored, as one recipient would get it: the same composing, seed and footer as of a real message, with
 * a stand-in for the unsubscribe link. Throws NOT_FOUND, and VALIDATION_ERROR with each mistake of the template.
 */
export const previewText = async (
  deps: Pick<Deps, 'db' | 'address'>,
  workspaceId: string,
  request: TextPreviewRequest,
  now: Date,
) => {
  const { content } = request
  const mistakes = contentProblems(content)
  if (mistakes.length) throw invalid(mistakes)
  const source = await findSource(deps.db, workspaceId, request)
  const workspace = await sql<{ postal_address: string | null }>`
    select postal_address from workspaces where id = ${workspaceId}`.execute(deps.db)
  const fromRow = source ? leadVariables(variableNames(source.columns, source.column_mapping), source.data) : {}
  try {
    const composed = composeText({
      template: content,
      variables: { ...fromRow, ...request.variables },
      seed: `${source?.row_id ?? 'preview'}:${request.step}`,
      footer: {
        postal_address: workspace.rows[0]?.postal_address ?? null,
        opt_out_url: `${deps.address.base_url}/u/preview`,
      },
      now: Temporal.Instant.fromEpochMilliseconds(now.getTime()),
    })
    const { subject, text, html, used, missing } = composed
    const row = source ? { row_index: source.row_index, data: source.data } : null
    return { subject, text, html, variables: used, missing_variables: missing, row }
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw invalid(
      error.problems.map(({ message, line, column }) => ({
        loc: ['body', 'content'],
        msg: `line ${line}, column ${column}: ${message}`,
        type: 'template_error',
      })),
    )
  }
}
