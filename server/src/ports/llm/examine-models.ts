import type { Config } from '../../config.ts'
import { EgressRefused } from '../egress.ts'
import type { OutboundHttp } from '../outbound-http.ts'
import { addressOf } from './model-endpoint.ts'

const ANSWER_MS = 5_000
const MOST_BYTES = 4_000_000

/** What asking for the list of models came to: nothing is written by any of them, and nothing is paid. */
export type ModelsFound =
  | { state: 'listed'; missing: string[] }
  /** It answers, and has no list that could be read. */
  | { state: 'unlisted'; status: number }
  | { state: 'failed'; message: string; refused: boolean }

/** Asks the models' server of the settings which models it has. */
export const examineModels = async (
  llm: NonNullable<Config['llm']>,
  http: Pick<OutboundHttp, 'request'>,
): Promise<ModelsFound> => {
  const key = llm.api_key
  const headers: Record<string, string> = !key
    ? {}
    : llm.provider === 'anthropic'
      ? { 'x-api-key': key, 'anthropic-version': '2023-06-01' }
      : llm.provider === 'google'
        ? { 'x-goog-api-key': key }
        : { authorization: `Bearer ${key}` }
  try {
    const { status, body } = await http.request(`${addressOf(llm)}/models`, {
      headers,
      timeout_ms: ANSWER_MS,
      max_response_bytes: MOST_BYTES,
    })
    if (status === 401 || status === 403)
      return { state: 'failed', message: `it refuses the key (${status})`, refused: true }
    const { data, models } = JSON.parse(body.toString('utf8')) as Record<string, unknown>
    const listed = (Array.isArray(data) ? data : Array.isArray(models) ? models : []) as {
      id?: string
      name?: string
    }[]
    const names = new Set(listed.flatMap(({ id, name }) => [id, name?.replace(/^models\//, '')]))
    if (status !== 200 || !listed.length) return { state: 'unlisted', status }
    return { state: 'listed', missing: llm.models.map(({ name }) => name).filter((name) => !names.has(name)) }
  } catch (error) {
    if (error instanceof SyntaxError) return { state: 'unlisted', status: 200 }
    const { code, message } = error as NodeJS.ErrnoException
    return {
      state: 'failed',
      message: error instanceof EgressRefused ? message : `no answer (${code ?? message})`,
      refused: false,
    }
  }
}
