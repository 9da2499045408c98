/**
 * Holds a draft against what a careful person would look for before it goes out. Every check counts in the score; those that no
 * draft may fail decide whether it passed.
 */
import { CHECKS } from './draft-checks.ts'
import { type DraftToCheck, JudgedDraft } from './judged-draft.ts'

export type DraftCheck = {
  name: string
  passed: boolean
  /** How much it counts in the score. */
  weight: number
  /** For a person: what was found, and where. */
  message: string
}

export type DraftQuality = {
  /** 0 to 1: the weight of the checks that passed, of all. */
  score: number
  /** False when a check failed that no draft may fail. */
  passed: boolean
  checks: DraftCheck[]
}

export const checkDraft = (draft: DraftToCheck): DraftQuality => {
  const judged = new JudgedDraft(draft)
  const results = CHECKS.map(({ name, weight, fine, find }) => ({ name, weight, fine, finding: find(judged) }))
  const all = results.reduce((sum, { weight }) => sum + weight, 0)
  const held = results.reduce((sum, { weight, finding }) => sum + (finding ? 0 : weight), 0)
  return {
    score: Math.round((held / all) * 100) / 100,
    passed: !results.some(({ finding }) => finding?.blocking),
    checks: results.map(({ name, weight, fine, finding }) => ({
      name,
      passed: finding === null,
      weight,
      message: finding?.message ?? fine,
    })),
  }
}

/** What a second reader adds to the checks of the rules where nothing is objected to. */
export const SECOND_LOOK: Readonly<DraftCheck> = {
  name: 'second_look',
  passed: true,
  weight: 2,
  message: 'A second reader objects to nothing.',
}

const PASSED = new Map<string, Readonly<DraftCheck>>([
  ...CHECKS.map(({ name, weight, fine }) => [name, { name, passed: true, weight, message: fine }] as const),
  [SECOND_LOOK.name, SECOND_LOOK],
])

/** A check by its name as it reads where nothing was found; undefined for one that is not made. */
export const passedCheck = (name: string): Readonly<DraftCheck> | undefined => PASSED.get(name)
