import type { FastifyInstance } from 'fastify'
import { CONSENT_PAGE_HEADERS, type ConsentReturn } from '../consent-page.ts'
import type { Deps } from '../deps.ts'
import type { Answer } from './define-operation.ts'
import { answer } from './define-operation.ts'
import { ApiError } from './errors.ts'

const FORM_LIMIT = 16_384
const LONGEST = 4_096

/** Errors of RFC 6749 §4.1.2.1 that a person can read something into; the rest is told by its code. */
const REASONS: Record<string, string> = {
  access_denied: 'The consent was not given.',
  temporarily_unavailable: 'The provider cannot answer now.',
  server_error: 'The provider has a fault.',
}

const UNKNOWN = 'This consent was not asked for, was used already, or came too late.'

/**
 * The way back from a provider's consent page. A browser comes from elsewhere, so there is no log-in; the state, which is
 * used once, is the only right to anything, and a page asks before it is used.
 */
export type ConsentFlow = {
  path: string
  /** The page that asks, or null where the state is not known. */
  ask: (given: ConsentReturn) => Promise<string | null>
  /** Uses the state up; the page that says so. Throws ApiError for all that a person can read. */
  complete: (given: ConsentReturn) => Promise<string>
  failedPage: (why: string) => string
}

const one = (value: unknown): string => (typeof value === 'string' && value.length <= LONGEST ? value : '')

const page = (status: number, html: string): Answer => answer(status, html, CONSENT_PAGE_HEADERS)

/** What a browser is shown that a provider has sent back: 200 asks, 400 tells of a refusal, 404 of a state that is not known. */
export const showConsentReturn = async (
  flow: ConsentFlow,
  deps: Pick<Deps, 'rate_limiter'>,
  query: Record<string, unknown>,
  ip: string,
): Promise<Answer> => {
  const [state, code, error] = [one(query.state), one(query.code), one(query.error)]
  await deps.rate_limiter.consume(`consent:${ip}`, 60)
  if (error) return page(400, flow.failedPage(REASONS[error] ?? `The provider answered ${error.slice(0, 60)}.`))
  const asked = state && code ? await flow.ask({ state, code }) : null
  return asked === null ? page(404, flow.failedPage(UNKNOWN)) : page(200, asked)
}

/** Takes the form of the page that asks. It is no operation: nobody but that page sends it. */
export const registerConsentForm = (
  app: FastifyInstance,
  deps: Pick<Deps, 'rate_limiter'>,
  flow: ConsentFlow,
): void => {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: FORM_LIMIT },
      (_request, body, done) => done(null, new URLSearchParams(body as string)),
    )
    scope.post(flow.path, async (request, reply) => {
      await deps.rate_limiter.consume(`consent:${request.ip}`, 60)
      const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
      const [state, code] = [one(form.get('state')), one(form.get('code'))]
      const show = (status: number, html: string) => reply.code(status).headers(CONSENT_PAGE_HEADERS).send(html)
      if (!state || !code) return show(404, flow.failedPage(UNKNOWN))
      try {
        return show(200, await flow.complete({ state, code }))
      } catch (error) {
        if (error instanceof ApiError) return show(error.status, flow.failedPage(error.message))
        request.log.error({ err: error }, 'a consent could not be taken')
        return show(500, flow.failedPage('Something went wrong on our side.'))
      }
    })
  })
}
