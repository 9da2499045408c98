import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  nextState,
  progressOf,
  SESSION_EVENTS,
  SESSION_STATUSES,
  type SessionEvent,
  type SessionStatus,
  statesThatAllow,
  transitionRefusal,
} from './session-state.ts'

const ALLOWED: [SessionStatus, SessionEvent, SessionStatus][] = [
  ['created', 'fill_begins', 'processing'],
  ['created', 'filled', 'ready'],
  ['created', 'leads_added', 'ready'],
  ['created', 'dataset_given', 'ready'],
  ['ready', 'fill_begins', 'processing'],
  ['ready', 'filled', 'ready'],
  ['ready', 'leads_added', 'ready'],
  ['ready', 'process', 'processing'],
  ['ready', 'emptied', 'created'],
  ['processing', 'filled', 'ready'],
  ['processing', 'fill_failed', 'failed'],
  ['processing', 'processed', 'completed'],
  ['processing', 'part_processed', 'ready'],
  ['processing', 'process_failed', 'failed'],
  ['processing', 'cancelled', 'ready'],
  ['completed', 'process', 'processing'],
  ['completed', 'emptied', 'created'],
  ['failed', 'fill_begins', 'processing'],
  ['failed', 'filled', 'ready'],
  ['failed', 'leads_added', 'ready'],
  ['failed', 'process', 'processing'],
  ['failed', 'emptied', 'created'],
]

test('of all pairs of a state and an event exactly these lead anywhere', () => {
  const found = SESSION_STATUSES.flatMap((state) =>
    SESSION_EVENTS.flatMap((event) => {
      const to = nextState(state, event)
      return to === null ? [] : [[state, event, to]]
    }),
  )
  const sorted = (list: unknown[][]): string[] => list.map((one) => one.join(' ')).sort()
  assert.deepEqual(sorted(found), sorted(ALLOWED))
})

test('every state can be reached from created, and every one but processing can be left by asking', () => {
  const reached = new Set<SessionStatus>(['created'])
  for (const state of reached)
    for (const event of SESSION_EVENTS) {
      const to = nextState(state, event)
      if (to) reached.add(to)
    }
  assert.deepEqual([...reached].sort(), [...SESSION_STATUSES].sort())
})

test('a session that is worked on takes neither a second start nor leads, and says so', () => {
  assert.deepEqual(statesThatAllow('process'), ['ready', 'completed', 'failed'])
  assert.deepEqual(statesThatAllow('leads_added'), ['created', 'ready', 'failed'])
  assert.equal(transitionRefusal('processing', 'process'), 'The session is being worked on already.')
  assert.equal(
    transitionRefusal('completed', 'leads_added'),
    'Only a session that is created, ready or failed can take more leads; this one is completed.',
  )
})

test('progress never reads 100 while a lead waits, and never more', () => {
  const at = (status: SessionStatus, leads_count: number, processed_count: number, failed_count = 0): number =>
    progressOf({ status, leads_count, processed_count, failed_count })
  assert.equal(at('created', 0, 0), 0)
  assert.equal(at('completed', 0, 0), 100)
  assert.equal(at('processing', 3, 1, 1), 66.6)
  assert.equal(at('processing', 100_000, 99_999), 99.9)
  assert.equal(at('completed', 2, 1, 1), 100)
  assert.equal(at('completed', 3, 2), 66.6)
})
