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
  /\b(?:first|top|erste[n]?|premiers?|primer[oa]s?)\s+(\d{1,7})\b|\b(\d{1,7})\s+(?:first|leads?|rows?|lines?|zeilen|lignes|filas)\b/i

/** `the first 50`, `only 20 rows`; null where no number of leads is named. */
export const readFirst = (text: string): number | null => {
  const found = NUMBER.exec(text)
  const count = Number(found?.[1] ?? found?.[2] ?? 0)
  return count > 0 ? count : null
}

const STOP =
  /^(?:please )?(?:stop|cancel|abort|halt|stopp|abbrechen|arrête[rz]?|annuler|parar|detener)(?: (?:it|that|the job|the work|now|please))*[.! ]*$/i
const STATUS =
  /^(?:(?:what(?: is|['’]s) the )?(?:status|progress|state)|how far(?: are you| is it)?|are you done|is it done|done yet|wie weit|fertig|où en es-tu)[.!? ]*$/i

/** Whether somebody wants the work to stop, in so many words. */
export const isStop = (text: string): boolean => STOP.test(text.trim())

export const isStatusQuestion = (text: string): boolean => STATUS.test(text.trim())
