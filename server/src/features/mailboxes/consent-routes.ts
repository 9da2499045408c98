import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { type ConsentFlow, registerConsentForm, showConsentReturn } from '../../http/consent-return.ts'
import { CONSENT_PATH, completeAuthorization, findPendingConsent } from './authorize-mailbox.ts'
import { askPage, donePage, failedPage } from './consent-page.ts'

/** Where a provider sends a person back to after consent to a mailbox. */
export const registerMailboxConsent = (app: FastifyInstance, deps: Deps): void => {
  const flow: ConsentFlow = {
    path: CONSENT_PATH,
    ask: async (given) => {
      const consent = await findPendingConsent(deps, given.state)
      return consent && askPage(consent, given, CONSENT_PATH)
    },
    complete: async (given) => donePage(await completeAuthorization(deps, given)),
    failedPage,
  }
  app.get(CONSENT_PATH, async (request: FastifyRequest<{ Querystring: Record<string, unknown> }>, reply) => {
    const { status, body, headers } = await showConsentReturn(flow, deps, request.query, request.ip)
    return reply.code(status).headers(headers).send(body)
  })
  registerConsentForm(app, deps, flow)
}
