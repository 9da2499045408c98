import assert from 'node:assert/strict'
import { test } from 'node:test'
import { composeBody } from './compose-body.ts'
import { readExtraHeaders } from './extra-headers.ts'

const none = { html: null, text: null }

test('HTML gets a text part derived from it, text an HTML part only where one is wanted', () => {
  assert.deepEqual(composeBody('<p>Hello <b>you</b></p>', none, false), {
    text: 'Hello you',
    html: '<p>Hello <b>you</b></p>',
  })
  assert.deepEqual(composeBody('1 < 2\r\nand so on', none, false), { text: '1 < 2\nand so on', html: null })
  assert.match(composeBody('1 < 2', none, true).html ?? '', /1 &lt; 2/)
  assert.equal(composeBody('  indented\n    code', none, false).text, '  indented\n    code')
})

test('the signature of the alias follows in every part, inside the document where there is one', () => {
  const signature = { html: '<p>Ada <i>L.</i></p>', text: 'Ada L.' }
  const page = composeBody('<html><body><p>Hi</p></body></html>', signature, false)
  assert.equal(page.html, '<html><body><p>Hi</p>\n<div class="signature"><p>Ada <i>L.</i></p></div></body></html>')
  assert.equal(page.text, 'Hi\n\nAda L.')
  assert.equal(composeBody('Hi\n', signature, false).text, 'Hi\n\nAda L.')
  assert.equal(composeBody('Hi', { html: '<p>Only HTML</p>', text: null }, false).text, 'Hi\n\nOnly HTML')
})

test('a client may add header fields of its own and none that are ours, the servers’, or a way to another recipient', () => {
  const { headers, problems } = readExtraHeaders({
    'X-Order': '17',
    Organization: 'Engines',
    'Auto-Submitted': 'auto-generated',
  })
  assert.deepEqual(problems, [])
  assert.deepEqual(headers, [
    ['X-Order', '17'],
    ['Organization', 'Engines'],
    ['Auto-Submitted', 'auto-generated'],
  ])
  for (const name of [
    'Bcc',
    'To',
    'From',
    'Subject',
    'DKIM-Signature',
    'Received',
    'Return-Path',
    'List-Unsubscribe',
    'Message-ID',
    'X-',
    'X-Spam-Status',
    'X A',
    'X-Ä',
  ])
    assert.equal(readExtraHeaders({ [name]: 'x' }).problems.length, 1, name)
  assert.equal(readExtraHeaders({ 'X-A': 'a\nBcc: b@c.example' }).problems.length, 1)
  assert.equal(readExtraHeaders({ 'X-A': '1', 'x-a': '2' }).problems.length, 1)
})
