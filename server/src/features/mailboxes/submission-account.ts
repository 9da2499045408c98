import type { FindSubmissionAccount, SubmissionAccount } from '../../ports/mail/port.ts'
import { MailboxFault } from '../../ports/mailbox/port.ts'
import { findMailboxRow } from './find-mailbox.ts'
import { recordFault } from './mailbox-faults.ts'
import { type LoginDeps, loadLogin } from './mailbox-login.ts'
import { smtpServer } from './mailbox-row.ts'

/**
 * The submission accounts of connected mailboxes for the sender: the password, or an access token that is good for some
 * minutes yet. A mailbox out of use gives none, so that what was claimed a moment before waits with the rest; why one cannot
 * be logged in to is written down for its owner, and a final refusal takes it out of use.
 */
export const submissionAccounts = (deps: LoginDeps): FindSubmissionAccount => ({
  find: async (mailbox_id, refused) => {
    const row = await findMailboxRow(deps.db, mailbox_id)
    if (row?.status !== 'active' || row.mode !== 'live')
      throw new MailboxFault('AUTH_LATER', 'The mailbox is not in use; its messages wait for its owner.')
    try {
      const login = await loadLogin(deps, row, 'smtp', refused ?? null)
      const auth: SubmissionAccount['auth'] =
        'password' in login
          ? { user: login.user, pass: login.password }
          : { user: login.user, access_token: login.access_token }
      return { ...smtpServer(row), auth }
    } catch (error) {
      if (error instanceof MailboxFault) await recordFault(deps, row, error)
      throw error
    }
  },
  report: async (mailbox_id, { is_final, message }) => {
    const row = await findMailboxRow(deps.db, mailbox_id)
    if (row?.status === 'active')
      await recordFault(deps, row, new MailboxFault(is_final ? 'AUTH' : 'AUTH_LATER', message))
  },
})
