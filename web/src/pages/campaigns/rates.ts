const percentFormat = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 })

/** `4.2%` of something; undefined where there is nothing to be a part of. */
export const percent = (part: number, whole: number): string | undefined =>
  whole > 0 ? percentFormat.format(part / whole) : undefined

export const formatRate = (rate: number): string => percentFormat.format(rate)

const Z = 1.96

/**
 * Where the true rate lies with 95% certainty, by the score interval of Wilson (1927), which stays between 0 and 1 and is
 * honest for the few messages that a step has at first. Null without any.
 */
export const interval = (part: number, whole: number): { low: number; high: number } | null => {
  if (whole <= 0) return null
  const rate = Math.min(1, part / whole)
  const middle = rate + (Z * Z) / (2 * whole)
  const reach = Z * Math.sqrt((rate * (1 - rate)) / whole + (Z * Z) / (4 * whole * whole))
  const scale = 1 + (Z * Z) / whole
  return { low: Math.max(0, (middle - reach) / scale), high: Math.min(1, (middle + reach) / scale) }
}
