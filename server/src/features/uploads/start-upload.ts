import { copyTransaction } from '../../db/copy-transaction.ts'
import type { Tx } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { UploadedFile } from '../../http/define-operation.ts'
import { type Detail, invalid, problem } from '../../http/errors.ts'
import { findUnstorable } from '../../http/request-body.ts'
import { newId } from '../../ids.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { datasetNameOf } from '../datasets/create-dataset.ts'
import { createJob } from '../jobs/progress.ts'
import { findSenderProfile } from '../sender-profiles/find-profile.ts'
import { type ImportCounts, ImportFault, NO_COUNTS } from './append-rows.ts'
import { carryOut, readOneMoment } from './carry-out.ts'
import { noProfile } from './choose-sender.ts'
import { findFreeSession, findOpenDataset, openSessionDataset } from './import-target.ts'
import { importFileJob } from './jobs.ts'
import { orBusy } from './lock-rows.ts'
import { findImportToRun } from './queries.ts'
import { DEFAULT_POLICY, type RowPolicy } from './row-policy.ts'
import type { ImportFields, UploadFields } from './schema.ts'
import { type ImportRequest, insertImport } from './store-import.ts'
import { type MappingChoice, ROWS_IN_REQUEST, readCsvTable, type UploadedTable } from './uploaded-table.ts'

type Who = { workspace_id: string; user_id: string }
type UploadDeps = Pick<Deps, 'db' | 'pool' | 'storage' | 'config' | 'clock'>

/** Settles how the file is read once the mapping that the request asks for is known; readCsvTable, or the one of workbooks. */
export type ReadTable = (choice: MappingChoice) => Promise<UploadedTable>

type Upload = {
  who: Who
  file: UploadedFile
  table: UploadedTable
  policy: RowPolicy
  isPlan: boolean
  /** For a session, whose dataset is made of the file; null for a dataset that is there. */
  request: ImportRequest | null
  dataset_id: string | null
  now: Date
}

/**
 * Takes a file into a session: the file is stored durably, then one transaction holds the dataset, the import, the sender
 * and, for a small file, its rows. A larger file is left to the job, which reads the stored copy; whether it is one is known
 * after its first 10,001 rows. Everything that is wrong with the request is found before anything is written. With `dry_run`
 * only a plan is written, and session, sender and datasets stay as they are.
 */
export const startUpload = async (
  deps: UploadDeps,
  who: Who,
  sessionId: string,
  file: UploadedFile,
  fields: Partial<UploadFields>,
  now: Date,
  read: ReadTable = (choice) => readCsvTable(file.path, choice),
) => {
  const session = await findFreeSession(deps.db, who.workspace_id, sessionId)
  const problems: Detail[] = []
  const senderData = readJsonObject(fields.sender_data, 'sender_data', problems)
  const given = readJsonObject(fields.column_mapping, 'column_mapping', problems)
  if (fields.save_sender_profile && !senderData && !fields.sender_profile_id && !problems.length)
    problems.push({ loc: ['body', 'sender_data'], msg: 'is needed to save a sender profile', type: 'missing' })
  if (problems.length) throw invalid(problems)
  const sender = {
    sender_profile_id: fields.sender_profile_id || null,
    sender_data: senderData,
    save: fields.save_sender_profile ?? false,
    profile_name: fields.profile_name ?? null,
  }
  if (sender.sender_profile_id && !(await findSenderProfile(deps.db, who.workspace_id, sender.sender_profile_id)))
    throw noProfile()
  const table = await read({ given, dataset: null })
  const made = await takeFile(deps, {
    who,
    file,
    table,
    policy: policyOf(fields),
    isPlan: fields.dry_run ?? false,
    request: {
      session_id: session.session_id,
      pipeline_type: session.session_type,
      dataset_name: datasetNameOf(file.filename),
      sender,
    },
    dataset_id: null,
    now,
  })
  return { session_id: session.session_id, ...made }
}

/** Adds a file's rows to a dataset of the workspace, or plans to. */
export const startAppend = async (
  deps: UploadDeps,
  who: Who,
  datasetId: string,
  file: UploadedFile,
  fields: Partial<ImportFields>,
  now: Date,
  read: ReadTable = (choice) => readCsvTable(file.path, choice),
) => {
  const dataset = await findOpenDataset(deps.db, who.workspace_id, datasetId)
  const problems: Detail[] = []
  const given = readJsonObject(fields.column_mapping, 'column_mapping', problems)
  if (problems.length) throw invalid(problems)
  const table = await read({ given, dataset })
  const made = await takeFile(deps, {
    who,
    file,
    table,
    policy: policyOf(fields),
    isPlan: fields.dry_run ?? false,
    request: null,
    dataset_id: dataset.dataset_id,
    now,
  })
  return { session_id: dataset.session_id, ...made }
}

const policyOf = (fields: Partial<RowPolicy>): RowPolicy => ({
  duplicates: fields.duplicates ?? DEFAULT_POLICY.duplicates,
  duplicates_in: fields.duplicates_in ?? DEFAULT_POLICY.duplicates_in,
})

const takeFile = async (deps: UploadDeps, upload: Upload) => {
  const { who, file, table, isPlan, request, now } = upload
  if (table.row_count === 0) throw problem('UNREADABLE_FILE', 'The file has a header and no rows.')
  await deps.storage.adopt(file.path, file.sha256)
  return readingInRequest(() =>
    copyTransaction(deps.pool, async (copying) => {
      const { tx } = copying
      if (isPlan) await readOneMoment(tx)
      const import_id = newId()
      const job_id = table.whole ? null : await announceJob(tx, deps, who, import_id, file.size_bytes)
      const opened = request && !isPlan ? await openSessionDataset(tx, who, request, table, now) : null
      const dataset_id = opened?.dataset_id ?? upload.dataset_id
      await insertImport(tx, {
        ...who,
        import_id,
        dataset_id,
        session_id: request?.session_id ?? null,
        file,
        table,
        policy: upload.policy,
        is_append: request === null,
        is_plan: isPlan,
        request: isPlan ? request : null,
        job_id,
        now,
      })
      let counts = NO_COUNTS
      if (job_id) await enqueue(tx, importFileJob, { import_id, job_id })
      else {
        const run = await findImportToRun(tx, import_id)
        if (run) counts = countsOf(await carryOut(copying, deps, run, { now, wait: false }))
      }
      return {
        dataset_id,
        status: job_id ? 'processing' : isPlan ? 'planned' : 'ready',
        leads_queued: isPlan ? 0 : counts.rows_imported,
        file_info: {
          filename: file.filename,
          size_bytes: file.size_bytes,
          row_count: table.whole ? table.row_count : null,
          column_count: table.columns.length,
          columns: table.columns,
          ...table.file_info,
          column_mapping: table.column_mapping,
          full_name_split: table.full_name_split,
          conflicts: table.conflicts,
        },
        sender_profile_id: opened?.sender.sender_profile_id ?? null,
        sheets_processed: table.sheets?.map(({ sheet_name }) => sheet_name) ?? null,
        message: job_id
          ? `The file has more than ${ROWS_IN_REQUEST} rows and is being read; follow job_id.`
          : summaryOf(counts, isPlan),
        import_id,
        job_id,
        ...counts,
      }
    }),
  )
}

/** A fault of the file that a job would write down is an answer here, and so is what a job would wait for. */
export const readingInRequest = async <T>(read: () => Promise<T>): Promise<T> => {
  try {
    return await read()
  } catch (error) {
    if (error instanceof ImportFault) throw problem('PAYLOAD_TOO_LARGE', error.message)
    throw orBusy(error)
  }
}

export const announceJob = (
  tx: Tx,
  deps: Pick<Deps, 'clock'>,
  who: { workspace_id: string; user_id: string | null },
  importId: string,
  sizeBytes: number,
): Promise<string> =>
  createJob(tx, {
    ...who,
    kind: importFileJob.name,
    subject_id: importId,
    total: sizeBytes,
    message: 'Waiting to be read.',
    now: deps.clock.now(),
  })

/** The counts alone of what may carry more. */
export const countsOf = (result: ImportCounts): ImportCounts =>
  Object.fromEntries(Object.keys(NO_COUNTS).map((name) => [name, result[name as keyof ImportCounts]])) as ImportCounts

const rows = (n: number): string => (n === 1 ? '1 row' : `${n} rows`)

/** One sentence for a person about how an import ended, or would end. */
export const summaryOf = (counts: ImportCounts, isPlan = false): string => {
  const left = [
    counts.rows_updated ? `${rows(counts.rows_updated)} ${isPlan ? 'would change' : 'changed'} what was there` : '',
    counts.rows_unchanged ? `${rows(counts.rows_unchanged)} there already` : '',
    counts.rows_rejected ? `${rows(counts.rows_rejected)} rejected` : '',
    counts.rows_duplicate ? `${rows(counts.rows_duplicate)} left out as duplicates` : '',
    counts.rows_known ? `${rows(counts.rows_known)} known from other datasets` : '',
  ].filter(Boolean)
  return `${rows(counts.rows_imported)} of ${counts.rows_read} ${isPlan ? 'would be imported' : 'imported'}${left.length ? `; ${left.join(', ')}` : ''}.`
}

/** A field of the form that holds a JSON object; what it holds is checked like any other JSON of a request. */
export const readJsonObject = (
  text: string | undefined,
  name: string,
  problems: Detail[],
): Record<string, unknown> | null => {
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
