import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesSentCopies, providerOf, serverProblems } from './mail-servers.ts'

test('the provider is told from the address only where nobody else can host it', () => {
  const cases: [string, string][] = [
    ['ada@gmail.com', 'google'],
    ['ada@GoogleMail.com', 'google'],
    ['ada@outlook.com', 'microsoft'],
    ['ada@hotmail.co.uk', 'microsoft'],
    ['ada@live.nl', 'microsoft'],
    ['ada@gmail.com.example', 'other'],
    ['ada@outlook.example.com', 'other'],
    ['ada@notgmail.com', 'other'],
  ]
  for (const [email, provider] of cases) assert.equal(providerOf(email), provider, email)
})

test('a server on a port that mail does not use is named, unless the operator lists it', () => {
  const at = (host: string, port: number) => ({ host, port, security: 'tls' as const })
  for (const port of [25, 465, 587, 2525]) assert.deepEqual(serverProblems('smtp', at('mx.example', port), []), [])
  for (const port of [143, 993]) assert.deepEqual(serverProblems('imap', at('mx.example', port), []), [])
  for (const port of [22, 80, 143, 5432, 6379])
    assert.equal(serverProblems('smtp', at('mx.example', port), []).length, 1)
  assert.equal(serverProblems('imap', at('mx.example', 465), []).length, 1)
  assert.deepEqual(serverProblems('imap', at('mail.lan', 1143), ['mail.lan:1143']), [])
  for (const host of ['-x.example', 'a b', 'a/b', 'x\r\ny', ''])
    assert.equal(serverProblems('smtp', at(host, 465), [])[0]?.type, 'host', JSON.stringify(host))
})

test('copies are filed for those whose provider does not do it', () => {
  assert.deepEqual(
    (['google', 'microsoft', 'other'] as const).map((provider) => filesSentCopies(provider, 'auto')),
    [false, false, true],
  )
  assert.deepEqual([filesSentCopies('google', 'always'), filesSentCopies('other', 'never')], [true, false])
})
