import { askConsentPage, type ConsentReturn, consentDonePage, consentFailedPage } from '../../consent-page.ts'
import { escapeHtml } from '../../html-text.ts'
import type { PendingConsent } from './authorize-mailbox.ts'

const NAMES = { google: 'Google', microsoft: 'Microsoft' }

/** Says in whose workspace the mailbox would be read and sent from. */
export const askPage = (consent: PendingConsent, given: ConsentReturn, action: string): string =>
  askConsentPage({
    title: 'Connect this mailbox?',
    html: `<p>The ${NAMES[consent.provider]} mailbox ${consent.mailbox ? `<strong>${escapeHtml(consent.mailbox)}</strong> ` : ''}that you just chose will be connected to the workspace
<strong>${escapeHtml(consent.workspace_name)}</strong>, as asked by <strong>${escapeHtml(consent.asked_by)}</strong>.
Its people can then send from it, and answers to what they sent are read.</p>`,
    button: 'Connect',
    action,
    given,
  })

export const donePage = (email: string): string =>
  consentDonePage(
    'The mailbox is connected',
    `<strong>${escapeHtml(email)}</strong> can be used as a sender now. You can close this page.`,
  )

export const failedPage = (why: string): string =>
  consentFailedPage('The mailbox is not connected', why, 'Start again from where you connected it.')
