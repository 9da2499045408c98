import { readWebsite } from '../../company-domain.ts'
import { looksLikeOrder } from '../../letters/quotable.ts'
import type { TalkRequest } from '../../ports/llm/port.ts'

type Field = TalkRequest['fields'][number] & {
  /** In characters. */
  max: number
  kind: 'name' | 'line' | 'website' | 'text'
}

/** What a profile is made of, in the order of asking. Names are those that messages know sender facts by. */
export const PROFILE_FIELDS: readonly Field[] = [
  {
    name: 'full_name',
    question: 'What is your full name, as it should stand in your messages?',
    examples: ['Grete Lind', 'Ada Okafor'],
    required: true,
    max: 100,
    kind: 'name',
  },
  {
    name: 'company',
    question: 'Which company do you write for?',
    examples: ['Fjordlys AS', 'Acme GmbH'],
    required: true,
    max: 150,
    kind: 'line',
  },
  {
    name: 'role',
    question: 'What is your role there?',
    examples: ['Founder', 'Head of Sales'],
    required: true,
    max: 150,
    kind: 'line',
  },
  {
    name: 'offer',
    question: 'What do you offer, and to whom? One or two sentences are best.',
    examples: ['We plan the shifts of harbour crews, for terminals with 50 people and more.'],
    required: true,
    max: 2_000,
    kind: 'text',
  },
  {
    name: 'website',
    question: 'What is the web address of your company?',
    examples: ['https://www.fjordlys.example'],
    required: false,
    max: 500,
    kind: 'website',
  },
  {
    name: 'city',
    question: 'In which city are you based?',
    examples: ['Oslo', 'Lyon'],
    required: false,
    max: 150,
    kind: 'line',
  },
  {
    name: 'school',
    question: 'Where did you study? Shared schools make good openings.',
    examples: ['NTNU Trondheim', 'TU Delft'],
    required: false,
    max: 300,
    kind: 'text',
  },
  {
    name: 'former_employers',
    question: 'Which companies did you work for before?',
    examples: ['Maersk, Kongsberg'],
    required: false,
    max: 500,
    kind: 'text',
  },
  {
    name: 'interests',
    question: 'What do you care about outside of work?',
    examples: ['sailing, chess', 'trail running'],
    required: false,
    max: 500,
    kind: 'text',
  },
  {
    name: 'profile_name',
    question: 'How shall the profile be called in your list?',
    examples: ['Sales, Nordics'],
    required: false,
    max: 100,
    kind: 'line',
  },
]

export const fieldNamed = (name: string): Field | undefined => PROFILE_FIELDS.find((field) => field.name === name)

const called = (name: string): string => name.replaceAll('_', ' ')

/**
 * The value as a profile keeps it, or what is wrong with it in a sentence. The same for every writer: what a model believes to
 * have understood is held to the same rules as what somebody typed.
 */
export const readField = (name: string, said: string): { value: string } | { problem: string } => {
  const field = fieldNamed(name)
  const value = said.trim()
  if (!field) return { problem: `There is no field ${name}.` }
  if (!/[\p{L}\p{N}]/u.test(value)) return { problem: `I need words or figures for ${called(name)}.` }
  if (value.length > field.max)
    return { problem: `That is ${value.length} characters; ${called(name)} has ${field.max} at most.` }
  if (field.kind === 'website') {
    const website = readWebsite(value)
    return website ? { value: website } : { problem: 'That does not look like a web address.' }
  }
  if (field.kind === 'text') return { value }
  const isOdd = /[<>{}[\]\n]|https?:\/\//.test(value) || looksLikeOrder(value)
  const isName = field.kind !== 'name' || (/\p{L}/u.test(value) && !/@|\d{3}/.test(value))
  return isOdd || !isName
    ? { problem: `That does not look like a ${field.kind === 'name' ? 'name' : called(name)}.` }
    : { value: value.replaceAll(/\s+/gu, ' ') }
}

/** The name of a profile that nobody named. */
export const defaultProfileName = (collected: Readonly<Record<string, string>>): string =>
  `${collected.full_name ?? 'Sender'}, ${collected.company ?? ''}`
    .replace(/, $/, '')
    .slice(0, 100)
    .toWellFormed()
    .trim()
