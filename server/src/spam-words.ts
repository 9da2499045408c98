/**
 * Wording that filters and readers take for advertising or fraud, with how much each counts; 2 together are worth a remark.
 * Matched against text in lower case without accents.
 */
export const SPAM_WORDS: readonly (readonly [RegExp, number])[] = [
  // English
  [/\b(?:100 ?% (?:free|guaranteed|satisfied|off)|completely free|absolutely free|free of charge!)/, 2],
  [/\bmoney[- ]back guarantee\b|\brisk[- ]free\b|\bno obligation\b|\bno strings attached\b/, 1.5],
  [/\bguaranteed? (?:results|income|success|leads|roi|meetings)\b|\bresults guaranteed\b/, 2],
  [
    /\b(?:make|earn|save) (?:big |fast |easy |extra )?(?:money|cash)\b|\bget rich\b|\bdouble your (?:income|revenue|sales)\b|\bpassive income\b/,
    2.5,
  ],
  [/\bclick (?:here|below|this link|now)\b/, 1.5],
  [/\b(?:buy|order|call|act|apply|sign up|subscribe|register) now\b/, 1.5],
  [/\blimited[- ]time\b|\boffer expires\b|\bspecial (?:offer|promotion|discount)\b|\bexclusive (?:deal|offer)\b/, 1.5],
  [/\blowest price\b|\bbest price\b|\bcheap(?:est)?\b|\bbargain\b|\bbuy one\b|\bhuge discount\b|\b\d{2} ?% off\b/, 1.5],
  [
    /\bcongratulations,? you(?:'ve| have)? (?:won|been selected)\b|\byou are a winner\b|\bclaim your (?:prize|reward|gift)\b|\bfree gift\b/,
    4,
  ],
  [/\bthis is not spam\b|\bnot (?:a )?scam\b/, 3],
  [/\bviagra\b|\bcialis\b|\bcasino\b|\blottery\b|\bcrypto (?:profits|investment)\b|\bforex\b|\bweight loss\b/, 4],
  [/\bdear (?:friend|sir\/madam|valued customer|beneficiary)\b/, 2],
  [/\bonce[- ]in[- ]a[- ]lifetime\b|\bunbelievable\b|\bmiracle\b|\brevolutionary\b|\bmind[- ]blowing\b/, 1.5],
  [/\b10x\b|\bskyrocket\b|\bexplode your\b|\bsupercharge\b|\bgame[- ]chang\w+\b|\bunleash\b/, 1.5],
  [/\bwire transfer\b|\bbank details\b|\bsocial security number\b|\bconfirm your (?:account|password)\b/, 4],
  // German
  [/\bkostenlos(?:e[rsn]?)? (?:geschenk|angebot)\b|\bgratis\b|\b100 ?% (?:kostenlos|gratis|garantiert)\b/, 1.5],
  [
    /\bgeld[- ]zuruck[- ]garantie\b|\bgarantierte[rnsm]? (?:erfolg|gewinn|umsatz|ergebnis\w*)\b|\brisikofrei\b|\bunverbindlich und kostenlos\b/,
    2,
  ],
  [/\b(?:klicken sie|klick|hier klicken)(?: hier| jetzt)?\b/, 1.5],
  [/\bjetzt (?:zugreifen|kaufen|bestellen|sichern|anmelden|zuschlagen|handeln)\b/, 2],
  [
    /\bnur (?:noch )?(?:heute|fur kurze zeit)\b|\bsonderangebot\b|\bexklusives angebot\b|\bschnappchen\b|\btiefstpreis\w*\b/,
    1.5,
  ],
  [/\bschnell(?:es)? geld\b|\bpassives einkommen\b|\breich werden\b|\bsie haben gewonnen\b|\bgewinnspiel\b/, 3],
  // French
  [/\b100 ?% gratuit\w*\b|\bgratuit(?:ement)? et sans engagement\b|\bcadeau gratuit\b|\bsatisfait ou rembourse\b/, 2],
  [/\bcliquez (?:ici|vite|maintenant)\b|\bagissez (?:vite|maintenant)\b|\bcommandez maintenant\b/, 2],
  [/\boffre (?:exceptionnelle|limitee|speciale|exclusive)\b|\bprix (?:casse|imbattable)s?\b|\bderniere chance\b/, 1.5],
  [
    /\bgagnez? (?:de l'argent|plus d'argent)\b|\brevenus? passifs?\b|\bvous avez gagne\b|\bdevenez riche\b|\bresultats? garantis?\b/,
    3,
  ],
  // Spanish
  [/\b100 ?% gratis\b|\bgratis y sin compromiso\b|\bregalo gratis\b|\bdevolucion garantizada\b|\bsin riesgo\b/, 2],
  [/\bhaga clic\b|\bhaz clic\b|\bpinche aqui\b|\bcompre ahora\b|\bactue ahora\b|\baproveche (?:ahora|ya)\b/, 2],
  [
    /\boferta (?:exclusiva|especial|limitada|irresistible)\b|\bultima oportunidad\b|\bprecio(?:s)? imbatible(?:s)?\b/,
    1.5,
  ],
  [
    /\bgan[ae] dinero\b|\bdinero (?:facil|rapido)\b|\bingresos pasivos\b|\bha ganado un\b|\bresultados garantizados\b|\bhagase rico\b/,
    3,
  ],
  // Italian, Portuguese, Dutch
  [
    /\bclicca qui\b|\bofferta esclusiva\b|\bguadagna(?:re)? (?:soldi|denaro)\b|\bclique aqui\b|\bganhe dinheiro\b|\bklik hier\b|\bgratis cadeau\b|\bverdien geld\b/,
    2.5,
  ],
]

/** The alternatives of a pattern that stand in no group. */
const alternatives = (source: string): string[] => {
  const found: string[] = ['']
  let depth = 0
  let inClass = false
  for (const [part] of source.matchAll(/\\.|[^\\]/gs)) {
    if (inClass) inClass = part !== ']'
    else if (part === '[') inClass = true
    else if (part === '(') depth++
    else if (part === ')') depth--
    if (part === '|' && depth === 0 && !inClass) found.push('')
    else found[found.length - 1] += part
  }
  return found
}

// Written as one word boundary before all of them, because that is looked for six times as fast as each by itself.
const ANY = new RegExp(
  `\\b(?:${SPAM_WORDS.flatMap(([pattern]) => alternatives(pattern.source))
    .map((words) => words.replace(/^\\b/, ''))
    .join('|')})`,
)

/** False where none of the patterns matches; every one of them begins at the edge of a word. */
export const mayHaveSpamWords = (text: string): boolean => ANY.test(text)
