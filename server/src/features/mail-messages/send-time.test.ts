import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wallClock } from '../emails/read-emails.ts'
import { readSendTime } from './send-time.ts'

const at = (sendAt: string, zone: string | null): string => {
  const read = readSendTime(sendAt, zone)
  return read.ok ? read.at.toString() : `${read.field}: ${read.problem}`
}

test('a wall-clock time is read in its zone, one with an offset by itself', () => {
  const cases: [string, string | null, string][] = [
    ['2026-03-01T09:00:00', 'America/New_York', '2026-03-01T14:00:00Z'],
    ['2026-07-01T09:00:00', 'America/New_York', '2026-07-01T13:00:00Z'],
    ['2026-03-01T09:00:00.5', 'Asia/Kolkata', '2026-03-01T03:30:00.5Z'],
    ['2026-03-01T09:00:00Z', null, '2026-03-01T09:00:00Z'],
    ['2026-03-01T09:00:00z', 'America/New_York', '2026-03-01T09:00:00Z'],
    ['2026-03-01T09:00:00+05:45', null, '2026-03-01T03:15:00Z'],
  ]
  for (const [sendAt, zone, expected] of cases) assert.equal(at(sendAt, zone), expected, `${sendAt} ${zone}`)
})

test('a time that the clocks leave out is moved on by the gap, and of one that comes twice the first is meant', () => {
  assert.equal(at('2026-03-08T02:30:00', 'America/New_York'), '2026-03-08T07:30:00Z')
  assert.equal(wallClock(new Date('2026-03-08T07:30:00Z'), 'America/New_York'), '2026-03-08T03:30:00-04:00')
  assert.equal(at('2026-10-25T02:30:00', 'Europe/Oslo'), '2026-10-25T00:30:00Z')
  assert.equal(wallClock(new Date('2026-10-25T00:30:00Z'), 'Europe/Oslo'), '2026-10-25T02:30:00+02:00')
  // Half an hour only, on Lord Howe Island.
  assert.equal(at('2026-10-04T02:15:00', 'Australia/Lord_Howe'), '2026-10-03T15:45:00Z')
})

test('what is no time, no zone, or neither said, is named', () => {
  const cases: [string, string | null, string][] = [
    ['2026-03-01T09:00:00', null, 'send_at_timezone: no_zone'],
    ['2026-03-01T09:00:00', 'Mars/Olympus', 'send_at_timezone: unknown_zone'],
    ['2026-03-01T09:00:00Z', 'Mars/Olympus', 'send_at_timezone: unknown_zone'],
    ['2026-02-30T09:00:00', 'UTC', 'send_at: unreadable'],
    ['2026-02-28T25:00:00', 'UTC', 'send_at: unreadable'],
    ['2026-02-28T09:00:60', 'UTC', 'send_at: unreadable'],
    ['2026-02-28 09:00:00', 'UTC', 'send_at: unreadable'],
    ['2026-02-28T09:00:00+99:00', null, 'send_at: unreadable'],
    ['tomorrow at nine in the morning', 'UTC', 'send_at: unreadable'],
  ]
  for (const [sendAt, zone, expected] of cases) assert.equal(at(sendAt, zone), expected, sendAt)
})
