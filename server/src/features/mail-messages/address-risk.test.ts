import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assessAddress, type MailHosts, meantDomain } from './address-risk.ts'

const found: MailHosts = { state: 'found', detail: 'mx.example takes its mail.' }

const failedOf = (email: string, hosts = found, suppression: string | null = null): [number, string, string[]] => {
  const { risk_score, risk_level, checks } = assessAddress(email, hosts, suppression)
  return [risk_score, risk_level, checks.filter(({ passed }) => !passed).map(({ name }) => name)]
}

test('each doubt adds to the risk, and certainty only comes from what is certain', () => {
  assert.deepEqual(failedOf('ada.lovelace@engines.example'), [0, 'safe', []])
  assert.deepEqual(failedOf('ada@gmail.com'), [5, 'low', ['free_provider']])
  assert.deepEqual(failedOf('info@engines.example'), [20, 'medium', ['role_based']])
  assert.deepEqual(failedOf('info@gmail.com'), [24, 'medium', ['role_based', 'free_provider']])
  assert.deepEqual(failedOf('x@mailinator.com'), [70, 'high', ['disposable']])
  assert.deepEqual(failedOf('x@sub.mailinator.com'), [70, 'high', ['disposable']])
  assert.deepEqual(failedOf('ada@gmial.com'), [50, 'high', ['typo']])
  assert.deepEqual(failedOf('no address'), [100, 'critical', ['syntax']])
  assert.deepEqual(failedOf('ada@engines.example', found, 'complained'), [100, 'critical', ['suppressed']])
  for (const state of ['null_mx', 'absent'] as const)
    assert.deepEqual(failedOf('ada@engines.example', { state, detail: '' }), [90, 'critical', ['mx_records']])
  const harmless: MailHosts[] = [
    { state: 'unknown', detail: '' },
    { state: 'skipped', detail: '' },
    { state: 'implicit', detail: '' },
  ]
  for (const hosts of harmless) assert.deepEqual(failedOf('ada@engines.example', hosts), [0, 'safe', []])
})

test('a slip of the hand is recognised, and a domain of its own is not taken for one', () => {
  const cases: [string, string | null][] = [
    ['gmial.com', 'gmail.com'],
    ['gmal.com', 'gmail.com'],
    ['gmaill.com', 'gmail.com'],
    ['gnail.com', 'gmail.com'],
    ['hotmial.com', 'hotmail.com'],
    ['outlok.com', 'outlook.com'],
    ['yahoo.con', 'yahoo.com'],
    ['engines.con', 'engines.com'],
    ['gmail.com', null],
    ['web.de', null],
    ['wob.de', null],
    ['love.com', null],
    ['ymail.com', null],
    ['gmail.co', 'gmail.com'],
    ['mail.com', null],
    ['engines.example', null],
    ['gm.com', null],
  ]
  for (const [domain, meant] of cases) assert.equal(meantDomain(domain), meant, domain)
  assert.equal(assessAddress('Ada.B@gmial.com', found, null).suggestion, 'ada.b@gmail.com')
})
