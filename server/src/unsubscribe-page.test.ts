import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UNSUBSCRIBE_PAGE_HEADERS, type UnsubscribePage, unsubscribePage } from './unsubscribe-page.ts'

const page = (rest: Partial<UnsubscribePage> = {}) =>
  unsubscribePage({
    state: 'ask',
    action_url: 'https://go.example/u/abc?x=1&y=2',
    address_hint: 'a…@example.com',
    sender_name: 'Acme',
    ...rest,
  })

test('asking shows who, from whom, and one button that posts', () => {
  const html = page()
  assert.match(html, /<strong>a…@example\.com<\/strong> will get no more mail from Acme\./)
  assert.match(html, /<form method="post" action="https:\/\/go\.example\/u\/abc\?x=1&amp;y=2">/)
  assert.equal(html.match(/<button/g)?.length, 1)
})

test('only asking has a form: done and unknown change nothing any more', () => {
  assert.doesNotMatch(page({ state: 'done' }), /<form|<button/)
  assert.match(page({ state: 'done' }), /You are unsubscribed/)
  assert.doesNotMatch(page({ state: 'unknown' }), /<form|<button|example\.com|Acme/)
})

test('every state is a complete page without scripts and without anything from elsewhere', () => {
  for (const state of ['ask', 'done', 'unknown'] as const) {
    const html = page({ state })
    assert.match(html, /^<!doctype html>\n<html lang="en">/)
    assert.match(html, /<title>[^<]+<\/title>/)
    assert.match(html, /<h1>[^<]+<\/h1>/)
    assert.match(html, /prefers-color-scheme:dark/)
    assert.doesNotMatch(html, /<script|<img|<link|@import|url\(|\son\w+=/)
    assert.ok(html.length < 4000)
  }
  assert.match(UNSUBSCRIBE_PAGE_HEADERS['content-security-policy'] ?? '', /default-src 'none'/)
})

test('nothing that is put in can become markup', () => {
  const attack = `"><script>alert(1)</script>`
  for (const state of ['ask', 'done', 'unknown'] as const) {
    const html = page({ state, address_hint: attack, sender_name: attack, action_url: `/u/${attack}` })
    assert.doesNotMatch(html, /<script/)
  }
})

test('the button posts to this service or to a web address, never to a script or another host by accident', () => {
  assert.match(page({ action_url: '/u/abc' }), /action="\/u\/abc"/)
  for (const action_url of ['javascript:alert(1)', '//evil.example/', 'data:text/html,x', '']) {
    assert.throws(() => page({ action_url }), TypeError)
  }
})

test('without a name and an address the sentence still reads', () => {
  assert.match(page({ address_hint: null, sender_name: ' ' }), /This address will get no more mail from this sender\./)
})
