import { type BounceReason, bounceReasons, findEnhancedCode, reasonFromText } from '../../bounce-reason.ts'
import { headerValue, type ParsedMessage, readableText, readMessageIds } from './parse-message.ts'
import { addressesIn, type ReturnedMessage, readReturnedMessage, splitNotice } from './returned-message.ts'

export type DeliveryAction = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded'

/** `deferred` is a delay that is not over yet, `delivered` a success; only `hard` and `soft` are bounces. */
export type DeliveryKind = 'hard' | 'soft' | 'deferred' | 'delivered'

export interface BounceReport {
  recipient: string
  /** The address as the sender wrote it, where forwarding changed it (RFC 3464 §2.3.1). */
  original_recipient: string | null
  action: DeliveryAction
  /** Enhanced status code (RFC 3463); the remote server's own where it gave one. */
  status: string | null
  diagnostic: string
  reporting_mta: string | null
  remote_mta: string | null
  /** Message-ID of the returned message first, then what it referred to; empty where nothing was given back. */
  original_message_ids: string[]
  reason: BounceReason
  kind: DeliveryKind
}

const MAX_RECIPIENTS = 200
const MAX_DIAGNOSTIC = 2000
const MAX_NOTICE = 64 * 1024

const DAEMON_LOCAL =
  /^(?:mailer[-_.]?daemon|mail[-_.]?daemon|post[-_]?master|mdaemon|microsoftexchange[0-9a-f]*|mail[-_.]?delivery(?:[-_.]?(?:sub)?system)?|mailsystem|double-bounce|mmdf|smtpd?|maildelivery|prvs=postmaster)(?:[+=-].*)?$/i
const DAEMON_NAME =
  /mail deliver(?:y)?\b|mailer[- ]?daemon|^\W*post ?master\b|system administrator|mail administrator|^\W*microsoft outlook\W*$|^\W*mail system\b|delivery (?:status )?notification|mdaemon|internet mail delivery|mailzustell|systemadministrator|администратор|メール配信/i

const BOUNCE_SUBJECT =
  /undeliver(?:able|ed)|returned (?:mail|message|to sender)|return(?:ing|ed) (?:message|mail) to sender|(?:mail|message|delivery|nondelivery|non-delivery)[ -](?:delivery )?(?:fail|status|notif|error|report|incomplete|delay|problem|system error)|delivery (?:status )?(?:notification|failure|failed|has failed|report|incomplete|problem)|failure (?:notice|delivery)|mail system error|permanent delivery failure|address(?:es)? not found|message (?:blocked|not delivered|undeliverable|delayed)|could not be delivered|ndn:|ndr:|unzustellbar|nicht zustellbar|zustellung fehlgeschlagen|fehlgeschlagene zustellung|non remis|échec de (?:la )?(?:remise|distribution|livraison)|notification d.état|no se (?:pudo|puede|ha podido) entregar|no entregado|error de entrega|mancato recapito|non recapitabile|recapito non riuscito|não (?:foi )?entreg|falha na entrega|niet bezorgd|onbestelbaar|kan niet worden bezorgd|kunde inte levereras|olevererbart|kan ikke leveres|toimittaminen epäonnistui|nie (?:można|udało się) dostarczyć|niedostarczon|nedoručiteln|teslim edilem|配信(?:不能|できません|エラー)|送信エラー|退信|無法(?:傳遞|投遞)|无法(?:送达|投递)|投递失败|系统退信|배달 ?(?:실패|되지)|전송 실패|не (?:доставлен|может быть доставлен)|недоставлен|warning: (?:message|could not send)|\bdelay(?:ed)?\b/i

const FAILURE_WORDS =
  /(?:could|can) ?n[o']t be (?:delivered|sent)|cannot be delivered|(?:wasn't|was not|were not|isn't|not been|hasn't been) (?:able to deliver|delivered|sent)|undeliver(?:able|ed)|delivery (?:has |have |to .{1,200})?fail|failed permanently|permanent(?:ly)? (?:error|fail|fatal)|fatal (?:delivery )?errors?|unable to deliver|not able to deliver|did not reach|delivery errors?|failure (?:notice|reasons?)|delivery failure|message (?:has been )?(?:rejected|blocked)|unknown user|user unknown|no such user|invalid (?:user|recipient)|error occurred while trying to deliver|address(?:es)? (?:had|failed)|mail(?:box)? .{0,40}(?:full|unavailable|unknown)|delayed|deferred|could not send message|transcript of session|still (?:being )?(?:try|retr)|unzustellbar|nicht zugestellt|konnte[n]? nicht|n'a pas (?:pu|été)|n'ont pas pu|impossible de|non remis|no se (?:ha podido|pudo|puede) entregar|no (?:se )?ha sido entregad|impossibile (?:recapitare|consegnare)|non (?:è stato|ha potuto|è possibile)|não (?:pôde|foi possível|pode)|falha na entrega|kon(?:den)? niet worden|niet (?:worden )?(?:bezorgd|afgeleverd)|kunde inte|kunne ikke|ei voitu toimittaa|nie (?:mogła|można|udało)|nemoh|teslim edilem|配信できません|送信できません|ありません|見つかりません|退信|无法(?:送达|投递|发送)|投递失败|無法|못했습니다|할 수 없|не может быть доставлен|не удалось|не было доставлен|\b[45]\d\d[ -][45]\.\d{1,3}\.\d{1,3}\b/i

const DELAY_WORDS =
  /this is a warning message only|(?:you )?do not need to resend|no action is required (?:on your part|by you)|warning: (?:message|could not send)|has not (?:yet been|been) delivered (?:yet|for|after)|has not yet been delivered|delivery (?:incomplete|attempts? will continue|is delayed|has been delayed)|(?:message|delivery) (?:is |has been |was )?(?:delayed|deferred)|will (?:be retried|keep trying|continue to (?:try|be)|retry for|try again)|still (?:being retried|trying)|temporary problem delivering|\(delay(?:ed)?\)|delivery delay|wird weiterhin versucht|zustellung verzögert|remise (?:est )?(?:différée|retardée)|entrega (?:retrasada|atrasada)|consegna (?:in )?ritard/i

/** Whether the sender says of itself that it is a mail system. What it says in the text is judged elsewhere. */
function isMailSystem(message: ParsedMessage): boolean {
  const local = (message.from?.address ?? '').split('@')[0] ?? ''
  if (DAEMON_LOCAL.test(local)) return true
  return DAEMON_NAME.test(message.from?.name ?? '')
}

/** A null envelope sender as the receiving server recorded it (RFC 5321 §4.5.5): only machines write with it. */
export function hasNullReturnPath(message: Pick<ParsedMessage, 'headers'>): boolean {
  return /^\s*<\s*>/.test(headerValue(message, 'return-path') ?? '')
}

function reportType(message: ParsedMessage): string | null {
  const type = headerValue(message, 'content-type') ?? ''
  if (!/^\s*multipart\/report\b/i.test(type)) return null
  return /report-type\s*=\s*"?([a-z-]+)/i.exec(type)?.[1]?.toLowerCase() ?? ''
}

interface StatusField {
  name: string
  value: string
}

/**
 * Groups of fields of a message/delivery-status part (RFC 3464 §2.1). Real reports forget the blank line between two
 * recipients, put one inside a recipient, or fold without indenting; a repeated recipient field starts a new group, a
 * group without one continues the group before, and a line without a field name continues the field before.
 */
function readStatusGroups(content: string): { perMessage: StatusField[]; recipients: StatusField[][] } {
  const groups: StatusField[][] = [[]]
  for (const line of content.slice(0, 256 * 1024).split('\n')) {
    const group = groups[groups.length - 1] as StatusField[]
    if (line.trim() === '') {
      if (group.length > 0) groups.push([])
      continue
    }
    const field = /^([A-Za-z][A-Za-z0-9-]{0,60})[ \t]*:[ \t]*(.*)$/.exec(line)
    const last = group[group.length - 1]
    if (field && !/^[ \t]/.test(line)) {
      const name = (field[1] as string).toLowerCase()
      const repeats = name === 'final-recipient' && group.some((entry) => entry.name === name)
      if (repeats) groups.push([{ name, value: (field[2] as string).trim() }])
      else group.push({ name, value: (field[2] as string).trim() })
    } else if (last && last.value.length < 8000) {
      last.value = `${last.value} ${line.trim()}`.trim()
    }
  }
  const perMessage: StatusField[] = []
  const recipients: StatusField[][] = []
  for (const group of groups) {
    const names = new Set(group.map((field) => field.name))
    const hasRecipient = RECIPIENT_FIELDS.some((name) => names.has(name))
    const previous = recipients[recipients.length - 1]
    if (hasRecipient) recipients.push(group)
    else if (previous && !names.has('reporting-mta')) previous.push(...group)
    else perMessage.push(...group)
  }
  // Some systems write everything as one group; the fields about the message then lead the first recipient.
  for (const field of recipients[0] ?? []) if (MESSAGE_FIELDS.has(field.name)) perMessage.push(field)
  return { perMessage, recipients: recipients.slice(0, MAX_RECIPIENTS) }
}

const RECIPIENT_FIELDS = ['final-recipient', 'x-actual-recipient', 'original-recipient', 'x-failed-recipient']
const MESSAGE_FIELDS = new Set(['reporting-mta', 'original-envelope-id', 'x-original-message-id'])

function fieldValue(fields: readonly StatusField[], name: string): string | null {
  return fields.find((field) => field.name === name)?.value || null
}

/** `rfc822; user@host`, with or without type, brackets, name, comment or xtext (RFC 3461 §4), to the bare address. */
function readRecipient(value: string | null): string | null {
  if (!value) return null
  const withoutType = value.replace(/^\s*(?:rfc[ -]?822|utf-8|unknown|smtp|local|system|addr-type)\s*;\s*/i, '')
  const decoded = withoutType.includes('+')
    ? withoutType.replace(/\+([0-9A-F]{2})(?=[^@]*@)/g, (whole, hex: string) =>
        // Only the two characters that xtext must escape: "user+40tag" is a sub-address more often than an escape.
        hex === '2B' || hex === '3D' ? String.fromCharCode(Number.parseInt(hex, 16)) : whole,
      )
    : withoutType
  return addressesIn(decoded)[0] ?? null
}

function readTyped(value: string | null): string | null {
  if (!value) return null
  const bare = value.replace(/^\s*[a-z0-9-]+\s*;\s*/i, '').trim()
  return bare === '' ? null : bare.slice(0, 255)
}

function readAction(value: string | null, status: string | null, notice: string): DeliveryAction {
  const word = /[a-z-]+/.exec((value ?? '').toLowerCase())?.[0] ?? ''
  if (/^(?:fail|error|undeliver|expired|bounce|perm|reject)/.test(word)) return 'failed'
  if (/^(?:delay|defer|transient|temp|retry)/.test(word)) return 'delayed'
  if (/^deliver/.test(word)) return 'delivered'
  if (/^relay/.test(word)) return 'relayed'
  if (/^expand/.test(word)) return 'expanded'
  if (status?.startsWith('2')) return 'delivered'
  if (status?.startsWith('5')) return 'failed'
  return DELAY_WORDS.test(notice) ? 'delayed' : 'failed'
}

function tidy(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, MAX_DIAGNOSTIC)
}

/** The remote server's own code is more exact than the reporter's summary, unless it says nothing (x.0.0). */
function bestStatus(fieldStatus: string | null, diagnostic: string): string | null {
  const stated = fieldStatus ? (findEnhancedCode(fieldStatus) ?? null) : null
  const said = findEnhancedCode(diagnostic) ?? null
  if (said && !said.endsWith('.0.0')) return said
  return stated ?? said
}

/** What only notices say, never an SMTP reply, so the shared rules for replies do not know it. */
const NOTICE_PHRASES: readonly (readonly [RegExp, BounceReason])[] = [
  [/not listed in (?:the )?(?:domino|public|lotus|directory)/i, 'user_unknown'],
  [
    /(?:recipient|user)(?:'s)? (?:name|account|address)? ?(?:is )?not (?:found|recogni[sz]ed|known) (?:in|at|on|by)/i,
    'user_unknown',
  ],
  [/ディレクトリのリストにありません|(?:宛先|ユーザー?)(?:が|は)(?:見つかりません|存在しません)/u, 'user_unknown'],
  [
    /(?:die eingegebene e-mail-adresse|empfänger(?:adresse)?).{0,40}(?:nicht gefunden|existiert nicht)/i,
    'user_unknown',
  ],
  [/maximum hop count exceeded|mail loop|too many hops/i, 'system_error'],
]

/** The part of a notice that quotes the remote server, from the reply code on: the words around it belong to the reporter. */
function quotedReply(text: string): string {
  const at = text.search(/(?:^|[\s:;('"#<])[45]\d\d[ -]{1,3}(?=\S)/)
  return at > 0 ? text.slice(at).replace(/^[\s:;('"#<]+/, '') : ''
}

function judge(
  action: DeliveryAction,
  status: string | null,
  texts: readonly string[],
): Pick<BounceReport, 'reason' | 'kind'> {
  let reason: BounceReason = 'undefined'
  for (const text of texts.flatMap((whole) => [quotedReply(whole), whole])) {
    if (text === '') continue
    reason = reasonFromText(undefined, status, text)
    if (reason !== 'undefined') break
    reason = NOTICE_PHRASES.find(([phrase]) => phrase.test(text))?.[1] ?? 'undefined'
    if (reason !== 'undefined') break
  }
  if (reason === 'undefined' && status !== null) reason = reasonFromText(undefined, status, '')
  if (action === 'delayed') return { reason, kind: 'deferred' }
  if (action !== 'failed') return { reason: 'undefined', kind: 'delivered' }
  return { reason, kind: bounceReasons[reason].kind }
}

function originalIds(returned: ReturnedMessage | null, notice: string, extra: string | null): string[] {
  const ids = [
    ...(returned?.message_id ? [returned.message_id] : []),
    ...readMessageIds(extra),
    ...(returned?.references ?? []),
  ]
  if (ids.length === 0) {
    // Some notices quote the id among their own words instead of giving the message back.
    const quoted = /message[- ]id\s*:?\s*(<[^<>\s]{3,300}>)/i.exec(notice)
    if (quoted) ids.push(quoted[1] as string)
  }
  return [...new Set(ids)]
}

function readStatusReports(
  message: ParsedMessage,
  notice: string,
  returned: ReturnedMessage | null,
): BounceReport[] | null {
  const parts = message.report_parts.filter((part) => /^message\/(?:global-)?delivery-status$/.test(part.mime_type))
  const reports: BounceReport[] = []
  for (const part of parts) {
    const { perMessage, recipients } = readStatusGroups(part.content)
    for (const fields of recipients) {
      const final = readRecipient(fieldValue(fields, 'final-recipient'))
      const actual = readRecipient(fieldValue(fields, 'x-actual-recipient'))
      const original = readRecipient(fieldValue(fields, 'original-recipient'))
      const recipient = final ?? actual ?? original ?? readRecipient(fieldValue(fields, 'x-failed-recipient'))
      if (recipient === null) continue
      const coded = fieldValue(fields, 'diagnostic-code') ?? fieldValue(fields, 'x-postfix-diagnostic') ?? ''
      const stated = tidy(coded.replace(/^\s*[a-z0-9-]+\s*;\s*/i, ''))
      const block = recipientBlock(notice, original ?? recipient) ?? recipientBlock(notice, recipient)
      const diagnostic = stated !== '' ? stated : tidy(block ?? '')
      const statusField = fieldValue(fields, 'status')
      const status = bestStatus(statusField, stated)
      const action = readAction(fieldValue(fields, 'action'), status, notice)
      const comment = /\(([^()]{3,300})\)/.exec(statusField ?? '')?.[1] ?? ''
      reports.push({
        recipient,
        original_recipient: original !== null && original !== recipient ? original : null,
        action,
        status,
        diagnostic: diagnostic !== '' ? diagnostic : tidy(comment),
        reporting_mta: readTyped(fieldValue(perMessage, 'reporting-mta')),
        remote_mta: readTyped(fieldValue(fields, 'remote-mta')),
        original_message_ids: originalIds(returned, notice, fieldValue(perMessage, 'x-original-message-id')),
        ...judge(action, status, [stated, comment, tidy(block ?? ''), recipients.length === 1 ? tidy(notice) : '']),
      })
    }
  }
  return reports.length > 0 ? dedupe(reports) : null
}

function dedupe(reports: BounceReport[]): BounceReport[] {
  const seen = new Map<string, BounceReport>()
  for (const report of reports) {
    const key = `${report.recipient.toLowerCase()} ${report.action}`
    if (!seen.has(key)) seen.set(key, report)
  }
  return [...seen.values()]
}

const A = `<?([^\\s<>()"',;:\\[\\]]{1,128}@[^\\s<>()"',;:\\[\\]]{1,253})>?`
const RECIPIENT_LINES = [
  /^\s{0,20}<(?:rfc822;|smtp:|mailto:)?([^\s<>]{1,128}@[^\s<>]{1,253})>(?:\s*\([^)]{0,300}\))?\s*:?\s*(.*)$/i,
  new RegExp(`^\\s{0,20}[*-]?\\s?${A}(?:\\s*|(?:\\s*[:\\[(]| \\.\\.\\.| on |\\.\\.\\. | - )(.*))$`, 'i'),
  /^.{0,200}?(?:\(|<mailto:|\[mailto:)([^\s<>()[\]]{1,128}@[^\s<>()[\]]{1,253})[)>\]]\s*(?:<mailto:[^>]{1,300}>)?\s*(.*)$/i,
  new RegExp(
    `^\\s{0,20}(?:(?:failed|final|original|intended|rejected|unknown|invalid)\\s+)?(?:recipient|address|addressee|user|mailbox|rcpt to|destinat(?:aire|ario)|empfänger|адресат|получатель|收件人|宛先)(?:s|\\(s\\)|\\(es\\)|es| address| e?-?mail)?\\s*[:：]\\s*${A}\\s*(.*)$`,
    'i',
  ),
]
const WEAK_RECIPIENTS = [
  new RegExp(
    `(?:delivered to|deliver(?:ing)? (?:your )?(?:message|mail|e-?mail)? ?to|message to|mail to|e-?mail to|delivery to|send to|sent to|an|à|a|para|aan|till|для|адресату) (?:the following (?:recipient|address): ?)?${A}(?=[\\s.,;:>)]|$)`,
    'i',
  ),
  new RegExp(`^\\s{0,20}(?:to|an|para|à|aan)\\s*:\\s*(?:"[^"]{0,200}" ?)?${A}\\s*(.*)$`, 'i'),
]

interface NoticeRecipient {
  address: string
  at: number
  rest: string
}

const BLOCK_END =
  /^\s*-{2,}.*transcript of session|^\s*\*{10,}|^\s*original message (?:headers|follows)|^\s*additional information\s*$/i

function recipientLines(lines: readonly string[], patterns: readonly RegExp[]): NoticeRecipient[] {
  const found: NoticeRecipient[] = []
  for (let at = 0; at < lines.length && found.length < MAX_RECIPIENTS * 2; at++) {
    const line = (lines[at] as string).slice(0, 1000)
    if (!line.includes('@')) continue
    for (const pattern of patterns) {
      const match = pattern.exec(line)
      const address = match ? addressesIn(match[1] as string)[0] : undefined
      if (!match || !address) continue
      found.push({ address, at, rest: (match[2] ?? '').trim() })
      break
    }
  }
  return found
}

function blockOf(lines: readonly string[], entries: readonly NoticeRecipient[], index: number): string {
  const entry = entries[index] as NoticeRecipient
  const next = entries.slice(index + 1).find((other) => other.address.toLowerCase() !== entry.address.toLowerCase())
  const end = Math.min(next?.at ?? lines.length, entry.at + 40)
  const block = [entry.rest]
  for (let at = entry.at + 1; at < end; at++) {
    const line = lines[at] as string
    if (BLOCK_END.test(line)) break
    block.push(line)
  }
  return block.join('\n').trim()
}

/** Lines anywhere in a notice that name an address together with an SMTP reply, with the line below each. */
function mentions(lines: readonly string[], address: string): string {
  const wanted = address.toLowerCase()
  const found: string[] = []
  for (let at = 0; at < lines.length && found.length < 12; at++) {
    const line = lines[at] as string
    if (!line.toLowerCase().includes(wanted)) continue
    if (/\b[45]\d\d\b/.test(line)) found.push(line)
    else if (/\brcpt to\b/i.test(line) && /^\s*<(?:<<|--)|\b[45]\d\d\b/.test(lines[at + 1] ?? ''))
      found.push(lines[at + 1] as string)
  }
  return found.join('\n')
}

function recipientBlock(notice: string, address: string): string | null {
  const lines = notice.split('\n')
  const entries = recipientLines(lines, RECIPIENT_LINES)
  const blocks = entries
    .map((entry, index) =>
      entry.address.toLowerCase() === address.toLowerCase() ? blockOf(lines, entries, index) : '',
    )
    .filter((block) => block !== '')
  const all = withMentions(blocks, lines, address)
  return all === '' ? null : all
}

/** The blocks about an address and, where none of them quotes a reply, the lines elsewhere that do. */
function withMentions(blocks: readonly string[], lines: readonly string[], address: string): string {
  const own = blocks.join('\n')
  if (/(?:^|\s|[:;(#])[45]\d\d[\s-]/.test(own)) return own
  return [own, mentions(lines, address)].filter((part) => part !== '').join('\n')
}

function ownAddresses(message: ParsedMessage, returned: ReturnedMessage | null): Set<string> {
  const own = [
    message.from?.address,
    ...message.to.map((entry) => entry.address),
    returned?.from,
    returned?.return_path,
  ]
  const set = new Set(own.filter((address): address is string => !!address).map((address) => address.toLowerCase()))
  for (const address of returned?.to ?? []) set.delete(address.toLowerCase())
  return set
}

function readTextReports(
  message: ParsedMessage,
  notice: string,
  returned: ReturnedMessage | null,
): BounceReport[] | null {
  const lines = notice.split('\n').slice(0, 1500)
  const own = ownAddresses(message, returned)
  const isForeign = (address: string): boolean =>
    !own.has(address.toLowerCase()) && !DAEMON_LOCAL.test(address.split('@')[0] ?? '')
  const named = addressesIn(headerValue(message, 'x-failed-recipients') ?? '')
  let entries = recipientLines(lines, RECIPIENT_LINES).filter((entry) => isForeign(entry.address))
  if (named.length > 0) {
    const wanted = new Set(named.map((address) => address.toLowerCase()))
    entries = entries.filter((entry) => wanted.has(entry.address.toLowerCase()))
  } else if (entries.length === 0) {
    entries = recipientLines(lines, WEAK_RECIPIENTS).filter((entry) => isForeign(entry.address))
  }
  let recipients =
    named.length > 0 ? named : [...new Map(entries.map((e) => [e.address.toLowerCase(), e.address])).values()]
  // A notice that names nobody speaks of the one person the returned message went to.
  if (recipients.length === 0 && returned?.to.length === 1) recipients = returned.to.filter(isForeign)
  if (recipients.length === 0) return null

  const action: DeliveryAction =
    DELAY_WORDS.test(notice) || /\bdelay|warning:/i.test(message.subject) ? 'delayed' : 'failed'
  const reportingMta =
    /(?:generating server|reporting[- ]mta|mail system at host)\s*:?\s*(?:dns;)?\s*<?([a-z0-9.-]+\.[a-z0-9-]+)/i.exec(
      notice,
    )
  const ids = originalIds(returned, notice, null)
  return recipients.slice(0, MAX_RECIPIENTS).map((recipient) => {
    const blocks = entries
      .map((entry, index) =>
        entry.address.toLowerCase() === recipient.toLowerCase() ? blockOf(lines, entries, index) : '',
      )
      .filter((block) => block !== '')
    const own = tidy(withMentions(blocks, lines, recipient))
    const alone = recipients.length === 1
    const diagnostic = own !== '' ? own : alone ? tidy(notice) : ''
    // With one recipient the whole notice is about that one, so words before its address count as well.
    const texts = [own, alone ? tidy(notice) : '', alone ? message.subject : '']
    const status = bestStatus(null, own) ?? (alone ? (findEnhancedCode(notice) ?? null) : null)
    return {
      recipient,
      original_recipient: null,
      action,
      status,
      diagnostic,
      reporting_mta: reportingMta?.[1] ?? null,
      remote_mta: null,
      original_message_ids: ids,
      ...judge(action, status, texts),
    }
  })
}

const REPLY_SUBJECT =
  /^\s*(?:re|aw|sv|vs|rv|rif|ref|odp|ynt|antw|antwort|fwd?|wg|tr|enc|回复|答复|转发|返信|転送)\s*(?:\[\d+\])?\s*[:：]/i

/** Lines cut to a sane length and blank runs shortened, so that no pattern below meets a line made to exhaust it. */
function boundedLines(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      line
        .slice(0, 2000)
        .replace(/\s{9,}/g, '        ')
        .trimEnd(),
    )
    .join('\n')
}

/** What the sender wrote itself: a person who asks about a bounce quotes it, and a quoted bounce is not one. */
function unquoted(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^\s{0,3}(?:>|\|(?=\s))/.test(line))
    .join('\n')
}

/**
 * Delivery reports in a message, one for each recipient, or null where the message is none. Standard reports (RFC 3464)
 * are read from their own part; for all others the sender must be a mail system and its text must say that something
 * could not be delivered, and to whom. Ordinary mail about bounces, or quoting one, is never taken for one.
 *
 * Delays have kind `deferred` and successes `delivered`; only `hard` and `soft` are bounces. The kind follows from the
 * reason in the words, never from the first digit of the status alone.
 */
export function readBounce(message: ParsedMessage): BounceReport[] | null {
  const type = reportType(message)
  if (type !== null && type !== '' && type !== 'delivery-status') return null
  const isReport = type === 'delivery-status'
  const fromSystem = isMailSystem(message)
  const failedHeader = headerValue(message, 'x-failed-recipients') !== null
  const nullPath = hasNullReturnPath(message)
  const bounceSubject = BOUNCE_SUBJECT.test(message.subject)
  const hasStatusPart = message.report_parts.some((part) => /delivery-status$/.test(part.mime_type))
  const looksSent = fromSystem || failedHeader || ((nullPath || isReport) && (bounceSubject || hasStatusPart))
  if (!looksSent && !(isReport && hasStatusPart)) return null

  const whole = boundedLines(readableText(message).slice(0, 4 * MAX_NOTICE))
  // Someone at postmaster@ who answers or forwards is a person, and what follows the first quoted header is not theirs.
  if (REPLY_SUBJECT.test(message.subject) && !isReport && !nullPath && !failedHeader) {
    if (
      /^\s{0,3}>/m.test(whole) ||
      /^\s*(?:from|von|de|da|van)\s*:.+@/im.test(whole.split(/message details/i)[0] ?? '')
    )
      return null
  }
  const own = unquoted(whole)
  const { notice: uncut } = splitNotice(own)
  const notice = uncut.slice(0, MAX_NOTICE)
  const returned = readReturnedMessage(message, own)

  if (hasStatusPart) {
    const reports = readStatusReports(message, notice, returned)
    if (reports) return reports
  }
  if (!bounceSubject && !failedHeader && !FAILURE_WORDS.test(notice)) return null
  if (!FAILURE_WORDS.test(notice) && !FAILURE_WORDS.test(message.subject) && !DELAY_WORDS.test(notice)) {
    if (!bounceSubject) return null
  }
  // An automatic answer written by a person's mailbox is not a mail system's notice, whatever address it comes from.
  return readTextReports(message, notice, returned)
}
