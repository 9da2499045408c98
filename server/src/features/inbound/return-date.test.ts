import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readReturnDate } from './return-date.ts'

/** A Saturday. */
const now = Temporal.Instant.from('2026-08-01T09:00:00Z')

const cases: [string, string | undefined][] = [
  ['I will be back on Monday, 3 August.', '2026-08-03'],
  ['I am out of the office until 12.08.2026.', '2026-08-13'],
  ['Je serai de retour le 5 septembre.', '2026-09-05'],
  ['Je suis absent du 1er août au 5 septembre inclus.', '2026-09-06'],
  ['Returning 2026-09-01', '2026-09-01'],
  ["Je suis en congés jusqu'au 20 août 2026.", '2026-08-21'],
  ['Ab dem 17.08. bin ich wieder erreichbar.', '2026-08-17'],
  ['Ich bin vom 1. bis 12. August im Urlaub und ab dem 13. August wieder im Büro.', '2026-08-13'],
  ['Ich bin bis einschließlich 14.8. nicht im Haus.', '2026-08-15'],
  ['I am on annual leave from August 1st to August 15th, 2026', '2026-08-16'],
  ['Estaré fuera de la oficina hasta el 18 de agosto de 2026.', '2026-08-19'],
  ['Vuelvo el lunes 24 de agosto.', '2026-08-24'],
  ['Sarò fuori ufficio fino al 23 agosto', '2026-08-24'],
  ['Rientrerò il 25 agosto.', '2026-08-25'],
  ['Estou de férias até 10 de agosto.', '2026-08-11'],
  ['Regresso no dia 11 de agosto.', '2026-08-11'],
  ['Ik ben afwezig t/m 14 augustus', '2026-08-15'],
  ['Ik ben op 17 augustus weer bereikbaar', '2026-08-17'],
  ['Jag är på semester till och med 16 augusti', '2026-08-17'],
  ['Jag är tillbaka den 17 augusti', '2026-08-17'],
  ['Jeg er tilbake 10. august', '2026-08-10'],
  ['Jeg er på ferie til og med 9. august', '2026-08-10'],
  ['Olen lomalla 14.8. asti', '2026-08-15'],
  ['Palaan töihin 17.8.2026', '2026-08-17'],
  ['Jestem na urlopie do 14 sierpnia', '2026-08-15'],
  ['Wracam 17 sierpnia 2026', '2026-08-17'],
  ['Jsem na dovolené do 14. srpna', '2026-08-15'],
  ['14 Ağustos tarihine kadar izindeyim', '2026-08-15'],
  ['8月14日まで休暇をいただいております', '2026-08-15'],
  ['2026年8月17日に復帰いたします', '2026-08-17'],
  ['我将于8月17日返回办公室', '2026-08-17'],
  ['8월 14일까지 휴가입니다', '2026-08-15'],
  ['Я в отпуске до 14 августа', '2026-08-15'],
  ['Вернусь 17 августа', '2026-08-17'],
  ['I am out until Wednesday', '2026-08-06'],
  ['Back next Monday', '2026-08-03'],
  ['I will be back in the office tomorrow.', '2026-08-02'],
  ['I am away, returning 08/17/2026', '2026-08-17'],
  ['Out of office until 17/08', '2026-08-18'],
  ['Back on 2 January', '2027-01-02'],
  ['I was away until 12.06.2026', undefined],
  ['I am currently out of the office with limited access. Call +49 30 12.08.99 for help', undefined],
  ['I will be out of the office starting 03/08/2026 and will not return until 10/08/2026.', '2026-08-10'],
  ['I am out of office between 3 and 7 August.', '2026-08-08'],
  ['Ich bin vom 03.08. – 14.08.2026 nicht erreichbar', '2026-08-15'],
  [
    'Thank you for your mail. I am out of the office through August 7 and will return Monday, August 10. For anything urgent, write to a@b.c before August 9.',
    '2026-08-10',
  ],
  ['I am on maternity leave until January 2027', undefined],
  ['Due to our company holiday we are closed. We reopen on 24.08.', undefined],
  ['Sono in ferie dal 10 al 21 agosto', '2026-08-22'],
  ['Estoy de vacaciones del 3 al 14 de agosto', '2026-08-15'],
]

for (const [text, expected] of cases) {
  test(`"${text.slice(0, 90)}" means back on ${expected ?? 'no known day'}`, () => {
    assert.equal(readReturnDate(text, now), expected)
  })
}

test('a day without a year belongs to the coming year at the turn of the year, and a past one is no day', () => {
  const december = Temporal.Instant.from('2026-12-23T09:00:00Z')
  assert.equal(readReturnDate('I am back on 4 January.', december), '2027-01-04')
  const january = Temporal.Instant.from('2027-01-05T09:00:00Z')
  assert.equal(readReturnDate('I am back on 4 January.', january), undefined)
})

test('long texts without an end are read in bounded time', () => {
  const began = performance.now()
  readReturnDate('until 1.1. to 3 march - '.repeat(5000), now)
  readReturnDate('a '.repeat(50_000), now)
  assert.ok(performance.now() - began < 1000)
})
