import { ApiError, type ErrorCode, errorCategory, invalid, statusOn } from '../../http/errors.ts'
import { problemsOf } from '../../http/request-body.ts'
import type { ShownEmail } from '../emails/read-emails.ts'
import { SendRequest } from './schema.ts'
import { type MessageAuthor, type SendDeps, sendMessage } from './send-message.ts'

export type BatchItem = {
  index: number
  status: 'accepted' | 'rejected'
  email: ShownEmail | null
  error: { message: string; code: ErrorCode; category: string } | null
}

export type BatchOutcome = { total: number; accepted: number; rejected: number; results: BatchItem[] }

const rejected = (index: number, code: ErrorCode, message: string): BatchItem => ({
  index,
  status: 'rejected',
  email: null,
  error: { message, code, category: errorCategory(statusOn('mail', code)) },
})

/** How a face of the product words a message, and what is wrong with one. */
export type Face = {
  read: (item: unknown) => unknown
  inWords: <T>(run: () => Promise<T>) => Promise<T>
}

const FIRST: Face = { read: (item) => item, inWords: (run) => run() }

/**
 * Sends each message by itself, in order: what is wrong with one rejects that one alone, and the others go out. `read` turns
 * an item into a request where another face of the product words it differently, and `inWords` what is wrong with it into
 * that face's words. An unexpected fault ends the whole call.
 */
export const sendBatch = async (
  deps: SendDeps,
  who: MessageAuthor,
  items: readonly unknown[],
  now: Date,
  face: Face = FIRST,
): Promise<BatchOutcome> => {
  const sendItem = async (item: unknown): Promise<ShownEmail> => {
    const parsed = SendRequest.safeParse(await face.read(item))
    if (!parsed.success) throw invalid(problemsOf(parsed.error, 'body'))
    return sendMessage(deps, who, parsed.data, now)
  }
  const results: BatchItem[] = []
  for (const [index, item] of items.entries()) {
    try {
      results.push({ index, status: 'accepted', email: await face.inWords(() => sendItem(item)), error: null })
    } catch (error) {
      if (!(error instanceof ApiError) || error.status >= 500) throw error
      const details = error.details?.map(({ loc, msg }) => `${loc.slice(1).join('.')}: ${msg}`).join('; ')
      results.push(rejected(index, error.code, error.code === 'VALIDATION_ERROR' && details ? details : error.message))
    }
  }
  const accepted = results.filter(({ status }) => status === 'accepted').length
  return { total: results.length, accepted, rejected: results.length - accepted, results }
}
