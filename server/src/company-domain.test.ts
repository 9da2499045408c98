import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCompanyDomain, readWebsite } from './company-domain.ts'

test('a domain is read from every way to write it', () => {
  for (const [text, domain] of [
    ['acme.com', 'acme.com'],
    ['ACME.com', 'acme.com'],
    ['www.acme.com', 'acme.com'],
    ['https://www.acme.com/about?x=1#y', 'acme.com'],
    ['http://acme.com:8080', 'acme.com'],
    ['//acme.com/', 'acme.com'],
    ['shop.acme.co.uk', 'acme.co.uk'],
    ['ann@mail.acme.com', 'acme.com'],
    ['mailto:ann@acme.com', 'acme.com'],
    ['Acme Inc. (acme.com)', 'acme.com'],
    ['acme.com, acme.de', 'acme.com'],
    ['acme.com.', 'acme.com'],
    ['bücher.de', 'xn--bcher-kva.de'],
    ['https://BÜCHER.de/x', 'xn--bcher-kva.de'],
    ['xn--bcher-kva.de', 'xn--bcher-kva.de'],
    ['例え。jp', 'xn--r8jz45g.jp'],
    ['acme.github.io', 'acme.github.io'],
    ['acme.example', 'acme.example'],
  ] as const)
    assert.equal(readCompanyDomain(text), domain, text)
})

test('what says nothing about a company is none', () => {
  for (const text of [
    '',
    'Acme',
    'n/a',
    'localhost',
    '10.0.0.1',
    'http://192.168.0.1/x',
    'co.uk',
    'printer.local',
    'ann@gmail.com',
    'version 1.2',
    '3.14',
    'Node.js',
    `${'x'.repeat(3000)}.com`,
  ])
    assert.equal(readCompanyDomain(text), null, text)
})

test('a web address has one spelling', () => {
  for (const [text, url] of [
    ['acme.com', 'https://acme.com'],
    ['WWW.Acme.com/', 'https://www.acme.com'],
    ['http://acme.com/', 'http://acme.com'],
    ['https://acme.com:443/Team/?utm_source=x&gclid=1#top', 'https://acme.com/Team/#top'],
    ['https://acme.com/?id=7&utm_medium=mail', 'https://acme.com/?id=7'],
    ['//acme.com/x', 'https://acme.com/x'],
    ['bücher.de', 'https://xn--bcher-kva.de'],
  ] as const)
    assert.equal(readWebsite(text), url, text)
  for (const text of [
    '',
    'Acme',
    'ann@acme.com',
    'ftp://acme.com',
    'https://localhost/x',
    'see acme.com for more',
    'https://user:pw@acme.com',
  ])
    assert.equal(readWebsite(text), null, text)
})
