import { foldedWords } from './folded-text.ts'

/** Languages in which the names of countries are known. */
const LANGUAGES = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'sv', 'nb', 'da', 'fi', 'pl', 'cs', 'tr', 'ru', 'ja', 'zh']

/** Ways to write a country that no table of names has. */
const ALIASES: Record<string, string> = {
  uk: 'GB',
  'great britain': 'GB',
  england: 'GB',
  scotland: 'GB',
  wales: 'GB',
  'northern ireland': 'GB',
  usa: 'US',
  'u s a': 'US',
  'united states of america': 'US',
  america: 'US',
  'czech republic': 'CZ',
  holland: 'NL',
  'south korea': 'KR',
  uae: 'AE',
  russia: 'RU',
  brd: 'DE',
}

const plain = (text: string): string => foldedWords(text).replace(/^the /, '')

let codes: Map<string, string> | null = null
let given: Set<string> | null = null

/** Names of countries, as ICU has them, to their codes of ISO 3166. */
const countryCodes = (): Map<string, string> => {
  if (codes) return codes
  codes = new Map()
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const names = LANGUAGES.map((language) => new Intl.DisplayNames(language, { type: 'region', fallback: 'none' }))
  for (const one of letters)
    for (const two of letters) {
      const code = one + two
      // User-assigned codes and those of unions and of places that ICU only uses to group others name no country.
      if (/^(?:X[A-JL-Z]|ZZ|Q[M-Z]|AA|EU|EZ|UN)$/.test(code)) continue
      // Codes of countries that are gone are read as what came after them.
      if (Intl.getCanonicalLocales(`und-${code}`)[0] !== `und-${code}`) continue
      for (const name of names) {
        const text = name.of(code)
        if (text && !codes.has(plain(text))) codes.set(plain(text), code)
      }
    }
  for (const [name, code] of Object.entries(ALIASES)) codes.set(name, code)
  return codes
}

/** The code of ISO 3166 of a country written as a code or as a name in one of the usual languages, or null. */
export const countryCode = (country: string): string | null => {
  const text = country.trim()
  if (text.length > 100) return null
  const named = countryCodes().get(plain(text))
  if (named) return named
  const code = text.toUpperCase()
  if (!/^[A-Z]{2}$/.test(code)) return null
  given ??= new Set(countryCodes().values())
  return given.has(code) ? code : null
}

const zones = new Map<string, { year: number; zone: string | null }>()

/**
 * The time zone of a country, or null where that is no single one: the clocks of all its zones have to show the same time
 * throughout the year around `now`. Germany has two zones in the tz database that agree, so it gives Europe/Berlin; Spain
 * has the Canary Islands and gives null.
 */
export const zoneOfCountry = (country: string, now: Date): string | null => {
  const code = countryCode(country)
  if (!code) return null
  const year = now.getUTCFullYear()
  const known = zones.get(code)
  if (known?.year === year) return known.zone
  const zone = singleZone(code, year)
  zones.set(code, { year, zone })
  return zone
}

type WithZones = Intl.Locale & { getTimeZones?: () => string[] | undefined }

const singleZone = (code: string, year: number): string | null => {
  const candidates = (new Intl.Locale(`und-${code}`) as WithZones).getTimeZones?.() ?? []
  const [first, ...others] = candidates
  if (first === undefined) return null
  const offsets = (zone: string): string =>
    Array.from(
      { length: 53 },
      (_, week) =>
        Temporal.Instant.fromEpochMilliseconds(Date.UTC(year, 0, 1 + week * 7)).toZonedDateTimeISO(zone).offset,
    ).join()
  const expected = offsets(first)
  return others.every((zone) => offsets(zone) === expected) ? first : null
}
