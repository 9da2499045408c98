import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMessage } from './parse-message.ts'
import { isUnsubscribeRequest, readUnsubscribe } from './unsubscribe-request.ts'

const reply = (text: string, subject = 'Re: A question', more = '') =>
  parseMessage(
    Buffer.from(
      `From: grace@receiver.test\nSubject: ${subject}\n${more}Content-Type: text/plain; charset=utf-8\n\n${text}\n`,
    ),
  )

const requests = [
  'unsubscribe',
  'Unsubscribe.',
  'UNSUBSCRIBE!!!',
  'Stop',
  'STOP',
  'remove me',
  'Remove me please',
  'Please remove me from your list',
  'please take me off your list',
  'Take me off your mailing list.',
  'Stop emailing me',
  'Do not contact me again',
  "Don't email me anymore.",
  'Opt out',
  'Please unsubscribe me from this list. Thanks',
  'Not interested, please remove me',
  'Hi Ada,\nplease remove me from your database.\nBest regards,\nGrace Hopper',
  'Abmelden',
  'Bitte abmelden',
  'Bitte keine weiteren E-Mails mehr',
  'Bitte löschen Sie mich aus Ihrem Verteiler',
  'Kein Interesse, bitte austragen',
  'Se désabonner'.replace('Se ', 'Me '),
  'Désinscription svp',
  'Merci de me désinscrire',
  'Désabonnez-moi',
  'Darme de baja por favor',
  'Baja',
  'No me escriban más',
  'Cancellatemi',
  'Disiscrivetemi dalla vostra lista',
  'Descadastrar',
  'Não quero receber mais',
  'Uitschrijven',
  'Graag uitschrijven',
  'Afmelden aub',
  'Avregistrera mig',
  'Ta bort mig från listan',
  'Meld meg av',
  'Afmeld mig',
  'Poista minut listalta',
  'Proszę mnie wypisać'.replace('mnie wypisać', 'wypisać mnie'),
  'Wypisz mnie',
  'Odhlásit',
  'Abonelikten çık',
  'Lütfen beni listeden çıkarın',
  'Отписаться',
  'Не пишите мне больше',
  '配信停止',
  '配信停止をお願いします',
  '退订',
  '请退订',
  '수신거부',
  '구독 취소',
]

for (const text of requests) {
  test(`"${text.replaceAll('\n', ' ')}" asks to be left alone`, async () => {
    assert.equal(isUnsubscribeRequest(await reply(text), { to_unsubscribe_address: false }), true)
    const quoted = `${text}\n\nOn Fri, 31 Jul 2026, Ada wrote:\n> Would you like to talk?`
    assert.equal(isUnsubscribeRequest(await reply(quoted), { to_unsubscribe_address: false }), true)
  })
}

const others: [string, boolean][] = [
  ['Please stop by our booth.', false],
  ['Stop!? That is a great price.', false],
  ["Don't remove me from the list, I like it.", true],
  ['Can we talk on Monday?', false],
  ['I would unsubscribe from our present supplier if yours were cheaper. What does it cost?', true],
  ['Yes', false],
  ['Not interested.', false],
  ['Kein Interesse, danke.', false],
  ['Wie kann ich mich abmelden, falls es mir nicht gefällt? Sonst gern ein Angebot.', true],
  ['End of next week suits me.', false],
  ['Remove the second item from the offer please', false],
]

for (const [text, mentions] of others) {
  test(`"${text}" stays a reply`, async () => {
    const reading = readUnsubscribe(await reply(text), { to_unsubscribe_address: false })
    assert.deepEqual([reading.is_request, reading.mentions_opt_out], [false, mentions])
  })
}

test('mail to the unsubscribe address counts whatever it says, but not the answer of a machine', async () => {
  assert.equal(isUnsubscribeRequest(await reply('', ''), { to_unsubscribe_address: true }), true)
  assert.equal(isUnsubscribeRequest(await reply('This message was generated.'), { to_unsubscribe_address: true }), true)
  const machine = await reply('I am away', 'Automatic reply', 'Auto-Submitted: auto-replied\n')
  assert.equal(isUnsubscribeRequest(machine, { to_unsubscribe_address: true }), false)
})

test('a subject of one word counts only where the text does not say otherwise', async () => {
  assert.equal(isUnsubscribeRequest(await reply('', 'Unsubscribe'), { to_unsubscribe_address: false }), true)
  assert.equal(
    isUnsubscribeRequest(await reply('What is the price?', 'Unsubscribe'), { to_unsubscribe_address: false }),
    false,
  )
  assert.equal(isUnsubscribeRequest(await reply('', 'Re: Unsubscribe'), { to_unsubscribe_address: false }), false)
})
