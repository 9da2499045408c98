import type { TalkTurn } from '../../ports/llm/port.ts'
import { hasNewAddress, isSaid, spokenText } from '../chats/spoken-text.ts'
import { PROFILE_FIELDS, readField } from './profile-fields.ts'

/** Everything that a conversation about a profile knows; it is stored as it is here. */
export type ProfileState = {
  collected: Record<string, string>
  /** Optional fields that were left out. */
  skipped: string[]
  next_field: string | null
  profile_id: string | null
}

export type Heard = {
  state: ProfileState
  reply: string
  suggestions: string[]
  is_complete: boolean
}

const DONE =
  /^(?:done|finish|finished|that['’]?s (?:all|it)|that is all|create (?:it|(?:the |my )?profile)|save (?:it|(?:the |my )?profile)|fertig|das ist alles|terminé|c['’]est tout|listo|eso es todo)[.! ]*$/i

/** Whether somebody wants the profile as it is, without the questions that are left. */
export const isDone = (text: string): boolean => DONE.test(text.trim())

const missing = (collected: Readonly<Record<string, string>>) =>
  PROFILE_FIELDS.filter(({ name, required }) => required && !(name in collected))

export const askFor = (name: string): string => {
  const field = PROFILE_FIELDS.find((one) => one.name === name)
  return field ? `${field.question}${field.required ? '' : ' (You may skip this.)'}` : ''
}

const examplesOf = (name: string | null): string[] => {
  const field = PROFILE_FIELDS.find((one) => one.name === name)
  return field ? [...field.examples.slice(0, 4), ...(field.required ? [] : ['skip'])] : []
}

/** Whether the conversation went on from one field to a later one, or to its end; going back leaves nothing out. */
const isBefore = (one: string, other: string | null): boolean =>
  other === null ||
  PROFILE_FIELDS.findIndex(({ name }) => name === one) < PROFILE_FIELDS.findIndex(({ name }) => name === other)

/** After `done`: complete, or what is still needed. */
export const finish = (state: ProfileState): Heard => {
  const [first, ...rest] = missing(state.collected)
  if (!first) return { state: { ...state, next_field: null }, reply: '', suggestions: [], is_complete: true }
  const names = [first, ...rest].map(({ name }) => name.replaceAll('_', ' ')).join(', ')
  return {
    state: { ...state, next_field: first.name },
    reply: `Not quite: ${names} ${rest.length ? 'are' : 'is'} still needed. ${askFor(first.name)}`,
    suggestions: examplesOf(first.name),
    is_complete: false,
  }
}

/**
 * What follows from a turn of the writer. It proposes; this decides: a value is taken if it keeps to the field's rules and was
 * said, a conversation is over when nothing required is missing, and an answer that sends the user to an address of its own
 * making is replaced by the plain question. `said` is everything said so far by either side, the last message included.
 */
export const hearTurn = (state: ProfileState, turn: TalkTurn, said: readonly string[]): Heard => {
  const collected = { ...state.collected }
  const problems: string[] = []
  let refused: string | null = null
  for (const [name, raw] of Object.entries(turn.learned)) {
    const text = spokenText(raw)
    const read = isSaid(text, said)
      ? readField(name, text)
      : { problem: `I did not find ${name.replaceAll('_', ' ')} in what you said.` }
    if ('value' in read) collected[name] = read.value
    else {
      problems.push(read.problem)
      refused ??= name
    }
  }
  const wasLeft =
    state.next_field !== null &&
    !(state.next_field in collected) &&
    refused !== state.next_field &&
    isBefore(state.next_field, turn.next_field) &&
    !missing(collected).some(({ name }) => name === state.next_field)
  const skipped = [...new Set([...state.skipped, ...(wasLeft ? [state.next_field as string] : [])])].filter(
    (name) => !(name in collected),
  )
  const open = PROFILE_FIELDS.filter(({ name }) => !(name in collected) && !skipped.includes(name))
  const needed = missing(collected)
  const isThrough = open.length === 0 && Object.keys(turn.learned).length > 0
  const is_complete = needed.length === 0 && refused === null && (isThrough || turn.next_field === null)
  // A writer that believes to be through before everything needed is there, or that asks past a value that was refused, is corrected.
  const next = is_complete ? null : (refused ?? turn.next_field ?? needed[0]?.name ?? open[0]?.name ?? null)
  const reply = spokenText(turn.reply)
  const isOwn = next !== turn.next_field || hasNewAddress(reply, said) || reply === ''
  const parts = isOwn && next ? [...problems, askFor(next)] : [...problems, reply]
  return {
    state: { ...state, collected, skipped, next_field: next },
    reply: parts.filter(Boolean).join(' '),
    suggestions: isOwn || turn.suggestions.length === 0 ? examplesOf(next) : turn.suggestions,
    is_complete,
  }
}
