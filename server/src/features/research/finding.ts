import type { Fact } from '../../ports/llm/port.ts'
import { beginningOf, FACT_CHARS, factText } from './fact-text.ts'
import { isInstructionLike } from './instruction-like.ts'

/** A fact before it has its number. `weight` says how much a message gains by it, from 0 to 10. */
export type Finding = Omit<Fact, 'id'> & { weight: number }

/** What one source gave, and how many statements were left out because they give orders instead of saying something. */
export type Gathered = { findings: Finding[]; left_out: { count: number; places: string[] } }

const MOST_PLACES = 10

/** Collects statements of one source: cleaned, without those that give orders, each once. */
export const gatherFindings = (about: Fact['about'], kind: Fact['source']['kind'], seen_at: string) => {
  const findings: Finding[] = []
  const known = new Set<string>()
  let count = 0
  const places = new Set<string>()
  return {
    /** Whether the text may be a fact; an order is noted under `place`, for people. */
    add: (
      raw: string,
      given: { weight: number; name: string; url?: string | null; field?: string | null; place?: string },
    ): boolean => {
      // Looked at before it is cut and cleaned: an order may stand behind the cut, or be hidden by invisible characters.
      if (isInstructionLike(raw)) {
        count++
        if (places.size < MOST_PLACES) places.add(beginningOf(factText(given.place ?? given.url ?? given.name), 300))
        return false
      }
      const text = factText(raw)
      const key = text.toLowerCase()
      if (text === '' || text.length > FACT_CHARS || text.includes('\uFFFD') || known.has(key)) return false
      known.add(key)
      findings.push({
        about,
        text,
        field: given.field ?? null,
        source: { kind, name: beginningOf(factText(given.name), 200) || kind, url: given.url ?? null, seen_at },
        weight: given.weight,
      })
      return true
    },
    gathered: (): Gathered => ({ findings, left_out: { count, places: [...places] } }),
  }
}

/** For `meta` of a source; empty where nothing was left out. */
export const leftOut = ({ left_out }: Gathered): Record<string, unknown> =>
  left_out.count ? { left_out: { ...left_out, reason: 'It reads like an instruction to whoever writes.' } } : {}
