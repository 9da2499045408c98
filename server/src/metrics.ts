import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof createMetrics>

/** One registry for each process (or test), so that two of them in one runtime never collide. */
export const createMetrics = (options: { process: boolean } = { process: false }) => {
  const registry = new Registry()
  if (options.process) collectDefaultMetrics({ register: registry, prefix: 'bavlio_' })
  const registers = [registry]
  const counter = <const Labels extends string>(name: string, help: string, labelNames: Labels[] = []) =>
    new Counter<Labels>({ name: `bavlio_${name}`, help, labelNames, registers })
  return {
    registry,
    model_calls: counter('model_calls_total', 'Requests to language models.', ['owner', 'provider', 'outcome']),
    model_tokens: counter('model_tokens_total', 'Tokens that language models read and wrote.', [
      'owner',
      'provider',
      'kind',
    ]),
    requests: counter('http_requests_total', 'Answered requests.', ['operation', 'status']),
    request_seconds: new Histogram({
      name: 'bavlio_http_request_seconds',
      help: 'Time to answer a request.',
      labelNames: ['operation'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    }),
    jobs: counter('jobs_total', 'Finished runs of jobs.', ['job', 'outcome']),
    job_seconds: new Histogram({
      name: 'bavlio_job_seconds',
      help: 'Time of one run of a job.',
      labelNames: ['job'],
      buckets: [0.01, 0.05, 0.25, 1, 5, 30, 120, 600],
      registers,
    }),
    rate_limit_fallbacks: counter(
      'rate_limit_fallbacks_total',
      'Requests counted per process because the shared store failed.',
    ),
    messages: counter('messages_total', 'Messages handed over, by outcome.', ['mode', 'outcome']),
    inbound: counter('inbound_messages_total', 'Messages received, by what they were.', ['kind']),
    webhook_tries: counter('webhook_tries_total', 'Tries to deliver to webhook endpoints.', ['outcome']),
    queue_depth: new Gauge({ name: 'bavlio_queue_jobs', help: 'Jobs waiting.', registers }),
  }
}
