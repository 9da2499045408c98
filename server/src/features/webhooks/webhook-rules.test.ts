import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isGivenUp, judgeStatus, MOST_TRIES, nextTryAt, readRetryAfter } from './delivery-schedule.ts'
import { isKnownPattern, isMailPattern, matchesPattern } from './event-pattern.ts'
import { EVENT_TYPES, eventTypeNames, MAIL_EVENT_TYPES } from './event-types.ts'
import { urlProblem } from './webhook-url.ts'

const NOW = new Date('2026-03-01T12:00:00Z')
const HOUR = 3_600_000

describe('the schedule of tries', () => {
  test('there are nine, over about a day, each wait longer than the one before, whatever chance says', () => {
    for (const random of [0, 0.5, 0.999]) {
      const waits: number[] = []
      for (let attempts = 1; ; attempts++) {
        const next = nextTryAt({ attempts, kind: 'event', random }, NOW)
        if (!next) break
        waits.push(next.getTime() - NOW.getTime())
      }
      assert.equal(waits.length, MOST_TRIES - 1)
      assert.ok(MOST_TRIES >= 8)
      const total = waits.reduce((sum, wait) => sum + wait, 0)
      assert.ok(total > 19 * HOUR && total < 26 * HOUR, String(total / HOUR))
      assert.deepEqual(
        [...waits].sort((a, b) => a - b),
        waits,
      )
    }
  })

  test('chance spreads what failed together', () => {
    const at = (random: number) => nextTryAt({ attempts: 4, kind: 'event', random }, NOW)?.getTime()
    assert.notEqual(at(0.1), at(0.9))
  })

  test('a code is tried three times only', () => {
    const tries = [1, 2, 3].map((attempts) => nextTryAt({ attempts, kind: 'verification', random: 0.5 }, NOW) !== null)
    assert.deepEqual(tries, [true, true, false])
  })

  test('a longer pause is granted where it is asked for, a shorter one is not', () => {
    const wait = (retry_after_ms: number) =>
      (nextTryAt({ attempts: 2, kind: 'event', retry_after_ms, random: 0.5 }, NOW)?.getTime() ?? 0) - NOW.getTime()
    assert.deepEqual([wait(1), wait(600_000)], [60_000, 600_000])
  })

  for (const [header, wait] of [
    ['120', 120_000],
    ['Sun, 01 Mar 2026 12:10:00 GMT', 600_000],
    ['86400', HOUR],
    ['0', null],
    ['-5', null],
    ['soon', null],
    ['', null],
    [undefined, null],
    ['Sun, 01 Mar 2026 11:00:00 GMT', null],
  ] as const)
    test(`Retry-After: ${header}`, () => assert.equal(readRetryAfter(header, NOW), wait))

  for (const [status, verdict] of [
    [200, 'delivered'],
    [204, 'delivered'],
    [299, 'delivered'],
    [301, 'failed'],
    [304, 'failed'],
    [400, 'failed'],
    [404, 'failed'],
    [410, 'gone'],
    [429, 'failed'],
    [503, 'failed'],
  ] as const)
    test(`status ${status}`, () => assert.equal(judgeStatus(status), verdict))

  test('an endpoint is given up after many failures and a day, not after either alone', () => {
    const state = (consecutive_failures: number, hours: number | null) =>
      isGivenUp(
        { consecutive_failures, failing_since: hours === null ? null : new Date(NOW.getTime() - hours * HOUR) },
        NOW,
      )
    assert.deepEqual([state(14, 48), state(1000, 23.9), state(15, 24), state(15, null)], [false, false, true, false])
  })
})

describe('subscriptions', () => {
  for (const [pattern, type, is] of [
    ['*', 'lead.replied', true],
    ['lead.*', 'lead.replied', true],
    ['email.*', 'email.outbound.sent', true],
    ['email.outbound.*', 'email.inbound.received', false],
    ['email.outbound.sent', 'email.outbound.sent', true],
    ['email.outbound', 'email.outbound.sent', false],
    ['email', 'email.outbound.sent', false],
    ['mail.*', 'email.outbound.sent', false],
  ] as const)
    test(`${pattern} and ${type}`, () => assert.equal(matchesPattern(pattern, type), is))

  test('only what can ever be met may be subscribed to', () => {
    for (const [pattern, is] of [
      ['*', true],
      ['campaign.*', true],
      ['webhook.test', true],
      ['webhook.verification', false],
      ['nothing.*', false],
      ['**', false],
      ['.*', false],
      ['', false],
      ['lead.replied ', false],
    ] as const)
      assert.equal(isKnownPattern(pattern), is, pattern)
    assert.deepEqual(['*', 'lead.*', 'email.*', 'domain.failed'].map(isMailPattern), [false, false, true, true])
  })

  test('the mail service’s thirteen types come first, and every type says what it means and holds', () => {
    assert.equal(MAIL_EVENT_TYPES.length, 13)
    assert.ok(MAIL_EVENT_TYPES.every(isMailPattern))
    for (const name of eventTypeNames) {
      assert.match(EVENT_TYPES[name].description, /\.$/)
      assert.ok(Object.keys(EVENT_TYPES[name].data.shape).length > 0)
    }
  })
})

describe('the text of an address', () => {
  const allow = ['127.0.0.1:8080', 'hooks.internal:80', '[::1]:8080']
  for (const [url, ok] of [
    ['https://example.com/hook', true],
    ['https://example.com:8443/hook?a=b', true],
    ['HTTPS://EXAMPLE.COM/', true],
    ['http://127.0.0.1:8080/hook', true],
    ['http://hooks.internal/', true],
    ['http://[::1]:8080/', true],
    ['http://127.0.0.1/', false],
    ['http://127.0.0.1:8081/', false],
    ['http://example.com/', false],
    ['https://user@example.com/', false],
    ['https://:secret@example.com/', false],
    ['https://example.com/#x', false],
    ['https:example.com', false],
    ['https:///example.com', false],
    ['//example.com/', false],
    ['javascript:alert(1)', false],
    ['file:///etc/passwd', false],
    ['', false],
    [`https://example.com/${'a'.repeat(2_000)}`, false],
  ] as const)
    test(url.slice(0, 60) || 'nothing', () => assert.equal(urlProblem(url, allow) === null, ok))
})
