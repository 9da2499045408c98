import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { TestCertificate } from './dovecot.ts'

export type Submitted = { from: string; to: string; raw: Buffer; user: string }

export type SubmissionServer = {
  port: number
  received: Submitted[]
  /** Every log-in, by its method and whether it was taken. */
  logins: { method: string; user: string; taken: boolean }[]
  passwords: Map<string, string>
  /** Whether an access token is good for a user. */
  isToken: (user: string, token: string) => boolean
  /** What log-ins are answered with instead of being judged, as a server with a fault would. */
  trouble: { code: number; text: string } | null
  /** What messages are answered with after their text. */
  refusal: { code: number; text: string } | null
  close: () => Promise<void>
}

/** A submission server as providers run them: TLS from the first byte, AUTH PLAIN, LOGIN and XOAUTH2, nothing without a log-in. */
export const startSubmissionServer = async (certificate: TestCertificate): Promise<SubmissionServer> => {
  const received: Submitted[] = []
  const logins: SubmissionServer['logins'] = []
  const passwords = new Map<string, string>()
  const made: Pick<SubmissionServer, 'isToken' | 'trouble' | 'refusal'> = {
    isToken: () => false,
    trouble: null,
    refusal: null,
  }
  const server = new SMTPServer({
    secure: true,
    cert: certificate.cert,
    key: certificate.key,
    authMethods: ['PLAIN', 'LOGIN', 'XOAUTH2'],
    disableReverseLookup: true,
    closeTimeout: 50,
    logger: false,
    onAuth: (auth, _session, callback) => {
      const user = auth.username ?? ''
      const { trouble } = shown
      if (trouble) return callback(Object.assign(new Error(trouble.text), { responseCode: trouble.code }))
      const taken =
        auth.method === 'XOAUTH2'
          ? shown.isToken(user, auth.accessToken ?? '')
          : auth.password !== undefined && passwords.get(user) === auth.password
      logins.push({ method: auth.method, user, taken })
      if (taken) return callback(null, { user })
      if (auth.method === 'XOAUTH2')
        return callback(null, { data: { status: '401', schemes: 'bearer', scope: 'mail' } })
      return callback(Object.assign(new Error('5.7.8 Username and Password not accepted'), { responseCode: 535 }))
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { refusal } = shown
        if (refusal) return callback(Object.assign(new Error(refusal.text), { responseCode: refusal.code }))
        const { mailFrom, rcptTo } = session.envelope
        for (const { address } of rcptTo)
          received.push({
            from: mailFrom ? mailFrom.address : '',
            to: address,
            raw: Buffer.concat(chunks),
            user: String(session.user),
          })
        callback()
      })
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const shown: SubmissionServer = Object.assign(made, {
    port: (server.server.address() as AddressInfo).port,
    received,
    logins,
    passwords,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  })
  return shown
}
