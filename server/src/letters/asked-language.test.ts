import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DEFAULT_PROMPT } from '../features/personalization/default-prompt.ts'
import { askedLanguage } from './asked-language.ts'

const ENGLISH =
  'Write three short sentences about what the company does and end with one question that is easy to answer.'
const GERMAN =
  'Schreibe drei kurze Sätze über das, was die Firma macht, und stelle am Ende eine Frage, die man leicht beantworten kann.'
const LEAD = {
  first_name: 'Ada',
  company_name: 'Fjord Freight',
  title: 'COO',
  city: 'Oslo',
  email: 'ada@fjord.example',
}
const SENDER = { full_name: 'Grace Hopper', offer: 'We help logistics teams see delays a day earlier.' }

describe('the language that is asked for', () => {
  for (const [what, prompt, expected] of [
    ['a prompt that names it', `${ENGLISH} Write in German.`, 'de'],
    ['a prompt that names none: its own', ENGLISH, 'en'],
    ['a German one', GERMAN, 'de'],
    ['one beyond the four', `${ENGLISH} Write in Norwegian.`, 'no'],
    ['the same in its own words', `${ENGLISH} Skriv på norsk.`, 'no'],
    ['one named as a setting', `${ENGLISH}\nLanguage: Dutch`, 'nl'],
    ['one that is only spoken of is the writer’s to read', `${ENGLISH} We help firms in Dutch ports.`, null],
    [
      'a Dutch one',
      'Schrijf drie korte zinnen over wat het bedrijf doet, en stel aan het eind een vraag die men met een woord kan beantwoorden.',
      'nl',
    ],
    ['two are too many to tell', `${ENGLISH} Write in German, or in Italian where that fits.`, null],
    ['nothing can be told of rubbish', 'x'.repeat(100), null],
    ['the stock prompt: English where nothing else is suggested', DEFAULT_PROMPT, 'en'],
  ] as const)
    test(what, () => assert.equal(askedLanguage(prompt, LEAD, SENDER), expected))

  for (const [what, lead, sender, expected] of [
    ['by country', { country: 'Austria' }, {}, 'de'],
    ['by an English-speaking country', { country: 'USA' }, {}, 'en'],
    ['by a field that names it', { language: 'French', country: 'Germany' }, {}, 'fr'],
    ['of another country it is the writer’s', { country: 'Norway' }, {}, null],
    ['of another language too', { language: 'Dutch' }, {}, null],
    ['an address in a country hints at its language', { email: 'ada@fjord.no' }, {}, null],
    ['a site too', { website: 'https://fjord.de/kontakt' }, {}, null],
    ['an ending that everybody uses does not', { email: 'ada@fjord.io' }, {}, 'en'],
    [
      'a sender who writes in another language',
      {},
      { offer: 'Wir helfen der Logistik, Verspätungen einen Tag früher zu sehen, und das ist für alle gut.' },
      null,
    ],
  ] as const)
    test(`the lead’s ${what}`, () =>
      assert.equal(askedLanguage(DEFAULT_PROMPT, { ...LEAD, ...lead }, { ...SENDER, ...sender }), expected))
})
