import { copyTransaction } from '../../db/copy-transaction.ts'
import type { Deps } from '../../deps.ts'
import type { UploadedFile } from '../../http/define-operation.ts'
import { type Detail, invalid, notFound, problem } from '../../http/errors.ts'
import { findUnstorable } from '../../http/request-body.ts'
import { newId } from '../../ids.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { datasetNameOf } from '../datasets/create-dataset.ts'
import { createJob } from '../jobs/progress.ts'
import { findSenderProfile } from '../sender-profiles/find-profile.ts'
import { bindSession, findSession } from '../sessions/session-dataset.ts'
import { chooseMapping } from './choose-mapping.ts'
import { chooseSender, noProfile } from './choose-sender.ts'
import { type ImportCounts, importRows } from './import-rows.ts'
import { inspectCsv } from './inspect-csv.ts'
import { importFileJob } from './jobs.ts'
import { isSessionFree } from './queries.ts'
import type { UploadFields } from './schema.ts'
import { completeImport, insertImport } from './store-import.ts'

/** Up to here a file is read while its request waits (DOMAIN.md §10). */
export const ROWS_IN_REQUEST = 10_000

const NOTHING: ImportCounts = {
  rows_read: 0,
  rows_imported: 0,
  rows_rejected: 0,
  rows_duplicate: 0,
  rows_known: 0,
  rows_without_email: 0,
}

/**
 * Takes a CSV file into a session: the file is stored durably, then one transaction holds the dataset, the import, the
 * sender and, for a small file, its rows. A larger file is left to the job, which reads the stored copy; whether it is one is
 * known after its first 10,001 rows. Everything that is wrong with the request is found before anything is written.
 */
export const startUpload = async (
  deps: Pick<Deps, 'db' | 'pool' | 'storage' | 'config' | 'clock'>,
  who: { workspace_id: string; user_id: string },
  sessionId: string,
  file: UploadedFile,
  fields: UploadFields,
  now: Date,
) => {
  const session = await findSession(deps.db, who.workspace_id, sessionId)
  if (!session) throw notFound('There is no such session in this workspace.')
  const problems: Detail[] = []
  const senderData = readJsonObject(fields.sender_data, 'sender_data', problems)
  const given = readJsonObject(fields.column_mapping, 'column_mapping', problems)
  if (fields.save_sender_profile && !senderData && !fields.sender_profile_id && !problems.length)
    problems.push({ loc: ['body', 'sender_data'], msg: 'is needed to save a sender profile', type: 'missing' })
  if (problems.length) throw invalid(problems)
  const choice = {
    sender_profile_id: fields.sender_profile_id || null,
    sender_data: senderData,
    save: fields.save_sender_profile,
    profile_name: fields.profile_name ?? null,
  }
  if (choice.sender_profile_id && !(await findSenderProfile(deps.db, who.workspace_id, choice.sender_profile_id)))
    throw noProfile()
  if (session.dataset_id && !(await isSessionFree(deps.db, session.dataset_id))) throw sessionTaken()

  const inspection = await inspectCsv(file.path, ROWS_IN_REQUEST)
  if (inspection.row_count === 0) throw problem('UNREADABLE_FILE', 'The file has a header and no rows.')
  const { mapping, problems: wrong } = chooseMapping(inspection.columns, inspection.guessed, given)
  if (wrong.length) throw invalid(wrong)

  await deps.storage.adopt(file.path, file.sha256)
  const source = inspection.whole ? await deps.storage.read(file.sha256) : null
  try {
    return await copyTransaction(deps.pool, async (copying) => {
      const { tx } = copying
      const locked = await findSession(tx, who.workspace_id, session.session_id, true)
      if (!locked) throw notFound('There is no such session in this workspace.')
      if (locked.dataset_id && !(await isSessionFree(tx, locked.dataset_id))) throw sessionTaken()
      const sender = await chooseSender(tx, who, choice, now)
      const import_id = newId()
      const job_id = inspection.whole
        ? null
        : await createJob(tx, {
            ...who,
            kind: importFileJob.name,
            subject_id: import_id,
            total: file.size_bytes,
            message: 'Waiting to be read.',
            now: deps.clock.now(),
          })
      const made = await insertImport(tx, {
        ...who,
        import_id,
        session_id: session.session_id,
        pipeline_type: session.session_type,
        dataset_name: datasetNameOf(file.filename),
        column_mapping: mapping,
        file,
        inspection,
        job_id,
        now,
      })
      await bindSession(tx, session.session_id, made.dataset_id, 'processing', sender, now)
      let counts = NOTHING
      if (source) {
        counts = await importRows(
          copying,
          { ...made, workspace_id: who.workspace_id, column_mapping: mapping, max_rows: deps.config.uploads.max_rows },
          source,
        )
        await completeImport(tx, { ...made, session_id: session.session_id }, counts, now)
      } else if (job_id) await enqueue(tx, importFileJob, { import_id: made.import_id, job_id })
      return {
        session_id: session.session_id,
        dataset_id: made.dataset_id,
        status: job_id ? 'processing' : 'ready',
        leads_queued: counts.rows_imported,
        file_info: {
          filename: file.filename,
          size_bytes: file.size_bytes,
          row_count: inspection.whole ? inspection.row_count : null,
          column_count: inspection.columns.length,
          columns: inspection.columns.map(({ name }) => name),
          encoding: inspection.dialect.encoding,
          delimiter: inspection.dialect.delimiter,
          column_mapping: mapping,
        },
        sender_profile_id: sender.sender_profile_id,
        sheets_processed: null,
        message: job_id
          ? `The file has more than ${ROWS_IN_REQUEST} rows and is being read; follow job_id.`
          : summaryOf(counts),
        import_id: made.import_id,
        job_id,
        ...counts,
      }
    })
  } finally {
    source?.destroy()
  }
}

const sessionTaken = () =>
  problem('CONFLICT', 'This session has its file already; open another session for another file.')

const rows = (n: number): string => (n === 1 ? '1 row' : `${n} rows`)

/** One sentence for a person about how an import ended. */
export const summaryOf = (counts: ImportCounts): string => {
  const left = [
    counts.rows_rejected ? `${rows(counts.rows_rejected)} rejected` : '',
    counts.rows_duplicate ? `${rows(counts.rows_duplicate)} twice in the file` : '',
    counts.rows_known ? `${rows(counts.rows_known)} known from other datasets` : '',
  ].filter(Boolean)
  return `${rows(counts.rows_imported)} of ${counts.rows_read} imported${left.length ? `; ${left.join(', ')}` : ''}.`
}

/** A field of the form that holds a JSON object; what it holds is checked like any other JSON of a request. */
const readJsonObject = (text: string | undefined, name: string, problems: Detail[]): Record<string, unknown> | null => {
  if (text === undefined || text.trim() === '') return null
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    problems.push({ loc: ['body', name], msg: 'is not valid JSON', type: 'json_invalid' })
    return null
  }
  if (value === null) return null
  if (typeof value !== 'object' || Array.isArray(value)) {
    problems.push({ loc: ['body', name], msg: 'must be a JSON object', type: 'object_type' })
    return null
  }
  problems.push(...findUnstorable(value, ['body', name]))
  return value as Record<string, unknown>
}
