import { type MailTokens, mailTokens } from '../src/mail-token.ts'
import { createSecrets } from '../src/secrets.ts'
import { BENCH_SECRET } from './bench-database.ts'

export type InboundMail = { mail_from: string; rcpt_to: string; raw: Buffer }
export type Answered = { email_id: string; to_email: string; from_email: string }

export const benchTokens = (): MailTokens => mailTokens(createSecrets(BENCH_SECRET).keys('mail-tokens'))

const QUOTED = Array.from(
  { length: 12 },
  (_, i) =>
    `> We looked at how you write to your customers, point ${i + 1}, and found what takes an afternoon to mend.`,
).join('\r\n')
const WRITTEN =
  'Thank you, that sounds right. Could we speak on Thursday at ten, or on Friday after lunch?\r\nI would bring a colleague along who knows the details better than I do.'

const letter = (
  n: number,
  { to_email, from_email, email_id }: Answered,
  tokens: MailTokens,
  isAnswer: boolean,
): string[] => [
  `Received: from mx.${to_email.split('@')[1]} by bench.example with ESMTPS; Wed, 14 Jan 2026 08:00:00 +0000`,
  `From: "Person ${n}" <${to_email}>`,
  `To: ${from_email}`,
  `Subject: ${isAnswer ? 'Re: A question' : `About something else ${n}`}`,
  'Date: Wed, 14 Jan 2026 08:00:00 +0000',
  `Message-ID: <${n}.answer@${to_email.split('@')[1]}>`,
  ...(isAnswer
    ? [
        `In-Reply-To: ${tokens.messageId(email_id, 'bench.example')}`,
        `References: ${tokens.messageId(email_id, 'bench.example')}`,
      ]
    : []),
  'MIME-Version: 1.0',
]

const text = (body: string): string[] => ['Content-Type: text/plain; charset=utf-8', '', body, '']
const both = (body: string): string[] => [
  'Content-Type: multipart/alternative; boundary=alt',
  '',
  '--alt',
  ...text(body),
  '--alt',
  'Content-Type: text/html; charset=utf-8',
  '',
  `<div dir="ltr">${body.replaceAll('\r\n', '<br>\r\n')}</div>`,
  '--alt--',
  '',
]

const bounce = (n: number, { to_email, email_id }: Answered, tokens: MailTokens): string[] => [
  `From: MAILER-DAEMON@mx.${to_email.split('@')[1]}`,
  'Subject: Undelivered Mail Returned to Sender',
  `Message-ID: <${n}.bounce@${to_email.split('@')[1]}>`,
  'Auto-Submitted: auto-replied',
  'MIME-Version: 1.0',
  'Content-Type: multipart/report; report-type=delivery-status; boundary=rep',
  '',
  '--rep',
  ...text('Your message could not be delivered.'),
  '--rep',
  'Content-Type: message/delivery-status',
  '',
  `Reporting-MTA: dns; mx.${to_email.split('@')[1]}`,
  '',
  `Final-Recipient: rfc822; ${to_email}`,
  'Action: failed',
  'Status: 5.1.1',
  'Diagnostic-Code: smtp; 550 5.1.1 User unknown',
  '',
  '--rep',
  'Content-Type: text/rfc822-headers',
  '',
  `Message-ID: ${tokens.messageId(email_id, 'bench.example')}`,
  '--rep--',
  '',
]

/** What comes back for messages that were sent: mostly answers with quotes in either form, some with a file, and the rest of a day's post. */
export const benchInbound = (answered: readonly Answered[]): InboundMail[] => {
  const tokens = benchTokens()
  return answered.map((email, n) => {
    const date = 'On Tue, 13 Jan 2026 at 10:00, Sender <s1@bench.example> wrote:'
    const answer = `${WRITTEN}\r\n\r\n-- \r\nPerson ${n}\r\n\r\n${date}\r\n${QUOTED}`
    const kind = n % 25
    if (kind === 0)
      return {
        mail_from: '',
        rcpt_to: tokens.bounceAddress(email.email_id, 'bench.example'),
        raw: Buffer.from(bounce(n, email, tokens).join('\r\n')),
      }
    const body =
      kind < 3
        ? [
            'Auto-Submitted: auto-replied',
            ...text(`I am out of the office until 26 January.\r\n\r\n${date}\r\n${QUOTED}`),
          ]
        : kind < 6
          ? text(WRITTEN)
          : kind < 9
            ? [
                'Content-Type: multipart/mixed; boundary=mix',
                '',
                '--mix',
                ...text(answer),
                '--mix',
                'Content-Type: application/octet-stream; name=offer.bin',
                'Content-Disposition: attachment; filename=offer.bin',
                'Content-Transfer-Encoding: base64',
                '',
                Buffer.alloc(4_000, `${n} `).toString('base64').replace(/.{76}/g, '$&\r\n'),
                '--mix--',
                '',
              ]
            : both(answer)
    const isAnswer = kind < 3 || kind >= 6
    return {
      mail_from: email.to_email,
      rcpt_to: email.from_email,
      raw: Buffer.from([...letter(n, email, tokens, isAnswer), ...body].join('\r\n')),
    }
  })
}
