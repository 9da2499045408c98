import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { CONSENT_PATH, completeAuthorization, findPendingConsent } from './authorize-mailbox.ts'
import { askPage, CONSENT_PAGE_HEADERS, donePage, failedPage } from './consent-page.ts'

const FORM_LIMIT = 16_384
const LONGEST = 4_096

/** Errors of RFC 6749 §4.1.2.1 that a person can read something into; the rest is told by its code. */
const REASONS: Record<string, string> = {
  access_denied: 'The consent was not given.',
  temporarily_unavailable: 'The provider cannot answer now.',
  server_error: 'The provider has a fault.',
}

const one = (value: unknown): string => (typeof value === 'string' && value.length <= LONGEST ? value : '')

/**
 * Where a provider sends a person back to after consent. It needs no log-in, since a browser comes here from elsewhere;
 * the state, which is used once, is the only right to anything, and the page asks before it is used.
 */
export const registerMailboxConsent = (app: FastifyInstance, deps: Deps): void => {
  const show = (reply: FastifyReply, status: number, page: string) =>
    reply.code(status).headers(CONSENT_PAGE_HEADERS).send(page)
  const unknown = 'This consent was not asked for, was used already, or came too late.'

  app.get(CONSENT_PATH, async (request: FastifyRequest<{ Querystring: Record<string, unknown> }>, reply) => {
    const [state, code, error] = [one(request.query.state), one(request.query.code), one(request.query.error)]
    await deps.rate_limiter.consume(`consent:${request.ip}`, 60)
    if (error) return show(reply, 400, failedPage(REASONS[error] ?? `The provider answered ${error.slice(0, 60)}.`))
    const consent = state && code ? await findPendingConsent(deps, state) : null
    if (!consent) return show(reply, 404, failedPage(unknown))
    return show(reply, 200, askPage(consent, { state, code }, CONSENT_PATH))
  })

  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: FORM_LIMIT },
      (_request, body, done) => done(null, new URLSearchParams(body as string)),
    )
    scope.post(CONSENT_PATH, async (request, reply) => {
      await deps.rate_limiter.consume(`consent:${request.ip}`, 60)
      const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
      const [state, code] = [one(form.get('state')), one(form.get('code'))]
      if (!state || !code) return show(reply, 404, failedPage(unknown))
      try {
        return show(reply, 200, donePage(await completeAuthorization(deps, { state, code })))
      } catch (error) {
        if (error instanceof ApiError) return show(reply, error.status, failedPage(error.message))
        request.log.error({ err: error }, 'a consent could not be taken')
        return show(reply, 500, failedPage('Something went wrong on our side.'))
      }
    })
  })
}
