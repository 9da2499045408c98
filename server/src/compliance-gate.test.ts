import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complianceProblems, type OutgoingMessage } from './compliance-gate.ts'

const link = 'https://out.example/u/abc?x=1&y=2'
const lawful: OutgoingMessage = {
  text: `Hello\n\nUnsubscribe: ${link}\nAcme & Sons\n1 Main St`,
  html: '<p>Hello</p><p><a href="https://out.example/u/abc?x=1&amp;y=2">Unsubscribe</a><br>\nAcme &amp; Sons<br>\n1 Main St</p>',
  opt_out_url: link,
  headers: [
    ['List-Unsubscribe', `<${link}>,\r\n <mailto:u+abc@acme.example>`],
    ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
  ],
  postal_address: 'Acme & Sons\r\n 1 Main St \n',
  from_email: 'ann@acme.example',
  authenticated_domains: ['acme.example', 'bounce.acme.example'],
}
const codes = (change: Partial<OutgoingMessage>): string[] =>
  complianceProblems({ ...lawful, ...change }).map(({ code }) => code)

test('a message with a way out, an address and an aligned sender may leave', () => {
  assert.deepEqual(complianceProblems(lawful), [])
  assert.deepEqual(codes({ from_email: 'ann@mail.acme.example' }), [], 'a subdomain is aligned (relaxed)')
  assert.deepEqual(codes({ authenticated_domains: ['bounce.acme.example'] }), [])
  assert.deepEqual(codes({ authenticated_domains: null }), [], 'a connected mailbox is authenticated by its provider')
})

for (const [what, change] of Object.entries<Partial<OutgoingMessage>>({
  'no link in the text': { text: 'Hello\nAcme & Sons\n1 Main St' },
  'no link in the HTML': { html: '<p>Hello</p>Acme &amp; Sons<br>1 Main St' },
  'another recipient’s link': { opt_out_url: 'https://out.example/u/other' },
  'no List-Unsubscribe': { headers: [['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click']] },
  'no List-Unsubscribe-Post': { headers: [['List-Unsubscribe', `<${link}>`]] },
}))
  test(`refused: ${what}`, () => assert.deepEqual(codes(change), ['missing_opt_out']))

for (const postal_address of [null, '', ' \r\n\t'])
  test(`refused: the workspace’s address is ${JSON.stringify(postal_address)}`, () =>
    assert.deepEqual(codes({ postal_address }), ['missing_postal_address']))
test('refused: the address is known and not shown', () => {
  assert.deepEqual(codes({ postal_address: '2 Other St' }), ['missing_postal_address'])
})

for (const domains of [[], ['other.example'], ['cme.example'], ['notacme.example']])
  test(`refused: authenticated as ${domains.join() || 'nobody'}`, () =>
    assert.deepEqual(codes({ authenticated_domains: domains }), ['from_not_aligned']))

test('every reason is named at once', () => {
  const all = { text: '', html: '', postal_address: '', authenticated_domains: [] }
  assert.deepEqual(codes(all), ['missing_opt_out', 'missing_postal_address', 'from_not_aligned'])
})
