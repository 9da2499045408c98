import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Db } from '../../db/connect.ts'
import { answerEvents } from '../../http/answer-events.ts'
import { type Answer, answer } from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { findJob, type JobRow } from './queries.ts'

const LOOK_AGAIN_MS = 300
/** Proxies cut connections that are silent for a minute; a comment line keeps them open. */
const KEEP_ALIVE_MS = 15_000
/** What waits for a slow reader at most. Beyond it the job is not looked at again until the reader has read. */
const BUFFERED_BYTES = 4_096

const isOver = (job: JobRow): boolean =>
  job.status === 'completed' || job.status === 'failed' || job.status === 'cancelled'

/** Names a state of the job, so that a reader who comes back with it is told only what is new. */
const idOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 16)

/**
 * Looks at the row again and again and tells what changed, until the job is over, gone, or nobody listens any more. Each
 * event holds the whole job as it stands then, so a reader that was slow or away has missed nothing that still matters.
 */
async function* follow(
  db: Db,
  workspaceId: string,
  first: JobRow,
  lastId: string | null,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let told = lastId
  let silent = 0
  yield 'retry: 2000\n\n'
  for (let job: JobRow | undefined = first; job; job = await findJob(db, workspaceId, first.job_id)) {
    const text = JSON.stringify(job)
    const id = idOf(text)
    if (isOver(job)) {
      yield `event: done\nid: ${id}\ndata: ${text}\n\n`
      return
    }
    if (id !== told) {
      told = id
      silent = 0
      yield `event: progress\nid: ${id}\ndata: ${text}\n\n`
    } else silent += LOOK_AGAIN_MS
    if (silent >= KEEP_ALIVE_MS) {
      silent = 0
      yield ': still here\n\n'
    }
    await pause(LOOK_AGAIN_MS, undefined, { signal })
  }
}

/**
 * The answer that follows a job. `lastId` is the id of the last event that the reader has: what it knows is not told again,
 * and where it knows the end already the answer is 204, at which a browser's EventSource stops coming back. Throws NOT_FOUND.
 */
export const streamJobEvents = async (
  db: Db,
  workspaceId: string,
  jobId: string,
  lastId: string | null,
): Promise<Answer> => {
  const job = await findJob(db, workspaceId, jobId)
  if (!job) throw notFound()
  if (isOver(job) && lastId !== null && lastId === idOf(JSON.stringify(job))) return answer(204, undefined)
  const leaving = new AbortController()
  const events = follow(db, workspaceId, job, lastId, leaving.signal)
  return answerEvents(events, { leave: () => leaving.abort(), buffered_bytes: BUFFERED_BYTES })
}
