import { sql } from 'kysely'
import { type ColumnName, guessMapping, type LeadField, normalizeColumnNames } from '../../column-mapping.ts'
import type { CsvRow } from '../../csv-records.ts'
import { copyTransaction } from '../../db/copy-transaction.ts'
import type { Deps } from '../../deps.ts'
import { notFound } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { createDataset, settleDataset } from '../datasets/create-dataset.ts'
import { bindSession } from '../sessions/session-dataset.ts'
import { createRowReader } from '../uploads/read-row.ts'
import { copyTextOrNull } from '../uploads/table-writer.ts'
import { asText, type Lead } from './column-values.ts'
import { findExtraction, linkSession } from './queries.ts'
import { readStoredLeads } from './stored-leads.ts'

const GUESSED_FROM = 200

export const noExtraction = () => notFound('There is no such extraction in this workspace.')

/**
 * Makes an enrichment session of an extraction: a dataset with one row for each lead, in their order, nobody left out. Whether
 * an address is usable decides only whether it is the row's address; people without any are what enrichment is for. The
 * session, its rows and the link appear in one commit.
 */
export const createSessionFrom = async (
  deps: Pick<Deps, 'db' | 'pool' | 'storage'>,
  who: { workspace_id: string; user_id: string },
  extractionId: string,
  now: Date,
) => {
  const extraction = await findExtraction(deps.db, who.workspace_id, extractionId)
  if (!extraction) throw noExtraction()
  const columns = normalizeColumnNames(extraction.columns)
  const batches = readStoredLeads(await deps.storage.read(extraction.sha256))
  try {
    const first = await batches.next()
    const beginning = first.done ? [] : first.value
    const { mapping } = guessMapping(
      columns.map(({ name }) => name),
      beginning.slice(0, GUESSED_FROM).map((lead) => sampleOf(valuesOf(lead, extraction.columns), columns)),
    )
    const place = rowPlacer(columns, mapping)
    const session_id = newId()
    const dataset_id = newId()
    const leads_count = await copyTransaction(deps.pool, async ({ tx, copyInto }) => {
      if (!(await linkable(tx, who.workspace_id, extractionId))) throw noExtraction()
      await sql`
        insert into processing_sessions (session_id, workspace_id, user_id, session_type, status, created_at, updated_at)
        values (${session_id}, ${who.workspace_id}, ${who.user_id}, 'enrichment', 'created', ${now}, ${now})`.execute(
        tx,
      )
      await createDataset(tx, {
        ...who,
        dataset_id,
        dataset_name: extraction.title,
        pipeline_type: 'enrichment',
        source_type: 'extraction',
        session_id,
        columns: columns.map(({ name }) => name),
        column_mapping: mapping,
        now,
      })
      const copy = copyInto(
        'copy dataset_rows (id, workspace_id, dataset_id, row_index, source_row, email, linkedin_url, data) from stdin',
      )
      const start = `\t${who.workspace_id}\t${dataset_id}\t`
      let count = 0
      const write = async (leads: Lead[]): Promise<void> => {
        let text = ''
        for (const lead of leads) {
          const { email, linkedin_url, json } = place(valuesOf(lead, extraction.columns), count + 1)
          text += `${newId()}${start}${count++}\t${count}\t${copyTextOrNull(email)}\t${copyTextOrNull(linkedin_url)}\t${json}\n`
        }
        await copy.write(text)
      }
      await write(beginning)
      for (;;) {
        const next = await batches.next()
        if (next.done) break
        await write(next.value)
      }
      await copy.end()
      await settleDataset(tx, dataset_id, 'completed', count, now)
      await bindSession(tx, session_id, dataset_id, 'ready', { sender_profile_id: null, sender_data: null }, now)
      await linkSession(tx, who.workspace_id, extractionId, session_id, now)
      return count
    })
    return { session_id, dataset_id, leads_count, status: 'ready' }
  } finally {
    await batches.return()
  }
}

/** Locked, so that a deletion meanwhile waits for the session or is seen. */
const linkable = async (tx: Parameters<typeof linkSession>[0], workspaceId: string, id: string): Promise<boolean> => {
  const found =
    await sql`select 1 from user_extractions where workspace_id = ${workspaceId} and extraction_id = ${id} for update`.execute(
      tx,
    )
  return found.rows.length > 0
}

const valuesOf = (lead: Lead, names: string[]): string[] =>
  names.map((name) => (Object.hasOwn(lead.columnValues, name) ? asText(lead.columnValues[name]) : ''))

const sampleOf = (values: string[], columns: ColumnName[]): Record<string, string> =>
  Object.fromEntries(columns.map(({ name }, index) => [name, values[index] as string]))

/**
 * Reads a lead as imports read a row, except that nobody is refused: an address that cannot be right is none, and stays to be
 * seen in its column.
 */
const rowPlacer = (columns: ColumnName[], mapping: Record<string, LeadField>) => {
  const reader = createRowReader(columns, mapping, { seen: null })
  const emailAt = columns.findIndex(({ name }) => mapping[name] === 'email')
  return (values: string[], sourceRow: number): { email: string | null; linkedin_url: string | null; json: string } => {
    const row: CsvRow = { source_row: sourceRow, values }
    const json = reader.json(row)
    let verdict = reader.read(row)
    if ('severity' in verdict && emailAt !== -1)
      verdict = reader.read({ source_row: sourceRow, values: values.with(emailAt, '') })
    return 'severity' in verdict
      ? { email: null, linkedin_url: null, json }
      : { email: verdict.email, linkedin_url: verdict.linkedin_url, json }
  }
}
