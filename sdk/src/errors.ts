/** One problem of a request, as a 422 names it. */
export type Problem = { loc: (string | number)[]; msg: string; type: string }

/**
 * What every refused or failed call throws. `code` is one of the documented error codes (docs/errors.md); `NETWORK` where no
 * answer came, `TIMEOUT` and `CANCELLED` where the caller's limit or signal ended the call.
 */
export class BavlioError extends Error {
  readonly status: number
  readonly code: string
  readonly problems: Problem[]
  readonly request_id: string | null
  /** Seconds after which another try makes sense, where the server said so. */
  readonly retry_after_seconds: number | null
  /** The whole answer, for fields that only one operation has. */
  readonly body: unknown

  constructor(fields: {
    status: number
    code: string
    message: string
    problems?: Problem[]
    request_id?: string | null
    retry_after_seconds?: number | null
    body?: unknown
    cause?: unknown
  }) {
    super(fields.message, { cause: fields.cause })
    this.name = 'BavlioError'
    this.status = fields.status
    this.code = fields.code
    this.problems = fields.problems ?? []
    this.request_id = fields.request_id ?? null
    this.retry_after_seconds = fields.retry_after_seconds ?? null
    this.body = fields.body ?? null
  }
}

type Envelope = {
  detail?: unknown
  message?: unknown
  details?: Problem[]
  request_id?: string
}

/** Reads an answer that is no success, whichever server or proxy wrote it. */
export const errorOf = async (response: Response): Promise<BavlioError> => {
  const text = await response.text().catch(() => '')
  let body: Envelope = {}
  try {
    const parsed: unknown = JSON.parse(text)
    if (parsed && typeof parsed === 'object') body = parsed
  } catch {
    // A proxy's page is no JSON; its status says enough.
  }
  // The mail service puts code and message together under detail.
  const inner = body.detail && typeof body.detail === 'object' ? (body.detail as Record<string, unknown>) : {}
  const retry = Number(response.headers.get('retry-after'))
  const given = body.message ?? inner.message
  return new BavlioError({
    status: response.status,
    code:
      typeof body.detail === 'string'
        ? body.detail
        : typeof inner.code === 'string'
          ? inner.code
          : `HTTP_${response.status}`,
    message: typeof given === 'string' ? given : `The server answered ${response.status}.`,
    problems: Array.isArray(body.details) ? body.details : [],
    request_id: body.request_id ?? response.headers.get('x-request-id'),
    retry_after_seconds: response.headers.has('retry-after') && Number.isFinite(retry) ? retry : null,
    body: Object.keys(body).length ? body : text || null,
  })
}
