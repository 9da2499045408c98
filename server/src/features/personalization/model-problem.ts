import { isTransientDatabaseError } from '../../db/connect.ts'
import { type ApiError, problem } from '../../http/errors.ts'
import { ModelError, type ModelFailure } from '../../ports/llm/port.ts'
import type { JobRun } from '../../queue/define-job.ts'

/** When a model that refuses for the number of requests may be asked again, unless it says so itself. */
const BUSY_SECONDS = 30

const SENTENCES: Record<ModelFailure, string> = {
  timeout: 'The model did not answer in time.',
  rate_limited: 'The model takes no more requests at the moment.',
  unavailable: 'The model cannot be reached or answers with errors.',
  invalid_answer: 'The model gave no message that could be read.',
  refused: 'The model refused to write this message.',
  misconfigured:
    'The model is not set up rightly: its key, its name or its address is wrong, or its account is used up.',
  cancelled: 'The writing was broken off.',
}

type Failure = { failure: ModelFailure | 'unexpected'; error: string }

/** What came of a lead that no message could be written to, in words for a person; nothing of what a provider said. */
export const failureOf = (error: unknown): Failure =>
  error instanceof ModelError
    ? { failure: error.failure, error: SENTENCES[error.failure] }
    : { failure: 'unexpected', error: 'Something went wrong on our side; the log of the server has it.' }

/**
 * The same for a lead among many: a fault of our own is this lead's as well, and does not keep the others waiting. Throws what
 * says nothing about the lead: that the worker was told to stop, or that the database is away.
 */
export const failureAmongMany = (error: unknown, run: Pick<JobRun, 'signal' | 'log'>): Failure => {
  if (run.signal.aborted || isTransientDatabaseError(error)) throw error
  if (!(error instanceof ModelError)) run.log.error({ err: error }, 'a message could not be written')
  return failureOf(error)
}

/** The answer to somebody who waits for one message. Other errors come back as they are. */
export const asProblem = (error: unknown): ApiError | unknown => {
  if (!(error instanceof ModelError)) return error
  const message = SENTENCES[error.failure]
  if (error.failure === 'timeout' || error.failure === 'cancelled') return problem('MODEL_TIMEOUT', message)
  if (error.failure === 'rate_limited')
    return problem('MODEL_BUSY', message, { headers: { 'retry-after': String(BUSY_SECONDS) } })
  return problem('MODEL_FAILED', message)
}
