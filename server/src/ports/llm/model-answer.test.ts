import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRefusal, keptWords, readJsonObject } from './model-answer.ts'

test('an object is found whole, behind prose, in a fence and behind written thoughts', () => {
  const wanted = { subject: 'Hi {you}', body: 'One.\n\nTwo "quoted".' }
  const json = JSON.stringify(wanted)
  for (const text of [
    json,
    `  ${json}\n`,
    `Sure! Here it is:\n\n${json}\n\nAnything else?`,
    `\`\`\`json\n${json}\n\`\`\``,
    `Use {braces} like so: \`\`\`\n${json}\n\`\`\``,
    `<think>\nMaybe {"subject": "no"}?\n</think>\n${json}`,
    `{not json} ${json}`,
    `\ufeff${JSON.stringify(wanted, null, 2)}`,
  ])
    assert.deepEqual(readJsonObject(text), wanted, text)
})

test('line ends that a model forgot to escape inside a string are read as such', () => {
  assert.deepEqual(readJsonObject('{"body": "One.\n\nTwo.\tThree"}'), { body: 'One.\n\nTwo.\tThree' })
})

test('half an object is no object, and neither are lists, numbers and rubbish', () => {
  for (const text of [
    '',
    '{"subject": "Hi", "body": "One',
    '{"subject": "Hi"',
    '[1, 2]',
    '42',
    '}{',
    '{{{{',
    'lorem {ipsum} dolor',
  ])
    assert.equal(readJsonObject(text), null, text)
})

test('a text of a hundred thousand open braces is given up at once', () => {
  const started = performance.now()
  assert.equal(readJsonObject('{'.repeat(100_000)), null)
  assert.ok(performance.now() - started < 1_000)
})

test('a refusal is told from rubbish, and from a message that begins with an apology', () => {
  for (const text of [
    'I’m sorry, but I can’t help with that.',
    "I'm sorry, I cannot assist.",
    'I cannot write this message.',
    '<think>Hmm.</think>\nAs an AI language model, I must decline.',
    'Es tut mir leid, dabei kann ich nicht helfen.',
  ])
    assert.equal(isRefusal(text), true, text)
  for (const text of ['', 'lorem ipsum', 'Sure, here you go.', `I am sorry ${'that we missed you '.repeat(100)}`])
    assert.equal(isRefusal(text), false, text)
})

test('what a provider said is kept on one line, without the key and without what it repeats of the request', () => {
  const request = 'Write to {"text":"Ada Lovelace has a secret illness and lives at Main Street 1"} kindly.'
  assert.equal(keptWords('No such\nmodel:\t"x"', ['k-123456'], request), 'No such model: "x"')
  assert.equal(keptWords('Wrong key k-123456!', ['k-123456'], request), 'Wrong key [secret]!')
  assert.equal(keptWords('Wrong key sk-proj-abcdefghijkl1234', [null], request), 'Wrong key [secret]')
  const echoed = keptWords(
    'Too long: Ada Lovelace has a secret illness and lives at Main Street 1 (max 5)',
    [],
    request,
  )
  assert.equal(echoed, 'Too long: … (max 5)')
  assert.equal(keptWords('x '.repeat(1_000), [], '').length, 300)
})
