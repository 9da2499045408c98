import { type DetectedLanguage, detectLanguage } from './detect-language.ts'
import { fold, lettersOnly, wordsOf } from './folded-text.ts'
import { placeNamesIn } from './place-names.ts'
import type { Fact } from './ports/llm/port.ts'

export type DraftToCheck = {
  subject: string
  /** Plain text. */
  body: string
  facts: readonly Fact[]
  /** Fields of the lead by the names of column-mapping.ts. */
  lead: Readonly<Record<string, string>>
  sender: Readonly<Record<string, string>>
  /** BCP 47, or null where any language will do. */
  language: string | null
  /** Drafts for others, and what this lead was sent. */
  earlier: readonly { subject: string; body: string }[]
  /** The instruction the draft was written by, where it is known: its words have no place in the draft. */
  prompt?: string
}

export const SENTENCE_ENDS = /(?<=[.!?…])\s+|\n+/u

export const LINK =
  /\b(?:https?:\/\/|www\.)[^\s<>"')\]]+|(?<![@\p{L}\p{N}.])(?:[a-z0-9-]+\.)+(?:com|net|org|io|co|ai|de|fr|es|uk|eu|info|biz|ly|app|dev|gl)\/[^\s<>"')\]]*/giu
/** Whether there may be a link: each has a slash or begins with `www.`, and most letters have neither. */
export const mayHaveLink = (text: string): boolean => text.includes('/') || /www\./i.test(text)

/** What several checks look at; each is made when the first of them asks, because most drafts need few of them. */
export class JudgedDraft {
  readonly facts: DraftToCheck['facts']
  readonly lead: DraftToCheck['lead']
  readonly language: string | null
  readonly earlier: DraftToCheck['earlier']
  readonly prompt: string
  readonly subject: string
  readonly body: string
  readonly text: string
  readonly #given: DraftToCheck
  #folded_text: string | undefined
  #folded_body: string | undefined
  #plain_body: string | undefined
  #subject_words: string[] | undefined
  #body_words: string[] | undefined
  #sentences: string[] | undefined
  #without_links: string | undefined
  #about_lead: string | undefined
  #about_sender: string | undefined
  #known_of_lead: string | undefined
  #known: string | undefined
  #plain_known: string | undefined
  #places: string | undefined
  #language_of_body: DetectedLanguage | null | undefined
  #detected: string | null | undefined

  constructor(given: DraftToCheck) {
    this.#given = given
    this.facts = given.facts
    this.lead = given.lead
    this.language = given.language
    this.earlier = given.earlier
    this.prompt = given.prompt ?? ''
    this.subject = given.subject.trim()
    this.body = given.body.trim()
    this.text = `${this.subject}\n${this.body}`
  }

  get folded_text(): string {
    this.#folded_text ??= fold(this.text)
    return this.#folded_text
  }
  get folded_body(): string {
    this.#folded_body ??= fold(this.body)
    return this.#folded_body
  }
  /** Letters and digits of the body alone. */
  get plain_body(): string {
    this.#plain_body ??= lettersOnly(this.folded_body)
    return this.#plain_body
  }
  get subject_words(): string[] {
    this.#subject_words ??= wordsOf(this.subject)
    return this.#subject_words
  }
  get body_words(): string[] {
    this.#body_words ??= wordsOf(this.body)
    return this.#body_words
  }
  get sentences(): string[] {
    this.#sentences ??= this.body.split(SENTENCE_ENDS)
    return this.#sentences
  }
  get without_links(): string {
    this.#without_links ??= mayHaveLink(this.text) ? this.text.replaceAll(LINK, ' ') : this.text
    return this.#without_links
  }
  get #said_of_lead(): string {
    this.#about_lead ??= [
      ...this.facts.filter(({ about }) => about !== 'sender').map(({ text }) => text),
      ...Object.values(this.lead),
    ].join('\n')
    return this.#about_lead
  }
  get #said_of_sender(): string {
    this.#about_sender ??= [
      ...this.facts.filter(({ about }) => about === 'sender').map(({ text }) => text),
      ...Object.values(this.#given.sender),
    ].join('\n')
    return this.#about_sender
  }
  /** Only what is known of the other side. */
  get known_of_lead(): string {
    this.#known_of_lead ??= fold(this.#said_of_lead)
    return this.#known_of_lead
  }
  /** All that is known of lead, company, sender and correspondence, as words to look things up in. */
  get known(): string {
    // A line end takes part in nothing that folding does, so that the lead's part need not be folded again.
    this.#known ??= `${this.known_of_lead}\n${fold(this.#said_of_sender)}`
    return this.#known
  }
  /** All that is known, letters and digits alone. */
  get plain_known(): string {
    this.#plain_known ??= lettersOnly(fold(this.known))
    return this.#plain_known
  }
  /** What the places in it are called in other languages, and by other spellings. */
  get places(): string {
    this.#places ??= fold(placeNamesIn(`${this.#said_of_lead}\n${this.#said_of_sender}`).join('\n'))
    return this.#places
  }
  get language_of_body(): DetectedLanguage | null {
    if (this.#language_of_body === undefined) this.#language_of_body = detectLanguage(this.body)
    return this.#language_of_body
  }
  get detected(): string | null {
    // Of a long text only the beginning is looked at, which is another one where it begins with spaces.
    if (this.#detected === undefined)
      this.#detected =
        (this.#given.body.startsWith(this.body) ? this.language_of_body : detectLanguage(this.#given.body))?.language ??
        null
    return this.#detected
  }
}
