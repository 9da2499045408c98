/** Everything that a conversation about enrichment knows; it is stored as it is here. */
export type EnrichmentState = {
  file: ChatFile | null
  /** The session of leads that were named in the conversation itself. */
  named_session_id: string | null
  /** What was offered and waits for a yes. */
  plan: Plan | null
  /** The work that was started last. */
  job_id: string | null
  job_session_id: string | null
}

export type ChatFile = {
  filename: string
  file_type: 'csv' | 'excel' | null
  /** The session that holds its rows. */
  processing_session_id: string | null
  row_count: number | null
  columns: string[] | null
  size_bytes: number | null
}

export type Plan = {
  session_id: string
  leads: number
  /** Only so many of the rows that wait, from the first on; null for all. */
  first: number | null
  /** The most that it may cost, as it was said. */
  credits: number
}

export const EMPTY_STATE: EnrichmentState = {
  file: null,
  named_session_id: null,
  plan: null,
  job_id: null,
  job_session_id: null,
}

const NUMBER =
  /\b(?:first|top|erste[n]?|premiers?|primer[oa]s?)\s+(\d[\d.,' ]*)|(?<![\d.,'])(\d[\d.,' ]*?)\s+(?:first|leads?|rows?|lines?|zeilen|lignes|filas)\b/i
/** Figures alone, or with a mark between each three. */
const COUNT = /^(?:\d{1,9}|\d{1,3}(?:[.,' ]\d{3}){1,2})$/

/** `the first 50`, `only 1,000 rows`; null where no number of leads is named, 0 where it cannot be read as one. */
export const readFirst = (text: string): number | null => {
  const found = NUMBER.exec(text)
  if (!found) return null
  const figures = (found[1] ?? found[2] ?? '').replace(/[.,' ]+$/, '')
  return COUNT.test(figures) ? Number(figures.replaceAll(/\D/g, '')) : 0
}

const STOP =
  /^(?:please )?(?:stop|cancel|abort|halt|stopp|abbrechen|arrête[rz]?|annuler|parar|detener)(?: (?:it|that|the job|the work|now|please))*[.! ]*$/i
const STATUS =
  /^(?:(?:what(?: is|['’]s) the )?(?:status|progress|state)|how far(?: are you| is it)?|are you done|is it done|done yet|wie weit|fertig|où en es-tu)[.!? ]*$/i

/** Whether somebody wants the work to stop, in so many words. */
export const isStop = (text: string): boolean => STOP.test(text.trim())

export const isStatusQuestion = (text: string): boolean => STATUS.test(text.trim())
