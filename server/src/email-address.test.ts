import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRoleAddress, normalizeEmailAddress, receivingProvider } from './email-address.ts'

const accepted: [string, string][] = [
  ['ann@example.com', 'ann@example.com'],
  ['  Ann.Lee@Example.COM ', 'ann.lee@example.com'],
  ['\u00a0ann@example.com\u200b', 'ann@example.com'],
  ['\ufeffann@example.com', 'ann@example.com'],
  ['ann\u00ad@example.com', 'ann@example.com'],
  ['<ann@example.com>', 'ann@example.com'],
  ['"ann@example.com"', 'ann@example.com'],
  ["'ann@example.com'", 'ann@example.com'],
  ['“ann@example.com”', 'ann@example.com'],
  ['mailto:ann@example.com', 'ann@example.com'],
  ['MAILTO:ann@example.com?subject=Hi&body=a@b', 'ann@example.com'],
  ['Ann Lee <ann@example.com>', 'ann@example.com'],
  ['"Lee, Ann" <ann@example.com>', 'ann@example.com'],
  ['Ann Lee <mailto:ann@example.com>', 'ann@example.com'],
  ['ann@example.com (Ann Lee)', 'ann@example.com'],
  ['ann@example.com.', 'ann@example.com'],
  ['ann@example.com,', 'ann@example.com'],
  ['ann@example.com;', 'ann@example.com'],
  ['[ann@example.com]', 'ann@example.com'],
  ['(ann@example.com)', 'ann@example.com'],
  ['ann＠example．com', 'ann@example.com'],
  ['ann+tag@example.com', 'ann+tag@example.com'],
  ["o'brien@example.com", "o'brien@example.com"],
  ['a!#$%&*/=?^_`{|}~-b@example.com', 'a!#$%&*/=?^_`{|}~-b@example.com'],
  ['info@münchen.example', 'info@xn--mnchen-3ya.example'],
  ['info@MÜNCHEN.example', 'info@xn--mnchen-3ya.example'],
  ['info@xn--mnchen-3ya.example', 'info@xn--mnchen-3ya.example'],
  ['ann@例え.テスト', 'ann@xn--r8jz45g.xn--zckzah'],
  ['x@sub-domain.a1.example', 'x@sub-domain.a1.example'],
  ['1@2.example', '1@2.example'],
  [`${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
]

for (const [input, email] of accepted) {
  test(`${JSON.stringify(input)} is read as ${email}`, () => {
    const at = email.lastIndexOf('@')
    assert.deepEqual(normalizeEmailAddress(input), {
      ok: true,
      email,
      local: email.slice(0, at),
      domain: email.slice(at + 1),
    })
  })
}

const refusedInputs: [string, string][] = [
  ['', 'empty'],
  [' \u200b\u00a0 ', 'empty'],
  ['<>', 'empty'],
  ['ann', 'no_domain'],
  ['ann@', 'no_domain'],
  ['@example.com', 'syntax'],
  ['ann lee@example.com', 'syntax'],
  ['ann @example.com', 'syntax'],
  ['ann..lee@example.com', 'syntax'],
  ['.ann@example.com', 'syntax'],
  ['ann.@example.com', 'syntax'],
  ['a(b@example.com', 'syntax'],
  ['a@b@example.com', 'syntax'],
  ['ann\r\nBcc: x@example.com', 'syntax'],
  ['ann@example', 'bad_domain'],
  ['ann@example.c', 'bad_domain'],
  ['ann@ex ample.com', 'bad_domain'],
  ['ann@-example.com', 'bad_domain'],
  ['ann@example-.com', 'bad_domain'],
  ['ann@exa_mple.com', 'bad_domain'],
  ['ann@example..com', 'bad_domain'],
  ['ann@1.2.3.4', 'bad_domain'],
  ['ann@[1.2.3.4]', 'bad_domain'],
  ['ann@%65xample.com', 'bad_domain'],
  ['ann@１.２.３', 'bad_domain'],
  [`ann@${'a'.repeat(64)}.com`, 'bad_domain'],
  [`${'a'.repeat(65)}@example.com`, 'too_long'],
  [`${'a'.repeat(60)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.com`, 'too_long'],
  ['jörg@example.com', 'local_not_ascii'],
  ['ann@example.com, bob@example.com', 'several_addresses'],
  ['ann@example.com;bob@example.com', 'several_addresses'],
  ['ann@example.com bob@example.com', 'several_addresses'],
  ['ann@example.com / bob@example.com', 'several_addresses'],
  ['Ann <ann@example.com>, Bob <bob@example.com>', 'several_addresses'],
]

for (const [input, reason] of refusedInputs) {
  test(`${JSON.stringify(input.length > 60 ? `${input.slice(0, 60)}…` : input)} is refused as ${reason}`, () => {
    const result = normalizeEmailAddress(input)
    assert.equal(result.ok, false)
    if (result.ok) return
    assert.equal(result.reason, reason)
    assert.match(result.message, /^[A-Z"].*\.$/s)
  })
}

test('normalising twice changes nothing', () => {
  for (const [, email] of accepted) {
    const again = normalizeEmailAddress(email)
    assert.equal(again.ok && again.email, email)
  }
})

test('long rubbish is refused in linear time', () => {
  const rubbish = [
    'a'.repeat(1_000_000),
    `${'a.'.repeat(900)}@`,
    `${'<'.repeat(900)}a@${'>'.repeat(900)}`,
    `${'('.repeat(999)}${')'.repeat(999)}`,
    `a@${'b.'.repeat(990)}`,
    `${'mailto:'.repeat(280)}x`,
    ' '.repeat(1999),
    `${'"'.repeat(1000)}@${"'".repeat(900)}`,
    '@'.repeat(2000),
    `a@${'-'.repeat(1990)}`,
  ]
  const started = performance.now()
  for (const text of rubbish)
    for (let round = 0; round < 20; round++) assert.equal(normalizeEmailAddress(text).ok, false)
  // 200 calls over at most 2,000 characters each take a few milliseconds; anything quadratic takes seconds.
  assert.ok(performance.now() - started < 2000)
})

test('functions are told from people', () => {
  for (const email of [
    'info@example.com',
    'no-reply@example.com',
    'noreply@example.com',
    'do_not_reply@example.com',
    'sales-emea@example.com',
    'info.de@example.com',
    'support2@example.com',
    'customer.service@example.com',
    'kontakt@example.com',
    'ventas+mx@example.com',
    'hr@example.com',
  ]) {
    assert.equal(isRoleAddress(email), true, email)
  }
  for (const email of [
    'ann@example.com',
    'john.sales@example.com',
    'infomann@example.com',
    'salesh@example.com',
    'de@example.com',
    '1@example.com',
    'ann.info@example.com',
    '-@example.com',
  ]) {
    assert.equal(isRoleAddress(email), false, email)
  }
})

test('the receiving provider comes from the consumer domain, else from the MX hosts, else it is the domain', () => {
  assert.equal(receivingProvider('gmail.com'), 'google')
  assert.equal(receivingProvider('GoogleMail.com'), 'google')
  assert.equal(receivingProvider('yahoo.co.uk'), 'yahoo')
  assert.equal(receivingProvider('hotmail.com.tr'), 'microsoft')
  assert.equal(receivingProvider('icloud.com'), 'apple')
  assert.equal(receivingProvider('acme.example', ['aspmx.l.google.com.', 'alt1.aspmx.l.google.com.']), 'google')
  assert.equal(receivingProvider('acme.example', ['acme-example.mail.protection.outlook.com']), 'microsoft')
  assert.equal(receivingProvider('acme.example', ['acme-example.a-v1.mx.microsoft']), 'microsoft')
  assert.equal(receivingProvider('acme.example', ['mxa-001.pphosted.com']), 'proofpoint')
  assert.equal(receivingProvider('acme.example', ['mx.acme.example']), 'acme.example')
  assert.equal(receivingProvider('acme.example', ['notgoogle.com']), 'acme.example')
  assert.equal(receivingProvider('acme.example'), 'acme.example')
})
