import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countryCode, zoneOfCountry } from './country-zone.ts'

const now = new Date('2026-01-14T08:00:00Z')

test('a country whose clocks agree has a zone, one whose clocks differ has none', () => {
  for (const [country, zone] of [
    ['Norway', 'Europe/Oslo'],
    ['norge', 'Europe/Oslo'],
    ['Deutschland', 'Europe/Berlin'],
    ['DE', 'Europe/Berlin'],
    ['Österreich', 'Europe/Vienna'],
    ['UK', 'Europe/London'],
    ['United Kingdom', 'Europe/London'],
    ['Japan', 'Asia/Tokyo'],
    ['USA', null],
    ['Spain', null],
    ['Australia', null],
    ['Atlantis', null],
    ['', null],
    ['EU', null],
    ['ZZ', null],
  ] as const)
    assert.equal(zoneOfCountry(country, now), zone, country)
})

test('countries are known by code and by name in several languages', () => {
  for (const [country, code] of [
    ['Allemagne', 'DE'],
    ['Países Bajos', 'NL'],
    ['The Netherlands', 'NL'],
    ['Zambia', 'ZM'],
    ['DDR', null],
    ['Côte d’Ivoire', 'CI'],
    ['no', 'NO'],
    ['日本', 'JP'],
    ['x'.repeat(500), null],
  ] as const)
    assert.equal(countryCode(country), code, country)
})
