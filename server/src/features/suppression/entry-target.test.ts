import assert from 'node:assert/strict'
import { test } from 'node:test'
import { domainsAbove, readEntryTarget } from './entry-target.ts'

const read = (text: string, kind?: 'address' | 'domain'): string => {
  const target = readEntryTarget(text, kind)
  return target.ok ? `${target.kind} ${target.email}` : target.code
}

test('an entry is stored in the spelling that addresses and domains are compared by', () => {
  const cases: [string, 'address' | 'domain' | undefined, string][] = [
    [' Ann@ACME.com ', undefined, 'address ann@acme.com'],
    ['ann@bücher.example', undefined, 'address ann@xn--bcher-kva.example'],
    ['@Acme.com', undefined, 'domain acme.com'],
    ['@acme.com', 'domain', 'domain acme.com'],
    ['Acme.COM.', 'domain', 'domain acme.com'],
    ['BÜCHER.example', 'domain', 'domain xn--bcher-kva.example'],
    ['@acme.com', 'address', 'syntax'],
    ['acme.com', undefined, 'no_domain'],
    ['ann@acme.com', 'domain', 'bad_domain'],
    ['a.com,b.com', 'domain', 'bad_domain'],
    ['@', undefined, 'bad_domain'],
    ['', undefined, 'empty'],
    ['', 'domain', 'bad_domain'],
  ]
  for (const [text, kind, expected] of cases) assert.equal(read(text, kind), expected, `${text} as ${kind}`)
})

test('a public suffix is no company: it would silence everybody under it', () => {
  assert.equal(read('@co.uk'), 'public_suffix')
  assert.equal(read('com.au', 'domain'), 'public_suffix')
  assert.equal(read('acme.co.uk', 'domain'), 'domain acme.co.uk')
})

test('an address is covered by its domain and by those above it, the nearest first', () => {
  assert.deepEqual(domainsAbove('a.b.acme.com'), ['a.b.acme.com', 'b.acme.com', 'acme.com'])
  assert.deepEqual(domainsAbove('acme.com'), ['acme.com'])
  assert.deepEqual(domainsAbove('localhost'), [])
})
