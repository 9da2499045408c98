import { hasNullReturnPath } from './bounce-report.ts'
import { headerValue, type ParsedMessage, readableText } from './parse-message.ts'
import { splitReply } from './reply-text.ts'
import { readReturnDate } from './return-date.ts'
import { addressesIn } from './returned-message.ts'

export type AutoReplyKind = 'out_of_office' | 'left_company' | 'ticket' | 'other'

export interface AutoReply {
  is_auto: boolean
  kind: AutoReplyKind
  /** First day back, YYYY-MM-DD, where the answer names one. */
  return_date?: string
  /** What it was recognised by, in plain words. */
  because: string
  /** Addresses the answer names, its own sender excepted: whom to write to instead. */
  contacts: string[]
}

/** What Exchange, Gmail, Notes and their translations put before the original subject. A person's answer begins with "Re:". */
const SUBJECT_PREFIX =
  /^\s*(?:\[?(?:external|extern|ext)\]?:?\s*)?(?:auto(?:matic|mated)?[- _]?(?:reply|response|respond|answer)|auto\s?:|out[- ]of[- ](?:the[- ])?office(?: auto-?reply| reply| notification| message)?\b|away from (?:the|my) office|ooo\b|vacation (?:reply|notice|response|message)|automatische (?:antwort|abwesenheitsnotiz)|abwesenheits?(?:notiz|benachrichtigung|meldung|nachricht|assistent)?\b|automatische rückantwort|réponse automatique|reponse automatique|absence du bureau|message d'absence|absent[e]? du bureau|respuesta automática|respuesta automatica|fuera de (?:la )?oficina|mensaje de ausencia|risposta automatica|fuori (?:sede|ufficio)|messaggio di assenza|resposta automática|resposta automatica|ausência (?:temporária|do escritório)|fora do escritório|automatisch(?:e)? (?:antwoord|bericht|reactie)|afwezig(?:heid)?(?:sbericht|smelding)?\b|niet aanwezig|autosvar|automatiskt svar|automatisk svar|frånvaro(?:meddelande)?\b|ikke til ?stede|fraværs?(?:besked|melding|assistent)|automaattinen vastaus|poissa(?:olo)?(?:viesti|ilmoitus| toimistosta)?\b|automatyczna odpowiedź|odpowiedź automatyczna|autoodpowiedź|nieobecność|poza biurem|automatická odpověď|automatická odpoveď|nepřítomnost|mimo kancelář|automatikus válasz|házon kívül|răspuns automat|otomatik (?:yanıt|cevap)|ofis dışında|автоматический ответ|автоответ|нет на месте|вне офиса|автоматична відповідь|自動(?:応答|返信|回覆|回復|答复)|不在(?:通知|連絡|のお知らせ|のため)|自动(?:回复|答复|应答)|外出(?:自动|中)|자동 ?(?:회신|응답|답장)|부재 ?중|αυτόματη απάντηση|מענה אוטומטי|رد تلقائي|svar automatisk|frí)/iu

const ABSENT =
  /(?:\b(?:i am|i'm|i’m|i will be|i'll be|we are|currently|is|be)\b[^.!?\n]{0,40}\b(?:out of (?:the )?office|ooo|away from (?:the|my) (?:office|desk|e-?mail)|on (?:annual |parental |maternity |paternity |medical |sick |holiday )?leave|on (?:vacation|holiday|pto|a business trip|sabbatical)|travell?ing|away until|away from)|\bout of (?:the )?office (?:until|from|through|with|and)|(?:bin|befinde mich|sind|ist)\b[^.!?\n]{0,80}(?:nicht (?:im (?:büro|haus)|erreichbar|am arbeitsplatz)|abwesend|im urlaub|in (?:elternzeit|mutterschutz)|außer haus|verreist|auf (?:dienst|geschäfts)reise)|urlaubsbedingt|(?:je suis|serai|nous sommes)\b[^.!?\n]{0,50}(?:absent|en (?:congés?|vacances|déplacement)|hors du bureau)|(?:estoy|estaré|me encuentro|estamos)\b[^.!?\n]{0,50}(?:fuera de (?:la )?oficina|de vacaciones|ausente|de baja)|(?:sono|sarò|siamo)\b[^.!?\n]{0,50}(?:fuori (?:ufficio|sede)|in ferie|assente|in vacanza)|(?:estou|estarei|encontro-me)\b[^.!?\n]{0,50}(?:fora do escritório|de férias|ausente)|(?:ik ben|wij zijn)\b[^.!?\n]{0,50}(?:afwezig|op vakantie|niet (?:aanwezig|op kantoor)|met (?:verlof|vakantie))|(?:jag är|är)\b[^.!?\n]{0,50}(?:på semester|inte på kontoret|föräldraledig|bortrest|ledig)|(?:jeg er|er)\b[^.!?\n]{0,50}(?:på ferie|ikke (?:på kontoret|til ?stede)|fraværende|ute av kontoret|bortreist)|(?:olen|lomalla)\b[^.!?\n]{0,50}(?:lomalla|poissa|vapaalla|tavoitettavissa)|(?:jestem|przebywam|będę)\b[^.!?\n]{0,50}(?:na urlopie|poza biurem|nieobecn|na zwolnieniu)|(?:jsem|budu)\b[^.!?\n]{0,50}(?:na dovolené|mimo kancelář|nepřítomn)|(?:izindeyim|ofis dışında|yıllık izin|ofiste (?:değilim|olmayacağım))|(?:休暇をいただ|休暇を頂|不在(?:と|に)|夏季休業|出張(?:中|のため)|お休みを)|(?:休假|不在办公室|出差|外出|年假)|(?:휴가 ?(?:중|입니다)|부재 ?중|출장 ?중|자리를 비)|(?:я )?(?:нахожусь в отпуске|в отпуске (?:до|по|с)|отсутствую|меня нет (?:на месте|в офисе)|в командировке|не в офисе))/iu

const URGENT =
  /(?:(?:urgent|immediate(?:ly)?|emergency|time[- ]sensitive|in my absence|while i am away|if you need (?:assistance|help|immediate))|(?:dringende[nr]?|eilige[nr]?|in meiner abwesenheit|vertret(?:ung|en))|(?:urgence|urgent|en mon absence)|(?:urgente|urgencia|en mi ausencia)|(?:urgenze|in mia assenza)|(?:na minha ausência|urgência)|(?:dringend|spoed|tijdens mijn afwezigheid)|(?:brådskande|vid akut)|(?:haste|hastende|presserende)|(?:kiireelli)|(?:piln(?:ych|ej)|w sprawach pilnych)|(?:naléhav|urgentní)|(?:acil)|(?:緊急|お急ぎ)|(?:急事|紧急)|(?:긴급|급한)|(?:срочн))/iu

const LIMITED =
  /(?:limited (?:or no )?access to|no access to (?:my )?(?:e-?mail|mail)|(?:reply|respond|get back to you|answer)[^.\n]{0,40}(?:upon|on|after|when) (?:my|i) ?(?:return|am back)?|(?:wird|werden) nicht (?:weitergeleitet|gelesen|automatisch weitergeleitet)|(?:e-?mails?|nachrichten?) (?:wird|werden) nicht|ne (?:sera|seront) pas (?:lu|transmis|redirig)|no (?:será|serán) (?:leído|reenviad)|non (?:verrà|saranno) (?:lett|inoltrat)|not be (?:forwarded|monitored|read)|wordt niet (?:doorgestuurd|gelezen)|ограничен доступ)/iu

const SAYS_AUTOMATIC =
  /(?:(?:this is an?|this message (?:was|is)) (?:automatic(?:ally)?|automated|auto)[- ]?(?:generated|reply|response|message|e-?mail|answer|sent)?|(?:automatically|auto)[- ]generated (?:reply|response|message|e-?mail)|do not reply to this (?:e-?mail|message)|(?:diese|dies ist eine)[^.\n]{0,20}(?:automatisch|automatische)|automatisch (?:erstellt|generiert|versandt)|(?:réponse|message|courriel) automatique|générée? automatiquement|(?:respuesta|mensaje) automátic|generado automáticamente|(?:risposta|messaggio) automatic|generat[ao] automaticamente|(?:resposta|mensagem) automática|gerad[ao] automaticamente|(?:automatisch (?:antwoord|gegenereerd|bericht))|automatiskt (?:svar|genererat|meddelande)|automatisk (?:svar|genereret|generert)|automaattinen vastaus|wiadomość (?:została )?(?:wygenerowana|automatyczn)|automatická odpověď|automaticky vygenerov|otomatik (?:olarak|yanıt|mesaj)|自動(?:返信|応答|送信|配信)|自动(?:回复|发送|生成)|자동 ?(?:회신|발송|응답)|автоматическ(?:ий ответ|ое сообщение|и сгенерир))/iu

const OPENER =
  /^(?:\s*\S[^\n]{0,40},?\s*\n+)?\s*(?:(?:thank you|thanks) for (?:your|contacting|reaching)|(?:vielen |herzlichen |besten )?dank für ihre|merci (?:de|pour) votre|gracias por (?:su|tu|contactar)|grazie per (?:la|il|averci)|obrigad[oa] pel[oa]|(?:hartelijk )?(?:dank|bedankt) voor (?:uw|je)|tack för ditt|tak for din|takk for (?:din|e-post)|kiitos (?:viesti|yhteyden)|dziękuj\p{L}+ za|děkuj\p{L}+ za|teşekkür|спасибо за|благодар\p{L}+ за|お問い合わせ|ご連絡|感谢您)/iu

const LEFT_COMPANY =
  /(?:\bno longer (?:with|at|works?|working|employed|part of|an employee)|(?:has|have) (?:recently |now |since )?left\b|\bleft the (?:company|organi[sz]ation|firm)|nicht mehr (?:für|bei|im|in|Teil|tätig|beschäftigt)[^.\n]{0,40}(?:tätig|unternehmen|beschäftigt|uns|firma|arbeit)|(?:unternehmen|firma) verlassen|ausgeschieden|ne (?:travaille|fait|suis|fais|fera|sera) plus (?:partie|chez|pour|dans|au|à|en poste|en fonction|\p{L}+)|(?:a|ai) quitté (?:la société|l['’]entreprise|ses fonctions|notre)|ya no (?:trabaja|trabajo|forma|pertenece)|(?:ha )?dejado (?:la empresa|de trabajar)|non (?:lavora|lavoro|fa|faccio) più|ha lasciato (?:l['’]azienda|la società)|(?:já )?não (?:trabalha|faz|trabalho|integra) mais|deixou (?:a empresa|de trabalhar)|já não trabalha|niet meer werkzaam|werkt niet (?:meer|langer)|(?:heeft|uit dienst)[^.\n]{0,40}(?:verlaten|getreden)|(?:har slutat|arbetar inte längre|jobbar inte längre)|(?:er fratrådt|arbejder ikke længere|er stoppet)|(?:har sluttet|jobber ikke lenger|arbeider ikke lenger)|ei (?:ole|työskentele) enää|(?:już )?nie (?:pracuje|pracuję) (?:już)?|już nie pracuj|(?:již|už) (?:ve (?:společnosti|firmě) )?nepracuj|artık (?:\p{L}+ ){0,3}çalışm|退職(?:いた)?し|已(?:经)?离职|퇴사|больше не работа|уволил)/iu

const TICKET =
  /(?:\b(?:ticket|case|request|incident|support request)\s*(?:number|no\.?|id|ref(?:erence)?)?\s*[:#]?\s*\[?#?\s?[A-Z]{0,6}-?\d{3,}|\[(?:ticket|case|request|ref)[^\]]{0,20}[:#]?\s?[A-Z0-9-]{3,}\]|##- please type your reply above this line|(?:your|ihre?|votre|su|tu|la sua|o seu|uw) (?:request|ticket|anfrage|demande|solicitud|richiesta|pedido|verzoek|ticketnummer)[^.\n]{0,50}(?:has been (?:received|created|opened|logged)|eingegangen|erhalten|enregistrée?|reçue?|recibid|creado|ricevut|registrad|ontvangen|aangemaakt)|we have received your (?:e-?mail|message|request|inquiry|enquiry|application)|ticketnummer|vorgangsnummer|case number|numéro de (?:ticket|dossier)|número de (?:caso|ticket))/iu

const AUTO_PRECEDENCE = /^\s*(?:auto[-_]?reply|autoreply|auto[-_]?respond)/i
const WEAK_PRECEDENCE = /^\s*(?:bulk|junk|list)\b/i

const REPLY_HEADERS = [
  'x-autoreply',
  'x-autorespond',
  'x-autoresponder',
  'x-autoreply-from',
  'x-auto-reply-from',
  'x-mail-autoreply',
  'x-vacation',
  'x-amazon-auto-reply',
  'x-ooo',
]

interface Evidence {
  proof: string | null
  weak: string[]
}

function headerEvidence(message: ParsedMessage): Evidence {
  const weak: string[] = []
  const submitted =
    headerValue(message, 'auto-submitted')
      ?.replace(/\([^)]*\)/g, '')
      .trim()
      .toLowerCase() ?? ''
  if (/^auto-(?:replied|generated|notified)/.test(submitted))
    return { proof: `Auto-Submitted: ${submitted.slice(0, 60)}`, weak }
  if (submitted !== '' && !submitted.startsWith('no')) weak.push('Auto-Submitted is not "no"')
  for (const name of REPLY_HEADERS) {
    const value = headerValue(message, name)
    if (value !== null && !/^\s*(?:no|false|0)\s*$/i.test(value)) return { proof: `${name} header`, weak }
  }
  const precedence = headerValue(message, 'precedence') ?? ''
  if (AUTO_PRECEDENCE.test(precedence)) return { proof: `Precedence: ${precedence.trim().slice(0, 40)}`, weak }
  if (WEAK_PRECEDENCE.test(precedence)) weak.push(`Precedence: ${precedence.trim().slice(0, 40)}`)
  if (/auto-?repl|vacation|autorespond/i.test(headerValue(message, 'x-mailer') ?? ''))
    weak.push('written by an auto-responder')
  const preference = headerValue(message, 'preference') ?? ''
  if (AUTO_PRECEDENCE.test(preference)) weak.push('Preference header')
  // Exchange adds this to automatic replies, but several systems add it to all they send, so it proves nothing alone.
  const suppress = headerValue(message, 'x-auto-response-suppress') ?? ''
  if (/\b(?:all|oof|autoreply)\b/i.test(suppress)) weak.push('X-Auto-Response-Suppress')
  if (headerValue(message, 'x-ms-exchange-generated-message-source') !== null) weak.push('generated by Exchange')
  if (hasNullReturnPath(message)) weak.push('empty Return-Path')
  if (/^(?:no-?reply|do-?not-?reply|noreply|nicht-?antworten|ne-?pas-?repondre)/i.test(message.from?.address ?? ''))
    weak.push('sent from a no-reply address')
  return { proof: null, weak }
}

function kindOf(subject: string, text: string): AutoReplyKind {
  if (LEFT_COMPANY.test(text)) return 'left_company'
  if (ABSENT.test(text) || OFFICE_SUBJECT.test(subject)) return 'out_of_office'
  if (TICKET.test(`${subject}\n${text}`)) return 'ticket'
  return 'other'
}

const OFFICE_SUBJECT =
  /out[- ]of[- ](?:the[- ])?office|\booo\b|away from|vacation|abwesen|absence|absent|fuera de|ausencia|fuori (?:sede|ufficio)|assenza|ausência|fora do|afwezig|frånvaro|fravær|ikke til ?stede|poissa|nieobecn|poza biurem|nepřítomn|mimo kancelář|ofis dışında|вне офиса|нет на месте|不在|外出|부재/iu

/**
 * Whether a machine answered, and what it said. Headers prove it (RFC 3834 §5 Auto-Submitted other than "no",
 * X-Autoreply and its relatives, Precedence auto_reply); weaker signs (empty Return-Path, Precedence bulk,
 * X-Auto-Response-Suppress, a no-reply sender) count only together with what the subject or the text says. A person who
 * merely mentions a holiday is a person. `now` is used for dates without a year and for weekdays.
 */
export function readAutoReply(message: ParsedMessage, now: Temporal.Instant): AutoReply {
  const whole = readableText(message)
    .slice(0, 64 * 1024)
    .replace(/[^\S\n]{3,}/g, '  ')
    .replace(/\n{4,}/g, '\n\n\n')
  const { reply, signature } = splitReply(whole)
  const text = (reply.trim() === '' ? whole : reply).slice(0, 6000)
  const subject = message.subject
  const { proof, weak } = headerEvidence(message)
  const because = proof ?? judgeWords(subject, text, weak)
  if (because === null)
    return { is_auto: false, kind: 'other', because: 'nothing says that a machine wrote it', contacts: [] }

  const kind = kindOf(subject, text)
  const sender = message.from?.address.toLowerCase()
  const own = new Set([sender, ...message.to.map((entry) => entry.address.toLowerCase())])
  const contacts = addressesIn(`${text}\n${signature}`)
    .filter((address) => !own.has(address.toLowerCase()))
    .slice(0, 10)
  // The subject of an automatic answer often carries the day; the original subject after it rarely names another.
  const date = kind === 'out_of_office' || kind === 'other' ? readReturnDate(`${text}\n\n${subject}`, now) : undefined
  const withDate = date !== undefined && kind === 'other' ? 'out_of_office' : kind
  return { is_auto: true, kind: withDate, ...(date === undefined ? {} : { return_date: date }), because, contacts }
}

function judgeWords(subject: string, text: string, weak: readonly string[]): string | null {
  const prefix = SUBJECT_PREFIX.test(subject)
  const absent = ABSENT.test(text)
  const left = LEFT_COMPANY.test(text)
  const ticket = TICKET.test(`${subject}\n${text}`)
  const automatic = SAYS_AUTOMATIC.test(text)
  const words = [
    prefix ? 'the subject' : '',
    absent ? 'the text speaks of an absence' : '',
    left ? 'the text says someone left' : '',
    ticket ? 'the text speaks of a ticket' : '',
    automatic ? 'the text says it is automatic' : '',
  ].filter((word) => word !== '')
  if (prefix) return ['the subject of an automatic answer', ...weak].join('; ')
  if (weak.length > 0 && words.length > 0) return [...weak, ...words].join('; ')
  if (weak.length > 2) return weak.join('; ')
  // Without any header only a text with the full shape of a notice counts: one sign more than a person would give.
  const points =
    (absent || left || ticket ? 1 : 0) +
    (automatic ? 2 : 0) +
    (URGENT.test(text) ? 1 : 0) +
    (LIMITED.test(text) ? 1 : 0) +
    (OPENER.test(text) ? 1 : 0)
  return (absent || left || ticket) && points >= 3 ? [...words, 'the text has the shape of a notice'].join('; ') : null
}
