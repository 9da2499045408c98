/**
 * Which lead gets which variant and which sending address. Both are decided by hashing ids, so the answer is the same
 * in every process and after every restart, and nothing has to be remembered to find it again.
 */
export type WeightedVariant = { label: string; weight: number }

/**
 * 32 bits of a text: FNV-1a over its UTF-16 units, then the finaliser of MurmurHash3, without which ids that share a
 * long prefix, as UUIDv7 of one import do, stay neighbours. Not for secrets.
 */
export const hash32 = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return finalise(hash)
}

const finalise = (hash: number): number => {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** Everything wrong with the variants of a step, for the 422; empty when they may be stored. */
export const variantProblems = (variants: readonly WeightedVariant[]): string[] => {
  const problems: string[] = []
  if (variants.length === 0) problems.push('At least one variant is needed.')
  const labels = variants.map((variant) => variant.label)
  const twice = [...new Set(labels.filter((label, i) => labels.indexOf(label) !== i))]
  if (twice.length > 0) problems.push(`Variant labels must differ; used more than once: ${twice.join(', ')}.`)
  const wrong = variants.filter(({ weight }) => !Number.isInteger(weight) || weight < 0 || weight > 100)
  for (const { label, weight } of wrong) {
    problems.push(`The weight of variant ${label} must be a whole number from 0 to 100; it is ${weight}.`)
  }
  const sum = variants.reduce((total, { weight }) => total + weight, 0)
  if (variants.length > 0 && wrong.length === 0 && sum !== 100) {
    problems.push(`The weights of a step must add up to 100; they add up to ${sum}.`)
  }
  return problems
}

/**
 * The variant of a step for a lead: each gets its weight in percent of all leads, independently of the other steps,
 * and a weight of 0 gets none. Changing the weights or the order of the variants moves leads. Throws when the weights
 * do not add up to 100, since then a share of the leads would have no variant.
 */
export const assignVariant = (leadId: string, step: number, variants: readonly WeightedVariant[]): string => {
  const point = (hash32(`${leadId}:${step}`) / 0x1_0000_0000) * 100
  let reached = 0
  let label: string | null = null
  for (const variant of variants) {
    reached += variant.weight
    if (label === null && point < reached) label = variant.label
  }
  if (label === null || reached !== 100) throw new RangeError(variantProblems(variants).join(' '))
  return label
}

/**
 * The sending address of a lead, by rendezvous hashing (Thaler and Ravishankar 1998): each pair of lead and alias has
 * a score and the highest wins. The order of the list does not matter; an alias more takes its fair share of the
 * leads and moves no other, an alias less moves only its own. Throws on an empty list.
 */
export const pickAlias = (leadId: string, aliasIds: readonly string[]): string => {
  const lead = hash32(leadId)
  let picked: string | null = null
  let best = -1
  for (const aliasId of aliasIds) {
    // Mixed twice: with one round, aliases would be ranked alike for leads whose hashes differ in few bits.
    const score = finalise(finalise(lead ^ hash32(aliasId)) + Math.imul(lead, 0x9e3779b1))
    if (score > best || (score === best && picked !== null && aliasId < picked)) {
      best = score
      picked = aliasId
    }
  }
  if (picked === null) throw new RangeError('A lead cannot be given a sending address: the campaign has none.')
  return picked
}
