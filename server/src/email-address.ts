import { domainToASCII } from 'node:url'

/** Why an address was refused. `message` beside it is the sentence a person reads in the error file. */
export type EmailProblem =
  | 'empty'
  | 'syntax'
  | 'no_domain'
  | 'bad_domain'
  | 'too_long'
  | 'local_not_ascii'
  | 'several_addresses'

export type NormalizedEmail =
  | { ok: true; email: string; local: string; domain: string }
  | { ok: false; reason: EmailProblem; message: string }

// One byte of meaning per ASCII code: 1 = atom character of a local part (RFC 5322 §3.2.3), 2 = letter, digit or
// hyphen of a host name (RFC 1123 §2.1). A table lookup per character keeps the hot path free of regular expressions.
const ATOM = 1
const HOST = 2
const characterClass = new Uint8Array(128)
for (let code = 33; code < 127; code++) {
  const character = String.fromCharCode(code)
  if (/[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]/.test(character)) characterClass[code] = ATOM
  if (/[A-Za-z0-9-]/.test(character)) characterClass[code] = ATOM | HOST
}

// Longer input cannot be one address with a display name; refusing it early bounds the work per cell.
const LONGEST_CELL = 2000

/**
 * Reads one spreadsheet cell as one e-mail address and gives it the spelling under which it is stored and compared.
 *
 * Removed: spaces of every kind, zero-width and direction marks, quotes and brackets around, `mailto:` with its query,
 * a display name (`Name <a@b.c>`), full stops and commas at the end. Domain and local part are lower-cased: RFC 5321
 * §2.4 lets a local part be case sensitive, but no provider in use does that, and treating `Ann@` and `ann@` as two
 * people would write to one of them twice. A domain with letters beyond ASCII is stored in its ASCII form (RFC 5890).
 * Limits: 64 octets before the @, 254 in all (RFC 5321 §4.5.3.1.1 and §4.5.3.1.3). Quoted local parts and address
 * literals are refused, because nobody who can be sold to has one and they break further down the line.
 */
export function normalizeEmailAddress(input: string): NormalizedEmail {
  return checkPlainAddress(input, true) ?? normalizeMessyAddress(input)
}

/** Addresses of a function, not a person: `info@`, `sales-emea@`, `no-reply@`. Expects a normalised address. */
export function isRoleAddress(email: string): boolean {
  const at = email.lastIndexOf('@')
  const local = (at === -1 ? email : email.slice(0, at)).toLowerCase()
  if (local.length > 64) return false
  const plus = local.indexOf('+')
  const base = plus > 0 ? local.slice(0, plus) : local
  if (roleNames.has(base) || roleNames.has(base.replaceAll(/[._-]/g, ''))) return true
  let roles = 0
  for (const token of base.split(/[._-]/)) {
    const word = token.replace(/\d{1,4}$/, '')
    if (roleNames.has(word)) roles++
    else if (word !== '' && !roleQualifiers.has(word)) return false
  }
  return roles > 0
}

/**
 * The organisation that takes the mail for a domain, for limits per receiving provider: `google`, `microsoft`,
 * `yahoo`, `apple`, … or the domain itself where it is nobody large. `mxHosts` is the answer of the MX query in order
 * of preference; without it only the consumer domains of the providers are known.
 */
export function receivingProvider(domain: string, mxHosts: string[] = []): string {
  const name = domain.toLowerCase().replace(/\.$/, '')
  const known = consumerDomains.get(name) ?? consumerFamily(name)
  if (known) return known
  for (const host of mxHosts) {
    const provider = providerOfMx(host.toLowerCase().replace(/\.$/, ''))
    if (provider) return provider
  }
  return name
}

/**
 * The check itself, over a string without any decoration. With `giveUp` it answers undefined for everything that is
 * not plainly right, so that the cleaning is paid only by the few cells that need it.
 */
function checkPlainAddress(input: string, giveUp: true): NormalizedEmail | undefined
function checkPlainAddress(input: string, giveUp: false): NormalizedEmail
function checkPlainAddress(input: string, giveUp: boolean): NormalizedEmail | undefined {
  const length = input.length
  if (giveUp && length > 254) return undefined
  const at = input.lastIndexOf('@')
  if (at < 1 || at === length - 1) {
    if (giveUp) return undefined
    if (at === 0) return refused('syntax', 'There is nothing before the @.')
    return refused('no_domain', at === -1 ? 'There is no @ in the address.' : 'There is no domain after the @.')
  }

  let afterDot = true
  for (let index = 0; index < at; index++) {
    const code = input.charCodeAt(index)
    if (code === 46) {
      if (afterDot) {
        if (giveUp) return undefined
        return refused('syntax', 'A dot in the part before the @ stands at its start or beside another dot.')
      }
      afterDot = true
      continue
    }
    if (code > 127 || characterClass[code] === 0) {
      if (giveUp) return undefined
      return localProblem(input.slice(0, at))
    }
    afterDot = false
  }
  if (afterDot) {
    if (giveUp) return undefined
    return refused('syntax', 'The part before the @ ends with a dot.')
  }

  let domain = input.slice(at + 1)
  if (giveUp) {
    if (!isPlainHostName(domain)) return undefined
    // An A-label may be forged or empty; the slow path holds it against the IDNA tables.
    if (domain.startsWith('xn--') || domain.includes('.xn--')) return undefined
  } else {
    const ascii = toAsciiDomain(domain)
    if (ascii === undefined) return refused('bad_domain', `"${shorten(domain)}" is not a domain that can take mail.`)
    domain = ascii
  }
  if (at > 64) {
    return refused('too_long', `The part before the @ has ${at} characters; 64 are allowed.`)
  }
  domain = domain.toLowerCase()
  const local = input.slice(0, at).toLowerCase()
  if (local.length + 1 + domain.length > 254) {
    return refused('too_long', `The address has ${local.length + 1 + domain.length} characters; 254 are allowed.`)
  }
  return { ok: true, email: `${local}@${domain}`, local, domain }
}

function normalizeMessyAddress(input: string): NormalizedEmail {
  if (input.length > LONGEST_CELL) {
    return refused('too_long', `The cell has ${input.length} characters; an address has at most 254.`)
  }
  const cleaned = undecorate(input)
  if (cleaned === '') return refused('empty', 'The cell holds no e-mail address.')
  const first = cleaned.indexOf('@')
  const last = cleaned.lastIndexOf('@')
  if (first !== last) {
    const between = cleaned.slice(first + 1, last)
    if (/[\s,;/|<>]/.test(between)) {
      return refused('several_addresses', `The cell holds more than one address: "${shorten(cleaned)}".`)
    }
    return refused('syntax', `There is more than one @ in "${shorten(cleaned)}".`)
  }
  return checkPlainAddress(cleaned, false)
}

/** Takes away what people and programs put around an address. Every step shortens the text, so it ends. */
function undecorate(input: string): string {
  let text = input
    .normalize('NFKC')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
  let before: string
  do {
    before = text
    text = trimSet(text, ' \'"`´‘’“”„«»‹›,;:', ' \'"`´‘’“”„«»‹›.,;:')
    if (/^(mailto|e-?mail|smtp):/i.test(text)) {
      text = text.slice(text.indexOf(':') + 1)
      const query = text.indexOf('?', text.indexOf('@') + 1)
      if (query !== -1) text = text.slice(0, query)
    }
    // Two addresses in angle brackets are a list, which the caller reports; taking the last would hide the first.
    if (text.endsWith('>') && text.indexOf('@') === text.lastIndexOf('@')) {
      const open = text.lastIndexOf('<')
      if (open !== -1) text = text.slice(open + 1, -1)
    }
    if (text.startsWith('<') && !text.includes('>')) text = text.slice(1)
    for (const [open, close] of [
      ['(', ')'],
      ['[', ']'],
      ['{', '}'],
    ] as const) {
      if (text.startsWith(open) && text.endsWith(close)) text = text.slice(1, -1)
    }
    // `<a@b.c> (Ann)`, the comment of RFC 5322 §3.2.2 as old mail programs write it.
    if (text.endsWith(')')) {
      const open = text.lastIndexOf(' (')
      if (open !== -1 && !text.slice(open).includes('@')) text = text.slice(0, open)
    }
  } while (text !== before)
  return text
}

function trimSet(text: string, atStart: string, atEnd: string): string {
  let start = 0
  let end = text.length
  while (start < end && atStart.includes(text.charAt(start))) start++
  while (end > start && atEnd.includes(text.charAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

function localProblem(local: string): NormalizedEmail {
  if (/[^\0-\x7f]/.test(local)) {
    return refused(
      'local_not_ascii',
      `The part before the @, "${shorten(local)}", has characters that most mail servers do not take.`,
    )
  }
  if (/\s/.test(local)) return refused('syntax', `There is a space inside the address: "${shorten(local)}@…".`)
  return refused('syntax', `The part before the @, "${shorten(local)}", has a character that may not stand there.`)
}

/** The ASCII form of a domain that can take mail, or undefined. */
function toAsciiDomain(domain: string): string | undefined {
  if (domain.length > 253) return undefined
  // domainToASCII is the URL parser's: it would decode %41 and turn 1.2.3 into an IPv4 address, so what is ASCII is
  // judged by the rule for host names alone and only letters beyond ASCII are handed over.
  if (!/[^\0-\x7f]/.test(domain) && !/(^|\.)xn--/i.test(domain)) return isPlainHostName(domain) ? domain : undefined
  if (/[\s%/?#:@[\]\\]/.test(domain)) return undefined
  const ascii = domainToASCII(domain)
  return isPlainHostName(ascii) ? ascii : undefined
}

/** At least two labels of 1 to 63 letters, digits and inner hyphens (RFC 1035 §2.3.4); the last is not a number. */
function isPlainHostName(domain: string): boolean {
  if (domain.length > 253) return false
  let labelStart = 0
  let labels = 0
  let digitsOnly = true
  const length = domain.length
  for (let index = 0; index <= length; index++) {
    const code = index === length ? 46 : domain.charCodeAt(index)
    if (code === 46) {
      const size = index - labelStart
      if (size === 0 || size > 63) return false
      if (domain.charCodeAt(labelStart) === 45 || domain.charCodeAt(index - 1) === 45) return false
      labels++
      if (index === length) return labels >= 2 && !digitsOnly && size >= 2
      labelStart = index + 1
      digitsOnly = true
      continue
    }
    if (code > 127 || ((characterClass[code] ?? 0) & HOST) === 0) return false
    if (code < 48 || code > 57) digitsOnly = false
  }
  return false
}

function refused(reason: EmailProblem, message: string): NormalizedEmail {
  return { ok: false, reason, message }
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`
}

// Spelled without dots, hyphens and underscores; isRoleAddress removes them before it looks.
const roleNames = new Set(
  `abuse accounting accounts accountspayable accountspayables accountsreceivable admin administration administrator
  admissions ads advertising affiliates ap ar ask assistance backoffice billing board bookings booking bookkeeping
  buchhaltung bewerbung bestellung business buyers buying careers career ceo cfo commercial comercial commerciale
  communications community compliance compras compta comptabilite connect contabilidad contact contacto contactus
  contato contatti contacts contracts cs css customercare customer customers customerservice customersuccess
  customersupport data daemon datenschutz design dev developer developers devops director donotreply donations dpo
  editor editorial einkauf email emails empfang engineering enquiries enquiry epost events event export facturacion
  facturation feedback finance finanzen firma ftp general geral gdpr hallo hello help helpdesk hi hola hostmaster hr
  hrdepartment humanresources ict import info information informations informatie informacion infos inbox inquiries
  inquiry international intl invest investor investorrelations investors invoice invoices invoicing it itsupport jobs
  job kariera karriere kontakt kontakty kundenservice kundendienst legal list listserv logistics mail mailbox mailer
  mailerdaemon mailing management manager marketing marketplace media member members membership moderator mkt
  newsletter newsletters news newbusiness noc noreply noreplies notifications notification notify nospam nobody
  office officemanager operations ops order orders orderdesk partner partners partnerships partnership payroll
  payments payment personal personnel postmaster post pr presse press privacy procurement production projects
  projekte purchase purchasing quality quotes quote rechnung rechnungen recepcion reception recruiting recruitment
  recruiter remove reply reservations reservation reservas returns rh root rrhh sale sales salesteam scheduling
  secretariat secretary security sekretariat service servicedesk services shipping shop social spam sponsorship
  sprzedaz staff stage store studio subscribe subscriptions suporte soporte support supportteam supplier suppliers
  sysadmin sysop system talent team tech technical technik tickets training treasury undisclosed undisclosedrecipients
  unsubscribe usenet uucp vendite vendas ventas ventes verkauf verwaltung vertrieb verkoop verkoopteam web webadmin
  webmaster website webteam welcome wholesale workshop www zentrale`.split(/\s+/),
)

// Words that narrow a function without naming a person: sales-emea, info.de, office2, support-team.
const roleQualifiers = new Set(
  `team dept department desk group global world worldwide eu emea apac amer americas latam na us usa uk gb de at ch fr
  it es pt nl be dk se no fi pl cz sk hu ro bg gr ie ca au nz in sg hk jp cn kr br mx ar cl co za ae tr il en berlin
  london paris madrid nyc ny la sf hq north south east west nord sued sud ost sur our the my us main corp corporate
  online customer new general public`.split(/\s+/),
)

const consumerDomains = new Map<string, string>()
for (const [provider, domains] of [
  ['google', 'gmail.com googlemail.com google.com'],
  [
    'microsoft',
    'outlook.com hotmail.com live.com msn.com passport.com windowslive.com outlook.de outlook.fr outlook.es outlook.it outlook.jp outlook.at outlook.be outlook.dk outlook.pt outlook.ie outlook.com.br outlook.com.au hotmail.co.uk hotmail.fr hotmail.de hotmail.it hotmail.es hotmail.com.br hotmail.nl hotmail.be hotmail.se live.co.uk live.fr live.de live.nl live.it live.be live.se live.dk live.no live.ca live.com.au live.com.mx',
  ],
  ['yahoo', 'yahoo.com ymail.com rocketmail.com myyahoo.com aol.com aim.com aol.de aol.co.uk aol.fr verizon.net'],
  ['apple', 'icloud.com me.com mac.com privaterelay.appleid.com'],
  ['proton', 'proton.me protonmail.com protonmail.ch pm.me'],
  ['gmx', 'gmx.de gmx.net gmx.com gmx.at gmx.ch gmx.org gmx.eu gmx.fr gmx.co.uk web.de mail.com email.com'],
  ['ionos', 'online.de 1und1.de kundenserver.de'],
  ['telekom', 't-online.de magenta.de'],
  ['freenet', 'freenet.de'],
  ['fastmail', 'fastmail.com fastmail.fm'],
  ['zoho', 'zoho.com zohomail.com zoho.eu zohomail.eu zoho.in'],
  ['tuta', 'tutanota.com tutanota.de tuta.com tuta.io tutamail.com keemail.me'],
  ['yandex', 'yandex.ru yandex.com ya.ru yandex.by yandex.kz yandex.ua narod.ru'],
  ['mailru', 'mail.ru inbox.ru list.ru bk.ru internet.ru'],
  ['orange', 'orange.fr wanadoo.fr'],
  ['free', 'free.fr'],
  ['laposte', 'laposte.net'],
  ['sfr', 'sfr.fr neuf.fr'],
  ['libero', 'libero.it virgilio.it inwind.it iol.it'],
  ['seznam', 'seznam.cz email.cz post.cz'],
  ['wp', 'wp.pl o2.pl'],
  ['onet', 'onet.pl onet.eu op.pl poczta.onet.pl'],
  ['interia', 'interia.pl interia.eu poczta.fm'],
  ['comcast', 'comcast.net xfinity.com'],
  ['att', 'att.net sbcglobal.net bellsouth.net'],
  ['charter', 'charter.net spectrum.net'],
  ['cox', 'cox.net'],
  ['bt', 'btinternet.com bt.com'],
  ['tencent', 'qq.com foxmail.com exmail.qq.com'],
  ['netease', '163.com 126.com yeah.net'],
  ['naver', 'naver.com'],
  ['kakao', 'daum.net hanmail.net kakao.com'],
  ['uol', 'uol.com.br bol.com.br'],
] as const) {
  for (const domain of domains.split(' ')) consumerDomains.set(domain, provider)
}

function consumerFamily(domain: string): string | undefined {
  if (/^yahoo\.[a-z]{2,3}(\.[a-z]{2})?$/.test(domain)) return 'yahoo'
  if (/^(hotmail|outlook|live)\.[a-z]{2,3}(\.[a-z]{2})?$/.test(domain)) return 'microsoft'
  return undefined
}

const mxProviders: readonly (readonly [string, string])[] = [
  ['google.com', 'google'],
  ['googlemail.com', 'google'],
  ['psmtp.com', 'google'],
  ['protection.outlook.com', 'microsoft'],
  ['mx.microsoft', 'microsoft'],
  ['outlook.com', 'microsoft'],
  ['hotmail.com', 'microsoft'],
  ['yahoodns.net', 'yahoo'],
  ['aol.com', 'yahoo'],
  ['icloud.com', 'apple'],
  ['apple.com', 'apple'],
  ['pphosted.com', 'proofpoint'],
  ['ppe-hosted.com', 'proofpoint'],
  ['ppops.net', 'proofpoint'],
  ['mimecast.com', 'mimecast'],
  ['mimecast.co.za', 'mimecast'],
  ['barracudanetworks.com', 'barracuda'],
  ['iphmx.com', 'cisco'],
  ['messagelabs.com', 'broadcom'],
  ['hornetsecurity.com', 'hornetsecurity'],
  ['antispameurope.com', 'hornetsecurity'],
  ['trendmicro.com', 'trendmicro'],
  ['trendmicro.eu', 'trendmicro'],
  ['sophos.com', 'sophos'],
  ['mailcontrol.com', 'forcepoint'],
  ['retarus.com', 'retarus'],
  ['retarus.de', 'retarus'],
  ['zoho.com', 'zoho'],
  ['zoho.eu', 'zoho'],
  ['zoho.in', 'zoho'],
  ['zohomail.com', 'zoho'],
  ['protonmail.ch', 'proton'],
  ['messagingengine.com', 'fastmail'],
  ['emailsrvr.com', 'rackspace'],
  ['secureserver.net', 'godaddy'],
  ['amazonaws.com', 'amazon'],
  ['awsapps.com', 'amazon'],
  ['mailgun.org', 'mailgun'],
  ['sendgrid.net', 'sendgrid'],
  ['gmx.net', 'gmx'],
  ['web.de', 'gmx'],
  ['mail.com', 'gmx'],
  ['kundenserver.de', 'ionos'],
  ['ionos.com', 'ionos'],
  ['ionos.de', 'ionos'],
  ['ionos.co.uk', 'ionos'],
  ['ionos.es', 'ionos'],
  ['ionos.fr', 'ionos'],
  ['perfora.net', 'ionos'],
  ['1and1.com', 'ionos'],
  ['ovh.net', 'ovh'],
  ['ovh.ca', 'ovh'],
  ['gandi.net', 'gandi'],
  ['infomaniak.ch', 'infomaniak'],
  ['ik-server.com', 'infomaniak'],
  ['hostinger.com', 'hostinger'],
  ['strato.de', 'strato'],
  ['rzone.de', 'strato'],
  ['t-online.de', 'telekom'],
  ['yandex.net', 'yandex'],
  ['yandex.ru', 'yandex'],
  ['mail.ru', 'mailru'],
  ['qq.com', 'tencent'],
  ['163.com', 'netease'],
  ['netease.com', 'netease'],
  ['aliyun.com', 'alibaba'],
  ['mxhichina.com', 'alibaba'],
  ['naver.com', 'naver'],
  ['namecheap.com', 'namecheap'],
  ['privateemail.com', 'namecheap'],
  ['registrar-servers.com', 'namecheap'],
  ['tutanota.de', 'tuta'],
  ['seznam.cz', 'seznam'],
]
const mxProviderBySuffix = new Map(mxProviders)

function providerOfMx(host: string): string | undefined {
  // Longest suffix first, so that a host is looked up label by label and never matched in the middle of a name.
  let rest = host
  for (;;) {
    const provider = mxProviderBySuffix.get(rest)
    if (provider) return provider
    const dot = rest.indexOf('.')
    if (dot === -1) return undefined
    rest = rest.slice(dot + 1)
  }
}
