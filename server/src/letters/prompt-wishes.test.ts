import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_PROMPT } from '../features/personalization/default-prompt.ts'
import { readWishes, type Wishes } from './prompt-wishes.ts'

const CASES: [string, Partial<Wishes>][] = [
  ['Keep it under 80 words.', { max_words: 80 }],
  ['At most ninety words', { max_words: null }],
  ['Write 60 to 120 words.', { min_words: 60, max_words: 120 }],
  ['Maximum of 50 words, please.', { max_words: 50 }],
  ['70 words or less.', { max_words: 70 }],
  ['Höchstens 60 Wörter.', { max_words: 60 }],
  ['Moins de 70 mots.', { max_words: 70 }],
  ['Máximo 40 palabras.', { max_words: 40 }],
  ['At least 40 words.', { min_words: 40 }],
  ['Subject: at most 6 words.', { subject_words: 6, max_words: null }],
  ['Betreff höchstens 5 Wörter. Text höchstens 80 Wörter.', { subject_words: 5, max_words: 80 }],
  ['Use a formal tone.', { formal: true }],
  ['Be casual and friendly.', { formal: false }],
  ['Do not be too formal.', { formal: false }],
  ['Schreib per du.', { formal: false }],
  ['Bitte siezen.', { formal: true }],
  ['Tutoyez le destinataire.', { formal: false }],
  ['Trata de usted al lector.', { formal: true }],
  ['Write in German.', { language: 'de' }],
  ['Schreibe auf Deutsch.', { language: 'de' }],
  ['Écris en français.', { language: 'fr' }],
  ['Escribe en español.', { language: 'es' }],
  ['Write in plain English.', { language: 'en' }],
  ['Never write in German.', { language: null }],
  ['Write in the recipient’s language.', { language: 'lead' }],
  ['Write in the language that the lead’s facts suggest.', { language: 'lead' }],
  ['Call to action: "Shall I send you a sample?"', { call_to_action: 'Shall I send you a sample?' }],
  ['CTA: May I call you on Friday?', { call_to_action: 'May I call you on Friday?' }],
  ['End with the question “Is that worth a look?”', { call_to_action: 'Is that worth a look?' }],
  ['Termina con la pregunta "¿Lo vemos el jueves?"', { call_to_action: '¿Lo vemos el jueves?' }],
  ['Ask for a 20-minute call.', { ask: 'call', minutes: 20 }],
  ['Bitte um ein Telefonat von 10 Minuten.', { ask: 'call', minutes: 10 }],
  ['Invite them to a demo.', { ask: 'demo' }],
  ['Ask who the right person is: a referral is enough.', { ask: 'referral' }],
  ['Do not ask for a meeting.', { ask: null }],
  ['Mention that we are ISO 27001 certified.', { mention: ['We are ISO 27001 certified.'] }],
  ['Mention "free until March".', { mention: ['Free until March.'] }],
  ['Avoid the words synergy, leverage and solution.', { avoid: ['synergy', 'leverage', 'solution'] }],
  ['No "quick question", no "hope this finds you well".', { avoid: ['quick question', 'hope this finds you well'] }],
  ['Never mention pricing.', { avoid: ['pricing'] }],
  ['Vermeide das Wort „Lösung“.', { avoid: ['lösung'] }],
  ['Link to https://larkfield.example/demo.', { link: 'https://larkfield.example/demo' }],
  ['No links. See https://larkfield.example for what we do.', { link: null, no_links: true }],
  ['Be yourself. Sound like spring.', { max_words: null, formal: null, language: null, mention: [], avoid: [] }],
]
for (const [prompt, expected] of CASES)
  test(`read from a prompt: ${prompt}`, () => {
    const wishes = readWishes(prompt)
    for (const [key, value] of Object.entries(expected)) assert.deepEqual(wishes[key as keyof Wishes], value, key)
  })

test('the default prompt is read as it is meant', () => {
  const { min_words, max_words, subject_words, language, ask, link, no_links, call_to_action, mention, avoid, formal } =
    readWishes(DEFAULT_PROMPT)
  assert.deepEqual(
    { min_words, max_words, subject_words, language, ask, link, no_links, call_to_action, mention, formal },
    {
      min_words: 60,
      max_words: 120,
      subject_words: 7,
      language: 'lead',
      ask: null,
      link: null,
      no_links: true,
      call_to_action: null,
      mention: [],
      formal: null,
    },
  )
  for (const word of ['re:', 'quick question', 'hope this finds you well']) assert.ok(avoid.includes(word), word)
})

test('a prompt of any kind is read in little time', () => {
  const started = performance.now()
  for (const prompt of [
    '',
    '"'.repeat(32_000),
    'avoid '.repeat(5_000),
    '1 to 2 '.repeat(4_000),
    `${'a'.repeat(32_000)} words`,
    'mention that we '.repeat(2_000),
  ])
    readWishes(prompt)
  assert.ok(performance.now() - started < 3_000)
})
