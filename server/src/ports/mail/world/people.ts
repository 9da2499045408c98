import { hash } from 'node:crypto'

/**
 * Who the people of the local mail world are and what they do. Everything follows from the address and from how many
 * messages of the thread came before, so a run can be repeated and shows the same people each time.
 */
export const TAGS = [
  'accept',
  'defer',
  'refuse',
  'unknown',
  'full',
  'bounce',
  'softbounce',
  'reply',
  'ooo',
  'unsub',
  'unsubmail',
  'complain',
  'open',
  'click',
  'scanner',
] as const
export type Tag = (typeof TAGS)[number]

/** What the receiving server says in the session. */
export type Greeting = { answer: 'accept' } | { answer: 'defer' | 'refuse'; code: number; text: string }

export type ReactionKind =
  | 'scan'
  | 'open'
  | 'click'
  | 'unsubscribe_link'
  | 'bounce_dsn'
  | 'soft_bounce_dsn'
  | 'auto_reply'
  | 'reply'
  | 'unsubscribe_mail'
  | 'complaint_arf'

export type Reaction = { kind: ReactionKind; due_at: Date }

/** Misbehaves on purpose, for the campaign that shows how sending is paused. */
export const BAD_DOMAIN = 'autopause.example'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Due times fall on such steps, so that advancing a clock makes few stops. */
const STEP_MS = 5 * MINUTE_MS

/** A number from 0 to 1 that belongs to these words. */
export const chance = (...words: (string | number)[]): number =>
  Number.parseInt(hash('sha1', words.join('\u0000'), 'hex').slice(0, 12), 16) / 2 ** 48

/** One of `choices` that belongs to these words. */
export const pick = <T>(choices: readonly T[], ...words: (string | number)[]): T =>
  choices[Math.floor(chance(...words) * choices.length)] as T

/** The tags of an address such as `jane+open+click@example.com`; none means an ordinary person. */
export const tagsOf = (address: string): Set<Tag> => {
  const local = address.slice(0, address.lastIndexOf('@')).toLowerCase()
  const words = local.split('+').slice(1)
  return new Set(TAGS.filter((tag) => words.includes(tag)))
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase()

/** Shares of ordinary people. Refusals and bounces together stay near 2 %, far below what pauses a campaign (DOMAIN.md §3). */
const DEFERS = 0.02
const REFUSED = 0.011
const FULL = 0.002
const BOUNCES = 0.007
const SOFT_BOUNCES = 0.002
const SCANNED = 0.03
const OPENERS = 0.6
const OPENS_OF_OPENERS = 0.75
const CLICKS_OF_OPENS = 0.18
/** Of each message; three messages make about 6 % replies, 3 % absences and 0.8 % unsubscribes. */
const REPLIES = 0.021
const ABSENT = 0.011
const UNSUBSCRIBES = 0.0028
const COMPLAINS = 0.0002
const BAD_BOUNCES = 0.25

const refusal = (address: string): Greeting =>
  pick<Greeting>(
    [
      {
        answer: 'refuse',
        code: 550,
        text: `5.1.1 <${address}>: Recipient address rejected: User unknown in virtual mailbox table`,
      },
      { answer: 'refuse', code: 550, text: `5.1.1 The email account that you tried to reach does not exist` },
      {
        answer: 'refuse',
        code: 550,
        text: `5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup`,
      },
    ],
    address,
    'refusal',
  )

const FULL_MAILBOX: Greeting = {
  answer: 'refuse',
  code: 552,
  text: '5.2.2 The mailbox is full and cannot take more messages',
}
const GREYLISTED: Greeting = { answer: 'defer', code: 450, text: '4.7.1 Greylisted, please try again in a few minutes' }

/** How the server of an address answers RCPT. `defer` holds for the first try only, which the caller remembers. */
export const greetingOf = (recipient: string): Greeting => {
  const address = recipient.toLowerCase()
  const tags = tagsOf(address)
  if (tags.has('refuse') || tags.has('unknown')) return refusal(address)
  if (tags.has('full')) return FULL_MAILBOX
  if (tags.has('defer')) return GREYLISTED
  if (tags.size || domainOf(address) === BAD_DOMAIN) return { answer: 'accept' }
  const draw = chance(address, 'session')
  if (draw < REFUSED) return refusal(address)
  if (draw < REFUSED + FULL) return FULL_MAILBOX
  return draw < REFUSED + FULL + DEFERS ? GREYLISTED : { answer: 'accept' }
}

const roundUp = (ms: number): Date => new Date(Math.ceil(ms / STEP_MS) * STEP_MS)

/** The next moment, this one included, at which somebody sits at a desk: Monday to Friday, 7 to 17 o'clock UTC. */
const atWork = (ms: number): number => {
  for (let at = ms; ; ) {
    const date = new Date(at)
    const midnight = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate())
    const weekday = date.getUTCDay() >= 1 && date.getUTCDay() <= 5
    if (weekday && date.getUTCHours() < 17) return Math.max(at, midnight + 7 * HOUR_MS + (at - midnight) / 24)
    at = midnight + DAY_MS + (at - midnight) / 12
  }
}

/** Most mail is read within hours, the rest within two days. */
const openDelay = (seed: string): number => {
  const draw = chance(seed, 'open delay')
  return draw < 0.6 ? 4 * MINUTE_MS + draw * 5 * HOUR_MS : 3 * HOUR_MS + (draw - 0.6) * 110 * HOUR_MS
}

/**
 * What the person does after the message was taken, and when, by the workspace's clock. `position` counts the messages of
 * the thread before this one. A reader that is said to click or to answer also opens.
 */
export const reactionsOf = (recipient: string, position: number, acceptedAt: Date): Reaction[] => {
  const address = recipient.toLowerCase()
  const seed = `${address}#${position}`
  const tags = tagsOf(address)
  const start = acceptedAt.getTime()
  const after = (ms: number) => roundUp(start + ms)
  const reactions: Reaction[] = []
  const add = (kind: ReactionKind, due_at: Date) => reactions.push({ kind, due_at })

  const explicit = tags.size > 0
  const bad = !explicit && domainOf(address) === BAD_DOMAIN
  const person = chance(address, 'fate')
  const bounces = explicit ? tags.has('bounce') : bad ? person < BAD_BOUNCES : person < BOUNCES
  const softBounces = explicit ? tags.has('softbounce') : !bad && person >= BOUNCES && person < BOUNCES + SOFT_BOUNCES
  if (bounces || softBounces) {
    if (bounces) add('bounce_dsn', after(1 * MINUTE_MS + chance(seed, 'dsn') * 25 * MINUTE_MS))
    else add('soft_bounce_dsn', after(DAY_MS * (0.2 + chance(seed, 'dsn'))))
    return reactions
  }

  const outcome = chance(seed, 'outcome')
  const drawn = (from: number, share: number) => !explicit && outcome >= from && outcome < from + share
  const replies = explicit ? tags.has('reply') : drawn(0, REPLIES)
  const unsubscribes = drawn(REPLIES, UNSUBSCRIBES)
  const complains = explicit ? tags.has('complain') : drawn(REPLIES + UNSUBSCRIBES, COMPLAINS)
  const byMail = explicit ? tags.has('unsubmail') : unsubscribes && chance(address, 'by mail') < 0.3
  const byLink = explicit ? tags.has('unsub') : unsubscribes && !byMail
  const absent = explicit ? tags.has('ooo') : !replies && chance(seed, 'absent') < ABSENT
  const acts = replies || complains || byMail || byLink
  const reads = chance(address, 'opener') < OPENERS && chance(seed, 'open') < OPENS_OF_OPENERS
  const clicks = explicit ? tags.has('click') : !absent && reads && chance(seed, 'click') < CLICKS_OF_OPENS
  const opens = explicit ? tags.has('open') || tags.has('click') : !absent && (reads || acts)

  if (explicit ? tags.has('scanner') : chance(address, 'scanner') < SCANNED) add('scan', after(0))
  if (absent) add('auto_reply', after(MINUTE_MS))
  const opened = start + openDelay(seed)
  if (opens) add('open', roundUp(opened))
  if (clicks) add('click', roundUp(opened + MINUTE_MS + chance(seed, 'click delay') * 8 * MINUTE_MS))
  if (replies) add('reply', roundUp(atWork(opened + 10 * MINUTE_MS + chance(seed, 'reply delay') * 20 * HOUR_MS)))
  if (byLink) add('unsubscribe_link', roundUp(opened + 2 * MINUTE_MS))
  if (byMail) add('unsubscribe_mail', roundUp(opened + 3 * MINUTE_MS))
  if (complains) add('complaint_arf', roundUp(opened + chance(seed, 'complaint delay') * 6 * HOUR_MS))
  return reactions
}
