import type { Deps } from '../../deps.ts'
import type { DeliveryReply } from '../../ports/mail/port.ts'
import { MailboxFault } from '../../ports/mailbox/port.ts'
import { findMailboxRow } from './find-mailbox.ts'
import { recordFault } from './mailbox-faults.ts'
import { type LoginDeps, loadLogin } from './mailbox-login.ts'
import { smtpServer } from './mailbox-row.ts'

/** Log-ins that were judged and found wrong, or are asked for (RFC 4954 §6, RFC 5248). */
const LOGIN_REFUSED = new Set([530, 534, 535])

/**
 * A provider's own cap on an account: Gmail's 5.4.5, Exchange's submission quota, and the many that say it in words. It says
 * nothing of the recipient, and it passes.
 */
const QUOTA =
  /\b(?:daily (?:user |smtp relay )?sending (?:quota|limit)|sending (?:quota|limit) (?:has been )?exceeded|submissionquotaexceeded|message (?:submission )?(?:rate|quota) (?:limit )?exceeded|exceeded (?:your|the|its) (?:daily|hourly) (?:sending )?(?:limit|quota)|too many (?:messages|emails|recipients) (?:sent|today|per))/i

/** A refusal that concerns the account counts as a connection that did not come about, so that it is tried again later. */
const asOurs = (reply: DeliveryReply, error_name: string): DeliveryReply => ({
  phase: 'connect',
  error_name,
  text: [reply.reply_code, reply.enhanced_code, reply.text]
    .filter((part) => part !== undefined && part !== '')
    .join(' '),
})

type ReplyDeps = LoginDeps & Pick<Deps, 'mailboxes' | 'log'>

/**
 * A log-in that was refused. A password is final at once: every further try only brings the account closer to being locked.
 * An access token may have been taken back before its time, so it is renewed and tried once, here, before its owner is asked.
 */
const noteRefusal = async (deps: ReplyDeps, mailboxId: string, reply: DeliveryReply): Promise<void> => {
  const row = await findMailboxRow(deps.db, mailboxId)
  if (row?.status !== 'active') return
  const said = (reply.text ?? '').replace(/\s+/g, ' ').trim().slice(0, 300)
  const place = `${row.smtp_host}:${row.smtp_port}`
  let fault = new MailboxFault(
    'AUTH',
    `The SMTP server ${place} refused the log-in of ${row.smtp_user} (${reply.reply_code}). The server says: ${said}`,
  )
  if (row.auth_kind === 'oauth2') {
    try {
      const refused = row.access_token ? deps.secrets.open(row.access_token, row.id).toString('utf8') : null
      await deps.mailboxes.checkSubmission({ ...smtpServer(row), login: await loadLogin(deps, row, 'smtp', refused) })
      return
    } catch (error) {
      if (!(error instanceof MailboxFault)) throw error
      fault = error
    }
  }
  await recordFault(deps, row, fault)
}

/**
 * What the sender makes of a mailbox's answer. All that concerns the account and not the recipient becomes a deferral: the
 * message keeps its row and waits, nobody's address suffers, and a final refusal of the log-in takes the mailbox out of use.
 */
export const mailboxReply = async (
  deps: ReplyDeps,
  mailboxId: string,
  reply: DeliveryReply,
): Promise<DeliveryReply> => {
  const { phase, reply_code: code } = reply
  if (code === undefined || code < 400) return reply
  const beforeMail = phase === 'connect' || phase === 'greeting'
  if (LOGIN_REFUSED.has(code) && (beforeMail || phase === 'mail')) {
    // The message's own outcome has to be written down whatever becomes of this.
    await noteRefusal(deps, mailboxId, reply).catch((error) =>
      deps.log.error({ err: error, mailbox_id: mailboxId }, 'a refused log-in was not noted'),
    )
    return asOurs(reply, 'EAUTH')
  }
  // Before MAIL nothing is said about a recipient, whatever the code.
  if (beforeMail) return asOurs(reply, 'ESUBMISSION')
  if (code >= 500 && (QUOTA.test(reply.text ?? '') || reply.enhanced_code === '5.4.5')) return asOurs(reply, 'EQUOTA')
  return reply
}
