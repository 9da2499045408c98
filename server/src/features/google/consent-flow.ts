import type { FastifyInstance } from 'fastify'
import { askConsentPage, consentDonePage, consentFailedPage } from '../../consent-page.ts'
import type { Deps } from '../../deps.ts'
import { escapeHtml } from '../../html-text.ts'
import { type ConsentFlow, registerConsentForm } from '../../http/consent-return.ts'
import { CONSENT_PATH, completeLink, findPendingLink } from './link-account.ts'

export const googleConsentFlow = (deps: Deps): ConsentFlow => ({
  path: CONSENT_PATH,
  ask: async (given) => {
    const pending = await findPendingLink(deps, given.state)
    return (
      pending &&
      askConsentPage({
        title: 'Link this Google account?',
        html: `<p>The Google account that you just chose will be linked in the workspace <strong>${escapeHtml(pending.workspace_name)}</strong>
to <strong>${escapeHtml(pending.asked_by)}</strong>, who can then read sheets with it.</p>`,
        button: 'Link the account',
        action: CONSENT_PATH,
        given,
      })
    )
  },
  complete: async (given) => {
    const { email, advice } = await completeLink(deps, given)
    return consentDonePage(
      'The Google account is linked',
      `Sheets of <strong>${escapeHtml(email)}</strong> can be read now. ${advice ? `But not all of them: ${escapeHtml(advice)}` : 'You can close this page.'}`,
    )
  },
  failedPage: (why) =>
    consentFailedPage('The Google account is not linked', why, 'Start again from where you linked it.'),
})

/** The page that Google sends a person back to is an operation; this takes the form on it. */
export const registerGoogleConsent = (app: FastifyInstance, deps: Deps): void =>
  registerConsentForm(app, deps, googleConsentFlow(deps))
