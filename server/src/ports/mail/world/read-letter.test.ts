import assert from 'node:assert/strict'
import { test } from 'node:test'
import { composeMessage } from '../../../mime-message.ts'
import { addOpenPixel, rewriteLinks } from '../../../tracking.ts'
import { localAddress } from './carry-out.ts'
import { readLetter } from './read-letter.ts'
import { writeReply } from './write-answers.ts'

const TOKEN = 'q'.repeat(180)

test('what the product composes is read back: names, thread, links, pixel, opt-out and text in any script', () => {
  const tracked = rewriteLinks(
    `<p>Žluťoučký kůň, ${'long words '.repeat(40)}</p><p><a href="https://shop.example/a?b=1&amp;c=2">Buy</a></p>`,
    ({ position }) => `https://m.example/t/c/${TOKEN}${position}`,
  )
  const message = composeMessage({
    from: { address: 'anna@a.example', name: 'Anna Müller' },
    to: [{ address: 'petr@b.example', name: 'Petr' }],
    subject: 'Otázka k výrobě a k příštímu čtvrtletí ve vaší společnosti',
    date: new Date('2026-01-14T08:00:00Z'),
    message_id: '<m2@a.example>',
    in_reply_to: '<m1@a.example>',
    references: ['<m0@a.example>', '<m1@a.example>'],
    text: 'Žluťoučký kůň\n\nAnna',
    html: addOpenPixel(tracked.html, `https://m.example/t/o/${TOKEN}.gif`),
    list_unsubscribe: { https: `https://m.example/u/${TOKEN}`, mailto: 'mailto:u+token@a.example?subject=unsubscribe' },
    feedback_id: 'a:b:c:d',
  })
  const letter = readLetter(Buffer.from(message.raw))
  assert.deepEqual(
    { ...letter, text: letter.text.trim() },
    {
      from: 'anna@a.example',
      from_name: 'Anna Müller',
      reply_to: 'anna@a.example',
      to_name: 'Petr',
      subject: 'Otázka k výrobě a k příštímu čtvrtletí ve vaší společnosti',
      message_id: '<m2@a.example>',
      references: ['<m0@a.example>', '<m1@a.example>'],
      date: letter.date,
      unsubscribe_url: `https://m.example/u/${TOKEN}`,
      unsubscribe_mailto: letter.unsubscribe_mailto,
      pixel_url: `https://m.example/t/o/${TOKEN}.gif`,
      links: [`https://m.example/t/c/${TOKEN}0`],
      text: 'Žluťoučký kůň\n\nAnna',
    },
  )
  assert.match(letter.unsubscribe_mailto ?? '', /^mailto:u(\+|%2B)token@a\.example/)
  assert.equal(new Date(letter.date ?? '').toISOString(), '2026-01-14T08:00:00.000Z')

  const answer = readLetter(
    writeReply({ letter, mail_from: 'b+x@a.example', person: 'petr@b.example', at: new Date('2026-01-15T09:00:00Z') })
      .raw,
  )
  assert.equal(answer.subject, `Re: ${letter.subject}`)
  assert.deepEqual(answer.references, ['<m0@a.example>', '<m1@a.example>', '<m2@a.example>'])
  assert.match(answer.text, /> Žluťoučký kůň/)
})

test('links lead to this machine whatever host they name, and nothing else is ever visited', () => {
  assert.equal(
    localAddress('https://mail.example.com/prefix/t/c/abc_-9', 'http://127.0.0.1:4800'),
    'http://127.0.0.1:4800/t/c/abc_-9',
  )
  assert.equal(
    localAddress('https://mail.example.com/u/abc?x=1', 'http://127.0.0.1:4800'),
    'http://127.0.0.1:4800/u/abc',
  )
  for (const url of ['https://evil.example/', 'https://evil.example/t/x/abc', 'https://evil.example/t/c/', 'not a url'])
    assert.equal(localAddress(url, 'http://127.0.0.1:4800'), null)
})
