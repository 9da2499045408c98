import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detectLanguage } from './detect-language.ts'

const SAMPLES: Record<string, string[]> = {
  en: [
    'I am writing because you look after procurement, and this may be of use to you.',
    'Would that be worth a short look from where you sit?',
  ],
  de: [
    'Ich schreibe Ihnen, weil Sie im Einkauf arbeiten und das für Sie nützlich sein könnte.',
    'Wer kümmert sich bei Ihnen um die Rechnungen?',
  ],
  fr: [
    'Je vous écris parce que vous vous occupez des achats et que cela pourrait vous être utile.',
    'Est-ce que cela vaut un coup d’œil chez vous ?',
  ],
  es: [
    'Le escribo porque usted trabaja en compras y esto podría serle útil.',
    '¿Quién se ocupa de las facturas en su empresa?',
  ],
  it: ['Le scrivo perché lei si occupa degli acquisti e questo potrebbe esserle utile nella sua azienda.'],
  pt: [
    'Escrevo porque você trabalha em compras e isto pode ser útil para a sua equipa, mas não sei se já tem uma solução.',
  ],
  nl: ['Ik schrijf u omdat u bij de inkoop werkt en dit voor u nuttig zou kunnen zijn.'],
  sv: ['Jag skriver till dig för att du arbetar med inköp och det här kan vara något för er.'],
  da: ['Jeg skriver til dig, fordi du arbejder med indkøb, og det kunne være noget for jer.'],
  nb: ['Jeg skriver til deg fordi du jobber med innkjøp, og dette kan være noe for dere. Hva gjør dere nå?'],
  pl: ['Piszę do pana, ponieważ pracuje pan w zakupach i to może się panu przydać.'],
  fi: ['Kirjoitan sinulle, koska olet hankinnoissa ja tämä voi olla hyödyllistä teidän tiimille.'],
  cs: ['Píšu vám, protože pracujete v nákupu a mohlo by se vám to hodit. Kdo se u vás o to stará?'],
  tr: ['Size yazıyorum çünkü satın alma bölümünde çalışıyorsunuz ve bu sizin için iyi olabilir.'],
  ru: ['Пишу вам, потому что вы работаете в закупках.'],
  ja: ['はじめまして。購買のご担当と伺い、ご連絡しました。'],
  zh: ['您好，我写信给您，因为您负责采购。'],
  ko: ['안녕하세요, 구매를 담당하신다고 들었습니다.'],
}
for (const [language, texts] of Object.entries(SAMPLES))
  test(`${language} is recognised`, () => {
    for (const text of texts) assert.equal(detectLanguage(text)?.language, language, text)
  })

test('too little text has no language', () => {
  for (const text of ['', 'ok', '12345', 'Larkfield', '👍', 'Acme GmbH']) assert.equal(detectLanguage(text), null, text)
})

test('names of another language do not change the language of a letter', () => {
  assert.equal(
    detectLanguage('Hi Jörg, do you deal with invoices at Müller & Söhne Straßenbau at all? It would be good to know.')
      ?.language,
    'en',
  )
  assert.equal(
    detectLanguage(
      'Guten Tag, wir arbeiten mit Customer Success und Supply Chain Management. Ist das bei Ihnen ein Thema?',
    )?.language,
    'de',
  )
})

test('a long text costs no more than its first part', () => {
  const started = performance.now()
  detectLanguage('the word and '.repeat(2_000_000))
  assert.ok(performance.now() - started < 500)
})
