import type { EgressPolicy } from '../egress.ts'
import { openSmtpConnection, type SmtpLogin, type SmtpOpenError } from '../mail/smtp-client.ts'
import { type MailboxAccount, MailboxFault } from './port.ts'

const PATIENCE_MS = 20_000

/** Log-in refusals that are not about the credentials: try later (RFC 4954 §6, 454), or use encryption (538). */
const isFinal = (code: number): boolean => code === 535 || code === 534 || code === 530 || code === 550 || code === 525

const credentialsOf = (login: MailboxAccount['login']): SmtpLogin =>
  'password' in login ? { user: login.user, pass: login.password } : login

/** Logs in at a submission server and leaves. Rejects with MailboxFault. */
export const checkSubmission = async (
  account: MailboxAccount,
  options: { name: string; egress: EgressPolicy },
): Promise<void> => {
  const place = `${account.host}:${account.port}`
  const address = await options.egress.resolve(account.host, account.port).catch((error: Error & { code?: string }) => {
    if (error.code === 'EGRESS_REFUSED') throw new MailboxFault('EGRESS', error.message)
    throw new MailboxFault('NETWORK', `The SMTP server ${place} was not found (${error.code ?? error.name}).`)
  })
  const { login } = account
  try {
    const connection = await openSmtpConnection({
      host: address,
      port: account.port,
      name: options.name,
      secure: account.security === 'tls' ? 'tls' : 'required',
      auth: credentialsOf(login),
      timeout_ms: PATIENCE_MS,
      tls: { servername: account.host },
    })
    connection.close()
  } catch (error) {
    const { reply } = error as SmtpOpenError
    if (!reply) throw new MailboxFault('PROTOCOL', `The SMTP server ${place} could not be used.`)
    const words = reply.text?.replace(/\s+/g, ' ').trim().slice(0, 300)
    const said = words ? ` The server says: ${words}` : ''
    if (reply.reply_code !== undefined) {
      if (isFinal(reply.reply_code))
        throw new MailboxFault(
          'AUTH',
          `The SMTP server ${place} refused the log-in of ${login.user} (${reply.reply_code}).${said}`,
        )
      throw new MailboxFault(
        'AUTH_LATER',
        `The SMTP server ${place} cannot take a log-in now (${reply.reply_code}).${said}`,
      )
    }
    if (reply.error_name === 'ETLS')
      throw new MailboxFault('TLS', `No encrypted connection to the SMTP server ${place}.${said}`)
    if (reply.error_name === 'EAUTH')
      throw new MailboxFault('PROTOCOL', `The SMTP server ${place} offers no log-in that can be used here.`)
    throw new MailboxFault('NETWORK', `No connection to the SMTP server ${place} (${reply.error_name}).`)
  }
}
