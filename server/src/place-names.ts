import { countryCode } from './country-zone.ts'
import { itself, remembered } from './remembered.ts'

/** Cities whose name differs between languages: English, German, French, Spanish, then further spellings. */
const CITIES: string[] = [
  'Copenhagen|Kopenhagen|Copenhague|Copenhague|København|Kobenhavn|Koebenhavn',
  'Aarhus|Aarhus|Aarhus|Aarhus|Århus',
  'Munich|München|Munich|Múnich|Muenchen|Munchen',
  'Cologne|Köln|Cologne|Colonia|Koeln|Koln',
  'Düsseldorf|Düsseldorf|Düsseldorf|Düsseldorf|Duesseldorf|Dusseldorf',
  'Nuremberg|Nürnberg|Nuremberg|Núremberg|Nuernberg',
  'Hanover|Hannover|Hanovre|Hannover',
  'Zurich|Zürich|Zurich|Zúrich|Zuerich',
  'Geneva|Genf|Genève|Ginebra|Geneve',
  'Basel|Basel|Bâle|Basilea|Basle',
  'Vienna|Wien|Vienne|Viena',
  'Milan|Mailand|Milan|Milán|Milano',
  'Rome|Rom|Rome|Roma',
  'Turin|Turin|Turin|Turín|Torino',
  'Florence|Florenz|Florence|Florencia|Firenze',
  'Venice|Venedig|Venise|Venecia|Venezia',
  'Naples|Neapel|Naples|Nápoles|Napoli',
  'Warsaw|Warschau|Varsovie|Varsovia|Warszawa',
  'Kraków|Krakau|Cracovie|Cracovia|Krakow|Cracow',
  'Łódź|Łódź|Łódź|Łódź|Lodz',
  'Prague|Prag|Prague|Praga|Praha',
  'Gothenburg|Göteborg|Göteborg|Gotemburgo|Goeteborg|Goteborg',
  'Malmö|Malmö|Malmö|Malmö|Malmo',
  'Tromsø|Tromsø|Tromsø|Tromsø|Tromso',
  'Stockholm|Stockholm|Stockholm|Estocolmo',
  'Brussels|Brüssel|Bruxelles|Bruselas|Brussel',
  'Antwerp|Antwerpen|Anvers|Amberes',
  'The Hague|Den Haag|La Haye|La Haya',
  'Lisbon|Lissabon|Lisbonne|Lisboa',
  'Athens|Athen|Athènes|Atenas',
  'London|London|Londres|Londres',
  'Edinburgh|Edinburgh|Édimbourg|Edimburgo',
  'New York|New York|New York|Nueva York|New York City|NYC',
  'San Francisco|San Francisco|San Francisco|San Francisco|SF',
  'Los Angeles|Los Angeles|Los Angeles|Los Ángeles|LA',
  'Philadelphia|Philadelphia|Philadelphie|Filadelfia',
  'Seville|Sevilla|Séville|Sevilla',
  'Barcelona|Barcelona|Barcelone|Barcelona',
  'Tokyo|Tokio|Tokyo|Tokio|東京',
  'Mumbai|Mumbai|Mumbai|Bombay|Bombay',
  'Sydney|Sydney|Sydney|Sídney',
  'Moscow|Moskau|Moscou|Moscú|Москва',
  'Beijing|Peking|Pékin|Pekín|北京',
]

const languages = ['en', 'de', 'fr', 'es'] as const

const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll('ø', 'o')
    .replaceAll('Ø', 'O')
    .replaceAll('ł', 'l')
    .replaceAll('Ł', 'L')
    .replaceAll('ß', 'ss')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

const spellings = new Map<string, string[]>()
for (const line of CITIES) {
  const names = line.split('|')
  for (const name of names) spellings.set(plain(name), names)
}

/** `Austin, TX`, `Greater London Area` and `Paris (75)` without what is no name. */
const bare = (city: string): string =>
  city
    .replace(/\s*\(.*$/, '')
    .replace(/\s*,.*$/, '')
    .replace(/^(?:greater|city of|grand|großraum|raum)\s+/i, '')
    .replace(/\s+(?:metropolitan\s+)?(?:area|region|und umgebung|et périphérie)$/i, '')
    .trim()

/** The same for every spelling of a city: `Köln` and `Cologne`, `Austin, TX` and `austin`. Empty for none. */
export const cityKey = (city: string): string => {
  const key = plain(bare(city))
  const known = spellings.get(key)
  return known ? plain(known[0] as string) : key
}

/** A city as a language calls it, else as it was written, without state or post code. */
export const cityIn = (language: string, city: string): string => {
  const at = (languages as readonly string[]).indexOf(language)
  return spellings.get(plain(bare(city)))?.[at === -1 ? 0 : at] ?? bare(city)
}

/** Cities of one daily life. Each name is as cityKey gives it. */
const AREAS: { name: Record<'en' | 'de' | 'fr' | 'es', string>; cities: string[] }[] = [
  {
    name: {
      en: 'the Øresund region',
      de: 'der Öresundregion',
      fr: 'la région de l’Øresund',
      es: 'la región de Øresund',
    },
    cities: ['copenhagen', 'malmo', 'lund', 'helsingborg', 'helsingor', 'roskilde'],
  },
  {
    name: { en: 'the Rhineland', de: 'dem Rheinland', fr: 'la Rhénanie', es: 'Renania' },
    cities: ['cologne', 'dusseldorf', 'bonn', 'leverkusen', 'neuss', 'krefeld'],
  },
  {
    name: { en: 'the Bay Area', de: 'der Bay Area', fr: 'la baie de San Francisco', es: 'la bahía de San Francisco' },
    cities: [
      'san francisco',
      'oakland',
      'san jose',
      'palo alto',
      'mountain view',
      'menlo park',
      'berkeley',
      'sunnyvale',
    ],
  },
  {
    name: { en: 'the Randstad', de: 'der Randstad', fr: 'la Randstad', es: 'la Randstad' },
    cities: ['amsterdam', 'rotterdam', 'the hague', 'utrecht', 'leiden', 'haarlem', 'delft'],
  },
]

/** The area that two different cities belong to, or null. */
export const sharedArea = (one: string, other: string): Record<'en' | 'de' | 'fr' | 'es', string> | null =>
  one === other ? null : (AREAS.find(({ cities }) => cities.includes(one) && cities.includes(other))?.name ?? null)

/** Cities so large that sharing one says little. */
const LARGE = new Set(
  'london paris berlin new york madrid tokyo mumbai los angeles moscow beijing istanbul mexico city sao paulo sydney'
    .split(' ')
    .concat(['new york', 'los angeles', 'sao paulo', 'mexico city']),
)
export const isLargeCity = (key: string): boolean => LARGE.has(key)

const named = new Map<string, Intl.DisplayNames>()

/** Making one takes far longer than asking it. */
const countryNames = (language: string): Intl.DisplayNames => {
  const known = named.get(language) ?? new Intl.DisplayNames(language, { type: 'region' })
  named.set(language, known)
  return known
}

const WITH_IN: Record<string, (code: string, name: string) => string> = {
  en: (code, name) =>
    /^(?:US|GB|NL|AE|CZ|PH|BS|GM|MV|DO|CF|CD|CG)$/.test(code) && !/^The /i.test(name) ? `the ${name}` : name,
  de: (code, name) =>
    ({
      CH: 'der Schweiz',
      TR: 'der Türkei',
      US: 'den USA',
      NL: 'den Niederlanden',
      GB: 'Großbritannien',
      AE: 'den Emiraten',
      SK: 'der Slowakei',
      UA: 'der Ukraine',
      PH: 'den Philippinen',
      CZ: 'Tschechien',
      IR: 'dem Iran',
      IQ: 'dem Irak',
      LB: 'dem Libanon',
      MN: 'der Mongolei',
      DO: 'der Dominikanischen Republik',
    })[code] ?? name,
  es: (code, name) =>
    ({ US: 'Estados Unidos', GB: 'el Reino Unido', NL: 'los Países Bajos', AE: 'los Emiratos Árabes Unidos' })[code] ??
    name,
}

/** French countries that take `au` or `aux`; before all others stands `en`. */
const AU =
  /^(?:DK|PT|CA|JP|BR|MX|MA|LU|GB|CL|PE|VN|KE|SN|CM|NG|GH|PK|BD|LB|KW|QA|PY|VE|SV|HN|NI|GT|PA|LI|ML|TD|BJ|TG|BW|ZW|NP|LK|LA|KH|MZ|RW|SD|YE|ME|XK|KZ)$/
const AUX = /^(?:US|NL|AE|PH|BS|MV|KM|SC)$/
const A = /^(?:CU|MT|SG|CY|HK|TW|MG|BH|OM|MU)$/

/** `in Denmark`, `in der Schweiz`, `au Danemark`, `en España`; null for what is no country. */
export const inCountry = (language: string, country: string): string | null => {
  const code = countryCode(country)
  if (!code) return null
  const name = countryNames(language).of(code) ?? code
  if (language === 'fr') return `${AUX.test(code) ? 'aux' : AU.test(code) ? 'au' : A.test(code) ? 'à' : 'en'} ${name}`
  return `${language === 'es' ? 'en' : 'in'} ${WITH_IN[language]?.(code, name) ?? name}`
}

const COUNTRY_LANGUAGES = ['en', 'de', 'fr', 'es'] as const

const placeNamesOfLine = remembered(
  (line: string): readonly string[] => {
    const found = new Set<string>()
    const words = plain(line).split(' ')
    for (let at = 0; at < words.length; at++) {
      let name = ''
      for (let length = 1; length <= 3 && at + length <= words.length; length++) {
        name = length === 1 ? (words[at] as string) : `${name} ${words[at + length - 1]}`
        for (const spelling of spellings.get(name) ?? []) found.add(spelling)
      }
    }
    const code = line.length < 40 ? countryCode(line) : null
    if (code)
      for (const language of COUNTRY_LANGUAGES)
        found.add(countryNames(language).of(code) ?? code).add(inCountry(language, line) ?? code)
    return [...found]
  },
  { most: 1_000, longest: 500, keyOf: itself },
)

/**
 * All names of the cities and countries that a text names, so that a letter may call them as its language does. The lines of a
 * sender, and what many leads have in common, are looked at once.
 */
export const placeNamesIn = (text: string): string[] => {
  const found = new Set<string>()
  for (const line of text.slice(0, 20_000).split('\n')) for (const name of placeNamesOfLine(line)) found.add(name)
  return [...found]
}
