import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isWorse, judgeHealth } from './sending-health.ts'

const cases: [accepted: number, hard_bounces: number, complaints: number, band: string][] = [
  [0, 0, 0, 'unknown'],
  [49, 40, 10, 'unknown'],
  [50, 0, 0, 'healthy'],
  [100, 2, 0, 'healthy'],
  [100, 3, 0, 'warning'],
  [99, 5, 0, 'critical'],
  [100, 5, 0, 'critical'],
  [60, 4, 0, 'warning'],
  [100, 10, 0, 'blocked'],
  [90, 9, 0, 'critical'],
  [4000, 0, 1, 'healthy'],
  [4000, 0, 2, 'warning'],
  [4001, 0, 2, 'healthy'],
  [3000, 0, 3, 'critical'],
  [3001, 0, 3, 'warning'],
  [1666, 0, 5, 'blocked'],
  [1667, 0, 5, 'critical'],
  [100, 3, 5, 'blocked'],
]
for (const [accepted, hard_bounces, complaints, band] of cases)
  test(`${hard_bounces} hard bounces and ${complaints} complaints on ${accepted} messages: ${band}`, () =>
    assert.equal(judgeHealth({ accepted, hard_bounces, complaints }).band, band))

test('both reasons are said, the gravest first, with the line that was crossed', () => {
  const { reasons, hard_bounce_rate, complaint_rate } = judgeHealth({ accepted: 1000, hard_bounces: 40, complaints: 3 })
  assert.deepEqual(reasons, [
    '3 complaints on 1000 messages of the last 7 days (0.3%; the line is 0.1%).',
    '40 hard bounces on 1000 messages of the last 7 days (4%; the line is 3%).',
  ])
  assert.deepEqual([hard_bounce_rate, complaint_rate], [0.04, 0.003])
  assert.equal(judgeHealth({ accepted: 0, hard_bounces: 0, complaints: 0 }).hard_bounce_rate, null)
})

test('bands are ordered', () => {
  assert.ok(isWorse('warning', 'healthy') && isWorse('blocked', 'critical') && !isWorse('healthy', 'healthy'))
})
