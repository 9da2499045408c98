import {
  type BounceBlame,
  type BounceReason,
  bounceReasons,
  findEnhancedCode,
  reasonFromText,
} from '../../bounce-reason.ts'
import { headerValue, type ParsedMessage, readableText, readHeaderBlock, readMessageIds } from './parse-message.ts'
import { addressesIn, type ReturnedMessage, readReturnedMessage, splitNotice } from './returned-message.ts'

export type DeliveryAction = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded'

/** `deferred` is a delay that is not over yet, `delivered` a success; only `hard` and `soft` are bounces. */
export type DeliveryKind = 'hard' | 'soft' | 'deferred' | 'delivered'

/** What a report says about one recipient. */
export interface BounceReport {
  /** Null where the notice names nobody that can be written to; it then speaks of whomever the message went to. */
  recipient: string | null
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
  /** Whose problem it is; `none` for a delay and a success. */
  blames: BounceBlame
}

const MAX_RECIPIENTS = 200
const MAX_DIAGNOSTIC = 2000
const MAX_NOTICE = 64 * 1024
const MAX_LINES = 1500
const MAX_BLOCKS = 8

const DAEMON_LOCAL =
  /^(?:mailer[-_.]?daemon|mail[-_.]?daemon|post[-_]?master|mdaemon|microsoftexchange[0-9a-f]*|mail[-_.]?delivery(?:[-_.]?(?:sub)?system)?|mailsystem|double-bounce|mmdf|smtpd?|maildelivery|prvs=postmaster|"?system administrator"?|delivery[-_.]?subsystem|mail[-_.]?deliver(?:y|er)[-_.]?(?:service|system)?)(?:[+=-].*|\\?@.*)?$/i
const DAEMON_NAME =
  /^\W*delivery subsystem\b|^\W*jetmail system\b|mail deliver(?:y)?\b|mailer[- ]?daemon|^\W*post ?master\b|system administrator|mail administrator|^\W*microsoft outlook\W*$|^\W*mail system\b|delivery (?:status )?notification|mdaemon|internet mail delivery|mailzustell|systemadministrator|администратор|メール配信/i

const BOUNCE_SUBJECT =
  /undeliver(?:able|ed)|returned (?:mail|message|to sender)|return(?:ing|ed) (?:message|mail) to sender|(?:mail|message|delivery|nondelivery|non-delivery)[ -](?:delivery )?(?:fail|status|notif|error|report|incomplete|delay|problem|system error)|delivery (?:status )?(?:notification|failure|failed|has failed|report|incomplete|problem)|failure (?:notice|delivery)|mail system error|permanent delivery failure|address(?:es)? not found|message (?:blocked|not delivered|undeliverable|delayed)|could not be delivered|ndn:|ndr:|unzustellbar|nicht zustellbar|zustellung fehlgeschlagen|fehlgeschlagene zustellung|non remis|échec de (?:la )?(?:remise|distribution|livraison)|notification d.état|no se (?:pudo|puede|ha podido) entregar|no entregado|error de entrega|mancato recapito|non recapitabile|recapito non riuscito|não (?:foi )?entreg|falha na entrega|niet bezorgd|onbestelbaar|kan niet worden bezorgd|kunde inte levereras|olevererbart|kan ikke leveres|toimittaminen epäonnistui|nie (?:można|udało się) dostarczyć|niedostarczon|nedoručiteln|teslim edilem|配信(?:不能|できません|エラー)|送信エラー|退信|無法(?:傳遞|投遞)|无法(?:送达|投递)|投递失败|系统退信|배달 ?(?:실패|되지)|전송 실패|не (?:доставлен|может быть доставлен)|недоставлен|warning: (?:message|could not send)|\bdelay(?:ed)?\b|(?:mail|message)[ -]error|processing error|error during delivery|failed mail\b|(?:mail|message) failed|automatically rejected|not delivered|non-delivery|user unknown|consegna non riuscita|не (?:доставлено|удалось доставить)|メール(?:エラー|配信)|送信(?:エラー|失敗)|배달 불가/i

const FAILURE_WORDS =
  /(?:mail|message) (?:has|had) been returned|encountered (?:an error|a? ?delivery problems?)|not a valid user|automatically rejected|did not (?:receive|exactly match)|not (?:yet )?been delivered|not accepting mail|(?:mailbox|account) is (?:full|over ?quota)|wrong or no longer valid|quota|no message collected|nameserver error|(?:could|can) ?n[o']t be (?:delivered|sent)|cannot be delivered|(?:wasn't|was not|were not|isn't|not been|hasn't been) (?:able to deliver|delivered|sent)|undeliver(?:able|ed)|delivery (?:has |have |to .{1,200})?fail|failed permanently|permanent(?:ly)? (?:error|fail|fatal)|fatal (?:delivery )?errors?|unable to deliver|not able to deliver|did not reach|delivery errors?|failure (?:notice|reasons?)|delivery failure|message (?:has been )?(?:rejected|blocked)|unknown user|user unknown|no such user|invalid (?:user|recipient)|error occurred while trying to deliver|address(?:es)? (?:had|failed)|mail(?:box)? .{0,40}(?:full|unavailable|unknown)|delayed|deferred|could not send message|transcript of session|still (?:being )?(?:try|retr)|unzustellbar|nicht zugestellt|konnte[n]? nicht|n'a pas (?:pu|été)|n'ont pas pu|impossible de|non remis|no se (?:ha podido|pudo|puede) entregar|no (?:se )?ha sido entregad|impossibile (?:recapitare|consegnare)|non (?:è stato|ha potuto|è possibile)|não (?:pôde|foi possível|pode)|falha na entrega|kon(?:den)? niet worden|niet (?:worden )?(?:bezorgd|afgeleverd)|kunde inte|kunne ikke|ei voitu toimittaa|nie (?:mogła|można|udało)|nemoh|teslim edilem|配信できません|送信できません|ありません|見つかりません|退信|无法(?:送达|投递|发送)|投递失败|無法|못했습니다|할 수 없|не может быть доставлен|не удалось|не было доставлен|\b[45]\d\d[ -][45]\.\d{1,3}\.\d{1,3}\b/i

const DELAY_WORDS =
  /this is a warning message only|(?:you )?do not need to resend|no action is required (?:on your part|by you)|warning: (?:message|could not send)|has not (?:yet been|been) delivered (?:yet|for|after)|has not yet been delivered|not yet (?:been )?delivered|(?:has been|is|was) postponed|attempts? will continue(?: to be made)?|still (?:being )?tr(?:y|ied)|delivery (?:incomplete|attempts? will continue|is delayed|has been delayed)|(?:message|delivery) (?:is |has been |was )?(?:delayed|deferred)|will (?:be retried|keep trying|continue to (?:try|be)|retry for|try again)|still (?:being retried|trying)|temporary problem delivering|\(delay(?:ed)?\)|delivery delay|wird weiterhin versucht|zustellung verzögert|remise (?:est )?(?:différée|retardée)|entrega (?:retrasada|atrasada)|consegna (?:in )?ritard/i

/** Names under which no person ever writes, unlike postmaster and the system administrator. */
const ROBOT =
  /^mailer[-_.]?daemon|^mail[-_.]?daemon|^mdaemon|^double-bounce|mail deliver(?:y|er)\b|mailer[- ]?daemon|^$/i

/** Whether the sender says of itself that it is a mail system. What it says in the text is judged elsewhere. */
function isMailSystem(message: ParsedMessage): boolean {
  const address = message.from?.address ?? ''
  if (DAEMON_LOCAL.test(address.slice(0, Math.max(0, address.lastIndexOf('@'))) || address)) return true
  // Some systems write with an empty address, as in their envelope; no person's program can.
  const from = headerValue(message, 'from') ?? ''
  if (/<\s*>\s*$/.test(from.slice(-200))) return true
  return DAEMON_NAME.test((message.from?.name ?? from).slice(0, 300))
}

/** Gateways and virus scanners that report under names of their own. Alone it proves nothing: the text must begin like a report. */
const GATEWAY_NAME =
  /\bndr\b|imss|interscan|virus|mail[-_]?service|smtp|gateway|gw\d*\b|no-?reply|noreply|bounce|\badmin(?:istrator)?\b|\bsystem\b|mailadm|daemon|delivery|\bmta\b|mailer/i

/** First words of a notice that only programs write. A person who passes a notice on begins with words of their own, or with a quote. */
const REPORT_OPENING =
  /^[\s*=|#>-]*(?:this (?:message|e-?mail|report|is an? (?:message|email|automat\w+)) ?(?:was |is |message |e-?mail |has been )?(?:an? )?(?:automatically )?(?:created|generated|sent|automated|delivery failure notification)|this is an automat\w+[^\n]{0,60}(?:delivery|notification|message)|a message (?:that you (?:have )?sent|sent by)|failed recipients|non-?delivery report|message from interscan|your (?:e-?mail |mail )?message (?:with subject[^\n]{0,200}\n)?[^\n]{0,200}(?:could not|cannot|was not|wasn't|did not)[^\n]{0,40}(?:be )?(?:delivered|reach)|(?:the following|this) (?:e-?mail|mail|message)[^\n]{0,40}(?:could not be delivered|was undeliverable)|could not deliver (?:the )?(?:message|mail)|delivery has failed to|the (?:e-?mail|mail) below could not be delivered|sent <<<|votre message n'a pas|ihre (?:nachricht|e-?mail)[^\n]{0,80}(?:nicht|zustell)|[^\n]{0,80}(?:送信|配信)できませんでした)/i

function opensAsReport(message: ParsedMessage, notice: string): boolean {
  if (message.in_reply_to !== null || message.references.length > 0 || REPLY_SUBJECT.test(message.subject)) return false
  const opening = notice.replace(/^[\s*=|#-]+/, '').slice(0, 600)
  if (!REPORT_OPENING.test(opening)) return false
  const from = `${message.from?.name ?? ''} ${message.from?.address.split('@')[0] ?? ''}`
  return /^message from interscan/i.test(opening) || GATEWAY_NAME.test(from.slice(0, 300))
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
  // X.400 gateways write the Internet address as a domain-defined attribute, its sign spelled out (RFC 2156 §4.1).
  const gatewayed = /RFC-822=([^/\s]{1,128})\(a\)([^/\s]{1,253})/i.exec(value.slice(0, 1000))
  if (gatewayed) return addressesIn(`${gatewayed[1]}@${gatewayed[2]}`)[0] ?? null
  const withoutType = value
    .slice(0, 2000)
    .replace(/^\s*(?:rfc[ -]?822|utf-8|unknown|smtp|local|system|addr-type)\s*;\s*/i, '')
    // RFC 6533 §3: characters beyond ASCII may be spelled as \\x{HEX}.
    .replace(/\\x\{([0-9a-f]{1,6})\}/gi, (whole, hex: string) => {
      const point = Number.parseInt(hex, 16)
      return point > 0x1f && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff)
        ? String.fromCodePoint(point)
        : whole
    })
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
]

/** Programs append what says nothing of the failure: signatures, disclaimers, advertising of the scanner. */
function withoutFooter(notice: string): string {
  const lines = notice.split('\n')
  const at = lines.findIndex(
    (line, index) =>
      index > 0 &&
      RULE_LINE.test(line.slice(0, 200)) &&
      FOOTER_WORDS.test(
        lines
          .slice(index, index + 5)
          .join(' ')
          .slice(0, 1000),
      ),
  )
  return at > 0 ? lines.slice(0, at).join('\n') : notice
}

const RULE_LINE = /^[ \t]{0,20}(?:[_=~*-]{12,}|-- ?)[ \t]{0,20}$/
const FOOTER_WORDS = /confidential|disclaimer|intended|scanned|virus|privileged|www\./i

/** The part of a notice that quotes the remote server, from the reply code on: the words around it belong to the reporter. */
function quotedReply(text: string): string {
  const at = text.search(/(?:^|[\s:;('"#<])[45]\d\d[ -]{1,3}(?=\S)/)
  return at > 0 ? text.slice(at).replace(/^[\s:;('"#<]+/, '') : ''
}

function judge(
  action: DeliveryAction,
  status: string | null,
  own: readonly string[],
  whole: readonly string[],
): Pick<BounceReport, 'reason' | 'kind' | 'blames'> {
  if (action !== 'failed' && action !== 'delayed') return { reason: 'undefined', kind: 'delivered', blames: 'none' }
  // What was said of this recipient, then its code, and only then what the notice says as a whole.
  let reason = reasonIn(own, status)
  if (reason === 'undefined' && status !== null) reason = reasonFromText(undefined, status, '')
  if (reason === 'undefined') reason = reasonIn(whole, null)
  if (action === 'delayed') return { reason, kind: 'deferred', blames: 'none' }
  return { reason, kind: bounceReasons[reason].kind, blames: bounceReasons[reason].blames }
}

function reasonIn(texts: readonly string[], status: string | null): BounceReason {
  for (const text of texts.flatMap((one) => [quotedReply(one), one])) {
    if (text === '') continue
    const said = reasonFromText(undefined, status, text)
    if (said !== 'undefined') return said
    const known = NOTICE_PHRASES.find(([phrase]) => phrase.test(text))?.[1]
    if (known !== undefined) return known
  }
  return 'undefined'
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

/** Boxbe and its like report "failed" for mail that they hold until the sender has asked to be let in. */
const isHeldBack = (diagnostic: string): boolean => /^x-boxbe-notice\b/i.test(diagnostic)

/** Status parts of the message; a scanner on the way may have wrapped the whole report into a message of its own. */
function statusParts(message: ParsedMessage, mayBeWrapped: boolean): string[] {
  const own = message.report_parts.filter((part) => /^message\/(?:global-)?delivery-status$/.test(part.mime_type))
  if (own.length > 0 || !mayBeWrapped) return own.map((part) => part.content)
  return message.report_parts
    .filter((part) => part.mime_type === 'message/rfc822')
    .slice(0, 3)
    .flatMap((part) => {
      const type = readHeaderBlock(part.content).find((header) => header.name.toLowerCase() === 'content-type')
      if (!/^multipart\/report\b.*\bdelivery-status\b/i.test(type?.value.slice(0, 1000) ?? '')) return []
      const at = part.content.search(/^content-type:[ \t]*message\/(?:global-)?delivery-status\b/im)
      const body = at < 0 ? -1 : part.content.indexOf('\n\n', at)
      if (body < 0) return []
      const end = part.content.indexOf('\n--', body)
      return [part.content.slice(body + 2, end < 0 ? undefined : end)]
    })
}

function readStatusReports(
  message: ParsedMessage,
  parts: readonly string[],
  notice: string,
  returned: ReturnedMessage | null,
): BounceReport[] | null {
  const groups = parts.flatMap((part) => {
    const { perMessage, recipients } = readStatusGroups(part)
    return recipients.map((fields) => ({ perMessage, fields }))
  })
  const blocks = recipientBlocks(notice)
  const found = groups.flatMap(({ perMessage, fields }) => {
    const final = readRecipient(fieldValue(fields, 'final-recipient'))
    const actual = readRecipient(fieldValue(fields, 'x-actual-recipient'))
    const original = readRecipient(fieldValue(fields, 'original-recipient'))
    const recipient = final ?? actual ?? original ?? readRecipient(fieldValue(fields, 'x-failed-recipient'))
    if (recipient === null) return []
    const coded = fieldValue(fields, 'diagnostic-code') ?? fieldValue(fields, 'x-postfix-diagnostic') ?? ''
    const stated = tidy(coded.replace(/^\s*[a-z0-9-]+\s*;\s*/i, ''))
    const block = blocks.about(original ?? recipient) ?? blocks.about(recipient)
    const statusField = fieldValue(fields, 'status')
    const comment = /\(([^()]{3,300})\)/.exec(statusField ?? '')?.[1] ?? statusWords(statusField)
    return [{ perMessage, fields, recipient, original, coded, stated, block: tidy(block ?? ''), statusField, comment }]
  })
  // Where nothing that is known is said of anybody in particular, what the notice says is said of all.
  const alone =
    found.length === 1 ||
    found.every((entry) => reasonIn([entry.stated, entry.comment, entry.block], null) === 'undefined')
  const whole = alone ? [tidy(withoutFooter(notice)), message.subject] : []
  const reports = found.slice(0, MAX_RECIPIENTS).map((entry): BounceReport => {
    const { perMessage, fields, recipient, original, stated, block, statusField, comment } = entry
    const status = bestStatus(statusField, stated)
    const action = isHeldBack(entry.coded) ? 'delayed' : readAction(fieldValue(fields, 'action'), status, notice)
    return {
      recipient,
      original_recipient: original !== null && original !== recipient ? original : null,
      action,
      status,
      diagnostic: [stated, block, tidy(comment)].find((text) => text !== '') ?? '',
      reporting_mta: readTyped(fieldValue(perMessage, 'reporting-mta')),
      remote_mta: readTyped(fieldValue(fields, 'remote-mta')),
      original_message_ids: originalIds(returned, notice, fieldValue(perMessage, 'x-original-message-id')),
      ...judge(action, status, [stated, comment, block], whole),
    }
  })
  return reports.length > 0 ? dedupe(reports) : null
}

/** "553 Exceeded maximum inbound message size": some write a reply where RFC 3464 §2.3.4 wants a code. */
const statusWords = (field: string | null): string =>
  /^\s*[45]\d\d\s+\S/.test(field ?? '') ? (field ?? '').trim() : ''

function dedupe(reports: BounceReport[]): BounceReport[] {
  const seen = new Map<string, BounceReport>()
  for (const report of reports) {
    const key = `${report.recipient?.toLowerCase() ?? ''} ${report.action}`
    if (!seen.has(key)) seen.set(key, report)
  }
  return [...seen.values()]
}

const A = `<?([^\\s<>()"',;:\\[\\]]{1,128}@[^\\s<>()"',;:\\[\\]]{1,253})>?`
const RECIPIENT_LINES = [
  // Exchange 5.5: c=US;a= ;p=IKON;o=Nexus2;dda:SMTP=user@host; on Fri, …
  /^\s{0,20}(?:[a-z]{1,4}=[^;]{0,80};){1,12}dda:(?:smtp|rfc-822)=([^\s;]{1,128}@[^\s;]{1,253});?\s*(.*)$/i,
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
  /^\s*-{2,}.*transcript of session|^\s*\*{10,}|^\s*original message (?:headers|follows)|^\s*additional information\s*$|^content-type:\s/i

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
    if (BLOCK_END.test(line.slice(0, 200))) break
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

/** What the notice says below each address. Its lines are read once, however many recipients ask. */
function recipientBlocks(notice: string): { about: (address: string) => string | null } {
  const lines = notice.split('\n').slice(0, MAX_LINES)
  const entries = recipientLines(lines, RECIPIENT_LINES)
  const byAddress = Map.groupBy(entries.keys(), (index) => (entries[index] as NoticeRecipient).address.toLowerCase())
  return {
    about: (address) => {
      const own = byAddress.get(address.toLowerCase()) ?? []
      const blocks = own
        .slice(0, MAX_BLOCKS)
        .map((index) => blockOf(lines, entries, index))
        .filter((block) => block !== '')
      const all = withMentions(blocks, lines, address)
      return all === '' ? null : all
    },
  }
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

/** Who a forwarded message was first sent to, as the notice of Exim, Postfix, Sendmail, PMDF or MailSite adds it in words. */
const FORWARDED =
  /(?:(?:ultimately )?generated from|expanded from:?|(?:originally |was )addressed to|original address:)\s{0,8}<?([^\s<>()"',;:[\]]{1,128}@[^\s<>()"',;:[\]]{1,253})/i

/** Lines behind which a notice lists the headers of the message it is about: addresses there are nobody's failure. */
const DETAILS =
  /^\s{0,8}(?:original message (?:details|headers)|message (?:headers|header follows)|your message reads|your message\s*$)/i

function looseRecipients(lines: readonly string[]): NoticeRecipient[] {
  const found: NoticeRecipient[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string
    if (DETAILS.test(line) && found.length > 0) break
    if (!line.includes('@') || HEADER_OF_MESSAGE.test(line)) continue
    for (const address of addressesIn(line.slice(0, 1000))) {
      // "… are not accepting mail from us@ours" names the sender.
      if (line.toLowerCase().includes(`mail from ${address.toLowerCase()}`)) continue
      found.push({ address, at, rest: line.trim() })
    }
    if (found.length > LOOSE_ENOUGH) break
  }
  return found
}

const HEADER_OF_MESSAGE = /^\s{0,8}(?:from|sender|reply-to|cc|subject|date|sent|message-id|contact|system contact)\s*:/i
/** More addresses than this in running text are a list of something, not recipients. */
const LOOSE_ENOUGH = 12

function textRecipients(
  message: ParsedMessage,
  lines: readonly string[],
  returned: ReturnedMessage | null,
  mayGuess: boolean,
): { recipients: string[]; entries: NoticeRecipient[] } {
  const own = ownAddresses(message, returned)
  const isForeign = (address: string): boolean =>
    !own.has(address.toLowerCase()) && !DAEMON_LOCAL.test(address.slice(0, address.lastIndexOf('@')))
  const foreign = (entries: NoticeRecipient[]): NoticeRecipient[] => entries.filter((one) => isForeign(one.address))
  const each = (entries: NoticeRecipient[]): string[] => [
    ...new Map(entries.map((one) => [one.address.toLowerCase(), one.address])).values(),
  ]
  const named = addressesIn(headerValue(message, 'x-failed-recipients') ?? '')
  const listed = foreign(recipientLines(lines, RECIPIENT_LINES))
  if (named.length > 0) {
    const wanted = new Set(named.map((address) => address.toLowerCase()))
    return { recipients: named, entries: listed.filter((one) => wanted.has(one.address.toLowerCase())) }
  }
  for (const entries of [listed, foreign(recipientLines(lines, WEAK_RECIPIENTS))]) {
    if (entries.length > 0) return { recipients: each(entries), entries }
  }
  if (!mayGuess) return { recipients: [], entries: [] }
  // In running text an address that the returned message went to is the recipient; without one, a single stranger is.
  const loose = foreign(looseRecipients(lines))
  const sentTo = new Set((returned?.to ?? []).map((address) => address.toLowerCase()))
  const meant = loose.filter((one) => sentTo.has(one.address.toLowerCase()))
  const entries = meant.length > 0 ? meant : loose.slice(0, 1)
  if (entries.length > 0) return { recipients: each(entries), entries }
  // A notice that names nobody speaks of the one person the returned message went to.
  return { recipients: returned?.to.length === 1 ? returned.to.filter(isForeign) : [], entries: [] }
}

function readTextReports(
  message: ParsedMessage,
  notice: string,
  returned: ReturnedMessage | null,
  mayGuess: boolean,
): BounceReport[] {
  const lines = notice.split('\n').slice(0, MAX_LINES)
  const { recipients, entries } = textRecipients(message, lines, returned, mayGuess)
  const delayedSubject = /\bdelay(?:ed)?\b|warning: (?:message|could not send)|not yet (?:been )?delivered/i
  const action: DeliveryAction = DELAY_WORDS.test(notice) || delayedSubject.test(message.subject) ? 'delayed' : 'failed'
  const reportingMta =
    /(?:generating server|reporting[- ]mta|mail system at host)\s*:?\s*(?:dns;)?\s*<?([a-z0-9.-]{1,253}\.[a-z0-9-]{1,63})/i.exec(
      notice,
    )
  const ids = originalIds(returned, notice, null)
  const whole = [tidy(withoutFooter(notice)), message.subject]
  const byAddress = Map.groupBy(entries.keys(), (index) => (entries[index] as NoticeRecipient).address.toLowerCase())
  const named: (string | null)[] = recipients.length > 0 ? recipients.slice(0, MAX_RECIPIENTS) : [null]
  const alone = named.length === 1
  const drafts = named.map((recipient) => {
    const indexes = recipient === null ? [] : (byAddress.get(recipient.toLowerCase()) ?? []).slice(0, MAX_BLOCKS)
    const blocks = indexes.map((index) => blockOf(lines, entries, index)).filter((block) => block !== '')
    return { recipient, own: recipient === null ? '' : withMentions(blocks, lines, recipient) }
  })
  // Where nothing that is known is said of anybody in particular, what the notice says is said of all.
  const sharesNotice = alone || drafts.every(({ own }) => reasonIn([tidy(own)], null) === 'undefined')
  return drafts.map(({ recipient, own }): BounceReport => {
    const said = tidy(own)
    const status = bestStatus(null, said) ?? (alone ? (findEnhancedCode(notice) ?? null) : null)
    const forwarded = FORWARDED.exec(own)?.[1] ?? null
    return {
      recipient,
      original_recipient: forwarded !== null && forwarded !== recipient ? (addressesIn(forwarded)[0] ?? null) : null,
      action,
      status,
      diagnostic: said !== '' ? said : alone ? tidy(notice) : '',
      reporting_mta: reportingMta?.[1] ?? null,
      remote_mta: null,
      original_message_ids: ids,
      ...judge(action, status, [said], sharesNotice ? whole : []),
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
  const fromSystem = isMailSystem(message)
  // Dovecot and Sieve say that they refused a message in the form of a read receipt (RFC 5429 §2.1.2).
  const isRefusal = type === 'disposition-notification' && fromSystem
  if (type !== null && type !== '' && type !== 'delivery-status' && !isRefusal) return null
  const isReport = type === 'delivery-status'
  const failedHeader = headerValue(message, 'x-failed-recipients') !== null
  const nullPath = hasNullReturnPath(message)
  const subject = message.subject.slice(0, 1000)
  const bounceSubject = BOUNCE_SUBJECT.test(subject)
  const parts = statusParts(message, fromSystem && bounceSubject)
  const hasStatusPart = parts.length > 0
  const looksSent = fromSystem || failedHeader || ((nullPath || isReport) && (bounceSubject || hasStatusPart))
  if (!looksSent && !(isReport && hasStatusPart) && !bounceSubject) return null

  const whole = boundedLines(readableText(message).slice(0, 4 * MAX_NOTICE))
  // Someone at postmaster@ who answers or forwards is a person, and what follows the first quoted header is not theirs.
  if (REPLY_SUBJECT.test(subject) && !isReport && !nullPath && !failedHeader) {
    if (
      /^\s{0,3}>/m.test(whole) ||
      /^[ \t]{0,20}(?:from|von|de|da|van)[ \t]{0,20}:[^\n@]{0,1000}@/im.test(whole.split(/message details/i)[0] ?? '')
    )
      return null
  }
  const own = unquoted(whole)
  const { notice: uncut } = splitNotice(own)
  const notice = uncut.slice(0, MAX_NOTICE)
  if (!looksSent && !(isReport && hasStatusPart) && !opensAsReport(message, notice)) return null
  if (isRefusal && !/automatically rejected|could not be delivered|was (?:rejected|refused)/i.test(notice)) return null
  const returned = readReturnedMessage(message, own)

  if (hasStatusPart) {
    const reports = readStatusReports(message, parts, notice, returned)
    if (reports) return reports
  }
  const saysFailed = FAILURE_WORDS.test(notice) || FAILURE_WORDS.test(subject) || DELAY_WORDS.test(notice)
  if (!bounceSubject && !failedHeader && !saysFailed) return null
  // Without any of these the writer may be a person who is called postmaster: then only a proper list of failures counts.
  const isRobot = [message.from?.address.split('@')[0] ?? '', message.from?.name || '-'].some((name) =>
    ROBOT.test(name),
  )
  const mayGuess = bounceSubject || failedHeader || nullPath || isReport || isRefusal || isRobot
  const reports = readTextReports(message, notice, returned, mayGuess)
  return reports[0]?.recipient === null && !mayGuess ? null : reports
}
