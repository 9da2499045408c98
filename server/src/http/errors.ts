/**
 * Every error a client can meet: stable code, status, and the text used when the thrower has nothing better to say.
 * One table, so that the document, the mail service's own envelope and the tests read the same truth.
 */
export const ERRORS = {
  BAD_REQUEST: { status: 400, message: 'The request cannot be served as it stands.' },
  INVALID_CREDENTIALS: { status: 401, message: 'The e-mail address or the password is wrong.' },
  UNAUTHORIZED: { status: 401, message: 'A valid session token or API key is needed.' },
  INSUFFICIENT_CREDITS: { status: 402, message: 'There are not enough credits for this.' },
  FORBIDDEN: { status: 403, message: 'Your role in this workspace does not allow this.' },
  MISSING_SCOPE: { status: 403, message: 'The API key lacks the scope for this.' },
  GOOGLE_NOT_LINKED: { status: 401, message: 'No Google account is linked here; link one and try again.' },
  GOOGLE_ACCESS_DENIED: { status: 403, message: 'The linked Google account may not read this sheet.' },
  SESSION_REQUIRED: { status: 403, message: 'Only a log-in session may do this, not an API key.' },
  PLAN_FORBIDS_KEYS: { status: 403, message: 'The plan of this workspace does not include API keys.' },
  KEY_LIMIT_REACHED: { status: 403, message: 'The workspace has as many API keys as its plan allows.' },
  WEBHOOK_LIMIT_REACHED: { status: 403, message: 'The workspace has as many webhook endpoints as it may have.' },
  SIGNUP_CLOSED: { status: 403, message: 'This instance takes no new accounts without an invitation.' },
  NOT_FOUND: { status: 404, message: 'There is no such thing in this workspace.' },
  ALIAS_NOT_FOUND: { status: 404, message: 'There is no such alias in this workspace.' },
  ATTACHMENT_NOT_FOUND: { status: 404, message: 'There is no such attachment in this workspace.' },
  CONFLICT: { status: 409, message: 'The present state does not allow this.' },
  ALREADY_EXISTS: { status: 409, message: 'It exists already.' },
  EMAIL_TAKEN: { status: 409, message: 'An account with this e-mail address exists already.' },
  CAMPAIGN_STATE: { status: 409, message: 'The state of the campaign does not allow this.' },
  CAMPAIGN_FIELD_LOCKED: { status: 409, message: 'This field cannot change once the campaign has been launched.' },
  LAUNCH_BLOCKED: { status: 409, message: 'The campaign cannot be launched yet.' },
  SENDING_BLOCKED: { status: 409, message: 'Too many bounces or complaints: sending is blocked.' },
  MAIL_NOT_CONFIGURED: { status: 409, message: 'No mail transport is configured for this.' },
  DOMAIN_NOT_VERIFIED: { status: 409, message: 'The domain is not verified yet.' },
  CLOCK_NOT_STEERABLE: { status: 409, message: 'Only a sandbox workspace has a clock that can be advanced.' },
  CLOCK_BUSY: { status: 409, message: 'The clock is being advanced already.' },
  RECIPIENT_SUPPRESSED: { status: 409, message: 'A recipient is on the suppression list.' },
  EMAIL_NOT_CANCELLABLE: { status: 409, message: 'The message is on its way or done and cannot be cancelled.' },
  IN_USE: { status: 409, message: 'Something active still uses it.' },
  LIVE_WORKSPACE_ONLY: { status: 409, message: 'Only a live workspace can do this; a sandbox reaches no real server.' },
  MAILBOX_STATE: { status: 409, message: 'The state of the mailbox does not allow this.' },
  OAUTH_NOT_CONFIGURED: { status: 409, message: 'Consent at this provider is not configured on this instance.' },
  OAUTH_STATE: { status: 409, message: 'This consent was not asked for, was used already, or came too late.' },
  SIGNATURE_REUSED: { status: 409, message: 'A request with this signature came before; sign a new one.' },
  NO_LEADS: { status: 400, message: 'The session holds no leads.' },
  SESSION_STATE: { status: 409, message: 'The state of the session does not allow this.' },
  DATASET_BUSY: { status: 409, message: 'Rows or columns of the dataset are being changed; try again shortly.' },
  ROW_CHANGED: { status: 409, message: 'The row is not what you saw any more; read it again.' },
  IMPORT_STATE: { status: 409, message: 'The state of the import does not allow this.' },
  PLAN_OUTDATED: { status: 409, message: 'The data have changed since the plan was made.' },
  JOB_STATE: { status: 409, message: 'The state of the job does not allow this.' },
  LAST_OWNER: { status: 409, message: 'A workspace needs at least one owner.' },
  IDEMPOTENCY_KEY_REUSED: { status: 409, message: 'This Idempotency-Key was used with another request.' },
  IDEMPOTENCY_IN_PROGRESS: { status: 409, message: 'A request with this Idempotency-Key is still running.' },
  SECRET_NOT_REPLAYED: { status: 409, message: 'The first answer held a secret, which is shown only once.' },
  OUTCOME_UNKNOWN: {
    status: 409,
    message: 'The first request with this Idempotency-Key ended without an answer; look before you repeat it.',
  },
  MESSAGE_TOO_LARGE: { status: 413, message: 'The message is larger than this instance sends.' },
  PAYLOAD_TOO_LARGE: { status: 413, message: 'The body is larger than this instance accepts.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'This kind of body cannot be read here.' },
  VALIDATION_ERROR: { status: 422, message: 'The request failed validation' },
  INVALID_RECIPIENT: { status: 422, message: 'A recipient is not an address that can be written to.' },
  SEND_AT_IN_PAST: { status: 422, message: 'The time to send at has passed already.' },
  FILTER_TOO_SLOW: { status: 422, message: 'This would take too long over so many rows; narrow it down.' },
  CHANNEL_NOT_AVAILABLE: { status: 422, message: 'This channel is not available on this instance.' },
  PROFILE_LIMIT_REACHED: { status: 400, message: 'A user can have five sender profiles.' },
  MAILBOX_REFUSED: { status: 422, message: 'The mailbox cannot be used as it was described.' },
  RESERVED_NAME: { status: 422, message: 'This name is reserved.' },
  VERIFICATION_FAILED: { status: 422, message: 'The code is not the one that was posted to the address.' },
  UNREADABLE_FILE: { status: 422, message: 'The file cannot be read.' },
  RATE_LIMITED: { status: 429, message: 'Too many requests.' },
  MODEL_BUSY: { status: 429, message: 'The model takes no more requests at the moment.' },
  INTERNAL_ERROR: { status: 500, message: 'Something went wrong on our side.' },
  UPSTREAM_ERROR: { status: 502, message: 'A service behind this one gave a bad answer.' },
  MODEL_FAILED: { status: 502, message: 'The model gave no message.' },
  GOOGLE_NOT_CONFIGURED: { status: 503, message: 'Google is not configured on this instance.' },
  UNAVAILABLE: { status: 503, message: 'The service cannot answer right now.' },
  MODEL_TIMEOUT: { status: 504, message: 'The model did not answer in time.' },
} as const

export type ErrorCode = keyof typeof ERRORS

/** One problem of a request: where it is, what is wrong, and a stable name for the kind of problem. */
export type Detail = { loc: (string | number)[]; msg: string; type: string }

export class ApiError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly details: Detail[] | null
  readonly headers: Record<string, string>

  constructor(
    code: ErrorCode,
    message?: string,
    options: { details?: Detail[]; headers?: Record<string, string> } = {},
  ) {
    super(message ?? ERRORS[code].message)
    this.code = code
    this.status = ERRORS[code].status
    this.details = options.details ?? null
    this.headers = options.headers ?? {}
  }
}

/** Throws nothing: makes the error, so that the caller's `throw` is visible to the type checker. */
export const problem = (
  code: ErrorCode,
  message?: string,
  options?: { details?: Detail[]; headers?: Record<string, string> },
): ApiError => new ApiError(code, message, options)

export const invalid = (details: Detail[]): ApiError => new ApiError('VALIDATION_ERROR', undefined, { details })

export const notFound = (what = 'There is no such thing in this workspace.'): ApiError =>
  new ApiError('NOT_FOUND', what)

export const errorBody = (error: ApiError, requestId: string, path: string): Record<string, unknown> => ({
  detail: error.code,
  message: error.message,
  request_id: requestId,
  ...(error.status === 422
    ? {
        error: 'Request Validation Error',
        details: error.details ?? [{ loc: ['body'], msg: error.message, type: error.code.toLowerCase() }],
        path,
      }
    : {}),
})

/** Which of the two public faces answers: the house's own, or the mail service's (DOMAIN.md §13). */
export type Surface = 'house' | 'mail'

const MAIL_PREFIX = '/mail/v1/'

export const surfaceOf = (path: string): Surface => (path.startsWith(MAIL_PREFIX) ? 'mail' : 'house')

/** The mail service's clients know invalid input as 400, and take a 422 for something they cannot name. */
export const statusOn = (surface: Surface, code: ErrorCode): number =>
  surface === 'mail' && ERRORS[code].status === 422 ? 400 : ERRORS[code].status

/** How the mail service's clients sort errors; derived from the status, so there is one table of codes. */
export const errorCategory = (status: number): string =>
  ({
    400: 'validation',
    401: 'authentication',
    402: 'billing',
    403: 'permission',
    404: 'not_found',
    409: 'conflict',
    413: 'validation',
    415: 'validation',
    429: 'rate_limit',
    502: 'provider',
    503: 'provider',
    504: 'provider',
  })[status] ?? 'internal'

export const mailErrorBody = (error: ApiError, requestId: string): Record<string, unknown> => {
  const status = statusOn('mail', error.code)
  return {
    detail: {
      message: error.message,
      code: error.code,
      category: errorCategory(status),
      context: error.details ? { details: error.details } : {},
    },
    // Clients of the 0.x line read `detail`, those from 1.0 on the next three.
    ok: false,
    error: error.message,
    code: error.code,
    request_id: requestId,
  }
}
