import { Readable } from 'node:stream'
import { type Answer, answer } from './define-operation.ts'

/**
 * Answers with server-sent events (WHATWG HTML, section 9.2), each piece as the generator gives it. `leave` is called at once
 * when the reader goes, before the generator is waited for: it is asleep then, or asks somebody else. `broken` hears of an
 * error; a reader that left is none for most. `buffered_bytes` is how far the generator may be ahead of a slow reader.
 */
export const answerEvents = (
  events: AsyncIterable<string>,
  options: { leave: () => void; broken?: (error: Error) => void; buffered_bytes?: number },
): Answer => {
  const stream = Readable.from(events, {
    objectMode: false,
    ...(options.buffered_bytes ? { highWaterMark: options.buffered_bytes } : {}),
  })
  const destroy = stream._destroy.bind(stream)
  stream._destroy = (error, done) => {
    options.leave()
    destroy(error, done)
  }
  stream.on('error', options.broken ?? (() => {}))
  return answer(200, stream, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  })
}
