import { guessMapping, normalizeColumnNames } from '../../column-mapping.ts'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { invalid, notFound } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { createDataset, settleDataset } from '../datasets/create-dataset.ts'
import { appendRows } from '../uploads/append-rows.ts'
import { DEFAULT_POLICY } from '../uploads/row-policy.ts'
import { findSession, giveDataset, moveSession, refuseArchived } from './session-dataset.ts'
import type { SessionStatus } from './session-state.ts'

export const noSession = () => notFound('There is no such session in this workspace.')

const MOST_FIELDS = 2_000

/**
 * Adds leads to the dataset of a session, which is made with the first of them. Every field is a column; a value that is no
 * text is stored as text, an object as JSON. People without an address are kept, because finding out more is what a session
 * is for; a second lead of an address is left out and counted. Throws NOT_FOUND, SESSION_STATE, IMPORT_STATE,
 * CONFLICT where the dataset is archived, and VALIDATION_ERROR.
 */
export const addLeads = (
  deps: Pick<Deps, 'db'>,
  who: { workspace_id: string; user_id: string },
  sessionId: string,
  leads: Record<string, unknown>[],
  now: Date,
) =>
  transaction(deps.db, async (tx) => {
    const session = await findSession(tx, who.workspace_id, sessionId, true)
    if (!session) throw noSession()
    await refuseArchived(tx, who.workspace_id, session.dataset_id)
    const status: SessionStatus = await moveSession(tx, session, 'leads_added', now)
    const fields = [...new Set(leads.flatMap((lead) => Object.keys(lead)))]
    if (fields.length > MOST_FIELDS)
      throw invalid([
        { loc: ['body', 'leads'], msg: `may have ${MOST_FIELDS} different fields at most`, type: 'too_long' },
      ])
    const rows = leads.map((lead) => fields.map((field) => (Object.hasOwn(lead, field) ? textOf(lead[field]) : '')))
    const filled = rows.filter((row) => row.some((cell) => cell.trim() !== ''))
    const columns = normalizeColumnNames(fields).map(({ name }) => name)
    const samples = filled
      .slice(0, 200)
      .map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index] as string])))
    const { mapping } = guessMapping(columns, samples)
    let dataset_id = session.dataset_id
    if (!dataset_id) {
      dataset_id = newId()
      await createDataset(tx, {
        ...who,
        dataset_id,
        dataset_name: `Leads of ${now.toISOString().slice(0, 16).replace('T', ' ')}`,
        pipeline_type: session.session_type,
        source_type: 'api',
        session_id: session.session_id,
        columns,
        column_mapping: mapping,
        now,
      })
      await giveDataset(tx, session.session_id, dataset_id)
      await settleDataset(tx, dataset_id, 'completed', 0, now)
    }
    const added = await appendRows(tx, {
      workspace_id: who.workspace_id,
      dataset_id,
      import_id: null,
      policy: DEFAULT_POLICY,
      keep_all: true,
      columns,
      column_mapping: mapping,
      rows: filled,
      now,
    })
    const leads_rejected = leads.length - filled.length + added.rows_rejected
    return {
      session_id: session.session_id,
      dataset_id,
      leads_added: added.rows_imported,
      leads_duplicate: added.rows_duplicate,
      leads_rejected,
      leads_count: added.row_count,
      status,
      job_id: null,
      message: [
        `${added.rows_imported} of ${leads.length} leads were added.`,
        added.rows_duplicate ? ` ${added.rows_duplicate} are in the session already.` : '',
        leads_rejected ? ` ${leads_rejected} have nothing in them or too much.` : '',
      ].join(''),
    }
  })

/** Any JSON value as the text of a cell; null is an empty one. */
export const textOf = (value: unknown): string =>
  value === null || value === undefined
    ? ''
    : typeof value === 'string'
      ? value
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value)
