import type { default as HolidaySource } from 'date-holidays'

/** Public holidays of one or more places. Pure: the same date always gets the same answer, and nothing is fetched. */
export type HolidayCalendar = {
  readonly isHoliday: (date: Temporal.PlainDate) => boolean
  /** What is celebrated, for explanations; null on an ordinary day. */
  readonly nameOf?: (date: Temporal.PlainDate) => string | null
}

type Source = typeof HolidaySource

// The package holds the rules of 200 countries and takes some 40 MB once loaded, so it is loaded by the first
// campaign that asks for holidays and by nothing else.
let loading: Promise<Source> | null = null

const loadSource = (): Promise<Source> => {
  loading ??= import('date-holidays').then(
    (module) => module.default,
    (error: unknown) => {
      loading = null
      throw error
    },
  )
  return loading
}

const NONE: HolidayCalendar = { isHoliday: () => false, nameOf: () => null }

const DAY_MS = 86_400_000
const MAX_CALENDARS = 500
const calendars = new Map<string, HolidayCalendar & { readonly prepare: (year: number) => void }>()

const normalised = (places: readonly string[]): string[] =>
  [...new Set(places.map((place) => place.trim().toUpperCase()))].sort()

const split = (place: string): [country: string, region: string | undefined] => {
  const dash = place.indexOf('-')
  return dash < 0 ? [place, undefined] : [place.slice(0, dash), place.slice(dash + 1)]
}

const unknownOf = (source: Source, places: readonly string[]): string[] => {
  const index = new source()
  const countries = index.getCountries()
  return places.filter((place) => {
    const [country, region] = split(place)
    if (!Object.hasOwn(countries, country)) return true
    return region !== undefined && !Object.hasOwn(index.getStates(country) ?? {}, region)
  })
}

/**
 * Which of these are no countries (ISO 3166-1 alpha-2 such as `NO`) or regions (ISO 3166-2 such as `DE-BY`) with known
 * holidays; empty when all are good. Upper and lower case count the same.
 */
export const unknownHolidayPlaces = async (places: readonly string[]): Promise<string[]> =>
  places.length === 0 ? [] : unknownOf(await loadSource(), normalised(places))

/**
 * The public holidays of these countries or regions together; a day that is a holiday in one of them is a holiday.
 * Only whole days count: an afternoon off (24 December in Iceland) does not close the day. `years` are worked out
 * beforehand, any other year when it is first asked for. The same places give the same object, so what is remembered
 * per calendar is shared. Throws a RangeError that names every unknown place.
 */
export const holidayCalendar = async (
  places: readonly string[],
  years: readonly number[] = [],
): Promise<HolidayCalendar> => {
  const wanted = normalised(places)
  if (wanted.length === 0) return NONE
  const key = wanted.join(' ')
  let calendar = calendars.get(key)
  if (!calendar) {
    const source = await loadSource()
    const unknown = unknownOf(source, wanted)
    if (unknown.length > 0) throw new RangeError(`No public holidays are known for: ${unknown.join(', ')}.`)
    // Another caller may have made it while the package was loading.
    calendar = calendars.get(key) ?? buildCalendar(source, wanted)
    if (calendars.size >= MAX_CALENDARS) calendars.clear()
    calendars.set(key, calendar)
  }
  for (const year of years) calendar.prepare(year)
  return calendar
}

const buildCalendar = (source: Source, places: readonly string[]) => {
  const books = places.map((place) => {
    const [country, region] = split(place)
    return region === undefined
      ? new source(country, { types: ['public'] })
      : new source(country, region, { types: ['public'] })
  })
  const namesByYear = new Map<number, Map<string, string>>()

  const namesIn = (year: number): Map<string, string> => {
    let names = namesByYear.get(year)
    if (names) return names
    names = new Map()
    for (const book of books) {
      // The year before too: a holiday of several days may reach over New Year.
      for (const holiday of [...(book.getHolidays(year - 1, 'en') ?? []), ...(book.getHolidays(year, 'en') ?? [])]) {
        // `date` is the local date; a time other than midnight is a part of a day. Feasts of the Islamic and Hebrew
        // calendars begin at sunset, which the package writes as midnight with an offset: their date is the day proper.
        if (holiday.date.slice(11, 19) !== '00:00:00') continue
        // Rounded, because a day on which the clocks change has 23 or 25 hours.
        const days = Math.round((holiday.end.getTime() - holiday.start.getTime()) / DAY_MS)
        const first = Temporal.PlainDate.from(holiday.date.slice(0, 10))
        for (let i = 0; i < days; i++) {
          const date = first.add({ days: i })
          if (date.year === year && !names.has(date.toString())) names.set(date.toString(), holiday.name)
        }
      }
    }
    namesByYear.set(year, names)
    return names
  }

  return {
    isHoliday: (date: Temporal.PlainDate) => namesIn(date.year).has(date.toString()),
    nameOf: (date: Temporal.PlainDate) => namesIn(date.year).get(date.toString()) ?? null,
    prepare: (year: number) => {
      namesIn(year)
    },
  }
}
