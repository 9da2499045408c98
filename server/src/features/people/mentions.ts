import { linkedinKey } from '../../linkedin-url.ts'

/** One way in which a text names a person: `text` in lower case, and a pattern that also looks at what stands around it. */
export type Mention = { text: string; pattern: string }

/**
 * How texts, in lower case, name a person. The patterns mean the same to JavaScript and to PostgreSQL. `anna@b.example` is not
 * found in `joanna@b.example` or `anna@b.example.org`, and `linkedin.com/in/ann-lee` not in `…/ann-lee-2`: those are other
 * people. A line break that JSON wrote as `\n` is not taken for a letter of the address behind it.
 */
export const mentionsOf = (person: { email: string | null; linkedin_url: string | null }): Mention[] => {
  const mentions: Mention[] = []
  if (person.email) {
    const text = person.email.toLowerCase()
    mentions.push({ text, pattern: `(?:^|[^a-z0-9._%+'-]|\\\\[bfnrt])${literal(text)}(?![a-z0-9-]|\\.[a-z0-9])` })
  }
  if (person.linkedin_url) {
    const text = linkedinKey(person.linkedin_url).toLowerCase()
    mentions.push({ text, pattern: `(?:^|[^a-z0-9-]|\\\\[bfnrt])${literal(text)}(?![a-z0-9_%-])` })
  }
  return mentions
}

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** Whether a text names the person; case does not count. */
export const isMentionedIn = (text: string, mentions: Mention[]): boolean => {
  const lower = text.toLowerCase()
  return mentions.some((mention) => lower.includes(mention.text) && new RegExp(mention.pattern).test(lower))
}
