/** The rules that a draft is held against: each can be read, and says in words what it found and where. */
import { canTell, familyOf } from './detect-language.ts'
import { containsBeginning, containsWord, fold, lettersOnly, wordsOf } from './folded-text.ts'
import { type JudgedDraft, LINK, mayHaveLink } from './judged-draft.ts'
import { looksLikeOrder } from './letters/quotable.ts'
import { greatestLikeness } from './likeness.ts'
import { QUOTE, repeatedRun, wordsInLines, wordsToKeep } from './repeated-words.ts'
import { mayHaveSpamWords, SPAM_WORDS } from './spam-words.ts'
import { firstIn, matchesOf, occursIn, wholeWords } from './whole-words.ts'

/** What a check found; null where it found nothing. */
type Finding = { message: string; blocking: boolean } | null
export type Check = { name: string; weight: number; fine: string; find: (draft: JudgedDraft) => Finding }

const blocking = (message: string): Finding => ({ message, blocking: true })
const remark = (message: string): Finding => ({ message, blocking: false })

const short = (text: string, length = 60): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > length ? `${line.slice(0, length - 1).toWellFormed()}…` : line
}

/** `in the subject`, or the number of the line in the body. */
const where = ({ subject, body }: JudgedDraft, needle: string): string => {
  if (subject.includes(needle)) return 'in the subject'
  const at = body.indexOf(needle)
  return at === -1 ? 'in the body' : `in line ${body.slice(0, at).split('\n').length} of the body`
}

const SHORTENER =
  /\b(?:bit\.ly|tinyurl\.com|goo\.gl|t\.co|ow\.ly|is\.gd|buff\.ly|rebrand\.ly|cutt\.ly|shorturl\.at|lnkd\.in|t\.ly|rb\.gy|tiny\.cc)\b/i

const PLACEHOLDERS: RegExp[] = [
  /\{\{[^}]*\}?\}?|\{%[^%]*%?\}?/,
  /(?<!\{)\{[a-z][\w .-]{0,40}\}(?!\})/i,
  /<<[^<>]{0,60}>>|<\s*(?:name|first ?name|last ?name|company|title|vorname|nachname|firma|prénom|nom|entreprise|nombre|empresa|insert[^>]*)\s*>/i,
  /\[(?:[^\]\n]{0,20}\b(?:name|company|title|role|date|link|insert|your|topic|industry|city|product|position|vorname|nachname|firma|datum|prénom|nom|entreprise|société|nombre|empresa|cargo|fecha)\b[^\]\n]{0,40})\]/iu,
  /%[A-Z][A-Z_]{2,30}%|\*\|[A-Z_:]+\|\*|\$\{[^}]*\}|__[A-Z_]{2,30}__|\bFIRST_?NAME\b|\bLAST_?NAME\b|\bCOMPANY_?NAME\b/,
  /\blorem ipsum\b|\bdolor sit amet\b/i,
  /\bX{3,}\b|\bTBD\b|\bTODO\b|_{4,}/,
  /\b(?:undefined|null|NaN|\[object Object\])\b/,
]

// The name in `Hi Anna,`: at most four words before the comma, colon, dash or line end.
const GREETING = wholeWords(
  /^\s*[¿¡]?(?:hi|hello|hey|dear|good (?:morning|afternoon|day|evening)|greetings|hallo|guten (?:tag|morgen|abend)|liebe[rs]?|sehr geehrte[rs]?|moin|servus|bonjour|bonsoir|salut|ch[eè]re?s?|hola|buen[oa]s (?:d[ií]as|tardes|noches)|buen d[ií]a|estimad[oa]s?|querid[oa]|qu[eé] tal|ciao|buongiorno|gentile|ol[aá]|bom dia|hoi|beste|hej|hei|hejsan|cze[sś][cć]|dzie[nń] dobry)\b[ ,]*([^\n,:;!?–—-]{0,60})/iu,
)
const NO_NAME_IN_GREETING = wholeWords(
  /^(?:there|all|team|everyone|everybody|folks|friends?|again|to (?:all|the|your|you|everyone)|from|sir|madam|sir or madam|colleagues?|zusammen|allerseits|damen und herren|ihr|nochmals?|team|à (?:tous|toutes|vous)|tous|toutes?|madame|monsieur|madame,? monsieur|de nouveau|a tod[oa]s|equipo|de nuevo|señores?|señoras?|who|whom)\b/iu,
)
const TITLES =
  /^(?:mr|mrs|ms|miss|mx|dr|prof|herr|frau|hr|fr|mme|mlle|m|madame|monsieur|sr|sra|srta|señora?|don|doña|professor|doctor)\.?$/iu

const LEGAL =
  'GmbH|AG|KG|UG|SE|Ltd\\.?|Limited|PLC|LLP|LLC|Inc\\.?|Corp\\.?|S\\.?A\\.?S?\\.?|SARL|S\\.?L\\.?|S\\.?p\\.?A\\.?|S\\.?r\\.?l\\.?|AB|ApS|A/S|AS|Oy|B\\.?V\\.?|N\\.?V\\.?|Sp\\. z o\\.o\\.|Pty'
// A full stop belongs to a name only in the middle of a word, as in `booking.com`.
const NAME_WORD = "\\p{Lu}[\\p{L}\\p{N}&'’-]*(?:\\.[\\p{L}\\p{N}]+)*"
const ANY_NAME_WORD = new RegExp(NAME_WORD, 'gu')
// Not at the beginning of a sentence, where every word has a capital.
const NAME_INSIDE = new RegExp(`(?<=[\\p{Ll},;] )(${NAME_WORD}(?: ${NAME_WORD})*)`, 'gu')
const COMPANY_WITH_FORM = new RegExp(
  `\\b(${NAME_WORD}(?: (?:${NAME_WORD}|&|und|and|et|y)){0,4}),? (?:${LEGAL})(?![\\p{L}\\p{N}])`,
  'gu',
)
const COMPANY_AFTER = {
  // German capitals tell no name from a noun, so that two of them in a row or a capital inside are asked for.
  de: new RegExp(
    `\\b(?:bei|für|von|der Firma) (?!Ihre?|Deine?|Eure?|Unsere?|Meine?|Sie\\b|Frau|Herrn?\\b|Montag|Dienstag|Mittwoch|Donnerstag|Freitag)(${NAME_WORD} ${NAME_WORD}(?: ${NAME_WORD})?|\\p{Lu}\\p{Ll}+\\p{Lu}\\p{L}+)`,
    'gu',
  ),
  other: new RegExp(
    `\\b(?:at|chez|working for|team of|everyone at|people at|folks at|trabaja(?:s)? en|equipo de|dentro de) (?:the )?(${NAME_WORD}(?: ${NAME_WORD}){0,3})`,
    'gu',
  ),
}
const NO_COMPANY = new Set(
  `ms mr mrs miss dr prof mme mlle madame monsieur sr sra srta senora senor frau herr herrn monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october november december
  easter christmas first last best least most all present home work once scale i you your our my the a an this that these it we he she they
  ceo cto cfo coo vp hr it q1 q2 q3 q4 gmt cet utc linkedin excel google outlook slack teams zoom erp crm sap api csv pdf usa uk us eu
  lundi mardi mercredi jeudi vendredi samedi dimanche vous nous votre notre lunes martes miercoles jueves viernes usted ustedes su nuestro
  ihnen ihrem ihrer ihren uns mir dir euch der die das den dem ein eine english german french spanish danish deutsch`.split(
    /\s+/,
  ),
)

const isKnownName = (draft: JudgedDraft, name: string): boolean => {
  const folded = fold(name)
    .replace(/[.,']+$/, '')
    .replace(/'s$/, '')
  if (folded.length < 2 || NO_COMPANY.has(folded)) return true
  if (draft.known.includes(folded) || draft.places.includes(folded)) return true
  const words = folded.split(/[\s-]+/).filter((word) => word.length > 1)
  return (
    words.length > 0 &&
    words.every((word) => NO_COMPANY.has(word) || containsWord(draft.known, word) || containsWord(draft.places, word))
  )
}

/** Digits that stand in no fact. Times of day and lengths of a talk are offers, not claims. */
const strayNumbers = (draft: JudgedDraft): string[] => {
  if (!/\d/.test(draft.without_links)) return []
  const known = new Set(
    (draft.known.match(/\d+(?:[.,' ]\d{3})*(?:[.,]\d+)?/g) ?? []).map((digits) => digits.replaceAll(/[., ']/g, '')),
  )
  // Most figures are those of the facts, as the facts have them.
  if (draft.without_links.match(/\d[\d.,'’\u202f\u00a0]*/g)?.every((digits) => known.has(digits.replace(/[.,]$/, ''))))
    return []
  const found: string[] = []
  for (const match of draft.without_links.matchAll(
    /(?<![\p{L}\p{N}.,:/#-])([$€£]?\s?)(\d+(?:[.,'’\u202f\u00a0]\d{3})*(?:[.,]\d+)?)(\s?(?:%|percent|prozent|pour cent|por ciento|x\b|k\b|m\b|mn\b|mio\b|million\w*|bn\b|[$€£]|euros?|dollars?))?/giu,
  )) {
    const [whole, currency = '', digits = '', unit = ''] = match
    const after = draft.without_links.slice(match.index + whole.length, match.index + whole.length + 24)
    // `3D` and `2nd` are words.
    if (unit === '' && /^\p{L}/u.test(after)) continue
    const plain = digits.replaceAll(/[.,'’\u202f\u00a0]/g, '')
    if (known.has(plain)) continue
    const bare = currency.trim() === '' && unit.trim() === ''
    if (
      bare &&
      /^[\s-]*(?:min(?:ute[ns]?|utos?|uten|s)?\b|sek\w*|sec\w*|h\b|hours?|uhr|am\b|pm\b|o['’]clock|heures?|horas?|words?|lines?|sentences?|questions?|fragen?|zeilen?|lignes?|líneas?|preguntas?|st\b|nd\b|rd\b|th\b|:\d\d|\/7)/iu.test(
        after,
      ) &&
      Number(plain) <= 60
    )
      continue
    if (bare && Number(plain) <= 3) continue
    if (bare && /^:\d\d/.test(after)) continue
    found.push(whole.trim())
  }
  return found
}

const PERCEPTION = wholeWords(
  /(?<!\b[Ii]f )\b(?:I|we)(?: (?:just|recently|also|really|have|had|was|were|happened to|['’]ve))* (?:saw|seen|read|noticed|noted|came across|come across|stumbled (?:up)?on|watched|listened to|heard|spotted|found out|enjoyed|loved|liked|admire[d]?|learned|follow(?:ed|ing)?|been following|see that)\b|\b(?:saw|noticed|read|loved|enjoyed|caught|spotted|came across) your\b|\bcaught my (?:eye|attention)\b|\b(?:ich|wir) (?:habe?n?|hab)\b.{0,60}\b(?:gesehen|gelesen|bemerkt|gehört|entdeckt|verfolgt|gefunden)\b|\b(?:mir|uns) (?:ist|sind)\b.{0,40}\baufgefallen\b|\b(?:bin|sind) (?:ich|wir)?.{0,30}(?:auf (?:Ihr|dein|euer)\w*.{0,60} (?:gestoßen|aufmerksam))|\b(?:j['’]ai|nous avons)(?: (?:bien|récemment|aussi))? (?:vu|lu|remarqué|découvert|entendu|suivi|écouté|apprécié|adoré)\b|\bje suis tombée? sur\b|\b(?:he|hemos) (?:visto|leído|notado|descubierto|oído|seguido|escuchado)\b|\b(?:vi|leí|noté|escuché|descubrí) (?:su|tu|que|el|la|en)\b|\bme (?:llamó|ha llamado) la atención\b/iu,
)
const CONGRATULATION = wholeWords(
  /\bcongrat(?:s|ulations)\b|\bkudos\b|\bherzlichen glückwunsch\b|\bglückwunsch\b|\bgratulier\w+\b|\bfélicitations\b|\bbravo pour\b|\bfelicidades\b|\benhorabuena\b|\bfelicitaciones\b/iu,
)
const NEWS_OF_THEM = wholeWords(
  /\b(?:your|[Ii]hre?[nrm]?|deine?[nrm]?|votre|vos|ton|ta|su|sus|tu|tus) (?:(?:recent|latest|new|last|jüngste\w*|neueste\w*|neue[nrs]?|letzte\w*|récente?|dernière?s?|nouvelle?s?|nouveau|reciente|último|última|nuev[oa])\s+)+[\p{L}-]+|\b(?:your|Ihr\w*|dein\w*|votre|vos|su) (?:funding|series [A-E]\b|podcast|keynote|blog ?post|linkedin post|article|interview|award|promotion|expansion|acquisition|IPO|merger|Finanzierungsrunde|Vortrag|Artikel|Beitrag|Auszeichnung|Beförderung|levée de fonds|conférence|prix|publication|ronda|artículo|premio|ascenso|publicación|ponencia)\b/giu,
)
const MEETING = wholeWords(
  /\b(?:as (?:we )?(?:discussed|promised|agreed|mentioned (?:on|in) (?:our|the) (?:call|meeting))|following (?:up on )?our (?:call|meeting|conversation|chat)|(?:great|nice|good|lovely|pleasure) (?:to meet|meeting|to have met|speaking|talking|chatting|catching up)(?: (?:with|to))? you|when we (?:last )?(?:met|spoke|talked)|since we (?:last )?(?:met|spoke|talked)|we (?:recently |briefly )?(?:met|spoke|talked) (?:at|in|on|last|about|before)|our (?:last|recent) (?:call|meeting|conversation)|you (?:asked|told|requested|signed up|downloaded|subscribed|registered)(?: me| us)? (?:for|to|about|that)|thank(?:s| you) for (?:your (?:interest|call|message|reply|time (?:yesterday|today|last))|reaching out|meeting|signing up)|wie besprochen|wie vereinbart|nach unserem (?:Gespräch|Telefonat|Treffen)|(?:schön|nett), (?:Sie|dich) (?:kennengelernt|getroffen)|wir haben uns .{0,40}(?:getroffen|kennengelernt|gesprochen)|danke für (?:Ihr|dein) (?:Interesse|Gespräch|Anruf)|comme convenu|suite à notre (?:appel|échange|conversation|rendez-vous|rencontre)|ravi de vous avoir (?:rencontré|parlé)|nous nous sommes (?:rencontrés|parlé|croisés)|merci (?:pour|de) votre (?:intérêt|appel)|según lo acordado|como (?:acordamos|hablamos|quedamos)|tras nuestra (?:llamada|reunión|conversación)|(?:encantad[oa]|un placer) de (?:haberle|haberte|conocer)|nos conocimos|coincidimos (?:en|el)|gracias por su (?:interés|llamada))\b/iu,
)
/** Where one's own dealings with somebody are written down; a page of theirs or a search knows nothing of them. */
const FIRST_HAND = new Set(['row', 'given', 'correspondence', 'profile'])
/** What a fact that carries such a meeting holds, in any of the languages. */
const MET = wholeWords(
  /\b(?:met|meet\w*|spoke\w*|talk\w*|call\w*|discuss\w*|refer\w*|recommend\w*|introduc\w*|ask\w*|said|wants?|request\w*|sign\w*|download\w*|fair|conference|webinar|getroffen|kennengelernt|gesprochen|messe|rencontr\w*|salon|conoc\w*|feria|reun\w*|interest\w*|trial|demo)\b/iu,
)
const REFERENCE = wholeWords(
  /\b(?:customers|clients|companies|teams|brands|partners|firms|users) (?:like|such as|including)|\btrusted by|\bused by|\bwe (?:work|worked) with|\b(?:Kunden|Unternehmen|Firmen) wie|\b(?:clients|entreprises|sociétés) comme|\b(?:clientes|empresas) como/giu,
)
const CLAIMS = [CONGRATULATION, PERCEPTION, NEWS_OF_THEM, MEETING, REFERENCE]

// Words that occur in any such sentence and prove nothing.
const EMPTY_WORDS = new Set(
  `that this with your about from have been were what which their there they them then than also very just recent recently latest news company
  team work working business great really impressive congratulations congrats post posts article interview saw seen read noticed loved like
  love would could should into over some more much many most other when where while because since being both here only even well page website
  online profile linkedin eine einen einer ihre ihrer ihren ihrem dein deine haben habe gesehen gelesen bemerkt sehr auch noch nach über
  unternehmen firma votre vous nous pour dans avec cette sont avez entreprise société récemment felicidades empresa para como sobre este esta
  dass wird wurde glückwunsch herzlichen félicitations visto leído está growth growing journey role position things something`
    .split(/\s+/)
    .map((word) => fold(word)),
)

/** True when a telling word of the sentence stands in what is known of the lead. Names of lead and company prove nothing. */
const isCarried = (draft: JudgedDraft, sentence: string): boolean => {
  const names = new Set(
    [draft.lead.first_name, draft.lead.last_name, draft.lead.full_name, draft.lead.company_name]
      .flatMap((name) => fold(name ?? '').split(/[^\p{L}\p{N}]+/u))
      .filter((word) => word.length > 1),
  )
  return wordsOf(fold(sentence)).some((word) => {
    const plain = word.replace(/'s$|[.'-]+$/g, '')
    if (plain.length < 4 || EMPTY_WORDS.has(plain) || names.has(plain)) return false
    return containsBeginning(draft.known_of_lead, plain.length > 6 ? plain.slice(0, -2) : plain)
  })
}

/** Words for the same piece of news; a fact may have another one, in another language, than the draft. */
const NEWS: RegExp[] = [
  /article|artikel|articulo|beitrag|post|publica|blog|write|wrote|ecrit|escri/,
  /talk|vortrag|keynote|conferen|ponencia|charla|speak|speech/,
  /award|prize|auszeichnung|prix|premio|won\b/,
  /funding|raise|finanzierung|levee|ronda|series [a-e]|invest/,
  /promot|beforder|ascenso|appointed|joined/,
  /podcast|interview|entretien|entrevista/,
  /expan|plant|werk|usine|planta|office|opened|launch|acqui|merger/,
]

const isNewsCarried = (draft: JudgedDraft, news: string): boolean => {
  const plain = fold(news)
  const group = NEWS.find((pattern) => pattern.test(plain))
  return group ? group.test(draft.known_of_lead) : isCarried(draft, news)
}

const LEAKS: RegExp[] = [
  /\bas an? (?:ai|artificial intelligence|language model|assistant|llm|large language)\b/i,
  /\b(?:als|en tant qu['’]|como) (?:eine? )?(?:ki|ia|sprachmodell|modelo de lenguaje|modèle de langage|assistent|assistant|asistente)\b/i,
  /\bI(?:['’]m| am) (?:just )?an? (?:ai|language model|assistant|chatbot)\b/i,
  /\bI (?:can(?:no|['’])t|am unable to|am not able to) (?:help with|assist|generate|write|fulfil|comply|create|provide)\b/i,
  /^\s*(?:sure|certainly|of course|absolutely|okay|here(?:['’]s| is| are)|below is|gerne|natürlich|hier ist|voici|bien sûr|aquí (?:tiene|está)|claro)[,!:. ].{0,60}\b(?:e-?mail|draft|message|version|nachricht|entwurf|message|brouillon|correo|borrador|mensaje)\b/i,
  /^\s*(?:subject|betreff|objet|asunto|subject line)\s*:/im,
  /\b(?:system prompt|my instructions|the prompt|your instructions|as instructed|per your instructions|the facts (?:say|provided|given)|provided facts|based on the (?:facts|information|data) (?:provided|given)|word count|knowledge cutoff|training data)\b/i,
  /\b(?:let me know if you(?:['’]d| would) like (?:me to )?(?:any )?(?:changes|revise|adjust|a different version|modif))/i,
  /\bfact(?:s)? f?\d+\b|\(f\d{1,3}\)|\[[fs]\d{1,3}\]/i,
].map(wholeWords)

const MARKUP: [RegExp, string][] = [
  [
    /<\/?(?:p|br|div|span|a|b|i|u|strong|em|ul|ol|li|h[1-6]|table|tr|td|img|html|body|head|style|script|font|hr|blockquote)\b[^<>]*>/i,
    'an HTML tag',
  ],
  [/&(?:nbsp|amp|lt|gt|quot|#\d{2,5}|#x[0-9a-f]{2,5});/i, 'an HTML entity'],
  [/(?<![\p{L}\p{N}*])\*\*[^*\n]{1,200}\*\*|(?<![\p{L}\p{N}_])__[^_\n]{1,200}__(?![\p{L}\p{N}])/u, 'Markdown bold'],
  [/\[[^\]\n]{1,120}\]\((?:https?:|www\.|\/|#|mailto:)[^)\n]*\)/i, 'a Markdown link'],
  [/^#{1,6} \S/m, 'a Markdown heading'],
  [/```|^~~~/m, 'a code fence'],
  [/^\s*\|.+\|.+\|\s*$/m, 'a Markdown table'],
]

const PRESSURE = wholeWords(
  /\b(?:act now|last chance|limited[- ]time|offer (?:ends|expires)|expires (?:today|soon|tonight)|before it['’]?s too late|don['’]?t miss|(?<!\bno )hurry|only \d+ (?:spots?|places?|seats?|days?) left|urgent(?:ly)?|immediately|respond (?:asap|today|now)|asap|you must|you need to|you have to act|final notice|jetzt (?:zuschlagen|handeln|sichern)|nur noch heute|letzte chance|nur für kurze zeit|dringend|sofort (?:handeln|antworten)|verpassen sie nicht|agissez maintenant|dernière chance|offre limitée|ne manquez pas|dépêchez-vous|urgent|avant qu['’]il ne soit trop tard|actúe (?:ahora|ya)|última oportunidad|oferta limitada|no se lo pierda|date prisa|dese prisa|urgente)\b/giu,
)
const FLATTERY = wholeWords(
  /\b(?:(?:truly |really |very |so |incredibly )?(?:impressive|impressed|amazed|blown away|inspiring|inspired|in awe)(?: by)?|huge fan|big fan|love what you(?:['’]re| are)? (?:doing|building)|amazing (?:work|job|company|journey)|incredible (?:work|journey|growth)|(?:your|the) outstanding|thought leader|visionary|game[- ]changer|beeindruck\w+|begeister(?:t|nd)\w*|fantastische arbeit|großartige arbeit|großer fan|impressionn\w+|admirati(?:f|ve|on)|formidable (?:travail|parcours)|très inspirant\w*|impresionad[oa]|impresionante|admirable|increíble (?:trabajo|trayectoria)|gran trabajo)\b/giu,
)

/** What tells the reader what to do where there is no question mark, or that nothing need be done. */
const ASKS = wholeWords(
  /\b(?:let me know|tell me|reply|answer|no need|antwort\w*|sagen sie|geben sie|melde\w*|réponse|répond\w+|dites|respuesta|respond\w+|diga|dígame|leave it (?:here|at this)|belasse es dabei|en reste là|lo dejo aquí|a (?:plain )?no is|nein genügt|un (?:simple )?non|con un no|last (?:time|message|note)|where to find me|wo ich zu finden|où me trouver|dónde encontrarme|no more from me|kommt von mir nichts|n['’]écrirai plus|no (?:le|te) escribiré)\b/iu,
)

const SIGN_OFF =
  /\n\s*(?:best(?: regards| wishes)?|kind regards|warm regards|regards|cheers|sincerely|yours(?: sincerely| truly)?|thanks|many thanks|mit freundlichen grüßen|(?:viele|beste|liebe|freundliche) grüße|mfg|cordialement|bien cordialement|bien à vous|salutations|un (?:cordial )?saludo|saludos(?: cordiales)?|atentamente)[,.!]?\s*(?:\n.{0,80}){0,5}\s*$/iu

const MUCH_ALIKE = 0.75

export const CHECKS: readonly Check[] = [
  {
    name: 'subject_length',
    weight: 1,
    fine: 'The subject has a length that is shown whole.',
    find: ({ subject, subject_words }) => {
      if (subject === '') return blocking('The subject is empty.')
      if (/\n/.test(subject)) return blocking('The subject has more than one line.')
      if (subject.length > 150)
        return blocking(`The subject has ${subject.length} characters; most programs show about 70.`)
      if (subject.length > 78)
        return remark(`The subject has ${subject.length} characters; most programs show about 70.`)
      return subject_words.length > 12 ? remark(`The subject has ${subject_words.length} words.`) : null
    },
  },
  {
    name: 'body_length',
    weight: 2,
    fine: 'The body has a length that is read.',
    find: ({ body, body_words }) => {
      const words = body_words.length
      if (words === 0) return blocking('The body is empty.')
      if (words > 350 || body.length > 3_500)
        return blocking(`The body has ${words} words; a first message of more than 200 is not read.`)
      if (words > 220) return remark(`The body has ${words} words; a first message of more than 200 is rarely read.`)
      return words < 8 ? remark(`The body has ${words} words, which says nothing yet.`) : null
    },
  },
  {
    name: 'links',
    weight: 1,
    fine: 'There are no more links than a letter bears.',
    find: (draft) => {
      if (!mayHaveLink(draft.text)) return null
      const links = draft.text.match(LINK) ?? []
      const shortened = links.find((link) => SHORTENER.test(link))
      if (shortened)
        return blocking(`A shortened link hides where it leads ${where(draft, shortened)}: ${short(shortened)}.`)
      const address = links.find((link) => /^https?:\/\/(?:\d{1,3}\.){3}\d{1,3}/.test(link))
      if (address) return blocking(`A link leads to a bare address ${where(draft, address)}: ${short(address)}.`)
      if (links.length > 3) return blocking(`There are ${links.length} links; one is enough.`)
      if (LINK.test(draft.subject)) return remark('There is a link in the subject.')
      return links.length > 1 ? remark(`There are ${links.length} links; one is enough.`) : null
    },
  },
  {
    name: 'spam_words',
    weight: 2,
    fine: 'No wording that filters look for.',
    find: (draft) => {
      const text = draft.folded_text
      if (!mayHaveSpamWords(text)) return null
      const found = SPAM_WORDS.flatMap(([pattern, weight]) => {
        const hit = pattern.exec(text)
        return hit ? [{ word: hit[0], weight: weight * (pattern.test(fold(draft.subject)) ? 1.5 : 1) }] : []
      })
      const weight = found.reduce((sum, each) => sum + each.weight, 0)
      if (weight < 2) return null
      const named = found.map(({ word }) => `“${short(word, 30)}”`).join(', ')
      return weight >= 4
        ? blocking(`This reads like advertising to filters: ${named}.`)
        : remark(`Filters look for such words: ${named}.`)
    },
  },
  {
    name: 'placeholders',
    weight: 3,
    fine: 'No variable and no placeholder is left.',
    find: (draft) => {
      for (const pattern of PLACEHOLDERS) {
        const found = pattern.exec(draft.text)?.[0]
        if (found && !draft.known.includes(fold(found)))
          return blocking(`A placeholder was left ${where(draft, found)}: ${short(found)}`)
      }
      return null
    },
  },
  {
    name: 'lead_name',
    weight: 3,
    fine: 'The greeting fits the lead.',
    find: (draft) => {
      const line = draft.body.split('\n').find((each) => each.trim() !== '') ?? ''
      const greeted = firstIn(GREETING, line)?.[1]?.trim() ?? ''
      if (greeted === '' || occursIn(NO_NAME_IN_GREETING, greeted)) return null
      // A long "greeting" is a sentence: `Good morning from Berlin`.
      const words = greeted.split(/\s+/).filter((word) => !TITLES.test(word))
      if (
        words.length === 0 ||
        words.length > 5 ||
        !words.every(
          (word) =>
            /^\p{Lu}/u.test(word) ||
            /^(?:von|van|de|del|der|la|le|d[aiou]|y|zu|zum|ten|bin|al|el|und|and|et)$/u.test(word) ||
            draft.known.includes(fold(word)) ||
            draft.places.includes(fold(word)),
        )
      ) {
        return words.length > 0 &&
          words.length <= 2 &&
          /^\p{Ll}/u.test(words[0] as string) &&
          draft.lead.first_name &&
          !fold(draft.lead.first_name).includes(fold(words[0] as string))
          ? remark(`The greeting says “${short(greeted)}”, which is not how a name is written.`)
          : null
      }
      const own = fold(
        [draft.lead.first_name, draft.lead.last_name, draft.lead.full_name, draft.lead.company_name]
          .filter(Boolean)
          .join(' '),
      )
      const facts = fold(
        draft.facts
          .filter(
            ({ about, field }) => about !== 'sender' && field && /name|anrede|salut|company|firma|contact/i.test(field),
          )
          .map(({ text }) => text)
          .join(' '),
      )
      const stray = words.find((word) => {
        const plain = fold(word).replace(/[.'’]+$/, '')
        return (
          plain.length > 1 &&
          !/^(?:von|van|de|del|der|la|le|team|zu|zum|ten|bin|al|el|und|and|et|y)$/.test(plain) &&
          !containsWord(`${own} ${facts}`, plain)
        )
      })
      if (!stray) return null
      const real = draft.lead.first_name || draft.lead.full_name
      return blocking(
        `The greeting says “${short(greeted)}”, but the lead ${real ? `is ${short(real)}` : 'has no such name'}.`,
      )
    },
  },
  {
    name: 'company_name',
    weight: 3,
    fine: 'No company is named that no fact knows.',
    find: (draft) => {
      for (const [, name = ''] of matchesOf(COMPANY_WITH_FORM, draft.body)) {
        const bare = name.replace(
          /^(?:(?:At|For|With|To|Bei|Für|Von|Die|Der|Chez|Pour|La|Le|En|Para|De|The|And|Und|Et) )+/u,
          '',
        )
        if (bare !== '' && !isKnownName(draft, bare))
          return blocking(`“${short(bare)}” is a company that stands in no fact (${where(draft, name)}).`)
      }
      // Which language it is takes longer to tell than that no name follows in any.
      if (!occursIn(COMPANY_AFTER.de, draft.body) && !occursIn(COMPANY_AFTER.other, draft.body)) return null
      for (const [, name = ''] of matchesOf(
        draft.detected === 'de' ? COMPANY_AFTER.de : COMPANY_AFTER.other,
        draft.body,
      )) {
        const bare = name.replace(/[.,'’]+$/, '').replace(/['’]s$/, '')
        if (!isKnownName(draft, bare))
          return blocking(`“${short(bare)}” is a company or place that stands in no fact (${where(draft, name)}).`)
      }
      return null
    },
  },
  {
    name: 'claims',
    weight: 4,
    fine: 'Every claim that a rule can see is carried by a fact.',
    find: (draft) => {
      const numbers = strayNumbers(draft)
      if (numbers[0] !== undefined)
        return blocking(
          `The figure ${numbers
            .slice(0, 3)
            .map((figure) => `“${figure}”`)
            .join(', ')} stands in no fact (${where(draft, numbers[0])}).`,
        )
      for (const [, quote = ''] of matchesOf(QUOTE, draft.body)) {
        const plain = lettersOnly(fold(quote)).trim()
        if (wordsOf(plain).length >= 3 && !draft.plain_known.includes(plain))
          return blocking(`The quotation “${short(quote)}” stands in no fact (${where(draft, quote)}).`)
      }
      // Most letters say none of this anywhere, which takes one look at the whole and not one at each sentence.
      if (!CLAIMS.some((pattern) => occursIn(pattern, draft.body))) return null
      for (const sentence of draft.sentences) {
        if (occursIn(CONGRATULATION, sentence) && !isCarried(draft, sentence))
          return blocking(`It congratulates on something that stands in no fact: “${short(sentence, 90)}”.`)
        if (occursIn(PERCEPTION, sentence) && !isCarried(draft, sentence))
          return blocking(`It claims to have seen or read what stands in no fact: “${short(sentence, 90)}”.`)
        for (const [news] of matchesOf(NEWS_OF_THEM, sentence))
          if (!isNewsCarried(draft, news))
            return blocking(`It speaks of news that stands in no fact: “${short(news)}”.`)
        if (
          occursIn(MEETING, sentence) &&
          !draft.facts.some(
            ({ about, text, source }) =>
              about === 'correspondence' || (about !== 'sender' && FIRST_HAND.has(source.kind) && occursIn(MET, text)),
          )
        )
          return blocking(`It speaks of a meeting or a request that stands in no fact: “${short(sentence, 90)}”.`)
        for (const match of matchesOf(REFERENCE, sentence)) {
          const names = sentence.slice(match.index + match[0].length).match(ANY_NAME_WORD) ?? []
          const stray = draft.detected === 'de' ? undefined : names.find((name) => !isKnownName(draft, name))
          if (stray) return blocking(`“${short(stray)}” is named as a customer and stands in no fact.`)
        }
      }
      return null
    },
  },
  {
    name: 'names',
    weight: 1,
    fine: 'Every name in the text stands in a fact.',
    find: (draft) => {
      // The greeting has a check of its own.
      for (const sentence of draft.sentences.filter((each) => !occursIn(GREETING, each))) {
        const stray = [...matchesOf(NAME_INSIDE, sentence)]
          .map(([name]) => name.replace(/[.,'’]+$/, ''))
          .find((name) => name.length > 2 && !/^I['’]/.test(name) && !isKnownName(draft, name))
        // In German every noun has a capital, so there names cannot be told.
        if (stray && draft.detected === 'de') return null
        if (stray) return remark(`“${short(stray)}” stands in no fact (${where(draft, stray)}).`)
      }
      return null
    },
  },
  {
    name: 'language',
    weight: 3,
    fine: 'The language is the one asked for.',
    find: (draft) => {
      const asked = draft.language?.toLowerCase().split(/[-_]/)[0]
      if (!asked) return null
      const found = draft.language_of_body
      if (!found || familyOf(found.language) === familyOf(asked)) return null
      const message = `The body is in ${nameOf(found.language)}; asked for was ${nameOf(asked)}.`
      return found.confidence >= 0.4 && canTell(asked) ? blocking(message) : remark(message)
    },
  },
  {
    name: 'shouting',
    weight: 2,
    fine: 'The tone is calm.',
    find: (draft) => {
      const loud = [...draft.subject_words, ...draft.body_words].filter(
        (word) => word.length > 3 && /^\p{Lu}[\p{Lu}'’-]+$/u.test(word) && !draft.known.includes(fold(word)),
      )
      const marks = draft.text.match(/!/g)?.length ?? 0
      if (/[!?]{3}|!!/.test(draft.text) || marks > 3) return blocking(`There are ${marks} exclamation marks.`)
      if (loud.length > 2) return blocking(`Words are shouted: ${loud.slice(0, 4).join(', ')}.`)
      if (loud.length > 1) return remark(`Words are shouted: ${loud.join(', ')}.`)
      if (marks > 1 || /!/.test(draft.subject))
        return remark(
          `There ${marks === 1 ? 'is an exclamation mark in the subject' : `are ${marks} exclamation marks`}.`,
        )
      const pictures =
        draft.text.match(/\p{Extended_Pictographic}/gu)?.filter((sign) => !/[\d#*©®™]/.test(sign)).length ?? 0
      return pictures > 1 ? remark(`There are ${pictures} emoji.`) : null
    },
  },
  {
    name: 'pressure',
    weight: 2,
    fine: 'Nobody is pressed.',
    find: (draft) => {
      const found = [...matchesOf(PRESSURE, draft.text)]
        .map(([words]) => words)
        .filter((words) => !draft.known.includes(fold(words)))
      if (found.length === 0) return null
      const message = `It presses the reader: ${found
        .slice(0, 3)
        .map((words) => `“${words}”`)
        .join(', ')}.`
      return found.length > 1 ? blocking(message) : remark(message)
    },
  },
  {
    name: 'flattery',
    weight: 1,
    fine: 'Nobody is flattered.',
    find: (draft) => {
      const found = [...matchesOf(FLATTERY, draft.body)].map(([words]) => words)
      return found.length
        ? remark(
            `Praise that says nothing: ${found
              .slice(0, 3)
              .map((words) => `“${words.trim()}”`)
              .join(', ')}.`,
          )
        : null
    },
  },
  {
    name: 'fake_reply',
    weight: 2,
    fine: 'The subject does not pose as a reply.',
    find: ({ subject, earlier }) => {
      const fake = /^\s*(?:re|aw|fwd?|wg|tr|rv|sv|vs|antw|ref)\s*:\s*/i.exec(subject)
      if (!fake) return null
      const rest = fold(subject.slice(fake[0].length))
      return earlier.some((each) => fold(each.subject).endsWith(rest))
        ? null
        : blocking(`The subject begins with “${fake[0].trim()}”, and nothing is being answered.`)
    },
  },
  {
    name: 'duplicate',
    weight: 3,
    fine: 'It is not a copy of an earlier draft.',
    find: ({ body, folded_body, lead, earlier }) => {
      if (earlier.length === 0) return null
      const own = [lead.first_name, lead.last_name, lead.full_name, lead.company_name, lead.city, lead.title].map(
        (value) => fold(value ?? ''),
      )
      const most = greatestLikeness(body, folded_body, earlier, own, MUCH_ALIKE)
      const percent = Math.round(most * 100)
      if (most >= 0.9) return blocking(`It is the same text as an earlier draft (${percent} % alike).`)
      return most >= MUCH_ALIKE ? remark(`It is much like an earlier draft (${percent} % alike).`) : null
    },
  },
  {
    name: 'leak',
    weight: 3,
    fine: 'Nothing of the writing itself is in the text.',
    find: (draft) => {
      for (const pattern of LEAKS) {
        const found = firstIn(pattern, draft.body)?.[0]
        if (found)
          return blocking(
            `This belongs to the writing, not to the message (${where(draft, found)}): “${short(found)}”.`,
          )
      }
      const mine = draft.plain_body
      for (const fact of draft.facts) {
        if (fact.about === 'sender' || !looksLikeOrder(fact.text)) continue
        const hit = repeatedRun(wordsInLines(fact.text), mine, 5)
        if (hit) return blocking(`It repeats an order that somebody has put into a fact: “${short(fact.text)}”.`)
      }
      const told = repeatedRun(wordsToKeep(draft.prompt), mine, 8, (run) => !draft.plain_known.includes(run))
      return told ? blocking(`It repeats the words of the prompt: “${short(told)}”.`) : null
    },
  },
  {
    name: 'markup',
    weight: 2,
    fine: 'It is plain text.',
    find: (draft) => {
      for (const [pattern, what] of MARKUP) {
        const found = pattern.exec(draft.text)?.[0]
        if (found) return blocking(`There is ${what} ${where(draft, found)}: ${short(found)}`)
      }
      return null
    },
  },
  {
    name: 'sign_off',
    weight: 1,
    fine: 'The signature is left to the sending.',
    find: ({ body }) => (SIGN_OFF.test(body) ? remark('It is signed; the signature is added when it is sent.') : null),
  },
  {
    name: 'question',
    weight: 1,
    fine: 'The reader knows what to do.',
    find: ({ body }) =>
      /[?？]/.test(body) || occursIn(ASKS, body)
        ? null
        : remark('It asks nothing, so that the reader does not know what to do.'),
  },
]

const languageNames = new Intl.DisplayNames('en', { type: 'language', fallback: 'code' })
const nameOf = (code: string): string => {
  try {
    return languageNames.of(code) ?? code
  } catch {
    return code
  }
}
