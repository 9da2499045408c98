import { ApiError, type Detail, problem } from '../../http/errors.ts'

/**
 * The commands behind both lines of clients name fields as the first line does. What they complain about is said in the words
 * of the second one to whoever sent those, so that a named field is one that the caller knows.
 */
const NEWER: Record<string, string> = {
  alias_id: 'inbox_id',
  alias: 'name',
  to_email: 'to_emails',
  conversation_id: 'thread_id',
  send_at: 'scheduled_at',
  send_at_timezone: 'scheduled_timezone',
  mime_type: 'content_type',
  tag_ids: 'label_ids',
}

/** Field names that stand in a sentence, and the three nouns; a part of an address stays as it is. */
const inText = (text: string): string =>
  text
    .replace(
      /\b(?:alias_id|to_email|conversation_id|send_at_timezone|send_at|mime_type)\b/g,
      (name) => NEWER[name] ?? name,
    )
    .replace(/(?<![\w.@+-])alias(?![\w.@+-])/g, 'inbox')
    .replace(/(?<![\w.@+-])conversation(?![\w.@+-])/g, 'thread')
    .replace(/(?<![\w.@+-])tag(?![\w.@+-])/g, 'label')

const inDetail = ({ loc, msg, type }: Detail): Detail => ({
  loc: loc.map((part) => (typeof part === 'string' ? (NEWER[part] ?? part) : part)),
  msg: inText(msg),
  type,
})

/** Runs a command; a refusal comes out with the same code and the newer names. */
export const inNewWords = async <T>(run: () => Promise<T>): Promise<T> => {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    throw problem(error.code, inText(error.message), {
      ...(error.details ? { details: error.details.map(inDetail) } : {}),
      headers: error.headers,
    })
  }
}
