/**
 * Which language a text is in, by its small words and its letters. Small words make up nearly half of running text and differ
 * between languages, so a dozen of them decide where a few sentences are there; of a handful of words nothing is said.
 */

/** The commonest words of running text; words that several languages have count for each. */
const SMALL_WORDS: Record<string, string> = {
  en: `the be to of and a in that have i it for not on with he as you do at this but by from they we say or an will my one all would there
    their what so up out if about who get which me when can like no just your into our is are was were has had it's i'm don't any how
    been more than them these does did might could should worth some its us him her am being between before after because whether`,
  de: `der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei
    einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde ich wir ihr ihnen ihre
    ihren mir mich uns unser wenn kann was wer dann da dieser diese dieses keine kein sehr guten tag du dir dich dein deine würde gerne gern ob`,
  fr: `de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont ou avec son aux d'une cette d'un ont ses
    mais comme on tout nous sa fait été aussi leur bien vous votre vos je j'ai c'est n'est qu'il mon ma mes notre nos y être avez si chez
    sans peut même quand où cela ça tu ton ta tes moi toi leurs bonjour très`,
  es: `de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin sobre este ya entre cuando
    todo esta ser son dos también fue había era muy años hasta desde está mi porque qué sólo solo han yo hay vez puede todos así nos ni
    usted ustedes nuestro nuestra nuestros le te tu tus ti mí estos eso esto hola saludos cómo quién`,
  it: `di e il la che in a per è un del non una i le si con da al come dei sono della ha lo nel più alla se gli anche o questo ma ci mi
    delle dalla su nella io tu lei noi voi loro mio suo nostro vostro quando dove chi cosa essere ho abbiamo hanno sua ai dal sul buongiorno
    salve vorrei molto così perché`,
  pt: `de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua ou ser quando muito há
    nos já está eu também só pelo pela até isso ela entre era depois sem mesmo aos ter seus quem nas me esse eles você vocês nosso nossa
    são olá bom dia obrigado gostaria`,
  nl: `de en van het een in is dat op te zijn met voor niet aan er om ook als dan maar bij of uit nog naar heeft hebben ik je we wij u uw
    ze hij deze dit die wat kan door over worden werd geen meer wel zou mijn onze jullie jij mij ons hoe wie waar goedendag graag`,
  sv: `och i att det som en på är av för med den till inte har de ett om var jag vi så men från kan du er ni när eller sig han hon efter
    vid mot vara skulle min din vår hej mycket finns också bara oss mig dig detta dessa era ert vad hur vem`,
  da: `og i at det som en på er af for med den til ikke har de et om var jeg vi så men fra kan du jer når eller sig han hun efter ved mod
    være skulle min din vores hej meget findes også bare os mig dig dette disse jeres hvad hvordan hvem blev havde nogle`,
  nb: `og i å det som en på er av for med den til ikke har de et om var jeg vi så men fra kan du dere når eller seg han hun etter ved mot
    være skulle min din vår hei mye finnes også bare oss meg deg dette disse deres hva hvordan hvem ble hadde noen`,
  fi: `ja on ei että se oli hän mutta ovat kun niin myös tai jos kuin sen joka mitä minä sinä me te he olen olet olemme ole ollut tämä
    nämä meidän teidän voi vain nyt sekä jotka hei kiitos miten kuka mikä onko olisi siitä tässä`,
  pl: `i w na z do się nie to jest że o jak od po za dla przez ale co tak czy być ma są tym był który oraz przed tego tej już tylko może
    jego ich jej mi mnie pan pani państwa nas nam was my wy ja ty dzień dobry proszę nasz nasza która które jako`,
  cs: `a v se na je že s z do o to i k ve pro za by ale jako po si tak jsou od který jsem podle nebo být také jen před jejich aby co při jak
    která které už kdy máme máte váš vaše náš naše dobrý den jste jsme vás vám nám prosím`,
  tr: `ve bir bu da de için ile çok daha ne gibi olarak var olan kadar ama o ben sen biz siz mi mu en sonra değil ya her şey bunu olduğu
    size bize sizin bizim nasıl merhaba teşekkürler eğer veya ancak iyi günler`,
}

/** Letters that only some of these languages write. */
const LETTERS: [RegExp, string[]][] = [
  [/[äöüß]/g, ['de']],
  [/ß/g, ['de']],
  [/[äö]/g, ['sv', 'fi', 'de']],
  [/å/g, ['sv', 'da', 'nb']],
  [/[æø]/g, ['da', 'nb']],
  [/[èêàùçœîûë]/g, ['fr']],
  [/[ñ¿¡]/g, ['es']],
  [/[ãõ]/g, ['pt']],
  [/[ąęłżźćńś]/g, ['pl']],
  [/[ěřůčšž]/g, ['cs']],
  [/[ğış]/g, ['tr']],
  [/[òì]/g, ['it']],
]

/** Where the scripts below begin; the gap has punctuation and signs of currency, which occur in any language. */
const OTHER_SCRIPTS = /[\u0370-\u1fff\u2100-\uffff]/

const SCRIPTS: [RegExp, string][] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, 'ja'],
  [/\p{Script=Hangul}/gu, 'ko'],
  [/\p{Script=Han}/gu, 'zh'],
  [/\p{Script=Cyrillic}/gu, 'ru'],
  [/\p{Script=Greek}/gu, 'el'],
  [/\p{Script=Arabic}/gu, 'ar'],
  [/\p{Script=Hebrew}/gu, 'he'],
  [/\p{Script=Thai}/gu, 'th'],
  [/\p{Script=Devanagari}/gu, 'hi'],
]

const IS_ASCII = /^[\0-\x7f]*$/

const LANGUAGES = Object.keys(SMALL_WORDS)

/** Languages by their place in LANGUAGES, and what a word counts for each: one of a single language says more than one of five. */
const wordsOfLanguages = new Map<string, { of: number[]; points: number }>()
for (const [at, language] of LANGUAGES.entries())
  for (const word of new Set((SMALL_WORDS[language] as string).trim().split(/\s+/))) {
    const of = [...(wordsOfLanguages.get(word)?.of ?? []), at]
    wordsOfLanguages.set(word, { of, points: 1 / of.length ** 0.7 })
  }

/** Languages that are told by one of them: their small words or their script are the same to these rules. */
const FAMILIES: Record<string, string> = Object.fromEntries(
  ['da nb nn no', 'cs sk', 'ru uk bg sr be mk', 'es ca gl', 'ar fa ur', 'hi mr ne'].flatMap((family) => {
    const [first = '', ...others] = family.split(' ')
    return others.map((other) => [other, first])
  }),
)

/** The language that stands for all that are not told apart from this one. */
export const familyOf = (language: string): string => FAMILIES[language] ?? language

const TELLS = new Set([...LANGUAGES, ...SCRIPTS.map(([, language]) => language)])

/** Whether a text in this language is recognised; one in another may be taken for a neighbour of it. */
export const canTell = (language: string): boolean => TELLS.has(familyOf(language))

export type DetectedLanguage = {
  /** Two letters, as BCP 47 has them. */
  language: string
  /** 0 to 1: how far it is ahead of the next, and how much there was to go by. */
  confidence: number
}

/** At most the first 5,000 characters are looked at. Null where the text is too short or too even to tell. */
export const detectLanguage = (text: string): DetectedLanguage | null => {
  const sample = text.slice(0, 5000).toLowerCase().replaceAll('’', "'")
  if (!/\p{L}(?:\P{L}*\p{L}){3}/u.test(sample)) return null
  if (OTHER_SCRIPTS.test(sample)) {
    const letters = sample.match(/\p{L}/gu)?.length ?? 0
    for (const [pattern, language] of SCRIPTS) {
      const share = (sample.match(pattern)?.length ?? 0) / letters
      if (share > 0.3) return { language, confidence: Math.min(1, share + 0.2) }
    }
  }
  const scores = new Float64Array(LANGUAGES.length)
  const is_ascii = IS_ASCII.test(sample)
  const words = sample.match(is_ascii ? /[a-z]+(?:'[a-z]+)?/g : /[\p{L}\p{M}]+(?:'[\p{L}\p{M}]+)?/gu) ?? []
  let known = 0
  for (const word of words) {
    const found =
      wordsOfLanguages.get(word) ??
      (word.includes("'") ? wordsOfLanguages.get(word.replace(/^(?:[dlnmtsjc]|qu)'/, '')) : undefined)
    if (!found) continue
    known++
    for (const at of found.of) scores[at] = (scores[at] as number) + found.points
  }
  for (const [pattern, of] of is_ascii ? [] : LETTERS) {
    const count = Math.min(6, sample.match(pattern)?.length ?? 0)
    for (const language of of) {
      const at = LANGUAGES.indexOf(language)
      scores[at] = (scores[at] as number) + (0.5 * count) / of.length
    }
  }
  let first = 0
  let second = -1
  for (let at = 1; at < scores.length; at++)
    if ((scores[at] as number) > (scores[first] as number)) {
      second = first
      first = at
    } else if (second === -1 || (scores[at] as number) > (scores[second] as number)) second = at
  const best = scores[first] as number
  if (known < 2 || best < 1.5) return null
  const lead = (best - (scores[second] as number)) / best
  const amount = Math.min(1, known / 8)
  const confidence = Math.min(1, lead * 1.5) * (0.4 + 0.6 * amount)
  return confidence < 0.15
    ? null
    : { language: LANGUAGES[first] as string, confidence: Math.round(confidence * 100) / 100 }
}
