import type { Readable } from 'node:stream'
import { type DownloadFormat, writeTable } from '../../table-download.ts'
import type { Lead, Scalar } from './column-values.ts'
import { readStoredLeads } from './stored-leads.ts'

/** Streams the columns of stored leads, which are what stands under columnValues; the prefix is gone. Memory holds one batch of leads. */
export const writeDownload = (source: Readable, columns: string[], format: DownloadFormat): Readable => {
  const out = writeTable(columns, leadRows(source, columns), format)
  // A reader that leaves before the first byte never starts the reading, which then cannot close what it reads from.
  out.once('close', () => source.destroy())
  return out
}

const cellOf = (lead: Lead, column: string): Scalar | undefined =>
  Object.hasOwn(lead.columnValues, column) ? lead.columnValues[column] : undefined

/** Stored leads as rows of a table, in the batches in which they are read. */
export async function* leadRows(
  source: Readable,
  columns: readonly string[],
  isWanted: (lead: Lead) => boolean = () => true,
): AsyncGenerator<Iterable<(Scalar | undefined)[]>> {
  for await (const leads of readStoredLeads(source))
    yield leads
      .values()
      .filter(isWanted)
      .map((lead) => columns.map((column) => cellOf(lead, column)))
}
