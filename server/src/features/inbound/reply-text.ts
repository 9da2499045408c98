import { textFromHtml } from './parse-message.ts'

export interface SplitReply {
  /** What the person newly wrote, inline answers between quoted lines included. */
  reply: string
  /** Quoted and forwarded text with its attribution lines and header blocks. */
  quoted: string
  signature: string
}

const MAX_TEXT = 512 * 1024
const MAX_LINES = 20_000

/** Verbs of writing with which mail programs close an attribution ("On … wrote:"), language by language. */
const WROTE =
  /\bwrote\b|schrieb|écrit|ecrit\b|escribi[óo]|va escriure|scritto|escreveu|schreef|geschreven|skrev|kirjoitti|napsal|napisal|napísal|napisał|napisana|pisze|писал|пише|напис|yazdı|írta|a scris|έγραψε|đã viết|menulis|menulis|כתב|كتب|كتابة|เขียน|書きました|のメール|のメッセージ|写道|寫道|写到|作成|작성/iu
/** Words with which an attribution begins. Dates and weekdays are looked for besides. */
const OPENER =
  /^(?:on|at|am|le|el|il|em|no dia|op|den|dne|dnia|w dniu|wiadomość napisana|pe|på|la data|στις|на|у|в|vào|pada|missatge de|בתאריך|في|在|于)(?:\s|,)/iu
const DATE_START =
  /^(?:\p{L}{2,12}[.,]{0,2}\s{1,2}(?:\p{L}{1,12}[.,]{0,2}\s{1,2}){0,2})?(?:\d{4}[-/.年]\s?\d|\d{1,2}[./-]\s?\d|\d{1,2}\.?\s{1,2}(?:de\s)?\p{L}{3,12}|\d{1,2}\sth\p{L}{0,2}\s\d)/u
const ADDRESS = /[^\s<>()[\]:,;"]{1,100}@[^\s<>()[\]:,;"]{1,100}\.[^\s<>()[\]:,;".]{2,24}/u
const ADDRESS_BEGINS = /<(?:$|[^\s<>]{1,100}@|mailto:)/u
const TIME = /\d{1,2}[:.h]\d{2}(?!\d)|\d\s?[AP]M\b/iu
const DATE = /\d{4}|\d{1,2}[./-]\s?\d{1,2}/u
/** GroupWise: ">>> Ada Sender <ada@…> 31.07.2026 10:00 >>>", without prefixes below it. */
const GROUPWISE = /^>>>\s.{3,200}\d{4}.{2,40}>>>\s*$/u

const SEPARATOR =
  /^[>\s]{0,20}(?:[-_=*]{2,80}\s*(?:original message|original appointment|original-nachricht|originalnachricht|ursprüngliche nachricht|message d'origine|message original|messaggio originale|messaggio inoltrato|mensaje original|mensagem original|mensaje reenviado|mensagem (?:encaminhada|reencaminhada)|oorspronkelijk bericht|doorgestuurd bericht|ursprungligt meddelande|originalmeddelande|vidarebefordrat meddelande|oprindelig meddelelse|opprinnelig melding|videresendt (?:melding|besked)|alkuperäinen viesti|välitetty viesti|wiadomość (?:oryginalna|przekazana)|oryginalna wiadomość|původní zpráva|přeposlaná zpráva|orijinal (?:mesaj|ileti)|iletilen ileti|исходное сообщение|пересылаемое сообщение|пересланное сообщение|元のメッセージ|転送されたメッセージ|原始(?:邮件|郵件)|转发的邮件|已转发邮件|원본 (?:메시지|메일)|forwarded message|weitergeleitete nachricht|message transféré|forwarded by)\b.{0,100}|(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail)|début du message (?:transféré|réexpédié)|inicio del mensaje reenviado|inizio messaggio inoltrato|início da mensagem (?:reencaminhada|encaminhada)|begin doorgestuurd bericht|vidarebefordrat brev|videresendt (?:brev|besked)|početek přeposlané zprávy|начало переадресованного сообщения)\s*[:：]?\s*)$/iu

const FROM_LABEL =
  /^\s*\*{0,2}(?:from|von|de|da|van|från|fra|lähettäjä|od|kimden|gönderen|от|отправитель|差出人|送信者|发件人|寄件者|보낸 ?사람|feladó|de la|expéditeur)\s{0,2}[:：]\*{0,2}\s*\S/iu
const BLOCK_LABEL =
  /^\s*\*{0,2}(?:sent|date|to|cc|subject|reply-to|importance|gesendet|datum|an|betreff|kopie|antwort an|envoyé|date|à|a|objet|copie|enviado(?: el)?|fecha|para|asunto|inviato|data|oggetto|enviada(?: em)?|assunto|verzonden|aan|onderwerp|skickat|till|ämne|sendt|til|emne|dato|lähetetty|vastaanottaja|aihe|päivämäärä|wysłano|wysłane|do|temat|odesláno|komu|předmět|gönderildi|gönderme|kime|tarih|konu|отправлено|дата|кому|тема|送信日時|日時|宛先|件名|发送时间|日期|收件人|抄送|主题|寄件日期|主旨|보낸 ?날짜|날짜|받는 ?사람|제목|tárgy|címzett|elküldve)(?:\s{0,2}\([^)]{0,20}\))?\s{0,2}[:：]/iu

const SIGNATURE_MARK = /^\s{0,2}(?:--|—|––|-- )\s*$/u
const MOBILE =
  /^\s*(?:[-–—*_]{0,3}\s*)?(?:sent (?:from|via|with|by) (?:my |the |a )?[\p{L}\p{N} .,'’®™+-]{2,50}|get outlook for \S.{0,40}|(?:von|mit) meinem .{2,40} gesendet|gesendet (?:von|mit|über|aus).{2,50}|diese nachricht wurde von mein.{2,60} gesendet|envoyé (?:de|depuis|à partir de) (?:mon |ma |l['’]).{2,50}|envoyé (?:depuis|avec|via) .{2,40}|obtenir outlook pour .{2,30}|télécharger outlook .{2,30}|enviado (?:desde|do|de|a partir do|con|via|pelo) (?:mi |meu )?.{2,50}|obtener outlook para .{2,30}|obter o? ?outlook para .{2,30}|inviato (?:da|dal|con) .{2,50}|scarica outlook per .{2,30}|verzonden (?:vanaf|met|vanuit|via) .{2,50}|verstuurd (?:vanaf|met) .{2,50}|skickat från .{2,50}|sendt fra (?:min )?.{2,50}|lähetetty .{2,50}|wysłane? z .{2,50}|odesláno z(?:e)? .{2,50}|.{1,40}['’]?(?:den|dan|ımdan|umdan|ımden|imden) gönderildi|отправлено (?:с|из) .{2,50}|(?:iphone|ipad|android|スマート).{0,20}から送信|发自我的.{2,30}|從我的.{2,30}傳送|나의 .{2,30}(?:에서|보냄).{0,10})\s*\.?\s*(?:<https?:[^>\s]{1,200}>)?\s*$/iu
/** "Sent from my side …" is a sentence; a device line names a device or a program. */
const DEVICE =
  /iphone|ipad|ipod|android|samsung|galaxy|blackberry|outlook|mail\b|yahoo|gmail|huawei|xiaomi|pixel|mobil|smart|phone|handy|tablet|surface|windows|proton|spark|superhuman|puhelin|telefon|telefo|celular|móvil|portable|cellulare|スマート|手机|手機|我的|nokia|sony|lg\b|motorola|oneplus|aol|thunderbird|mac\b|apple|watch|デバイス/iu

const isQuotedLine = (line: string): boolean => /^\s{0,3}(?:>|\|\s)/.test(line) || /^\s{0,3}[A-Z]{1,3}>\s/.test(line)

type Owner = 'reply' | 'quoted' | 'signature'

/** Whether the joined text reads like an attribution, whatever its language. `quoteFollows`: line prefixes begin below it. */
function isAttribution(joined: string, quoteFollows: boolean): boolean {
  const hasAddress = ADDRESS.test(joined)
  const hasDate = DATE.test(joined)
  const hasTime = TIME.test(joined)
  const closes = /[:：]\s*$/u.test(joined)
  const wrote = WROTE.test(joined)
  // "She wrote:" in a letter is text: an attribution says when or who, and it says more where no quote follows it.
  if (quoteFollows) {
    if (closes) return (wrote && (hasAddress || hasDate || hasTime)) || (hasAddress && hasDate) || (hasDate && hasTime)
    return (wrote || />\s*$/u.test(joined)) && hasDate && (hasAddress || OPENER.test(joined))
  }
  if (/^-{3,}\s{0,2}on\b.{3,200}\bwrote\s{0,2}-{3,}\s*$/iu.test(joined)) return hasDate
  if (!closes) return false
  return wrote ? hasAddress || (hasDate && hasTime) : hasAddress && hasDate && hasTime && /[<([]/.test(joined)
}

/** Without quote prefixes, dashes in front and the invisible marks of writing direction. */
const bare = (line: string): string =>
  line.replace(/^[>\s]+/, '').replace(/[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '')

/** Length in lines of an attribution that begins at `at`, 0 where none does. Long ones are wrapped over up to four lines. */
function attributionLength(lines: readonly string[], at: number): number {
  const first = bare(lines[at] as string)
  if (first.trim() === '' || first.length > 500) return 0
  if (GROUPWISE.test(lines[at] as string)) return 1
  // A wrapped attribution begins with its opening word, its date or the writer's address and breaks in mid-sentence;
  // what a person wrote right above one, without a blank line, must not be drawn into it.
  const opens = OPENER.test(first) || DATE_START.test(first) || ADDRESS_BEGINS.test(first)
  const longest = opens && !/(?:\p{L}{4,}\.|[!?。])\s*$/u.test(first) ? 4 : 1
  let joined = ''
  for (let length = 1; length <= longest && at + length <= lines.length; length++) {
    const line = bare(lines[at + length - 1] as string)
    if (line.trim() === '') return 0
    if (length > 1 && OPENER.test(line) && DATE.test(line)) return 0
    joined = `${joined} ${line}`.trim()
    if (joined.length > 500) return 0
    // The cheap tests first: without a verb of writing, a final colon or an address no attribution ends here.
    if (!/[:：>-]\s*$/u.test(joined) && !WROTE.test(joined)) continue
    const next = nextText(lines, at + length)
    const quoteFollows = next !== undefined && isQuotedLine(next)
    if (isAttribution(joined, quoteFollows)) return length
  }
  return 0
}

/** The next line that is not blank, looked for over a few lines only, so that thousands of blank ones stay cheap. */
function nextText(lines: readonly string[], from: number): string | undefined {
  for (let at = from; at < lines.length && at < from + 8; at++) if ((lines[at] as string).trim() !== '') return lines[at]
  return undefined
}

/** Length of an Outlook header block (From/Sent/To/Subject in any of the languages) at `at`, 0 where none begins. */
function headerBlockLength(lines: readonly string[], at: number): number {
  if (!FROM_LABEL.test(lines[at] as string)) return 0
  let length = 1
  let labels = 0
  for (let next = at + 1; next < lines.length && next < at + 14; next++) {
    const line = lines[next] as string
    if (BLOCK_LABEL.test(line)) labels++
    else if (line.trim() === '') {
      // Some programs put a blank line between the fields; it ends the block unless another field follows.
      const after = lines[next + 1]
      if (after === undefined || !BLOCK_LABEL.test(after)) break
    } else if (labels > 0 && labels >= 3) break
    else if (!/^\s+\S|@/.test(line)) break
    length = next - at + 1
  }
  return labels >= 2 ? length : 0
}

/** Whether what follows is quoted line by line; then unquoted lines in it are inline answers, else all of it is old text. */
function isPrefixed(lines: readonly string[], from: number): boolean {
  let quoted = 0
  let total = 0
  for (let at = from; at < lines.length; at++) {
    const line = lines[at] as string
    if (line.trim() === '') continue
    total++
    if (isQuotedLine(line)) quoted++
    if (total === 1 && quoted === 0) {
      // The first line tells: a quote that is prefixed begins with the prefix.
      return false
    }
  }
  return quoted > 0
}

/** No marker is longer than this; a longer line is text, and patterns are not run over it. */
const MAX_MARKER_LINE = 600

function ownersOf(source: readonly string[]): Owner[] {
  const lines = source.map((line) =>
    line.length > MAX_MARKER_LINE ? `${line.slice(0, 8).trimEnd()}…` : line.trimEnd(),
  )
  const owners: Owner[] = new Array<Owner>(lines.length).fill('reply')
  let inSignature = false
  let hasText = false
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string
    const opensOldText =
      line.startsWith(OLD_TEXT_MARK) || SEPARATOR.test(line) || isRuleAboveOldText(lines, at)
        ? 1
        : headerBlockLength(lines, at)
    if (opensOldText > 0) {
      if (isPrefixed(lines, at + opensOldText)) {
        owners.fill('quoted', at, at + opensOldText)
        at += opensOldText - 1
        inSignature = false
        continue
      }
      owners.fill('quoted', at)
      return owners
    }
    const attribution = attributionLength(lines, at)
    if (attribution > 0) {
      owners.fill('quoted', at, at + attribution)
      if (!isPrefixed(lines, at + attribution) && lines.slice(at + attribution).some((other) => other.trim() !== '')) {
        owners.fill('quoted', at)
        return owners
      }
      at += attribution - 1
      inSignature = false
      continue
    }
    if (isQuotedLine(line)) {
      owners[at] = 'quoted'
      inSignature = false
      continue
    }
    // A mark at the very top closes nothing.
    if (hasText && SIGNATURE_MARK.test(line)) inSignature = true
    hasText ||= line !== ''
    if (inSignature) owners[at] = 'signature'
    else if (line.length < 160 && MOBILE.test(line) && DEVICE.test(line)) owners[at] = 'signature'
  }
  return owners
}

/** A drawn line (Outlook's underscores, an <hr>) right above a header block or a reply marker belongs to the old text. */
function isRuleAboveOldText(lines: readonly string[], at: number): boolean {
  if (!/^\s*[_-]{5,}\s*$/.test(lines[at] as string)) return false
  for (let next = at + 1; next < lines.length && next <= at + 3; next++) {
    const line = lines[next] as string
    if (line.startsWith(OLD_TEXT_MARK) || headerBlockLength(lines, next) > 0) return true
    if (line.trim() !== '') return false
  }
  return false
}

/** Stands for an element of the HTML behind which all is old text. A private-use character: no text of a person begins so. */
const OLD_TEXT_MARK = '\ue0f1'

function markOldText(html: string): string {
  return html.replace(
    /<(?:div|hr|blockquote|p|span)\b[^>]{0,400}\b(?:id|class|name)\s*=\s*["']?[^"'>]{0,100}\b(?:divRplyFwdMsg|x_divRplyFwdMsg|OLK_SRC_BODY_SECTION|yahoo_quoted|ymail_android_signature_quoted|zmail_extra|WordSection_quoted|mail-editor-reference-message-container|reply-intro|moz-forward-container|ms-outlook-mobile-reference-message)\b/gi,
    (whole) => `<p>${OLD_TEXT_MARK}</p>${whole}`,
  )
}

/**
 * Parts what a person newly wrote from quotes, forwarded messages and signature. The text part is used where there is
 * one, else the HTML, whose blockquotes and reply markers of Outlook, Yahoo and others count as quotes. Nothing is
 * lost: every non-blank line of the text is in exactly one of the three. Inline answers between quoted lines stay in
 * `reply`; below a quote without line prefixes they cannot be told apart and are in `quoted`.
 */
export function splitReply(text: string | null | undefined, html?: string | null): SplitReply {
  const hasText = text !== null && text !== undefined && text.trim() !== ''
  const source = hasText ? text : html ? textFromHtml(markOldText(html)) : (text ?? '')
  const whole = source.replace(/\r\n?/g, '\n')
  const lines = whole.slice(0, MAX_TEXT).split('\n')
  // A text beyond the limits is not analysed to its end; what is beyond counts as quoted, so that nothing is lost.
  const beyond = [...lines.slice(MAX_LINES), ...(whole.length > MAX_TEXT ? [whole.slice(MAX_TEXT)] : [])]
  const head = lines.slice(0, MAX_LINES)
  const owners = ownersOf(head)
  const collected: Record<Owner, string[]> = { reply: [], quoted: [], signature: [] }
  for (const [at, line] of head.entries()) {
    // A blank line belongs to what stands above it, so paragraphs stay apart wherever they go.
    if (at > 0 && line.trim() === '') owners[at] = owners[at - 1] as Owner
    const shown = hasText ? line : line.replace(OLD_TEXT_MARK, '')
    collected[owners[at] as Owner].push(shown)
  }
  // Not spread as arguments: there may be more lines than a call can take.
  collected.quoted = collected.quoted.concat(beyond)
  return {
    reply: trimBlank(collected.reply),
    quoted: trimBlank(collected.quoted),
    signature: trimBlank(collected.signature),
  }
}

/** Blank lines at both ends go and runs of them become one; lines themselves are left exactly as they are. */
function trimBlank(lines: readonly string[]): string {
  const out: string[] = []
  for (const line of lines) {
    if (line.trim() !== '') out.push(line)
    else if (out.length > 0 && out[out.length - 1] !== '') out.push('')
  }
  while (out.at(-1) === '') out.pop()
  return out.join('\n')
}
