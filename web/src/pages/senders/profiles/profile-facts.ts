import type { SenderProfile } from '@bavlio/sdk/types'

export type Fact = { name: string; value: string }

export const USUAL_FACTS = [
  'full_name',
  'role',
  'company',
  'offer',
  'target_audience',
  'proof',
  'call_to_action',
  'tone',
]

const rankOf = (name: string): number => (USUAL_FACTS.includes(name) ? USUAL_FACTS.indexOf(name) : USUAL_FACTS.length)

/** Kept by the product itself; they have places of their own. */
const RESERVED = ['prompts', 'custom_prompt']

/** What a profile says about the sender: who first, the rest as it was stored. Lists are written with commas. */
export const factsOf = (profile: Pick<SenderProfile, 'sender_data'>): Fact[] =>
  Object.entries(profile.sender_data.data)
    .filter(([name, value]) => !RESERVED.includes(name) && value !== null && value !== '')
    .map(([name, value]) => ({
      name,
      value: Array.isArray(value)
        ? value.map(String).join(', ')
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value),
    }))
    .sort((one, other) => rankOf(one.name) - rankOf(other.name))

/** The other way: what was not touched keeps the shape it had. */
export const dataOf = (facts: Fact[], before: Record<string, unknown>): Record<string, unknown> => {
  const had = new Map(factsOf({ sender_data: { data: before } }).map(({ name, value }) => [name, value]))
  const custom = 'custom_prompt' in before ? { custom_prompt: before.custom_prompt } : {}
  return {
    ...Object.fromEntries(
      facts
        .filter(({ name, value }) => name.trim() && value.trim())
        .map(({ name, value }) => [name.trim(), had.get(name) === value ? before[name] : value]),
    ),
    ...custom,
  }
}
