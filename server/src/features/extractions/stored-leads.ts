import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Detail, invalid, problem } from '../../http/errors.ts'
import { type Lead, readLead } from './column-values.ts'
import type { RawLead } from './read-upload.ts'

/** Leads in the one form that is stored, in a file of its own that nobody refers to yet. */
export type SpooledLeads = {
  path: string
  sha256: Buffer
  size_bytes: number
  leads_count: number
  /** Names under columnValues, in the order in which they were first seen. */
  columns: string[]
  /** Null unless there are several. */
  sheets: string[] | null
  sample: Record<string, unknown>[]
  /** Leads that held nothing, which are not stored. */
  empty_leads: number
}

export type LeadLimits = { leads: number; columns: number }

const SAMPLE = 10
const PROBLEMS = 20
const PIECE_CHARACTERS = 65_536
const BATCH = 500

/**
 * Writes leads down as a JSON list with one lead on each line, so that it is a plain JSON file and can be read line by line.
 * Each lead is checked on the way. Throws VALIDATION_ERROR that names the leads that are none, the first twenty of them, and
 * for more leads or columns than the limits; the file is removed then. The caller removes it in the end.
 */
export const spoolLeads = async (
  dataDir: string,
  leads: AsyncIterable<RawLead>,
  limits: LeadLimits,
): Promise<SpooledLeads> => {
  const folder = join(dataDir, 'incoming')
  await mkdir(folder, { recursive: true })
  const path = join(folder, randomUUID())
  const hash = createHash('sha256')
  const columns = new Set<string>()
  const sheets = new Set<string>()
  const sample: Record<string, unknown>[] = []
  const problems: Detail[] = []
  let size_bytes = 0
  let leads_count = 0
  let empty_leads = 0

  const emit = (text: string): Buffer => {
    const bytes = Buffer.from(text)
    hash.update(bytes)
    size_bytes += bytes.length
    return bytes
  }
  async function* pieces(): AsyncGenerator<Buffer> {
    let text = '['
    for await (const raw of leads) {
      const lead = readLead(raw.value)
      if (typeof lead === 'string') {
        problems.push({ loc: raw.at, msg: `lead ${raw.at.at(-1)} ${lead}`, type: 'lead_invalid' })
        if (problems.length >= PROBLEMS) break
        continue
      }
      if (problems.length) continue
      const names = Object.keys(lead.columnValues)
      if (!names.length) {
        empty_leads++
        continue
      }
      if (leads_count >= limits.leads) throw tooManyLeads(limits)
      for (const name of names) columns.add(name)
      if (columns.size > limits.columns)
        throw invalid([
          {
            loc: raw.at,
            msg: `the leads have more than ${limits.columns} different columns together`,
            type: 'too_many_columns',
          },
        ])
      if (raw.sheet !== null) {
        lead.sheet = raw.sheet
        sheets.add(raw.sheet)
      }
      if (sample.length < SAMPLE) sample.push(lead.columnValues)
      text += `${leads_count ? ',' : ''}\n${JSON.stringify(lead)}`
      leads_count++
      if (text.length >= PIECE_CHARACTERS) {
        yield emit(text)
        text = ''
      }
    }
    if (problems.length) throw invalid(problems)
    if (!leads_count)
      throw invalid([{ loc: ['body', 'leads'], msg: 'there is no lead with any value', type: 'no_leads' }])
    yield emit(`${text}\n]\n`)
  }
  try {
    await pipeline(Readable.from(pieces()), createWriteStream(path, { flags: 'wx', mode: 0o600 }))
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
  return {
    path,
    sha256: hash.digest(),
    size_bytes,
    leads_count,
    columns: [...columns],
    sheets: sheets.size > 1 ? [...sheets] : null,
    sample,
    empty_leads,
  }
}

const tooManyLeads = (limits: LeadLimits) =>
  problem(
    'PAYLOAD_TOO_LARGE',
    `There are more than ${limits.leads} leads, the limit of this instance (EXTRACTION_MAX_LEADS).`,
  )

/** Reads a stored file back in batches, in its order. The source is closed when the reading is given up. */
export async function* readStoredLeads(source: Readable): AsyncGenerator<Lead[], void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  let batch: Lead[] = []
  const take = (line: string): void => {
    const text = line.endsWith(',') ? line.slice(0, -1) : line
    if (text.startsWith('{')) batch.push(JSON.parse(text) as Lead)
  }
  try {
    for await (const chunk of source) {
      const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        take(line)
        if (batch.length >= BATCH) {
          yield batch
          batch = []
        }
      }
    }
    take(rest)
    if (batch.length) yield batch
  } finally {
    source.destroy()
  }
}
