import type { Fact } from '../../ports/llm/port.ts'
import { remembered } from '../../remembered.ts'
import { factText } from '../research/fact-text.ts'
import { leadFields } from './lead-fields.ts'

const MOST_FACTS = 60

/** What steers the product, or reaches the sender: no statement about them that a message could make. */
const NO_FACTS = new Set(['custom_prompt', 'prompts', 'email', 'phone', 'linkedin_url', 'timezone'])

/** The sender's data as fields, without what is no statement about the sender. */
export const senderFields = (data: Readonly<Record<string, unknown>>): Record<string, string> => {
  const { prompts: _prompts, custom_prompt: _prompt, ...about } = data
  return { ...fieldsOf(about) }
}

const fieldsOf = remembered((about: Record<string, unknown>) => leadFields(about))

/** What a message may say of its sender. `fields` are those of senderFields. */
export const senderFacts = (fields: Readonly<Record<string, string>>, now: Date): Fact[] =>
  Object.entries(fields)
    .filter(([field, value]) => !NO_FACTS.has(field) && factText(value) !== '')
    .slice(0, MOST_FACTS)
    .map(([field, value], index) => ({
      id: `s${index + 1}`,
      about: 'sender',
      text: factText(value),
      field,
      source: { kind: 'profile', name: field, url: null, seen_at: now.toISOString() },
    }))
