import { foldedWords } from '../../folded-text.ts'
import type { Fact } from '../../ports/llm/port.ts'
import type { Finding } from './finding.ts'

/** What a writer gets at most: more is not read more carefully, and each request to a model pays for it. */
export const MOST_FACTS = 30
export const MOST_CHARS = 8_000
/** Of the lead's own fields, so that a list of sixty columns leaves room for what was learned. */
export const MOST_ROW_FACTS = 20
const MOST_ROW_CHARS = 4_000

/**
 * Chooses the facts of a request: those of the row in their own order, then the others by weight, each once. A statement that
 * another one holds word for word is left out, and so is a value of a field that the row fills. The facts are numbered in the
 * order in which they come out.
 */
export const rankFindings = (row: readonly Finding[], learned: readonly Finding[]): Fact[] => {
  const chosen: Finding[] = []
  let chars = 0
  const take = (finding: Finding, most: { facts: number; chars: number }): void => {
    if (chosen.length >= most.facts || chars + finding.text.length > most.chars) return
    chosen.push(finding)
    chars += finding.text.length
  }
  for (const finding of row) take(finding, { facts: MOST_ROW_FACTS, chars: MOST_ROW_CHARS })
  const fields = new Set(row.map(({ field }) => field).filter((field) => field !== null))
  // Sorting is stable: of equal weight, what was found first stays first.
  const ranked = learned
    .filter(({ field }) => field === null || !fields.has(field))
    .sort((one, other) => other.weight - one.weight)
  const known = row.map(({ text }) => foldedWords(text)).filter((text) => text.length >= 25)
  for (const finding of ranked) {
    const key = foldedWords(finding.text)
    if (
      finding.field === null &&
      known.some((other) => other.includes(key) || (other.length > 40 && key.includes(other)))
    )
      continue
    take(finding, { facts: MOST_FACTS, chars: MOST_CHARS })
    known.push(key)
  }
  return chosen.map(({ weight: _weight, ...fact }, index) => ({ id: `f${index + 1}`, ...fact }))
}
