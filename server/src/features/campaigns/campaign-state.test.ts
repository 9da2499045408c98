import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  aliasChangeRefusal,
  CAMPAIGN_STATUSES,
  type CampaignEvent,
  type CampaignStatus,
  canTransition,
  isSending,
  lockedFields,
  nextState,
  resumeEvent,
  statesThatAllow,
  transitionRefusal,
} from './campaign-state.ts'

// Written as the domain tells it, one line per arrow; every pair that is not here has to be refused.
const ARROWS: [CampaignStatus, CampaignEvent, CampaignStatus][] = [
  ['draft', 'launch', 'launching'],
  ['launching', 'launched', 'active'],
  ['launching', 'launched_for_later', 'scheduled'],
  ['launching', 'fail', 'failed'],
  ['launching', 'schedule_cancelled', 'draft'],
  ['launching', 'held_for_review', 'paused'],
  ['scheduled', 'schedule_reached', 'active'],
  ['scheduled', 'schedule_cancelled', 'draft'],
  ['scheduled', 'pause', 'paused'],
  ['scheduled', 'fail', 'failed'],
  ['scheduled', 'held_for_review', 'paused'],
  ['active', 'first_steps_done', 'draining'],
  ['active', 'all_done', 'completed'],
  ['active', 'pause', 'paused'],
  ['active', 'held_for_review', 'paused'],
  ['active', 'schedule_cancelled', 'draft'],
  ['draining', 'all_done', 'completed'],
  ['draining', 'pause', 'paused'],
  ['draining', 'held_for_review', 'paused'],
  ['draining', 'schedule_cancelled', 'draft'],
  ['paused', 'resume', 'active'],
  ['paused', 'resume_draining', 'draining'],
  ['paused', 'resume_scheduled', 'scheduled'],
  ['failed', 'edit_failed', 'draft'],
  ['failed', 'launch', 'launching'],
]
const EVENTS = [...new Set(ARROWS.map(([, event]) => event))]

test('every event in every state either leads where the domain says or is refused', () => {
  for (const state of CAMPAIGN_STATUSES) {
    for (const event of EVENTS) {
      const expected = ARROWS.find(([from, on]) => from === state && on === event)?.[2] ?? null
      assert.equal(nextState(state, event), expected, `${state} on ${event}`)
    }
  }
})

test('a transition exists exactly where an event makes it, and none leads out of completed', () => {
  for (const from of CAMPAIGN_STATUSES) {
    for (const to of CAMPAIGN_STATUSES) {
      const exists = ARROWS.some(([a, , b]) => a === from && b === to)
      assert.equal(canTransition(from, to), exists, `${from} to ${to}`)
    }
    assert.equal(canTransition('completed', from), false)
  }
})

test('every state can be reached from a draft', () => {
  const reached = new Set<CampaignStatus>(['draft'])
  for (const from of reached) for (const to of CAMPAIGN_STATUSES) if (canTransition(from, to)) reached.add(to)
  assert.deepEqual([...reached].sort(), [...CAMPAIGN_STATUSES].sort())
})

test('only active and draining campaigns send', () => {
  assert.deepEqual(CAMPAIGN_STATUSES.filter(isSending), ['active', 'draining'])
})

test('a paused campaign resumes where its leads are', () => {
  const after = (starts_later: boolean, first_steps_left: boolean) =>
    nextState('paused', resumeEvent({ starts_later, first_steps_left }))
  assert.equal(after(false, true), 'active')
  assert.equal(after(false, false), 'draining')
  assert.equal(after(true, true), 'scheduled')
})

test('a refused request says which states would do and which one it is', () => {
  assert.equal(transitionRefusal('draft', 'launch'), null)
  assert.equal(transitionRefusal('failed', 'launch'), null)
  assert.equal(
    transitionRefusal('paused', 'launch'),
    'Only a campaign that is draft or failed can be launched; this one is paused.',
  )
  assert.equal(
    transitionRefusal('completed', 'pause'),
    'Only a campaign that is scheduled, active or draining can be paused; this one is completed.',
  )
  assert.equal(
    transitionRefusal('active', 'resume'),
    'Only a campaign that is paused can be resumed; this one is active.',
  )
  assert.deepEqual(statesThatAllow('fail'), ['launching', 'scheduled'])
})

test('what may change follows the state: all before the launch, pacing while it runs, words alone when it is over', () => {
  const pacing = [
    'daily_limit',
    'sending_window_start',
    'sending_window_end',
    'min_interval_seconds',
    'timezone',
    'send_days',
    'holiday_countries',
    'unreviewed_launch_policy',
    'alias_ids',
    'stop_company_on_reply',
  ] as const
  const words = ['name', 'description', 'playground_discovery_dismissed_at'] as const
  const made = [
    'steps',
    'dataset_id',
    'type',
    'launch_type',
    'connected_account_id',
    'system_prompt',
    'use_lead_timezone',
    'allow_overlap',
  ] as const
  for (const status of CAMPAIGN_STATUSES) {
    const locked = lockedFields(status)
    const editable = status === 'draft' || status === 'failed'
    if (editable) assert.equal(locked.size, 0, status)
    for (const field of words) assert.equal(locked.has(field), false, `${status} ${field}`)
    for (const field of made) assert.equal(locked.has(field), !editable, `${status} ${field}`)
    for (const field of pacing) {
      const isLocked = status === 'completed' || (status === 'launching' && field === 'alias_ids')
      assert.equal(locked.has(field), isLocked, `${status} ${field}`)
    }
    assert.equal(locked.has('start_date'), !editable && status !== 'scheduled', `${status} start_date`)
    for (const [field, reason] of locked) assert.match(reason, new RegExp(`^${field} .+\\.$`))
  }
})

test('sending addresses may be added while a campaign runs, but not taken away', () => {
  assert.equal(aliasChangeRefusal('draft', ['a', 'b'], []), null)
  assert.equal(aliasChangeRefusal('failed', ['a', 'b'], ['c']), null)
  for (const status of ['scheduled', 'active', 'draining', 'paused'] as const) {
    assert.equal(aliasChangeRefusal(status, ['a', 'b'], ['c', 'b', 'a']), null)
    assert.match(aliasChangeRefusal(status, ['a', 'b'], ['b', 'c']) ?? '', /conversation with a\./)
  }
  assert.match(aliasChangeRefusal('launching', ['a'], ['a', 'b']) ?? '', /launch/)
  assert.match(aliasChangeRefusal('completed', ['a'], ['a', 'b']) ?? '', /completed/)
})
