import { type RawBuilder, sql } from 'kysely'
import type { THREAD_VIEWS } from './schema.ts'

export type ThreadView = (typeof THREAD_VIEWS)[number]

/** Conditions over conversations c, which the lists, the counts and the home screen share. */
const asleep = (now: Date): RawBuilder<unknown> => sql`c.snoozed_until > ${now}`
const awake = (now: Date): RawBuilder<unknown> => sql`(c.snoozed_until is null or c.snoozed_until <= ${now})`

export const isReceived: RawBuilder<unknown> = sql`c.inbound_count > c.warmup_count and (c.place is null or c.place = 'inbox')`

/** A person wrote and nobody has answered since. A message that answers nothing of ours is no answer to us. */
export const needsAnswer: RawBuilder<unknown> = sql`coalesce(c.kind = 'human_reply' and c.last_written_at >= c.last_message_at, false)`

export const isOpen = (now: Date): RawBuilder<unknown> => sql`${isReceived} and c.done_at is null and ${awake(now)}`
export const isSnoozed = (now: Date): RawBuilder<unknown> => sql`${isReceived} and c.done_at is null and ${asleep(now)}`

export const inView = (view: ThreadView, now: Date): RawBuilder<unknown> => {
  switch (view) {
    case 'open':
      return isOpen(now)
    case 'snoozed':
      return isSnoozed(now)
    case 'done':
      return sql`${isReceived} and c.done_at is not null`
    case 'sent':
      return sql`c.inbound_count = 0 and c.place is null`
    case 'spam':
      return sql`c.place = 'spam'`
    case 'trash':
      return sql`c.place = 'trash'`
    case 'all':
      return sql`(c.place is null or c.place = 'inbox')`
  }
}
