/**
 * How a letter's parts are kept in words: for each place in a letter a list of ways to say it, with `{slots}` for what is
 * known. A way whose slots are not all known is not used, so a letter never has a gap, and values are put in once, so that
 * braces inside a value stay what they are.
 */
import type { CommonalityKind } from '../commonalities.ts'
import type { JobFunction } from '../job-function.ts'

export type LetterLanguage = 'en' | 'de' | 'fr' | 'es'

export const isLetterLanguage = (code: string): code is LetterLanguage => /^(?:en|de|fr|es)$/.test(code)

export type Phrases = {
  /** With the name, and without one. Formal ones come first, then the usual, then informal ones. */
  greeting: { formal: string[]; usual: string[]; informal: string[]; nameless: string[] }
  /** The first sentence where something is shared; the sentence after it says why that is no more than a start. */
  shared: Partial<Record<CommonalityKind, string[]>>
  /** From what the workspace noted about the lead. */
  noted: { referred: string[]; met: string[]; short: string[] }
  /** After a line of the company's own website. */
  quoted: string[]
  /** Why this person: by how what they do and what the sender does fit. */
  why: {
    fits: string[]
    /** At the head of a company. */
    top: string[]
    leads: string[]
    elsewhere: string[]
    works_in: string[]
    industry: string[]
    by_name: string[]
    company: string[]
    stranger: string[]
  }
  /** Who writes, where the offer does not say it. */
  introduction: string[]
  /** The same after a difficulty has been spoken of. */
  after_pain: string[]
  /** Around an offer that is no sentence of its own. */
  offer: { sentence: string[]; help: string[]; noun: string[]; foreign: string[] }
  /** `pain` only where a difficulty was spoken of, `blank` where nothing can be said of what the sender offers. */
  question: {
    topic: string[]
    pain: string[]
    blank: string[]
    elsewhere: string[]
    open: string[]
    call: string[]
    demo: string[]
    referral: string[]
  }
  closing: string[]
  link: string[]
  subject: { topic: string[]; elsewhere: string[]; shared: string[]; open: string[] }
  again: {
    /** The sentence that refers to the message before. */
    opening: string[]
    /** The same where there is nothing new to add. */
    still: string[]
    question: string[]
    last: string[]
    subject: string[]
    last_subject: string[]
  }
  duty: Record<Exclude<JobFunction, 'management'>, string>
  /** Names of industries and interests in this language, by their English ones. Absent: they are as in English. */
  words?: Record<string, string>
  /** Titles that are words of this language, and so may stand in a sentence of it. */
  title?: RegExp
  /** Forms of the topic that a sentence needs beside the plain one, such as with a preposition that merges with its article. */
  cases?: (topic: string) => Record<string, string>
  /** An offer that begins with "we" as a sentence that names the company; absent where that needs another word order. */
  at_company?: (offer: string) => string | undefined
  /** True where a letter goes on in lower case after the comma of its greeting. */
  lower_after_greeting?: boolean
  /** Shortens or changes the words of a letter for a lighter tone; values are not touched. */
  contract?: (text: string) => string
}

export type Slot = { text: string; facts: string[] }
export type Slots = Partial<Record<string, Slot>>

const SLOT = /\{(\w+)(\|cap)?\}/g

export const slotsOf = (template: string): string[] => [...template.matchAll(SLOT)].map((found) => found[1] as string)

export const isUsable = (template: string, slots: Slots): boolean => slotsOf(template).every((name) => slots[name])

/** `[Sie|du]` is the first where the letter is formal, else the second. */
export const inTone = (template: string, formal: boolean): string =>
  template.replaceAll(/\[([^[\]|]*)\|([^[\]|]*)\]/g, (_, one: string, other: string) => (formal ? one : other))

export const capitalise = (text: string): string =>
  text.replace(/^(\P{L}*)(\p{L})/u, (_, before: string, letter: string) => before + letter.toUpperCase())

/** Puts the values in, in one pass. Throws where one is missing: that is a fault of whoever chose the template. */
export const fill = (template: string, slots: Slots): { text: string; facts: string[] } => {
  const facts: string[] = []
  const text = template.replaceAll(SLOT, (_, name: string, cap: string | undefined) => {
    const slot = slots[name]
    if (!slot) throw new Error(`The phrase needs {${name}}, which is not known.`)
    facts.push(...slot.facts)
    return cap ? capitalise(slot.text) : slot.text
  })
  return { text, facts }
}
