import type { PageList } from '../content/read-page.ts'

export type GatheredColumn = { key: string; title: string; is_kept: boolean }
export type GatheredRow = { values: Record<string, string>; is_kept: boolean; page_url: string }

/** What the person has gathered so far, over one page or several. */
export type Gathered = {
  columns: GatheredColumn[]
  rows: GatheredRow[]
  duplicates: number
  page_urls: string[]
  /** The column whose addresses tell people apart, where there is one. */
  profile_column: string | null
  seen: Set<string>
}

export const nothingGathered = (): Gathered => ({
  columns: [],
  rows: [],
  duplicates: 0,
  page_urls: [],
  profile_column: null,
  seen: new Set(),
})

export type AddedRows = { added: number; duplicates: number }

/** Adds the rows of a list, of which `only` says which are meant. People who are there already are counted and left out. */
export const addRows = (gathered: Gathered, list: PageList, page_url: string, only: boolean[] | null): AddedRows => {
  for (const name of list.columns)
    if (!gathered.columns.some(({ key }) => key === name))
      gathered.columns.push({ key: name, title: name, is_kept: true })
  gathered.profile_column ??= profileColumn(list)
  if (!gathered.page_urls.includes(page_url)) gathered.page_urls.push(page_url)
  const before = { rows: gathered.rows.length, duplicates: gathered.duplicates }
  for (const [index, cells] of list.rows.entries()) {
    if (only && !only[index]) continue
    const values = Object.fromEntries(list.columns.map((name, at) => [name, cells[at] ?? '']))
    const who = identityOf(values, gathered.profile_column)
    if (gathered.seen.has(who)) {
      gathered.duplicates++
      continue
    }
    gathered.seen.add(who)
    gathered.rows.push({ values, is_kept: true, page_url })
  }
  return { added: gathered.rows.length - before.rows, duplicates: gathered.duplicates - before.duplicates }
}

const MAIL = /[^\s@<>",;]+@[^\s@<>",;]+\.[^\s@<>",;.]{2,}/

/** Who a row is: by address, else by profile, else by all that it says. */
export const identityOf = (values: Record<string, string>, profile_column: string | null): string => {
  for (const value of Object.values(values)) {
    const mail = value.length < 400 ? MAIL.exec(value)?.[0] : undefined
    if (mail) return `mail ${mail.toLowerCase()}`
  }
  const profile = profile_column ? values[profile_column] : undefined
  if (profile) return `profile ${plainAddress(profile)}`
  return `row ${JSON.stringify(
    Object.entries(values)
      .filter(([, value]) => value)
      .sort(),
  )}`
}

/** A column of links of which hardly two are equal: each leads to one person. */
const profileColumn = (list: PageList): string | null => {
  const worth = (name: string): number => (/linkedin/i.test(name) ? 3 : /profile/i.test(name) ? 2 : 1)
  const found = list.columns
    .map((name, at) => ({
      name,
      links: list.rows.map((row) => row[at] ?? '').filter((value) => /^https?:\/\//i.test(value)),
    }))
    .filter(
      ({ links }) =>
        links.length * 2 >= list.rows.length && new Set(links.map(plainAddress)).size * 10 >= links.length * 8,
    )
  return found.sort((a, b) => worth(b.name) - worth(a.name))[0]?.name ?? null
}

const plainAddress = (address: string): string =>
  address
    .toLowerCase()
    .replace(/^https?:\/\/(?:www\.)?/, '')
    .replace(/#.*$/, '')
    .replace(/\/+(?=$|\?)/, '')

/** The list of another page that goes on with what was gathered: of the same reader, with the most columns in common. */
export const listLike = (lists: readonly PageList[], reader: string, gathered: Gathered): PageList | null => {
  const known = new Set(gathered.columns.map(({ key }) => key))
  const shared = (list: PageList): number => list.columns.filter((name) => known.has(name)).length
  const [best] = lists.filter((list) => list.reader === reader).sort((a, b) => shared(b) - shared(a))
  return best && shared(best) * 2 >= Math.min(known.size, best.columns.length) ? best : null
}

export type GatheredLead = { page_url: string; columnValues: Record<string, string> }

/** The kept rows as leads, under the titles the person gave; cells that say nothing are left out. */
export const leadsOf = (gathered: Gathered): GatheredLead[] => {
  const columns = gathered.columns.filter(({ is_kept }) => is_kept)
  return gathered.rows
    .filter(({ is_kept }) => is_kept)
    .map(({ values, page_url }) => ({
      page_url,
      columnValues: Object.fromEntries(
        columns.map(({ key, title }) => [title.trim(), values[key] ?? '']).filter(([, value]) => value !== ''),
      ),
    }))
    .filter(({ columnValues }) => Object.keys(columnValues).length > 0)
}

/** Why this cannot be sent yet, or null. */
export const problemWith = (gathered: Gathered): string | null => {
  const titles = gathered.columns.filter(({ is_kept }) => is_kept).map(({ title }) => title.trim())
  if (!titles.length) return 'No column is chosen.'
  if (titles.some((title) => !title)) return 'A chosen column has no name.'
  const twice = titles.find((title, at) => titles.indexOf(title) !== at)
  if (twice) return `Two columns are called “${twice}”.`
  return leadsOf(gathered).length ? null : 'No row is chosen.'
}
