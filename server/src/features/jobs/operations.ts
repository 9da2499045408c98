import { defineOperation, eventStream, type Operation, type OperationRequest } from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { streamJobEvents } from './follow-job.ts'
import { findJob } from './queries.ts'
import { JobEventsQuery, JobParams, JobProgress } from './schema.ts'

type Headers = OperationRequest['headers']

const header = (headers: Headers, name: string): string | null => {
  const value = headers[name]
  return typeof value === 'string' ? value : null
}

/** Whether the client asks for events; a list that would take JSON just as well gets JSON. */
const wantsEvents = (headers: Headers): boolean =>
  (header(headers, 'accept') ?? '').split(',').some((type) => /^\s*text\/event-stream\s*(;|$)/i.test(type)) &&
  !/application\/json/i.test(header(headers, 'accept') ?? '')

const getJob = defineOperation({
  id: 'get_job',
  method: 'GET',
  path: '/api/v1/jobs/{job_id}',
  tag: 'jobs',
  summary: 'How far a long piece of work is',
  description:
    'With Accept: text/event-stream the answer follows the work, as /api/v1/jobs/{job_id}/events does. Counts are true at every moment: what is over does not move, and what begins again after a crash counts from 0.',
  access: 'workspace:read',
  impact: 'read',
  source: 'ours',
  params: JobParams,
  responses: { 200: JobProgress, 204: null },
  handle: async ({ params, workspace, headers }, deps) => {
    const { workspace_id } = workspace
    if (wantsEvents(headers))
      return streamJobEvents(deps.db, workspace_id, params.job_id, header(headers, 'last-event-id'))
    const job = await findJob(deps.db, workspace_id, params.job_id)
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
  description:
    'Server-sent events: progress whenever it changes, and done at the end, each with the whole job. A client that comes back with Last-Event-ID (or last_event_id) is told only what is new; 204 where it has the end already.',
  access: 'workspace:read',
  impact: 'read',
  source: 'ours',
  params: JobParams,
  query: JobEventsQuery,
  responses: { 200: eventStream(JobProgress, 'Events progress and done.'), 204: null },
  handle: ({ params, query, workspace, headers }, deps) =>
    streamJobEvents(
      deps.db,
      workspace.workspace_id,
      params.job_id,
      query.last_event_id ?? header(headers, 'last-event-id'),
    ),
})

export const operations: Operation[] = [getJob, streamJob]
