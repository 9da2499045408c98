import { type DraftCheck, type DraftQuality, passedCheck } from './draft-quality.ts'

/**
 * How a draft was judged, as it is stored: of a check that passed in the words that all such checks have, the name. Nearly every
 * draft passes nearly all of them, and their sentences would take more room than the draft.
 */
export type KeptQuality = Omit<DraftQuality, 'checks'> & { checks: (string | DraftCheck)[] }

export const keptQuality = (quality: DraftQuality): KeptQuality => ({
  ...quality,
  checks: quality.checks.map((check) => {
    const usual = passedCheck(check.name)
    const isUsual = check.passed && check.weight === usual?.weight && check.message === usual.message
    return isUsual ? check.name : check
  }),
})

/** As it was judged. Of a check that is no longer made, only that it passed is known. */
export const shownQuality = <Kept extends KeptQuality | null>(kept: Kept): DraftQuality | (Kept & null) =>
  kept && {
    ...kept,
    checks: kept.checks.map((check) =>
      typeof check === 'string'
        ? { name: check, passed: true, weight: 1, message: 'Nothing was found.', ...passedCheck(check) }
        : check,
    ),
  }
