import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMentionedIn, mentionsOf } from './mentions.ts'

const anna = mentionsOf({ email: 'anna@b.example', linkedin_url: 'https://de.linkedin.com/in/Ann-Lee/?x=1' })

for (const text of [
  'anna@b.example',
  'Anna <ANNA@B.example>',
  'mailto:anna@b.example?subject=x',
  '{"email":"anna@b.example"}',
  JSON.stringify('Write to\nanna@b.example\nor not'),
  'anna@b.example.',
  'see anna@b.example, or call',
  'https://www.linkedin.com/in/ann-lee',
  'linkedin.com/in/ann-lee/details',
  'http://fr.linkedin.com/in/ANN-LEE?trk=1',
])
  test(`names the person: ${text}`, () => assert.equal(isMentionedIn(text, anna), true))

for (const text of [
  'joanna@b.example',
  'x.anna@b.example',
  'x+anna@b.example',
  'anna@b.example.org',
  'anna@b.example-shop.test',
  "o'anna@b.example",
  'anna at b.example',
  'linkedin.com/in/ann-lee-2',
  'linkedin.com/in/ann-leeson',
  'linkedin.com/in/joann-lee',
  '',
])
  test(`names somebody else: ${text}`, () => assert.equal(isMentionedIn(text, anna), false))

test('what is special in a pattern is a character like others', () => {
  const odd = mentionsOf({ email: 'a.b+c$(d)@e.example', linkedin_url: null })
  assert.equal(isMentionedIn('a.b+c$(d)@e.example', odd), true)
  assert.equal(isMentionedIn('axb+c$(d)@e.example', odd), false)
  assert.deepEqual(mentionsOf({ email: null, linkedin_url: null }), [])
})
