import assert from 'node:assert/strict'
import { test } from 'node:test'
import { autoPauseReason } from './auto-pause.ts'

test('a campaign is paused exactly at the lines for bounces and complaints', () => {
  const cases: [accepted: number, bounces: number, hard: number, complaints: number, reason: string | null][] = [
    [0, 0, 0, 0, null],
    [1000, 49, 49, 0, null],
    [1000, 50, 5, 0, 'bounce_rate'],
    [1000, 50, 4, 0, null],
    [999, 50, 50, 0, 'bounce_rate'],
    [1001, 50, 50, 0, null],
    // Small numbers say nothing: 49 messages, or 5 hard bounces of 49.
    [49, 20, 20, 0, null],
    [50, 5, 5, 0, 'bounce_rate'],
    [50, 4, 4, 0, null],
    // Soft bounces count in the rate, but without five hard ones they do not pause.
    [100, 60, 0, 0, null],
    [100, 5, 5, 0, 'bounce_rate'],
    [3000, 0, 0, 3, 'complaint_rate'],
    [3001, 0, 0, 3, null],
    [10, 0, 0, 2, null],
    [10, 0, 0, 3, 'complaint_rate'],
    [0, 0, 0, 3, 'complaint_rate'],
    [100, 10, 10, 3, 'complaint_rate'],
  ]
  for (const [accepted, bounces, hard_bounces, complaints, reason] of cases) {
    const answer = autoPauseReason({ accepted, bounces, hard_bounces, complaints })
    assert.equal(answer?.reason ?? null, reason, JSON.stringify({ accepted, bounces, hard_bounces, complaints }))
  }
})

test('the pause says what was counted and which line was crossed', () => {
  const both = autoPauseReason({ accepted: 400, bounces: 25, hard_bounces: 20, complaints: 3 })
  assert.match(both?.message ?? '', /3 complaints on 400 messages \(0\.75%\).*25 bounces on 400 messages \(6\.25%\)/)
  assert.deepEqual(both?.rates, { bounce_rate: 0.0625, complaint_rate: 0.0075 })
  assert.match(
    autoPauseReason({ accepted: 100, bounces: 10, hard_bounces: 5, complaints: 0 })?.message ?? '',
    /\(10%\)/,
  )
  assert.deepEqual(autoPauseReason({ accepted: 0, bounces: 0, hard_bounces: 0, complaints: 3 })?.rates, {
    bounce_rate: null,
    complaint_rate: null,
  })
})
