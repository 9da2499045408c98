import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assignVariant, pickAlias, variantProblems, type WeightedVariant } from './variant-assignment.ts'

/** Ids as one import makes them, so nearly alike: UUIDv7 with a counter, and a random tail from a fixed seed. */
const importedIds = (count: number): string[] => {
  let seed = 1
  const random = (bits: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed >>> (32 - bits)
  }
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
  return Array.from({ length: count }, (_, i) => {
    const ms = hex(1_772_400_000_000 + (i >> 8), 12)
    const tail = `${hex(0x8000 | random(14), 4)}-${hex(random(24), 6)}${hex(random(24), 6)}`
    return `${ms.slice(0, 8)}-${ms.slice(8)}-7${hex(i & 0xfff, 3)}-${tail}`
  })
}

const LEADS = importedIds(100_000)

/** Pearson's chi-square of the counts against expected shares. */
const chiSquare = (counts: Map<string, number>, shares: Record<string, number>, total: number): number =>
  Object.entries(shares).reduce((sum, [key, share]) => {
    const expected = total * share
    return sum + ((counts.get(key) ?? 0) - expected) ** 2 / expected
  }, 0)

const countBy = (keys: Iterable<string>): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

const AB: WeightedVariant[] = [
  { label: 'A', weight: 70 },
  { label: 'B', weight: 30 },
]

test('variants get their share of the leads, in every step', () => {
  const three = [
    { label: 'A', weight: 50 },
    { label: 'B', weight: 49 },
    { label: 'C', weight: 1 },
  ]
  for (const step of [1, 2, 3]) {
    // 20 is exceeded by chance less than once in 20,000 runs at two degrees of freedom; a skew of one percent gives 40.
    const counts = countBy(LEADS.map((id) => assignVariant(id, step, three)))
    const value = chiSquare(counts, { A: 0.5, B: 0.49, C: 0.01 }, LEADS.length)
    assert.ok(value < 20, `step ${step}: ${value} ${JSON.stringify([...counts])}`)
  }
})

test('the variant of one step says nothing about that of the next', () => {
  const counts = countBy(LEADS.map((id) => assignVariant(id, 1, AB) + assignVariant(id, 2, AB)))
  const value = chiSquare(counts, { AA: 0.49, AB: 0.21, BA: 0.21, BB: 0.09 }, LEADS.length)
  assert.ok(value < 25, `${value} ${JSON.stringify([...counts])}`)
})

test('the same lead and step always get the same variant', () => {
  const fixed = [
    '018f3a2b-0000-7000-8000-000000000001',
    '018f3a2b-0000-7000-8000-000000000002',
    '018f3a2b-0000-7000-8000-000000000003',
  ]
  // Written down once: a change of the hash would give leads of running campaigns another variant.
  assert.deepEqual(
    fixed.map((id) => [1, 2, 3].map((step) => assignVariant(id, step, AB)).join('')),
    ['AAB', 'ABA', 'BBB'],
  )
})

test('a weight of zero is never chosen, a weight of 100 always', () => {
  const variants = [
    { label: 'none', weight: 0 },
    { label: 'all', weight: 100 },
    { label: 'last', weight: 0 },
  ]
  for (const id of LEADS.slice(0, 5000)) assert.equal(assignVariant(id, 1, variants), 'all')
})

test('weights that do not add up to 100 are refused', () => {
  for (const weights of [[], [50, 49], [60, 60], [0, 0]]) {
    const variants = weights.map((weight, i) => ({ label: 'ABC'[i] ?? '', weight }))
    for (const id of LEADS.slice(0, 20)) assert.throws(() => assignVariant(id, 1, variants), RangeError)
    assert.equal(variantProblems(variants).length, 1)
  }
  assert.deepEqual(variantProblems(AB), [])
  assert.equal(variantProblems([...AB, { label: 'A', weight: 0.5 }]).length, 2)
})

const ALIASES = Array.from({ length: 5 }, (_, i) => `018f3a2b-1111-7000-8000-00000000000${i}`)

test('aliases share the leads evenly, whatever the order of the list', () => {
  const picks = LEADS.map((id) => pickAlias(id, ALIASES))
  const shares = Object.fromEntries(ALIASES.map((id) => [id, 0.2]))
  const value = chiSquare(countBy(picks), shares, LEADS.length)
  // Four degrees of freedom: 30 comes by chance about five times in a million.
  assert.ok(value < 30, `${value} ${JSON.stringify([...countBy(picks)])}`)
  const reversed = [...ALIASES].reverse()
  for (const [i, id] of LEADS.slice(0, 1000).entries()) assert.equal(pickAlias(id, reversed), picks[i])
})

test('the alias of a lead says nothing about its variant', () => {
  const counts = countBy(LEADS.map((id) => pickAlias(id, ALIASES) + assignVariant(id, 1, AB)))
  const shares = Object.fromEntries(
    ALIASES.flatMap((id) => AB.map(({ label, weight }) => [id + label, (0.2 * weight) / 100])),
  )
  const value = chiSquare(counts, shares, LEADS.length)
  assert.ok(value < 40, `${value} ${JSON.stringify([...counts])}`)
})

test('a further alias takes its fair share and moves no lead between the others', () => {
  const added = '018f3a2b-1111-7000-8000-0000000000ff'
  let moved = 0
  for (const id of LEADS) {
    const now = pickAlias(id, [...ALIASES, added])
    if (now === pickAlias(id, ALIASES)) continue
    assert.equal(now, added)
    moved++
  }
  assert.ok(Math.abs(moved / LEADS.length - 1 / 6) < 0.008, `${moved} moved`)
})

test('a lead without any alias to send from is an error', () => {
  assert.throws(() => pickAlias('lead', []), RangeError)
  assert.equal(pickAlias('lead', ['only']), 'only')
})
