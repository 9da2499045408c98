import { forEachTag } from '../../html-text.ts'
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
const TIME = /(?<![\d.])\d{1,2}[:.h]\d{2}(?![\d.]\d)(?!\d)|\d\s?[AP]M\b/iu
const DATE = /\d{4}|\d{1,2}[./-]\s?\d{1,2}/u
const TIME_COLON = /(\d):(\d{2})/g
/** GroupWise: ">>> Ada Sender <ada@…> 31.07.2026 10:00 >>>", without prefixes below it. */
const GROUPWISE = /^>>>\s.{3,200}\d{4}.{2,40}>>>\s*$/u

/** Titles that programs write between two rules, or (BlackBerry, Apple) alone on a line, above old or forwarded text. */
const OLD_TEXT_TITLES = [
  'original (?:message|appointment|mail|email)',
  '(?:begin )?forwarded message',
  'forwarded by',
  'original-?nachricht',
  'ursprüngliche (?:nachricht|e-?mail|mail)',
  '(?:anfang der )?weitergeleiteten? (?:nachricht|e-?mail|mail)',
  "(?:message|mail|courriel) (?:d['’]origine|original|transféré|réexpédié|initial)",
  'début du message (?:transféré|réexpédié)',
  '(?:mensaje|correo) (?:original|reenviado)',
  'inicio del mensaje reenviado',
  'messaggio (?:originale|inoltrato)',
  'inizio messaggio inoltrato',
  'mensagem (?:original|encaminhada|reencaminhada)',
  'início da mensagem (?:reencaminhada|encaminhada)',
  '(?:oorspronkelijk|origineel|(?:begin )?doorgestuurd) bericht',
  '(?:ursprungligt|original|vidarebefordrat|originalt) ?meddelande',
  'vidarebefordrat brev',
  '(?:oprindelig|original|videresendt) (?:meddelelse|besked|mail)',
  '(?:opprinnelig|videresendt) (?:melding|brev|e-post)',
  '(?:alkuperäinen|välitetty|edelleenlähetetty) (?:viesti|sähköposti)',
  '(?:wiadomość|e-mail) (?:oryginalna|przekazana|oryginalny)',
  '(?:oryginalna|przekazana|pierwotna|oryginalny) (?:wiadomość|mail|e-mail)',
  '(?:původní|přeposlaná|přeposlaný|začátek přeposlané) (?:zpráva|zprávy|e-?mail)',
  '(?:pôvodná|preposlaná) (?:správa)',
  '(?:orijinal|özgün|iletilen|yönlendirilen) (?:mesaj|ileti|e-posta)',
  '(?:исходное|пересылаемое|пересланное|переадресованное) (?:сообщение|письмо)',
  'начало (?:переадресованного|пересылаемого) сообщения',
  '(?:вихідне|оригінальне|переслане|пересилане) (?:повідомлення|лист)',
  'eredeti üzenet',
  'továbbított üzenet',
  'mesaj(?:ul)? (?:original|inițial|redirecționat)',
  'αρχικό μήνυμα',
  '(?:元の|転送された)メッセージ',
  '(?:原始|转发|轉寄|转发的|已转发|轉寄的)(?:邮件|郵件|的郵件|消息|訊息)',
  '(?:원본|전달된) ?(?:메시지|메일)',
].join('|')
const SEPARATOR = new RegExp(
  String.raw`^[>\s]{0,20}(?:[-_=*]{2,80}[\s\u00a0]{0,10}(?:&nbsp;)?(?:${OLD_TEXT_TITLES})(?!\p{L}).{0,100}|\s{0,4}(?:${OLD_TEXT_TITLES})\s{0,3}[:：]\s*|\s{2,4}original message)\s*$`,
  'iu',
)

const FROM_LABEL =
  /^\s*\*{0,2}(?:from|von|de|da|van|från|fra|lähettäjä|od|kimden|gönderen|от|від|отправитель|差出人|送信者|发件人|發件人|寄件者|寄件人|보낸 ?사람|보낸이|feladó|de la|expéditeur|από|מאת|من|dari|từ|odesílatel|mittente|remitente|remetente|afzender|absender)\s{0,2}[:：]\*{0,2}\s*\S/iu
const BLOCK_LABEL =
  /^\s*\*{0,2}(?:sent|date|to|cc|bcc|subject|reply-to|importance|attachments|gesendet|datum|an|betreff|kopie|antwort an|envoyé(?: le)?|date|à|a|objet|copie(?: à)?|enviado(?: el| em)?|fecha|para|asunto|inviato|data|oggetto|enviada(?: em)?|assunto|verzonden|aan|onderwerp|skickat|till|ämne|kopia|sendt|til|emne|dato|kopi|lähetetty|vastaanottaja|kopio|aihe|päivämäärä|wysłano|wysłane|do|dw|temat|odesláno|odoslané|komu|kopie|předmět|predmet|gönderildi|gönderme(?: tarihi)?|kime|bilgi|tarih|konu|отправлено|дата|кому|копия|тема|надіслано|копія|送信日時|日時|日付|宛先|件名|发送时间|發送時間|日期|时间|收件人|收件者|抄送|副本|主题|主題|寄件日期|主旨|보낸 ?날짜|날짜|받는 ?사람|받는이|참조|제목|tárgy|címzett|elküldve|trimis|către|subiect|στάλθηκε|προς|θέμα|ημερομηνία)(?:\s{0,2}\([^)]{0,20}\))?\s{0,2}[:：]/iu
/** Labels of the time at which a message was sent. Some programs (GMX, Hotmail, Seznam) begin their block with it. */
const DATE_LABEL =
  /^\s*\*{0,2}(?:sent|date|gesendet|datum|envoyé|fecha|enviado|data|inviato|enviada(?: em)?|verzonden|skickat|sendt|dato|lähetetty|wysłano|odesláno|tarih|отправлено|дата|надіслано|日時|送信日時|发送时间|日期|날짜)\s{0,2}[:：].{0,20}\d/iu

const SIGNATURE_MARK = /^\s{0,2}(?:--|—|––|-- )\s*$/u
const MOBILE =
  /^\s*(?:[-–—*_]{0,3}\s*)?(?:sent (?:from|via|with|by) (?:my |the |a )?[\p{L}\p{N} .,'’®™+-]{2,50}|(?:get|download) outlook for \S.{0,40}|(?:von|mit) mein.{2,40} gesendet|von outlook.{2,30} gesendet|gesendet (?:von|mit|über|aus).{2,50}|(?:holen sie sich )?outlook für .{2,15}(?: beziehen| herunterladen)?|diese nachricht wurde von mein.{2,60} gesendet|envoyé (?:de|depuis|à partir de) (?:mon |ma |l['’]).{2,50}|envoyé (?:depuis|avec|via|à partir de) .{2,40}|provenance\s?: .{2,40}|(?:obtenir|télécharger|obtenez) outlook pour .{2,30}|enviado (?:desde|do|de|a partir do|con|com|via|pelo) (?:mi |meu )?.{2,50}|(?:obtener|obtén) outlook para .{2,30}|(?:obter|baixar|obtenha) (?:o )?outlook para .{2,30}|inviato (?:da|dal|con) .{2,50}|(?:scarica|ottieni) outlook per .{2,30}|(?:verzonden|verstuurd) (?:vanaf|met|vanuit|via) .{2,50}|outlook voor .{2,15}(?: downloaden)?|skickat? från .{2,50}|skickades från .{2,40}|(?:hämta|skaffa) outlook för .{2,30}|sendt (?:fra|via|med) (?:min )?.{2,50}|(?:hent|last ned|få) outlook (?:til|for) .{2,30}|lähetetty .{2,50}|(?:hanki|lataa) outlook .{2,30}|wysłan[eoy] z .{2,50}|(?:pobierz|uzyskaj) .{0,10}outlook .{2,40}|odesláno z(?:e)? .{2,50}|(?:stáhnout|získejte|získat) outlook pro .{2,30}|odoslané z .{2,40}|.{1,40}['’]?(?:den|dan|tan|ten|ımdan|umdan|ımden|imden) gönderildi|.{2,20} için outlook.{1,20}|отправлено (?:с|со|из) .{2,50}|(?:получить|скачать|загрузить) outlook для .{2,30}|надіслано (?:з|із|зі) .{2,50}|(?:отримати|завантажити) outlook .{2,30}|trimis de pe .{2,40}|(?:iphone|ipad|android|スマート|windows).{0,24}から送信|outlook.{2,20}を入手.{0,10}|发自我的.{2,30}|来自我的.{2,30}|(?:從|寄自)我的.{2,30}|(?:获取|下载|取得).{0,12}outlook.{0,20}|나의 .{2,30}(?:에서|보냄).{0,10}|.{2,20}에서 보(?:냄|낸 메일)|outlook.{2,20} 다운로드)\s*\.?\s*$/iu
/** "Sent from my side …" is a sentence; a device line names a device or a program. */
const DEVICE =
  /iphone|ipad|ipod|android|samsung|galaxy|blackberry|outlook|mail\b|yahoo|gmail|huawei|xiaomi|pixel|mobil|smart|phone|handy|tablet|surface|windows|proton|spark|superhuman|acompli|puhelin|telefon|telefo|celular|móvil|portable|cellulare|スマート|手机|手機|我的|nokia|sony|lg\b|motorola|oneplus|aol|thunderbird|mac\b|apple|watch|デバイス|курьер|почт|пошт/iu

/** How a lawyer's notice begins, and a word that it has in its first lines. Both must be there, so a remark stays a remark. */
const NOTICE_BEGINS =
  /^[\s*_"'[(-]{0,6}(?:(?:confidentiality|legal|privacy) (?:notice|statement|disclaimer)|disclaimer|confidential(?:ity)?\b|important(?: notice)?:|this (?:e-?mail|message|communication|transmission)|the (?:information|contents?) (?:contained |transmitted )?(?:in|of) this|diese (?:e-?mail|nachricht|mail)|der inhalt dieser|vertraulich|ce (?:message|courriel|mail|courrier)|cet? e-?mail|les informations contenues|est[ea] (?:mensaje|correo|e-?mail|mensagem|comunicación)|la información contenida|aviso (?:legal|de confiden)|questo messaggio|questa e-?mail|le informazioni contenute|dit (?:bericht|e-?mail)|deze e-?mail|de informatie in|niniejsza wiadomość|treść tej wiadomości|данное (?:сообщение|письмо)|это (?:сообщение|письмо)|detta (?:meddelande|e-?post)|denne (?:e-?mail|e-?post|melding|meddelelse)|tämä (?:viesti|sähköposti)|tento e-?mail|tato zpráva|bu (?:e-?posta|mesaj|ileti)|本メール|この(?:メール|電子メール)|本邮件|本郵件|此邮件|본 (?:메일|메시지))/iu
const NOTICE_SAYS =
  /confidential|privileged|intended (?:solely|only|recipient|for)|vertraulich|bestimmungsgemäß|confidentiel|destinataire|confidencial|destinatari|riservat|vertrouwelijk|bestemd|geadresseerde|poufn|adresat|конфиденциальн|konfidentiell|fortrolig|konfidensiell|luottamuksel|důvěrn|gizli|機密|秘密|机密|保密|機密|기밀|비밀/iu

/** Prefixed by ">", "|" or initials ("AQ> "). A line closed by "<<" is decoration. */
const isQuotedLine = (line: string): boolean =>
  (/^\s{0,3}(?:>|\|\s)/.test(line) && !/<<\s*$/.test(line)) || /^\s{0,3}[A-Z]{1,3}>\s/.test(line)

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
  // Yahoo on Android goes on with the old text behind the colon.
  const runsOn = /^(.{10,300}?[:：])\s{2,}\S/u.exec(first.replace(TIME_COLON, '$1.$2'))
  if (runsOn && OPENER.test(first) && isAttribution(runsOn[1] as string, false)) return 1
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
  for (let at = from; at < lines.length && at < from + 8; at++)
    if ((lines[at] as string).trim() !== '') return lines[at]
  return undefined
}

/** Length of a header block (From/Sent/To/Subject in any of the languages and orders) at `at`, 0 where none begins. */
function headerBlockLength(lines: readonly string[], at: number): number {
  const first = lines[at] as string
  const opensWithDate = DATE_LABEL.test(first)
  if (!opensWithDate && !FROM_LABEL.test(first)) return 0
  let length = 1
  let labels = 0
  let names = 0
  for (let next = at + 1; next < lines.length && next < at + 14; next++) {
    const line = lines[next] as string
    if (FROM_LABEL.test(line) || BLOCK_LABEL.test(line)) {
      labels++
      if (ADDRESS.test(line)) names++
    } else if (line.trim() === '') {
      // Some programs put a blank line between the fields; it ends the block unless another field follows.
      const after = lines[next + 1]
      if (after === undefined || !BLOCK_LABEL.test(after)) break
    } else if (labels >= 3) break
    else if (!/^\s+\S|@/.test(line)) break
    length = next - at + 1
  }
  // "Date: …, To: …" may be the plan of a journey; beside a date there must be somebody's address.
  if (opensWithDate) return labels >= 1 && names >= 1 ? length : 0
  if (labels >= 2) return length
  // Two fields are enough where the first holds an address and the second a date; a traveller's "From: Oslo" holds none.
  if (labels === 1 && ADDRESS.test(first) && DATE_LABEL.test(lines[at + 1] ?? '')) return length
  // A field alone in its paragraph that holds nothing but an address is the rest of a block, too.
  const alone = (lines[at - 1] ?? '').trim() === '' && (lines[at + 1] ?? '').trim() === '' && at > 0
  return alone && labels === 0 && /[:：]\s{0,3}\S{1,100}@\S{1,100}\s*$/u.test(first) ? 1 : 0
}

/** The first line from `from` on that is not blank. Used once for each marker, whose run of blank lines is its own: linear. */
function firstText(lines: readonly string[], from: number): string | undefined {
  for (let at = from; at < lines.length; at++) if ((lines[at] as string).trim() !== '') return lines[at]
  return undefined
}

/**
 * Whether what follows is quoted line by line; then unquoted lines in it are inline answers, else all of it is old text.
 * The first line tells: a quote that is prefixed begins with the prefix.
 */
const isPrefixed = (lines: readonly string[], from: number): boolean => isQuotedLine(firstText(lines, from) ?? '')

/** No marker is longer than this; a longer line is text, and patterns are not run over it. */
const MAX_MARKER_LINE = 600

/** A line that only names the device or program, without the link that some put behind its words. */
const isDeviceLine = (line: string): boolean => {
  if (line.length > 240) return false
  const words = line.replace(/\s?[<(]https?:[^<>()\s]{1,200}[>)]/g, '').trimEnd()
  return words.length < 160 && DEVICE.test(words) && MOBILE.test(words)
}

/** Length of a lawyer's notice that begins at `at`: its whole paragraph, if its first lines say so; else 0. */
function noticeLength(lines: readonly string[], at: number): number {
  if (at > 0 && !/^[\s*_=-]*$/.test(lines[at - 1] as string)) return 0
  if (!NOTICE_BEGINS.test(lines[at] as string)) return 0
  let length = 0
  let joined = ''
  while (at + length < lines.length && (lines[at + length] as string).trim() !== '' && length < 60) {
    if (joined.length < 1500) joined += ` ${lines[at + length]}`
    length++
  }
  // A title alone has its text in the next paragraph.
  if (
    joined.length < 60 &&
    nextText(lines, at + length) !== undefined &&
    /notice|disclaimer|aviso|hinweis/i.test(joined)
  ) {
    const rest = lines.indexOf(nextText(lines, at + length) as string, at + length)
    let end = rest
    while (end < lines.length && (lines[end] as string).trim() !== '' && end - rest < 60) joined += ` ${lines[end++]}`
    return joined.length >= 100 && NOTICE_SAYS.test(joined.slice(0, 1500)) ? end - at : 0
  }
  const opening = joined.slice(0, 1500)
  // Scripts without blanks say the same in a third of the characters.
  return NOTICE_SAYS.test(opening) && joined.length >= (/[\u3040-\u9fff\uac00-\ud7af]/.test(opening) ? 30 : 90)
    ? length
    : 0
}

/** What a mail program broke off a quoted line: the rest of an address, without a prefix, between quoted lines. */
function isBrokenOff(lines: readonly string[], at: number): boolean {
  const line = (lines[at] as string).trim()
  const above = at > 0 ? (lines[at - 1] as string) : ''
  if (!isQuotedLine(above)) return false
  if (/^[^\s]{1,300}[)>]$/.test(line) && /[(<]https?:[^\s)>]{0,300}$/.test(above)) return true
  return /^\(https?:[^\s)]{1,300}\)\s?>?$/.test(line) && isQuotedLine(lines[at + 1] ?? '')
}

/** The name that a mail program left on a line of its own when it broke an attribution before the address. */
function isWrappedName(lines: readonly string[], at: number): boolean {
  const line = (lines[at] as string).trim()
  if (!/^\s*<[^\s<>]{1,100}@/.test(lines[at + 1] ?? '') || (at > 0 && (lines[at - 1] as string).trim() !== ''))
    return false
  return /^["'“]?\p{Lu}[^.!?:;]{1,70}$/u.test(line) && line.split(/\s+/).length <= 6
}

function ownersOf(source: readonly string[], isMarked: boolean): Owner[] {
  const lines = source.map((line) =>
    line.length > MAX_MARKER_LINE ? `${line.slice(0, 8).trimEnd()}…` : line.trimEnd(),
  )
  const owners: Owner[] = new Array<Owner>(lines.length).fill('reply')
  let inSignature = false
  let hasText = false
  let element: { owner: Owner; ends: string } | null = null
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string
    if (isMarked) {
      if (element === null && line.startsWith(QUOTE_BEGINS)) element = { owner: 'quoted', ends: QUOTE_ENDS }
      if (element === null && line.startsWith(SIGNATURE_BEGINS)) element = { owner: 'signature', ends: SIGNATURE_ENDS }
      if (element !== null) {
        owners[at] = element.owner
        // A quote ends the signature above it, an element that is one does not begin another below it.
        if (element.owner === 'quoted') inSignature = false
        if (line.includes(element.ends)) element = null
        continue
      }
    }
    const opensOldText =
      (isMarked && line.startsWith(OLD_TEXT_MARK)) || SEPARATOR.test(line) || isRuleAboveOldText(lines, at)
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
    let attribution = attributionLength(lines, at)
    if (attribution === 0 && isWrappedName(lines, at)) {
      const rest = attributionLength(lines, at + 1)
      if (rest > 0) attribution = rest + 1
    }
    if (attribution > 0) {
      owners.fill('quoted', at, at + attribution)
      const runsOn = /[:：]\s{2,}\S/u.test(lines[at + attribution - 1] as string)
      const hasMore = firstText(lines, at + attribution) !== undefined
      if (
        runsOn ||
        (hasMore && !isPrefixed(lines, at + attribution) && !isMarkedQuote(lines, at + attribution, isMarked))
      ) {
        owners.fill('quoted', at)
        return owners
      }
      at += attribution - 1
      inSignature = false
      continue
    }
    if (isQuotedLine(line) || isBrokenOff(lines, at)) {
      owners[at] = 'quoted'
      inSignature = false
      continue
    }
    // A mark at the very top closes nothing.
    if (hasText && SIGNATURE_MARK.test(line)) inSignature = true
    const notice = hasText ? noticeLength(lines, at) : 0
    hasText ||= line !== ''
    if (notice > 0) {
      const end = blockEnd(lines, at, notice)
      owners.fill('signature', at, end)
      at = end - 1
      continue
    }
    if (inSignature || isDeviceLine(line)) owners[at] = 'signature'
  }
  return owners
}

/** A notice ends at its length, or above a quote that follows it without a blank line. */
function blockEnd(lines: readonly string[], at: number, length: number): number {
  for (let next = at + 1; next < at + length; next++)
    if (
      isQuotedLine(lines[next] as string) ||
      SEPARATOR.test(lines[next] as string) ||
      headerBlockLength(lines, next) > 0 ||
      attributionLength(lines, next) > 0
    )
      return next
  return at + length
}

/** Whether the next line that is not blank begins an element that is a quote. */
function isMarkedQuote(lines: readonly string[], from: number, isMarked: boolean): boolean {
  return isMarked && (nextText(lines, from) ?? '').startsWith(QUOTE_BEGINS)
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

/** Stands for an element of the HTML behind which all is old text. They are taken out of what the sender wrote first. */
const OLD_TEXT_MARK = '\ue0f1'
const QUOTE_BEGINS = '\ue0f2'
const QUOTE_ENDS = '\ue0f3'
const SIGNATURE_BEGINS = '\ue0f4'
const SIGNATURE_ENDS = '\ue0f5'
const MARKS = /[\ue0f1-\ue0f5]/g

/** Outlook, Zimbra and their like put these right above the old text, which goes to the end of the mail. */
const OLD_TEXT_ELEMENT =
  /\b(?:id|class|name)\s*=\s*["']?[^"'>]{0,200}(?:divRplyFwdMsg|OLK_SRC_BODY_SECTION|OutlookMessageHeader|mail-editor-reference-message-container|moz-forward-container|ms-outlook-mobile-reference-message|zmail_extra|yahoo_quoted|zwchr|replyheader|quotedHeader)/i
/** Elements that hold a quote or its attribution and nothing else, so that what follows them may be an answer. */
const QUOTE_ELEMENT =
  /\b(?:id|class)\s*=\s*["']?[^"'>]{0,200}(?:moz-cite-prefix|gmail_attr|protonmail_quote|tutanota_quote|reply-intro|WordSection_quoted|ymail_android_signature_quoted|front-blockquote|uncited|x_gmail_attr)/i
const SIGNATURE_ELEMENT =
  /\b(?:id|class)\s*=\s*["']?(?:[^"'>]{0,200}[\s_])?(?:gmail_signature(?:_prefix)?|moz-signature|protonmail_signature_block|ms-outlook-mobile-signature|AppleMailSignature|(?:x_)?Signature|ymail_android_signature|zmail_signature)(?=["'\s>])/i

/**
 * Puts marks around the elements by which mail programs tell old text and signatures. One pass; only the outermost of
 * nested elements counts. A program's element that never closes is not marked, since it might hold the answer, too.
 */
function markElements(source: string): string {
  const html = source.slice(0, MAX_TEXT).replace(MARKS, '')
  const inserts: { at: number; mark: string }[] = []
  let open: { name: string; depth: number; at: number; begins: string; ends: string } | null = null
  forEachTag(html, (tag) => {
    if (open !== null) {
      if (tag.name !== open.name) return
      open.depth += tag.closing ? -1 : 1
      if (open.depth > 0) return
      inserts.push({ at: open.at, mark: open.begins }, { at: tag.end, mark: open.ends })
      open = null
      return
    }
    if (tag.closing) return
    const written = html.slice(tag.start, Math.min(tag.end, tag.start + 1500))
    if (OLD_TEXT_ELEMENT.test(written)) inserts.push({ at: tag.start, mark: OLD_TEXT_MARK })
    else if (/^(?:div|blockquote|p|span|pre|table)$/.test(tag.name) && !html.startsWith('/>', tag.end - 2)) {
      const isQuote = QUOTE_ELEMENT.test(written)
      if (!isQuote && !SIGNATURE_ELEMENT.test(written)) return
      const [begins, ends] = isQuote ? [QUOTE_BEGINS, QUOTE_ENDS] : [SIGNATURE_BEGINS, SIGNATURE_ENDS]
      open = { name: tag.name, depth: 1, at: tag.start, begins, ends }
    }
  })
  const out: string[] = []
  let from = 0
  for (const { at, mark } of inserts) {
    out.push(html.slice(from, at), `<p>${mark}</p>`)
    from = at
  }
  out.push(html.slice(from))
  return out.join('')
}

/** "Fine. On Tue, …, Ada <…> wrote:" on one line: some phones put no line end between the answer and the attribution. */
const ATTACHED =
  /^(?!On\b)([^>\s].{0,300}?[^\s-])\s{0,3}(?:-{2,5}\s?|\s)(On (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|\d{1,2}[\s/.-]|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec).{5,300}\bwrote:)$/

function detachAttribution(line: string): string[] {
  if (line.length > MAX_MARKER_LINE || !line.trimEnd().endsWith('wrote:')) return [line]
  const match = ATTACHED.exec(line.trimEnd())
  return match && isAttribution(match[2] as string, false) ? [match[1] as string, match[2] as string] : [line]
}

/**
 * Parts what a person newly wrote from quotes, forwarded messages and signature. The text part is used where there is
 * one, else the HTML, whose blockquotes and reply markers of Outlook, Yahoo and others count as quotes. Nothing is
 * lost: every non-blank line of the text is in exactly one of the three (an answer and an attribution on one line are
 * parted first). Inline answers between quoted lines stay in
 * `reply`; below a quote without line prefixes they cannot be told apart and are in `quoted`.
 */
export function splitReply(text: string | null | undefined, html?: string | null): SplitReply {
  const hasText = text !== null && text !== undefined && text.trim() !== ''
  const source = hasText ? text : html ? textFromHtml(markElements(html)) : (text ?? '')
  const whole = source.replace(/\r\n?/g, '\n')
  const lines = whole.slice(0, MAX_TEXT).split('\n')
  // A text beyond the limits is not analysed to its end; what is beyond counts as quoted, so that nothing is lost.
  const beyond = [...lines.slice(MAX_LINES), ...(whole.length > MAX_TEXT ? [whole.slice(MAX_TEXT)] : [])]
  const head = lines.slice(0, MAX_LINES).flatMap(detachAttribution)
  const isMarked = !hasText && Boolean(html)
  const owners = ownersOf(head, isMarked)
  const collected: Record<Owner, string[]> = { reply: [], quoted: [], signature: [] }
  for (const [at, line] of head.entries()) {
    // A blank line belongs to what stands above it, so paragraphs stay apart wherever they go.
    if (at > 0 && line.trim() === '') owners[at] = owners[at - 1] as Owner
    const shown = isMarked ? line.replace(MARKS, '') : line
    collected[owners[at] as Owner].push(shown)
  }
  // Not spread as arguments: there may be more lines than a call can take.
  collected.quoted = collected.quoted.concat(beyond)
  const [reply, quoted, signature] = [collected.reply, collected.quoted, collected.signature].map(trimBlank) as [
    string,
    string,
    string,
  ]
  // Who writes into the element of the signature still wrote it.
  if (isMarked && reply === '' && quoted === '') return { reply: signature, quoted, signature: '' }
  return { reply, quoted, signature }
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
