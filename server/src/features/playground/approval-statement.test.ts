import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import {
  differingParts,
  isSignedBy,
  readStatement,
  signStatement,
  withMarker,
  withOptOut,
} from './approval-statement.ts'
import { textDiff } from './draft-diff.ts'
import { canonicalJson, leadFingerprint, stepFingerprint, textSha256 } from './fingerprints.ts'

const MARKER = 'https://unsubscribe.invalid/recipient'

test('equal things have equal canonical texts, whatever the order of their members', () => {
  const at = new Date('2026-01-14T08:00:00Z')
  assert.equal(
    canonicalJson({ b: 1, a: [{ d: null, c: 'x"' }], e: undefined, at }),
    canonicalJson({ at, a: [{ c: 'x"', d: null }], b: 1 }),
  )
  assert.equal(canonicalJson({ a: [1, 2] }) === canonicalJson({ a: [2, 1] }), false)
  assert.deepEqual(JSON.parse(canonicalJson({ ä: 'ß', n: 1.5 })), { ä: 'ß', n: 1.5 })
})

test('a lead is another one with any cell or address changed, and the same with its columns in another order', () => {
  const lead = { email: 'ada@people.example', lead_data: { first_name: 'Ada', city: 'Oslo' } }
  const print = leadFingerprint(lead)
  assert.equal(leadFingerprint({ ...lead, lead_data: { city: 'Oslo', first_name: 'Ada' } }), print)
  for (const other of [
    { ...lead, email: 'eda@people.example' },
    { ...lead, lead_data: { ...lead.lead_data, city: 'Bergen' } },
    { ...lead, lead_data: { first_name: 'Ada' } },
  ])
    assert.notEqual(leadFingerprint(other), print)
})

test('a step’s print follows variant, template and sender, and neither weight nor tracking nor saved prompts', () => {
  const template = { subject: 'Hello', body: 'Hi', body_text: null }
  const print = (
    variant: Record<string, unknown>,
    { words = template, sender = { full_name: 'Grace' } as Record<string, unknown>, more = {} } = {},
  ) =>
    stepFingerprint(
      {
        step: 1,
        channel: 'email',
        variants: [{ label: 'A', type: 'TEMPLATE', template_id: 't', ...variant }],
        ...more,
      },
      'A',
      { templates: new Map([['t', words]]), senders: new Map([['p', { sender_data: sender }]]) },
    )
  const filled = print({})
  assert.equal(print({ weight: 7 }, { more: { delay_days: 9, track_clicks: true } }), filled)
  assert.notEqual(print({}, { words: { ...template, body: 'Hi!' } }), filled)
  const written = print({ type: 'PERSONALIZATION', template_id: null, sender_profile_id: 'p' })
  assert.notEqual(written, filled)
  assert.equal(
    print(
      { type: 'PERSONALIZATION', template_id: null, sender_profile_id: 'p' },
      { sender: { full_name: 'Grace', custom_prompt: 'x' } },
    ),
    written,
  )
  assert.notEqual(
    print({ type: 'PERSONALIZATION', template_id: null, sender_profile_id: 'p' }, { sender: { full_name: 'Ada' } }),
    written,
  )
  assert.equal(stepFingerprint(undefined, 'A', { templates: new Map(), senders: new Map() }), null)
})

test('a statement is signed by the newest key and verified by older ones, and by no other', () => {
  const [newest, older, stranger] = [randomBytes(32), randomBytes(32), randomBytes(32)]
  const text = canonicalJson({ kind: 'bavlio-approval', version: 1 })
  const signature = signStatement(older, text)
  assert.equal(isSignedBy([newest, older], text, signature), true)
  assert.equal(isSignedBy([newest, stranger], text, signature), false)
  assert.equal(isSignedBy([newest, older], `${text} `, signature), false)
  for (const broken of ['', 'zz', signature.slice(2), signature.toUpperCase()])
    assert.equal(isSignedBy([older], text, broken), false)
})

test('the recipient’s link takes the marker’s place and gives it back, whatever characters it has', () => {
  const fixed = {
    subject: 'Hi',
    text: `Text\n\nUnsubscribe: ${MARKER}`,
    html: `<p>Text</p><a href="${MARKER}">Unsubscribe</a>`,
  }
  const url = "https://mail.example/u/a$&b$1?x=1&y='2'"
  const left = withOptOut(fixed, MARKER, url)
  assert.ok(left.text.endsWith(url))
  assert.ok(left.html.includes('x=1&amp;y=&#39;2&#39;'))
  assert.deepEqual(withMarker(left, MARKER, url), fixed)
  const signed = {
    subject_sha256: textSha256('Hi'),
    text_sha256: textSha256(fixed.text),
    html_sha256: textSha256(fixed.html),
  }
  assert.deepEqual(differingParts(signed, fixed), [])
  assert.deepEqual(differingParts(signed, left), ['text', 'html'])
})

test('what is no statement of ours is none', () => {
  for (const text of ['', 'null', '7', '"x"', '{}', '{"kind":"bavlio-approval","version":2}'])
    assert.equal(readStatement(text), null)
})

test('a difference holds both texts, also where it is too large to be told word by word', () => {
  const pairs: [string, string][] = [
    ['Hello Ada,\n\nhow are you?', 'Hello Grace,\n\nhow are things?'],
    ['', 'new'],
    ['same', 'same'],
    [
      Array.from({ length: 9_000 }, (_, i) => `a${i}`).join(' '),
      Array.from({ length: 9_000 }, (_, i) => `b${i}`).join(' '),
    ],
  ]
  for (const [before, after] of pairs) {
    const parts = textDiff(before, after)
    const side = (without: string) =>
      parts
        .filter(({ kind }) => kind !== without)
        .map(({ text }) => text)
        .join('')
    assert.deepEqual([side('added'), side('removed')], [before, after])
  }
})
