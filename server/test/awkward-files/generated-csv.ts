/** A table and one way of writing it down, both drawn by chance from what exports of leads look like. */
export type GeneratedFile = { how: string; content: string; columns: string[] | null; rows: string[][] }

const COMPANIES = ['Acme', 'Ray, Lee & Co', 'Müller GmbH', '"Zur Post" Hotel', 'A|B Ltd', 'x;y AG', '5" Pipes']
const NOTES = [
  '',
  'called',
  'met at the fair; will call back',
  'yes, interested',
  'line one\nline two',
  'see https://x.example/?a=1,2&b=3;4',
  '100% sure',
  'he said "no", then left',
  'a tab\there',
  'a:b:c',
  ' - ',
]
const NAMES = ['Ann', 'Jörg', 'Zoë', 'Łukasz', 'Mary Jane', 'O’Neil', "D'Arcy", 'van Dyk', 'García', "O'Neil"]

type Draw = { int: (below: number) => number; pick: <T>(from: readonly T[]) => T; isTrue: (share: number) => boolean }

const KINDS: [string, (draw: Draw) => string][] = [
  ['Email', ({ int }) => `p${int(1e6)}@x${int(99)}.example`],
  ['First Name', ({ pick }) => pick(NAMES)],
  ['Last Name', ({ pick }) => pick(NAMES)],
  ['Company', ({ pick }) => pick(COMPANIES)],
  ['Notes', ({ pick }) => pick(NOTES)],
  ['Employees', ({ int }) => String(int(5000))],
  ['Revenue', ({ int }) => `${int(900)},${int(90) + 10}`],
  ['Score', ({ int }) => (int(900) / 100).toFixed(2)],
  ['Created', ({ pick }) => pick(['2024-02-29', '2023-12-31 10:11:12', '14.01.2026', '1/2/2024'])],
  ['Phone', ({ pick }) => pick(['+49 30 123456', '(030) 1234', '0170/1234567', ''])],
  ['Website', ({ pick }) => pick(['https://acme.example/a;b?c=d', 'acme.example', ''])],
  ['Zip', ({ pick }) => pick(['01234', '80331'])],
  ['Active', ({ pick }) => pick(['true', 'false', ''])],
  ['Tags', ({ pick }) => pick(['a, b', 'c', 'd;e;f', ''])],
  ['Empty', () => ''],
]

/** The same numbers for the same seed, on every machine (a linear congruential generator, Numerical Recipes). */
const drawFrom = (seed: number): Draw => {
  let state = seed
  const next = (): number => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
  const int = (below: number): number => Math.floor(next() * below)
  return { int, pick: <T>(from: readonly T[]): T => from[int(from.length)] as T, isTrue: (share) => next() < share }
}

type Way = { delimiter: string; quote: string; escaped_by: string; quoting: 'needed' | 'all' | 'text' }

const written = (value: string, { delimiter, quote, escaped_by, quoting }: Way): string => {
  const isNeeded = value.includes(delimiter) || value.includes(quote) || /[\r\n]|^\s|\s$/.test(value)
  if (!isNeeded && quoting !== 'all' && !(quoting === 'text' && !/^-?[\d.]*$/.test(value))) return value
  const inner = escaped_by === '\\' ? value.replaceAll('\\', '\\\\') : value
  return quote + inner.replaceAll(quote, escaped_by + quote) + quote
}

export const generateCsv = (seed: number, count: number): GeneratedFile[] => {
  const draw = drawFrom(seed)
  const { pick, isTrue } = draw
  return Array.from({ length: count }, () => {
    const kinds = KINDS.filter(([name]) => name === 'Email' || isTrue(0.4))
    for (let at = kinds.length - 1; at > 0; at--) {
      const other = draw.int(at + 1)
      const kept = kinds[at] as (typeof kinds)[number]
      kinds[at] = kinds[other] as typeof kept
      kinds[other] = kept
    }
    const quote = pick(['"', '"', '"', "'"])
    const way: Way = {
      delimiter: pick([',', ',', ';', ';', '\t', '|']),
      quote,
      escaped_by: pick([quote, quote, quote, '\\']),
      quoting: pick(['needed', 'needed', 'all', 'text']),
    }
    const newline = pick(['\n', '\r\n', '\r\n', '\r'])
    const columns = isTrue(0.9) ? kinds.map(([name]) => name) : null
    const rows = Array.from({ length: pick([2, 3, 5, 20, 60, 300]) }, () => kinds.map(([, make]) => make(draw)))
    const lines = [...(columns ? [columns] : []), ...rows].map((cells) =>
      cells.map((cell) => written(cell, way)).join(way.delimiter),
    )
    const content = (isTrue(0.2) ? '\ufeff' : '') + lines.join(newline) + (isTrue(0.8) ? newline : '')
    return { how: JSON.stringify({ ...way, newline, rows: rows.length }), content, columns, rows }
  })
}
