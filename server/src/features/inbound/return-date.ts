/**
 * Month names by their first letters, in the languages this product reads. Each entry is a stem: what follows it up to
 * the end of the word is inflection ("märz", "marca", "марта").
 */
const MONTH_STEMS: readonly (readonly [number, string])[] = [
  [
    1,
    'jan|januar|janvier|enero|ene|gennaio|genn|janeiro|tammikuu|tammi|stycz|leden|ledna|lednu|ocak|январ|янв|januári|janúar|ianuarie|січн|ιανουαρ',
  ],
  [
    2,
    'feb|februar|february|febbraio|februari|febr|février|fevrier|févr|fevr|fév|fevereiro|fev|helmikuu|helmi|lut|únor|únor|šubat|şubat|subat|феврал|фев|лют|φεβρ',
  ],
  [
    3,
    'mar|march|mär|märz|maerz|mrz|mars|marzo|março|marco|maart|mrt|maaliskuu|maalis|marz|marc|břez|brez|mart|март|мар|márc|берез|μάρτ|μαρτ',
  ],
  [4, 'apr|april|avril|avr|abril|abr|aprile|huhtikuu|huhti|kwie|dub|nisan|апрел|апр|ápr|квіт|απρ'],
  [
    5,
    'may|mai|maj|mayo|maggio|magg|mag|maio|mei|toukokuu|touko|maja|květ|kvet|mayıs|mayis|май|мая|máj|трав|μαΐ|μάι|μαι',
  ],
  [6, 'jun|juni|juin|junio|giugno|giu|junho|kesäkuu|kesa|kesä|czerw|červn|června|červen|haziran|июн|jún|черв|ιουν'],
  [
    7,
    'jul|juli|juil|juillet|julio|luglio|lug|julho|heinäkuu|heinä|lip|červenec|července|červenci|temmuz|июл|júl|лип|ιουλ',
  ],
  [8, 'aug|august|augusti|augustus|août|aout|agosto|ago|ag|elokuu|elo|sierp|srp|ağustos|agustos|август|авг|серп|αυγ'],
  [9, 'sep|sept|set|septiembre|settembre|setembro|syyskuu|syys|wrz|září|zari|eylül|eylul|сентябр|сен|szept|верес|σεπτ'],
  [
    10,
    'oct|okt|oktober|oktobra|ott|out|oktober|octobre|octubre|ottobre|outubro|lokakuu|loka|paźdz|pazdz|říj|rij|ekim|октябр|окт|жовт|οκτ',
  ],
  [11, 'nov|november|noviembre|novembre|novembro|marraskuu|marras|listopada|kasım|kasim|ноябр|ноя|νοε'],
  [
    12,
    'dec|dez|déc|dic|december|dezember|décembre|diciembre|dicembre|dezembro|joulukuu|joulu|grud|prosin|aralık|aralik|декабр|дек|груд|δεκ',
  ],
]

/** Words that are not what their stem suggests: "listopad" is November in Polish and October in Croatian; Polish wins. */
const MONTH_EXACT: Readonly<Record<string, number>> = {
  listopad: 11,
  listopadu: 11,
  listopadzie: 11,
  cze: 6,
  červen: 6,
  června: 6,
  červnu: 6,
  červenec: 7,
  července: 7,
  červenci: 7,
  kis: 11,
}

const MONTHS_BY_STEM = MONTH_STEMS.flatMap(([month, stems]) =>
  stems.split('|').map((stem) => [stem, month] as const),
).sort((a, b) => b[0].length - a[0].length)

function monthOf(word: string): number | null {
  const lower = word.toLowerCase().replace(/\.$/, '')
  const exact = MONTH_EXACT[lower]
  if (exact !== undefined) return exact
  for (const [stem, month] of MONTHS_BY_STEM) {
    if (!lower.startsWith(stem)) continue
    // A short stem must be nearly the whole word, or "mars" would be read out of "marketing" and "set" out of "setting".
    const rest = lower.length - stem.length
    if (rest === 0 || (stem.length >= 4 && rest <= 5) || (stem.length === 3 && rest <= 2 && /^[\p{L}]+$/u.test(lower)))
      return month
  }
  return null
}

const WEEKDAYS: readonly (readonly [number, RegExp])[] = [
  [
    1,
    /^(?:monday|mon|montag|lundi|lunes|lunedì|lunedi|segunda(?:-feira)?|maandag|måndag|mandag|maanantai\p{L}*|poniedział\p{L}*|pondělí|pazartesi|понедельник\p{L}*|月曜日?|星期一|周一|월요일)$/u,
  ],
  [
    2,
    /^(?:tuesday|tue|tues|dienstag|mardi|martes|martedì|martedi|terça(?:-feira)?|dinsdag|tisdag|tirsdag|tiistai\p{L}*|wtor\p{L}*|úterý|salı|вторник\p{L}*|火曜日?|星期二|周二|화요일)$/u,
  ],
  [
    3,
    /^(?:wednesday|wed|mittwoch|mercredi|miércoles|mercoledì|mercoledi|quarta(?:-feira)?|woensdag|onsdag|keskiviik\p{L}*|środ\p{L}*|střed\p{L}*|çarşamba|сред\p{L}*|水曜日?|星期三|周三|수요일)$/u,
  ],
  [
    4,
    /^(?:thursday|thu|thurs|donnerstag|jeudi|jueves|giovedì|giovedi|quinta(?:-feira)?|donderdag|torsdag|torstai\p{L}*|czwart\p{L}*|čtvrtek|perşembe|четверг\p{L}*|木曜日?|星期四|周四|목요일)$/u,
  ],
  [
    5,
    /^(?:friday|fri|freitag|vendredi|viernes|venerdì|venerdi|sexta(?:-feira)?|vrijdag|fredag|perjantai\p{L}*|piąt\p{L}*|pátek|cuma|пятниц\p{L}*|金曜日?|星期五|周五|금요일)$/u,
  ],
  [
    6,
    /^(?:saturday|samstag|sonnabend|samedi|sábado|sabato|zaterdag|lördag|lørdag|lauantai\p{L}*|sobot\p{L}*|sobota|cumartesi|суббот\p{L}*|土曜日?|星期六|周六|토요일)$/u,
  ],
  [
    7,
    /^(?:sunday|sonntag|dimanche|domingo|domenica|zondag|söndag|søndag|sunnuntai\p{L}*|niedziel\p{L}*|neděl\p{L}*|pazar|воскресень\p{L}*|日曜日?|星期日|周日|일요일)$/u,
  ],
]

const WEEKDAY_WORD =
  '(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|wed|thur?s?|fri|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo|luned[iì]|marted[iì]|mercoled[iì]|gioved[iì]|venerd[iì]|sabato|domenica|segunda(?:-feira)?|terça(?:-feira)?|quarta(?:-feira)?|quinta(?:-feira)?|sexta(?:-feira)?|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag|mandag|tirsdag|lørdag|søndag|maanantai\\p{L}*|tiistai\\p{L}*|keskiviik\\p{L}*|torstai\\p{L}*|perjantai\\p{L}*|poniedział\\p{L}*|wtor\\p{L}*|środ\\p{L}*|czwart\\p{L}*|piąt\\p{L}*|pondělí|úterý|střed\\p{L}*|čtvrtek|pátek|pazartesi|salı|çarşamba|perşembe|cuma|понедельник\\p{L}*|вторник\\p{L}*|сред[ауые]|четверг\\p{L}*|пятниц\\p{L}*)'

interface DateMention {
  date: Temporal.PlainDate
  /** Where the mention, with the weekday before it, begins and ends in the text. */
  start: number
  end: number
}

const NOT_DIGIT_BEFORE = '(?<![\\d\\p{L}.,:/-])'

const FORMS = {
  cjk: /(?:(\d{4})\s*[年년]\s*)?(\d{1,2})\s*[月월]\s*(\d{1,2})\s*(?:[日日号號]|일)/gu,
  iso: new RegExp(`${NOT_DIGIT_BEFORE}(\\d{4})([-/.])(\\d{1,2})\\2(\\d{1,2})(?![\\d])`, 'gu'),
  dayFirst: new RegExp(
    `${NOT_DIGIT_BEFORE}(\\d{1,2})\\.\\s?(\\d{1,2})\\.(?:\\s?(\\d{4}|\\d{2})(?![\\d:]))?(?!\\d)`,
    'gu',
  ),
  dotted: new RegExp(`${NOT_DIGIT_BEFORE}(\\d{1,2})\\.(\\d{1,2})(?:\\.(\\d{4}|\\d{2}))?(?![\\d.:%])`, 'gu'),
  slashed: new RegExp(`${NOT_DIGIT_BEFORE}(\\d{1,2})([/-])(\\d{1,2})(?:\\2(\\d{4}|\\d{2}))?(?![\\d/-])`, 'gu'),
  dayMonth: new RegExp(
    `${NOT_DIGIT_BEFORE}(\\d{1,2})(?:st|nd|rd|th|er|ère|º|ª|°|\\.|:a|:e|-го|-е|а)?\\s{1,2}(?:of\\s|de\\s|d[’'])?(\\p{L}{3,14})\\.?(?:,?\\s{1,2}(?:de\\s|del\\s|of\\s)?(\\d{4})(?!\\d))?`,
    'giu',
  ),
  monthDay:
    /(?<![\p{L}\d])(\p{L}{3,12})\.?\s{1,2}(?:the\s)?(\d{1,2})(?:st|nd|rd|th)?(?!\d|[.:]\d)(?:,?\s{1,2}(\d{4})(?!\d))?/giu,
} as const

function toDate(year: number, month: number, day: number): Temporal.PlainDate | null {
  try {
    return Temporal.PlainDate.from({ year, month, day }, { overflow: 'reject' })
  } catch {
    return null
  }
}

/**
 * A date without a year is the one nearest to today, up to two months back: an old automatic answer that still says
 * "back on 2 January" on the fifth means this January, not next year's.
 */
function completeYear(today: Temporal.PlainDate, month: number, day: number): Temporal.PlainDate | null {
  for (const year of [today.year - 1, today.year, today.year + 1]) {
    const date = toDate(year, month, day)
    if (date && Temporal.PlainDate.compare(date, today.subtract({ days: 60 })) > 0) return date
  }
  return null
}

function withYear(
  today: Temporal.PlainDate,
  year: string | undefined,
  month: number,
  day: number,
): Temporal.PlainDate | null {
  if (month < 1 || month > 12 || day < 1 || day > 31) return null
  if (year === undefined) return completeYear(today, month, day)
  return toDate(year.length === 2 ? 2000 + Number(year) : Number(year), month, day)
}

/** 03/04 is 3 April almost everywhere and 4 March in the United States: of two possible days the nearer one ahead wins. */
function slashedDate(
  today: Temporal.PlainDate,
  first: string,
  second: string,
  year: string | undefined,
): Temporal.PlainDate | null {
  const dayFirst = withYear(today, year, Number(second), Number(first))
  const monthFirst = withYear(today, year, Number(first), Number(second))
  if (!dayFirst || !monthFirst) return dayFirst ?? monthFirst
  const ahead = [dayFirst, monthFirst]
    .filter((date) => Temporal.PlainDate.compare(date, today) >= 0)
    .sort(Temporal.PlainDate.compare)
  return ahead[0] ?? dayFirst
}

function findDates(text: string, today: Temporal.PlainDate): DateMention[] {
  const found: DateMention[] = []
  const add = (date: Temporal.PlainDate | null, start: number, end: number): void => {
    if (date === null || found.some((other) => start < other.end && end > other.start)) return
    found.push({ date, start, end })
  }
  for (const m of text.matchAll(FORMS.cjk))
    add(withYear(today, m[1], Number(m[2]), Number(m[3])), m.index, m.index + m[0].length)
  for (const m of text.matchAll(FORMS.iso))
    add(withYear(today, m[1], Number(m[3]), Number(m[4])), m.index, m.index + m[0].length)
  for (const m of text.matchAll(FORMS.dayMonth)) {
    const month = monthOf(m[2] as string)
    if (month !== null) add(withYear(today, m[3], month, Number(m[1])), m.index, m.index + m[0].length)
  }
  for (const m of text.matchAll(FORMS.monthDay)) {
    const month = monthOf(m[1] as string)
    if (month !== null) add(withYear(today, m[3], month, Number(m[2])), m.index, m.index + m[0].length)
  }
  for (const m of text.matchAll(FORMS.dayFirst))
    add(withYear(today, m[3], Number(m[2]), Number(m[1])), m.index, m.index + m[0].length)
  for (const m of text.matchAll(FORMS.dotted))
    add(withYear(today, m[3], Number(m[2]), Number(m[1])), m.index, m.index + m[0].length)
  for (const m of text.matchAll(FORMS.slashed))
    add(slashedDate(today, m[1] as string, m[3] as string, m[4]), m.index, m.index + m[0].length)
  // The weekday written before a date belongs to it: "until Monday, 3 March".
  const weekdayBefore = new RegExp(
    `${WEEKDAY_WORD}\\s{0,2}[,.]?\\s{1,2}(?:the\\s|den\\s|dem\\s|der\\s|le\\s|el\\s|il\\s|dia\\s|de\\s|d\\.\\s)?$`,
    'iu',
  )
  for (const mention of found) {
    const before = weekdayBefore.exec(text.slice(Math.max(0, mention.start - 40), mention.start))
    if (before) mention.start -= before[0].length
  }
  return found.sort((a, b) => a.start - b.start)
}

function nextWeekday(today: Temporal.PlainDate, weekday: number): Temporal.PlainDate {
  return today.add({ days: (weekday - today.dayOfWeek + 7) % 7 || 7 })
}

function findRelative(text: string, today: Temporal.PlainDate, taken: readonly DateMention[]): DateMention[] {
  const found: DateMention[] = []
  const free = (start: number, end: number): boolean => !taken.some((other) => start < other.end && end > other.start)
  for (const m of text.matchAll(
    new RegExp(`(?<![\\p{L}\\d])(?:next |nächsten |kommenden |am )?(${WEEKDAY_WORD})(?![\\p{L}\\d])`, 'giu'),
  )) {
    const weekday = WEEKDAYS.find(([, pattern]) => pattern.test((m[1] as string).toLowerCase()))
    const start = m.index + m[0].length - (m[1] as string).length
    if (weekday && free(start, m.index + m[0].length)) {
      found.push({ date: nextWeekday(today, weekday[0]), start, end: m.index + m[0].length })
    }
  }
  for (const m of text.matchAll(
    /(?<![\p{L}\d])(?:tomorrow|morgen|demain|mañana|domani|amanhã|imorgon|i morgon|i morgen|jutro|yarın|завтра|明日|明天|내일)(?![\p{Script=Latin}\p{Script=Cyrillic}])/giu,
  )) {
    if (free(m.index, m.index + m[0].length))
      found.push({ date: today.add({ days: 1 }), start: m.index, end: m.index + m[0].length })
  }
  for (const m of text.matchAll(
    /(?<![\p{L}\d])(?:next week|nächste[rn]? woche|la semaine prochaine|la próxima semana|la prossima settimana|próxima semana|volgende week|nästa vecka|næste uge|neste uke)(?!\p{L})/giu,
  )) {
    found.push({ date: nextWeekday(today, 1), start: m.index, end: m.index + m[0].length })
  }
  return found
}

const UNTIL_BEFORE =
  /(?:\b(?:until|till|'til|til|through|thru|up to|untill|to|and|between .{1,30} and)|\bbis(?: (?:einschlie(?:ß|ss)lich|inkl(?:usive|\.)?|zum|und mit))*|\bjusqu['’]?(?:au|à|aux|en)?|\bau|\bhasta(?: el)?|\bal|\bfino a(?:l|lla|d)?|\bsino al?|\baté(?: (?:o )?(?:dia)?| a)?|\bao|\ba|\btot(?: en met)?|\bt\/m|\bt\.o\.m\.?|\btill och med|\btil og med|\bt\.o\.m|\bfrem til|\bdo|\baż do|\bpo|(?<!\p{L})(?:до|по)|至|到|~|～|〜|[–—-])\s*(?:and including|incl(?:usive|\.)?|einschlie(?:ß|ss)lich|inklusive|inclus|inclusive|zum|den|dem|der|the|le|el|il|o|dia|dnia|de|d\.)?\s*$/iu
const UNTIL_AFTER =
  /^\s*(?:\([^)]{1,12}\)\s*)?(?:まで|迄|까지|(?:['’]?\p{L}{0,3}\s)?(?:tarihine )?kadar|asti|saakka|(?:inclusive|einschlie(?:ß|ss)lich|inklusive|inclus\b|incluido))/iu
const START_BEFORE =
  /(?:\b(?:from|since|starting|as of|beginning|effective)|\b(?:vom|seit|ab)(?: dem)?|\b(?:du|depuis(?: le)?|à (?:partir|compter) du)|\b(?:del?|desde(?: el)?)|\bdal(?:l['’])?|\b(?:desde|de)(?: o dia)?|\bvan(?:af)?|\b(?:från(?: och med)?|fra(?: og med)?|f\.r\.o\.m\.?|fr\.o\.m\.?)|\bod(?: dnia)?|(?<!\p{L})с|从|自)\s*(?:the|den|dem|le|el|il|dia|on)?\s*$/iu
const RANGE_AFTER =
  /^\s*(?:\([^)]{1,12}\)\s*)?(?:から|부터|至|到|~|～|〜|–|—|-|bis\b|to\b|until\b|till\b|through\b|au\b|al\b|hasta\b|até\b|tot\b|t\/m|til\b|по(?!\p{L})|до(?!\p{L}))/iu
const RETURN_WORDS =
  /(?<!\p{L})(?:back(?! to me)|return(?:ing|s)?|resum(?:e|ing)|again (?:available|reachable)|available again|reachable again|wieder|zurück|zurueck|de retour|retour(?:ne)?|reviens|rentre|reprendrai|joignable (?:à|a) partir|vuelvo|volver[ée]|vuelta|regres\p{L}+|reincorpor\p{L}+|rientr\p{L}+|torn(?:o|erò|erà)|ritorn\p{L}+|di nuovo|volto|voltarei|retorn\p{L}+|regress\p{L}+|de volta|terug|weer (?:bereikbaar|aanwezig)|åter|tillbaka|tilbage|tilbake|igjen|igen|palaan|palaa|takaisin|jälleen|wracam|wrócę|powrot\p{L}*|wróci|ponownie|zpět|vrátím|vrac\p{L}+|opět|dön\p{L}+|tekrar|верн\p{L}+|вновь|возвращ\p{L}+|снова)|(?:復帰|戻り\p{L}*|戻る|出社|出勤|営業(?:を)?(?:再開|開始)|通常営業|返回|回来|回來|恢复|恢復|上班|복귀|돌아\p{L}*|복직|출근)/iu
const STARTS_ABSENCE =
  /(?:on leave|on vacation|on holiday|away|out of|urlaub|abwesend|verreist|absent|congés?|vacaciones|ferie|férias|vakantie|semester|loma|urlop|dovolen|izin|отпуск)/iu

/** "Not back until X" names the day of return itself. */
const NOT_BACK_BEFORE = /(?:\bnot|n['’]t) (?:be )?(?:back|return\p{L}*)|nicht (?:wieder )?zurück/iu

/** The part of the text that belongs to a date: its own sentence, cut at line breaks and at full stops after a word. */
function around(text: string, start: number, end: number): { before: string; after: string } {
  const before = text.slice(Math.max(0, start - 140), start)
  const after = text.slice(end, end + 90)
  const cut = Math.max(before.lastIndexOf('\n\n'), before.lastIndexOf('。'), lastSentenceEnd(before))
  const stop = after.search(/\n\n|。|[.!?](?:\s+\p{Lu}|\s*$)/u)
  return { before: before.slice(cut < 0 ? 0 : cut + 1), after: stop < 0 ? after : after.slice(0, stop) }
}

function lastSentenceEnd(text: string): number {
  let last = -1
  // A full stop after a digit is part of a German date or an ordinal more often than the end of a sentence.
  for (const match of text.matchAll(/(?<=\p{L}{2}|\))[.!?](?=\s+[\p{Lu}\p{Lo}])/gu)) last = match.index
  return last
}

/**
 * The first day somebody is back, as YYYY-MM-DD, from the usual written forms in many languages; undefined where the
 * text names none. `now` is an instant; days are counted in UTC. "Until X" means X is still away, so the next day is
 * returned; "back on X" is X itself. A day that is past (an old notice) or more than 400 days ahead is undefined.
 * Where several days are named, an explicit day of return wins, then the latest end of an absence.
 */
export function readReturnDate(text: string, now: Temporal.Instant): string | undefined {
  const source = text
    .slice(0, 6000)
    .normalize('NFC')
    .replace(/[\u00a0\u2007\u202f]/g, ' ')
    .replace(/[ \t]+/g, ' ')
  const today = now.toZonedDateTimeISO('UTC').toPlainDate()
  const absolute = findDates(source, today)
  const mentions = [...absolute, ...findRelative(source, today, absolute)]
  const returns: Temporal.PlainDate[] = []
  const ends: Temporal.PlainDate[] = []
  for (const { date, start, end } of mentions) {
    const { before, after } = around(source, start, end)
    const nearBefore = before.slice(-45)
    const startsRange = RANGE_AFTER.test(after) && !UNTIL_AFTER.test(after)
    if (startsRange && !UNTIL_BEFORE.test(nearBefore)) continue
    const returnBefore = RETURN_WORDS.test(before)
    // A word of return between this date and another one belongs to the other: "from 3 August, will return 10 August".
    const next = mentions.some((other) => other.start >= end && other.start < end + Math.min(after.length, 60))
    const returnAfter = !next && RETURN_WORDS.test(after.slice(0, 60))
    const isStart = START_BEFORE.test(nearBefore)
    const explicitUntil = UNTIL_AFTER.test(after) || EXPLICIT_UNTIL.test(nearBefore)
    if (explicitUntil && !NOT_BACK_BEFORE.test(before)) ends.push(date.add({ days: 1 }))
    else if (explicitUntil) returns.push(date)
    else if (
      (returnBefore && !(isStart && STARTS_ABSENCE.test(before) && !returnAfter)) ||
      (returnAfter && !UNTIL_BEFORE.test(nearBefore))
    )
      returns.push(date)
    else if (UNTIL_BEFORE.test(nearBefore) && !isStart) ends.push(date.add({ days: 1 }))
  }
  const limit = today.add({ days: 400 })
  const plausible = (dates: Temporal.PlainDate[]): Temporal.PlainDate | undefined =>
    dates
      .filter((date) => Temporal.PlainDate.compare(date, today) > 0 && Temporal.PlainDate.compare(date, limit) <= 0)
      .sort(Temporal.PlainDate.compare)
      .at(-1)
  return (plausible(returns) ?? plausible(ends))?.toString()
}

/** Words that mean nothing but "until", unlike "to", "a", "al" and the dash, which are also much else. */
const EXPLICIT_UNTIL =
  /(?:\b(?:until|till|'til|untill|through|thru)|\bbis(?: (?:einschlie(?:ß|ss)lich|inkl(?:usive|\.)?|zum|und mit))*|\bjusqu['’]?(?:au|à|aux|en)?|\bhasta(?: el)?|\bfino a(?:l|lla|d)?|\baté(?: (?:o )?(?:dia)?| a)?|\btot(?: en met)?|\bt\/m|\bt\.o\.m\.?|\btill(?: och med)?|\btil(?: og med)?|\b(?:aż )?do(?: dnia)?|(?<!\p{L})(?:до|по))\s*(?:and including|incl(?:usive|\.)?|einschlie(?:ß|ss)lich|inklusive|inclus|inclusive|zum|den|dem|the|le|el|il|o|dia|dnia|de|d\.)?\s*$/iu
