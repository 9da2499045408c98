import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkDraft } from './draft-quality.ts'
import { keptQuality, shownQuality } from './kept-quality.ts'

const judged = checkDraft({
  subject: 'RE: Rosters',
  body: 'Hi {{first_name}},\n\nwho plans the rosters of your crews at the moment, and how far ahead?',
  facts: [],
  lead: {},
  sender: {},
  language: null,
  earlier: [],
})

test('a judgement is stored without the sentences that all passed checks share, and read as it was', () => {
  const kept = JSON.parse(JSON.stringify(keptQuality(judged)))
  assert.deepEqual(shownQuality(kept), judged)
  assert.equal(judged.passed, false)
  const whole = kept.checks.filter((check: unknown) => typeof check !== 'string')
  assert.deepEqual(
    whole,
    judged.checks.filter(({ passed }) => !passed),
  )
  assert.ok(whole.length >= 2, 'both the placeholder and the posed reply are told in full')
})

test('a passed check in words of its own keeps them', () => {
  const unanswered = { name: 'second_look', passed: true, weight: 0, message: 'No second look was to be had.' }
  const quality = { ...judged, checks: [unanswered] }
  assert.deepEqual(shownQuality(keptQuality(quality)), quality)
})

test('what was stored whole, and checks that are no longer made, are still read', () => {
  assert.deepEqual(shownQuality(judged), judged)
  assert.deepEqual(shownQuality({ score: 1, passed: true, checks: ['rhyme'] })?.checks, [
    { name: 'rhyme', passed: true, weight: 1, message: 'Nothing was found.' },
  ])
  assert.equal(shownQuality(null), null)
})
