import { type Account, callInstance, refusalOf } from './account.ts'
import { api } from './browser-api.ts'
import { type Gathered, leadsOf } from './gathered-rows.ts'

export type SentExtraction = { extraction_id: string; title: string; leads_count: number }

/** A body that the instance takes as JSON; more goes as a file. */
const JSON_BYTES = 8_000_000
const SENDING_MS = 300_000

/**
 * Stores what was gathered as an extraction. `request_key` names the attempt: sent again with the same one, it is stored once.
 * Throws AccountProblem.
 */
export const sendExtraction = async (
  account: Account,
  gathered: Gathered,
  facts: { title: string; reader: string; request_key: string },
): Promise<SentExtraction> => {
  const host = new URL(gathered.page_urls[0] as string).hostname
  const leads = leadsOf(gathered)
  const page_urls = gathered.page_urls.slice(0, 500)
  const metadata = {
    reader: facts.reader,
    client: `browser extension ${api.runtime.getManifest().version}`,
    ...(gathered.duplicates ? { duplicates_left_out: gathered.duplicates } : {}),
  }
  const about = { ...(facts.title.trim() ? { title: facts.title.trim() } : {}), source: host, source_host: host }
  const headers = { 'idempotency-key': facts.request_key }
  const whole = JSON.stringify({ ...about, page_urls, metadata, leads })
  const response = await callInstance(account, '/api/v1/user-extractions/', {
    method: 'POST',
    signal: AbortSignal.timeout(SENDING_MS),
    ...(whole.length <= JSON_BYTES
      ? { body: whole, headers: { ...headers, 'content-type': 'application/json' } }
      : {
          body: asForm({ ...about, page_urls: JSON.stringify(page_urls), metadata: JSON.stringify(metadata) }, leads),
          headers,
        }),
  })
  if (response.status !== 201) throw await refusalOf(account, response)
  return (await response.json()) as SentExtraction
}

const asForm = (fields: Record<string, string>, leads: unknown[]): FormData => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  form.set('file', new Blob([JSON.stringify(leads)], { type: 'application/json' }), 'leads.json')
  return form
}

/** The stored extraction as a file, by the instance's own export. */
export const downloadExtraction = async (account: Account, extraction_id: string): Promise<Blob> => {
  const response = await callInstance(account, `/api/v1/user-extractions/${extraction_id}/download?format=csv`, {
    signal: AbortSignal.timeout(SENDING_MS),
  })
  if (!response.ok) throw await refusalOf(account, response)
  return response.blob()
}
