/**
 * How sender data that comes later combines with what is there. `update` lets the later value of a field win, `fill` only
 * adds fields that are not there or empty, `deep_update` does as `update` but looks into nested objects, and `replace` leaves
 * nothing of what was there.
 */
export const MERGE_STRATEGIES = ['update', 'fill', 'deep_update', 'replace'] as const

export type MergeStrategy = (typeof MERGE_STRATEGIES)[number]

export type SenderData = Record<string, unknown>

const isObject = (value: unknown): value is SenderData =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === 'string' && value.trim() === '')

// Entries are defined, never assigned, so that a key named __proto__ is a key like any other.
const defined = (...parts: SenderData[]): SenderData =>
  Object.fromEntries(parts.flatMap((part) => Object.entries(part)))

const deeply = (before: SenderData, later: SenderData): SenderData =>
  defined(
    before,
    Object.fromEntries(
      Object.entries(later).map(([key, value]) => {
        const present = Object.hasOwn(before, key) ? before[key] : undefined
        return [key, isObject(value) && isObject(present) ? deeply(present, value) : value]
      }),
    ),
  )

const merge: Record<MergeStrategy, (before: SenderData, later: SenderData) => SenderData> = {
  update: (before, later) => defined(before, later),
  fill: (before, later) =>
    defined(
      before,
      Object.fromEntries(Object.entries(later).filter(([key]) => !Object.hasOwn(before, key) || isEmpty(before[key]))),
    ),
  deep_update: deeply,
  replace: (_before, later) => later,
}

/** Folds sources in their order into what is there; with `replace` the last one stands alone. Without sources nothing changes. */
export const mergeSenderData = (
  present: SenderData | null,
  sources: readonly SenderData[],
  strategy: MergeStrategy,
): SenderData => sources.reduce(merge[strategy], present ?? {})
