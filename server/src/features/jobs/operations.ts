import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import type { Db } from '../../db/connect.ts'
import { answer, defineOperation, eventStream, type Operation } from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { findJob, type JobRow } from './queries.ts'
import { JobParams, JobProgress } from './schema.ts'

const LOOK_AGAIN_MS = 300
/** Proxies cut connections that are silent for a minute; a comment line keeps them open. */
const KEEP_ALIVE_MS = 15_000

const isOver = (job: JobRow): boolean =>
  job.status === 'completed' || job.status === 'failed' || job.status === 'cancelled'

const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`

/** Looks at the row again and again and tells what changed, until the job is over, gone, or nobody listens any more. */
async function* follow(db: Db, workspaceId: string, first: JobRow, signal: AbortSignal): AsyncGenerator<string> {
  let told = ''
  let silent = 0
  for (let job: JobRow | undefined = first; job; job = await findJob(db, workspaceId, first.job_id)) {
    const now = JSON.stringify(job)
    if (isOver(job)) {
      yield event('done', job)
      return
    }
    if (now !== told) {
      told = now
      silent = 0
      yield event('progress', job)
    } else silent += LOOK_AGAIN_MS
    if (silent >= KEEP_ALIVE_MS) {
      silent = 0
      yield ': still here\n\n'
    }
    await pause(LOOK_AGAIN_MS, undefined, { signal })
  }
}

const getJob = defineOperation({
  id: 'get_job',
  method: 'GET',
  path: '/api/v1/jobs/{job_id}',
  tag: 'jobs',
  summary: 'How far a long piece of work is',
  access: 'workspace:read',
  impact: 'read',
  source: 'ours',
  params: JobParams,
  responses: { 200: JobProgress },
  handle: async ({ params, workspace }, deps) => {
    const job = await findJob(deps.db, workspace.workspace_id, params.job_id)
    if (!job) throw notFound()
    return job
  },
})

const streamJob = defineOperation({
  id: 'stream_job',
  method: 'GET',
  path: '/api/v1/jobs/{job_id}/events',
  tag: 'jobs',
  summary: 'Follow a long piece of work',
  description: 'Server-sent events: progress whenever it changes, and done at the end, each with the whole job.',
  access: 'workspace:read',
  impact: 'read',
  source: 'ours',
  params: JobParams,
  responses: { 200: eventStream(JobProgress, 'Events progress and done.') },
  handle: async ({ params, workspace }, deps) => {
    const job = await findJob(deps.db, workspace.workspace_id, params.job_id)
    if (!job) throw notFound()
    const leaving = new AbortController()
    const stream = Readable.from(follow(deps.db, workspace.workspace_id, job, leaving.signal), { objectMode: false })
    stream.on('close', () => leaving.abort())
    // Ending the pause of a client that left is not a fault.
    stream.on('error', () => {})
    return answer(200, stream, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
  },
})

export const operations: Operation[] = [getJob, streamJob]
