import { chance, pick } from './people.ts'
import type { Letter } from './read-letter.ts'

/** A letter, its envelope sender and recipient, and when it is answered, by the workspace's clock. */
export type Answered = { letter: Letter; mail_from: string; person: string; at: Date }

export type Answer = { mail_from: string; rcpt_to: string; raw: Buffer }

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1)
const isPlain = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

/** RFC 2047 words of at most 45 bytes, so that each stays under 75 characters with its frame. */
const encodeHeader = (text: string): string => {
  const line = text.replace(/[\r\n]+/g, ' ')
  if (isPlain(line)) return line
  const words: string[] = []
  let word = ''
  for (const character of line) {
    if (Buffer.byteLength(word + character) > 45) {
      words.push(word)
      word = ''
    }
    word += character
  }
  return [...words, word].map((part) => `=?UTF-8?B?${Buffer.from(part).toString('base64')}?=`).join('\r\n ')
}

const nameOf = ({ letter, person }: Answered): string =>
  letter.to_name ??
  (person.split(/[@+]/)[0] as string)
    .split(/[._-]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ')

const mailbox = (name: string, address: string): string =>
  `${isPlain(name) ? `"${name.replace(/["\\]/g, '')}"` : encodeHeader(name)} <${address}>`

/** `Wed, 14 Jan 2026 09:30:00 +0000` (RFC 5322 §3.3). */
const mailDate = (at: Date): string => at.toUTCString().replace('GMT', '+0000')

const idOf = (answered: Answered, kind: string): string =>
  `<${Math.floor(chance(answered.letter.message_id ?? '', answered.person, kind) * 2 ** 48).toString(36)}.${answered.at.getTime().toString(36)}@${domainOf(answered.person)}>`

const assemble = (headers: [string, string][], body: string): Buffer =>
  Buffer.from(
    `${headers.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n${body.replace(/\r?\n/g, '\r\n')}\r\n`,
  )

/** References are folded, one to a line, because a line ends at 998 characters (RFC 5322 §2.1.1). */
const threadHeaders = ({ letter }: Answered): [string, string][] =>
  letter.message_id
    ? [
        ['In-Reply-To', letter.message_id],
        ['References', [...letter.references, letter.message_id].join('\r\n ')],
      ]
    : []

const TEXT: [string, string][] = [
  ['MIME-Version', '1.0'],
  ['Content-Type', 'text/plain; charset=utf-8'],
  ['Content-Transfer-Encoding', '8bit'],
]

type Tongue = 'en' | 'de' | 'fr' | 'es' | 'nl'

const tongueOf = (person: string): Tongue => {
  const end = domainOf(person).split('.').at(-1)
  if (end === 'de' || end === 'at' || end === 'ch') return 'de'
  if (end === 'fr' || end === 'be') return 'fr'
  if (end === 'es' || end === 'mx') return 'es'
  if (end === 'nl') return 'nl'
  return 'en'
}

const REPLIES: Record<Tongue, readonly string[]> = {
  en: [
    'Thanks for getting in touch. This is interesting timing, we are reviewing exactly this. Could you do a short call on Thursday afternoon?',
    'Hi, can you send me pricing for a team of about 40 people? A rough idea is enough for now.',
    'Not a priority for us this quarter, but feel free to come back in spring.',
    'I am not the right person for this. My colleague who runs operations would be; I have told her you may write.',
    'Sounds good. Tuesday at 10 or Wednesday after 3 would work on my side.',
    'Who else in our industry are you working with? I would like to speak to one of them before we take this further.',
    'We have just signed with somebody else for two years, so I have to pass. Good luck!',
    'Yes please, send over the details and I will share them with the team.',
    'How does this differ from what we already get from our present supplier?',
  ],
  de: [
    'Vielen Dank für Ihre Nachricht. Das klingt interessant, passt Ihnen nächste Woche Dienstag um 10 Uhr für ein kurzes Gespräch?',
    'Bitte senden Sie mir weitere Unterlagen und eine Preisübersicht für etwa 50 Arbeitsplätze.',
    'Aktuell haben wir dafür leider kein Budget. Melden Sie sich gern im Frühjahr noch einmal.',
    'Dafür ist bei uns die Kollegin aus dem Einkauf zuständig, ich habe ihr Ihre Nachricht gegeben.',
  ],
  fr: [
    'Merci pour votre message. Pouvez-vous m’envoyer quelques références dans notre secteur ?',
    'Le sujet nous intéresse. Êtes-vous disponible jeudi matin pour un échange rapide ?',
    'Nous avons déjà un prestataire pour cela, mais je garde vos coordonnées.',
  ],
  es: [
    'Gracias por escribir. ¿Podemos hablar el miércoles por la tarde? Me gustaría entender mejor la propuesta.',
    'Ahora mismo no es prioridad para nosotros, pero escríbame de nuevo en unos meses.',
  ],
  nl: [
    'Bedankt voor uw bericht. Kunt u mij wat meer informatie sturen over de kosten?',
    'Klinkt goed, donderdag om 14.00 uur komt mij uit. Stuurt u een uitnodiging?',
  ],
}

const GREETING: Record<Tongue, string> = {
  en: 'Best regards',
  de: 'Mit freundlichen Grüßen',
  fr: 'Cordialement',
  es: 'Un saludo',
  nl: 'Met vriendelijke groet',
}

const attribution = (tongue: Tongue, { letter }: Answered): string => {
  const who = `${letter.from_name ?? letter.from} <${letter.from}>`
  const sent = letter.date ? new Date(letter.date) : null
  const day = (locale: string) =>
    sent && !Number.isNaN(sent.getTime())
      ? sent.toLocaleDateString(locale, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
      : ''
  switch (tongue) {
    case 'de':
      return `Am ${day('de-DE')} schrieb ${who}:`
    case 'fr':
      return `Le ${day('fr-FR')}, ${who} a écrit :`
    case 'es':
      return `El ${day('es-ES')}, ${who} escribió:`
    case 'nl':
      return `Op ${day('nl-NL')} schreef ${who}:`
    default:
      return `On ${day('en-US')}, ${who} wrote:`
  }
}

const quote = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (line.startsWith('>') ? `>${line}` : `> ${line}`))
    .join('\n')

const subjectOfReply = (subject: string): string => (/^re:/i.test(subject) ? subject : `Re: ${subject}`)

/** A person answers in the thread, with the original quoted below. */
export const writeReply = (answered: Answered): Answer => {
  const { letter, person, at } = answered
  const tongue = tongueOf(person)
  const name = nameOf(answered)
  const words = pick(REPLIES[tongue], person, letter.references.length, 'words')
  const first = name.split(' ')[0]
  const closing = chance(person, 'closing') < 0.5 ? `${GREETING[tongue]}\n${name}` : `${first}`
  const quoted = letter.text ? `\n\n${attribution(tongue, answered)}\n${quote(letter.text)}` : ''
  return {
    mail_from: person,
    rcpt_to: letter.reply_to,
    raw: assemble(
      [
        ['From', mailbox(name, person)],
        ['To', letter.reply_to],
        ['Subject', encodeHeader(subjectOfReply(letter.subject))],
        ['Date', mailDate(at)],
        ['Message-ID', idOf(answered, 'reply')],
        ...threadHeaders(answered),
        ...TEXT,
      ],
      `${words}\n\n${closing}${quoted}`,
    ),
  }
}

const LONG_DAY = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' } as const

/** First working day after an absence of three to fourteen days. */
const returnDay = ({ letter, person, at }: Answered): Date => {
  const day = new Date(
    at.getTime() + Math.round(3 + chance(person, letter.references.length, 'absence') * 11) * 86_400_000,
  )
  while (day.getUTCDay() === 0 || day.getUTCDay() === 6) day.setUTCDate(day.getUTCDate() + 1)
  return day
}

/** An out-of-office notice (RFC 3834): marked as automatic, null envelope sender. */
export const writeAbsence = (answered: Answered): Answer => {
  const { letter, person, at } = answered
  const name = nameOf(answered)
  const back = returnDay(answered)
  const tongue = tongueOf(person)
  const notice: Record<'en' | 'de' | 'fr', { subject: string; text: string }> = {
    en: {
      subject: `Automatic reply: ${letter.subject}`,
      text: `Thank you for your email. I am out of the office and will be back on ${back.toLocaleDateString('en-GB', LONG_DAY)}.\nIn urgent cases please call our front desk.\n\n${name}`,
    },
    de: {
      subject: `Automatische Antwort: ${letter.subject}`,
      text: `Vielen Dank für Ihre Nachricht. Ich bin derzeit nicht im Büro und ab dem ${back.toLocaleDateString('de-DE', LONG_DAY)} wieder erreichbar.\n\n${name}`,
    },
    fr: {
      subject: `Réponse automatique : ${letter.subject}`,
      text: `Merci pour votre message. Je suis absent et serai de retour le ${back.toLocaleDateString('fr-FR', LONG_DAY)}.\n\n${name}`,
    },
  }
  const { subject, text } = notice[tongue === 'de' || tongue === 'fr' ? tongue : 'en']
  return {
    mail_from: '',
    rcpt_to: letter.from,
    raw: assemble(
      [
        ['From', mailbox(name, person)],
        ['To', letter.from],
        ['Subject', encodeHeader(subject)],
        ['Date', mailDate(at)],
        ['Message-ID', idOf(answered, 'absence')],
        ...threadHeaders(answered),
        ['Auto-Submitted', 'auto-replied'],
        ['X-Auto-Response-Suppress', 'All'],
        ...TEXT,
      ],
      text,
    ),
  }
}

/** The headers of the original that a report gives back. */
const returnedHeaders = ({ letter, mail_from, person }: Answered): string =>
  [
    `Return-Path: <${mail_from}>`,
    `From: ${letter.from}`,
    `To: ${person}`,
    `Subject: ${encodeHeader(letter.subject)}`,
    ...(letter.date ? [`Date: ${letter.date}`] : []),
    ...(letter.message_id ? [`Message-ID: ${letter.message_id}`] : []),
    ...(letter.references.length ? [`References: ${letter.references.join('\n ')}`] : []),
  ].join('\n')

const report = (
  answered: Answered,
  kind: string,
  headers: [string, string][],
  type: string,
  parts: { type: string; body: string }[],
): Buffer => {
  const boundary = `report-${Math.floor(chance(answered.person, kind, answered.at.getTime()) * 2 ** 48).toString(36)}`
  return assemble(
    [
      ...headers,
      ['Date', mailDate(answered.at)],
      ['Message-ID', idOf(answered, kind)],
      ['MIME-Version', '1.0'],
      ['Content-Type', `multipart/report; report-type=${type};\r\n boundary="${boundary}"`],
    ],
    `${parts.map((part) => `--${boundary}\nContent-Type: ${part.type}\n\n${part.body}\n`).join('\n')}--${boundary}--`,
  )
}

/** A delivery report (RFC 3464) to the envelope sender of the message. */
export const writeBounce = (answered: Answered, kind: 'hard' | 'soft'): Answer => {
  const { person, mail_from } = answered
  const mx = `mx1.${domainOf(person)}`
  const cause =
    kind === 'hard'
      ? { status: '5.1.1', code: 550, text: `<${person}>: Recipient address rejected: User unknown` }
      : pick(
          [
            { status: '5.2.2', code: 552, text: 'Mailbox full: the recipient has exceeded its quota' },
            { status: '4.4.7', code: 451, text: 'Delivery time expired: message was too long in the queue' },
          ],
          person,
          'soft',
        )
  const raw = report(
    answered,
    'dsn',
    [
      ['From', mailbox('Mail Delivery System', `MAILER-DAEMON@${mx}`)],
      ['To', mail_from],
      ['Subject', 'Undelivered Mail Returned to Sender'],
      ['Auto-Submitted', 'auto-replied'],
    ],
    'delivery-status',
    [
      {
        type: 'text/plain; charset=us-ascii',
        body: `This is the mail system at host ${mx}.\n\nYour message could not be delivered to one recipient.\n\n<${person}>: host ${mx} said:\n    ${cause.code} ${cause.status} ${cause.text}`,
      },
      {
        type: 'message/delivery-status',
        body: `Reporting-MTA: dns; ${mx}\nArrival-Date: ${mailDate(answered.at)}\n\nFinal-Recipient: rfc822; ${person}\nAction: failed\nStatus: ${cause.status}\nRemote-MTA: dns; ${mx}\nDiagnostic-Code: smtp; ${cause.code} ${cause.status} ${cause.text}`,
      },
      { type: 'text/rfc822-headers', body: returnedHeaders(answered) },
    ],
  )
  return { mail_from: '', rcpt_to: mail_from, raw }
}

/** A complaint as mailbox providers send it (RFC 5965), to the address under which they know the sender: the envelope's. */
export const writeComplaint = (answered: Answered): Answer => {
  const { letter, person, mail_from, at } = answered
  const provider = domainOf(person)
  const raw = report(
    answered,
    'arf',
    [
      ['From', mailbox('Feedback Loop', `fbl@${provider}`)],
      ['To', mail_from],
      ['Subject', encodeHeader(`Complaint about: ${letter.subject}`)],
    ],
    'feedback-report',
    [
      {
        type: 'text/plain; charset=us-ascii',
        body: `This is an email abuse report for a message received on ${mailDate(at)}.`,
      },
      {
        type: 'message/feedback-report',
        body: `Feedback-Type: abuse\nUser-Agent: MailWorld-FBL/1.0\nVersion: 1\nOriginal-Mail-From: <${mail_from}>\nOriginal-Rcpt-To: <${person}>\nArrival-Date: ${mailDate(at)}\nReported-Domain: ${domainOf(letter.from)}`,
      },
      { type: 'message/rfc822', body: `${returnedHeaders(answered)}\n\n${letter.text.slice(0, 300)}` },
    ],
  )
  return { mail_from: `fbl@${provider}`, rcpt_to: mail_from, raw }
}

/** The mail that a mail client writes for the mailto form of List-Unsubscribe (RFC 2369 §3.2); null without such an address. */
export const writeUnsubscribe = (answered: Answered): Answer | null => {
  const { letter, person, at } = answered
  const target = /^mailto:([^?]+)(?:\?(.*))?$/i.exec(letter.unsubscribe_mailto ?? '')
  if (!target?.[1]) return null
  const to = decodeURIComponent(target[1])
  const subject = new URLSearchParams(target[2] ?? '').get('subject') ?? 'unsubscribe'
  return {
    mail_from: person,
    rcpt_to: to,
    raw: assemble(
      [
        ['From', mailbox(nameOf(answered), person)],
        ['To', to],
        ['Subject', encodeHeader(subject)],
        ['Date', mailDate(at)],
        ['Message-ID', idOf(answered, 'unsubscribe')],
        ...TEXT,
      ],
      '',
    ),
  }
}
