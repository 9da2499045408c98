import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixtures } from './fixtures/messages.ts'
import { splitReply } from './reply-text.ts'

const nonBlank = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '')

const attributions = [
  'On Fri, 31 Jul 2026 at 10:00, Ada Sender <ada@sender.test> wrote:',
  'On 31/07/2026 10:00, Ada Sender wrote:',
  'Am 31.07.2026 um 10:00 schrieb Ada Sender <ada@sender.test>:',
  'Ada Sender <ada@sender.test> schrieb am Fr., 31. Juli 2026, 10:00:',
  'Le ven. 31 juil. 2026 à 10:00, Ada Sender <ada@sender.test> a écrit :',
  'El vie, 31 jul 2026 a las 10:00, Ada Sender (<ada@sender.test>) escribió:',
  'Il giorno ven 31 lug 2026 alle ore 10:00 Ada Sender <ada@sender.test> ha scritto:',
  'Em sex., 31 de jul. de 2026 às 10:00, Ada Sender <ada@sender.test> escreveu:',
  'Op vr 31 jul 2026 om 10:00 schreef Ada Sender <ada@sender.test>:',
  'Den fre 31 juli 2026 kl 10:00 skrev Ada Sender <ada@sender.test>:',
  'Den fre. 31. jul. 2026 kl. 10.00 skrev Ada Sender <ada@sender.test>:',
  'fre. 31. juli 2026 kl. 10:00 skrev Ada Sender <ada@sender.test>:',
  'pe 31. heinäk. 2026 klo 10.00 Ada Sender (ada@sender.test) kirjoitti:',
  'pt., 31 lip 2026 o 10:00 Ada Sender <ada@sender.test> napisał(a):',
  'pá 31. 7. 2026 v 10:00 odesílatel Ada Sender <ada@sender.test> napsal:',
  'Ada Sender <ada@sender.test>, 31 Tem 2026 Cum, 10:00 tarihinde şunu yazdı:',
  'пт, 31 июл. 2026 г. в 10:00, Ada Sender <ada@sender.test>:',
  '31.07.2026 10:00, Ada Sender пишет:',
  '2026年7月31日(金) 10:00 Ada Sender <ada@sender.test>:',
  'Ada Sender <ada@sender.test> 于2026年7月31日周五 10:00写道:',
  '2026년 7월 31일 (금) 오전 10:00, Ada Sender <ada@sender.test>님이 작성:',
]

for (const line of attributions) {
  test(`what follows "${line.slice(0, 40)}" is quoted, above it is the reply`, () => {
    const split = splitReply(`Yes, call me.\n\n${line}\n\n> A short question.\n> Ada`)
    assert.equal(split.reply, 'Yes, call me.')
    assert.equal(split.quoted, `${line}\n\n> A short question.\n> Ada`)
  })
}

/** As programs write them above old text that has no prefixes. */
const bareMarks = [
  'In data 31 luglio 2026 10:00:31 "Ada Sender" <ada@sender.test> ha scritto:',
  'Em 31 de julho de 2026 às 10:00:35, Ada Sender - Northwind (\nada@sender.test) escreveu:',
  '---- On Fri, 31 Jul 2026 10:00:50 +0200 ada@sender.test wrote ----',
  'вт, 28 лип. 2026 р. о 10:12 Ада <ada@sender.test> пише:',
  'На вт, 28.07.2026 г. в 10:12 Ада <ada@sender.test> написа:',
  'Στις Τρί 28 Ιουλ 2026 στις 10:12 π.μ., ο/η Ada <ada@sender.test> έγραψε:',
  'Vào Th 3, 28 thg 7, 2026 vào lúc 10:12 Ada <ada@sender.test> đã viết:',
  'ในวันที่ อ. 28 ก.ค. 2026 เวลา 10:12 Ada <ada@sender.test> เขียนว่า:',
  'uto, 28. srp 2026. u 10:12 Ada <ada@sender.test> napisala je:',
  '-------- Oprindelig besked --------\nFra: Ada <ada@sender.test>\nDato: 28.07.2026  17.45  (GMT+01:00)\nTil: eva@receiver.test\nEmne: Hej',
  'From: Ada Sender [mailto:ada@sender.test]\nSent: Tuesday, July 28, 2026 1:27 PM',
]

for (const mark of bareMarks) {
  test(`below "${mark.slice(0, 40)}" all is old text`, () => {
    const split = splitReply(`Yes, call me.\n\n${mark}\n\nA short question.`)
    assert.equal(split.reply, 'Yes, call me.')
    assert.equal(split.quoted, `${mark}\n\nA short question.`)
  })
}

test('the stages of a journey are no header block', () => {
  for (const text of ['I travel on\n\nFrom: Oslo\nDate: 28.07.2026', 'From: Oslo\nDate: 28.07.2026\n\nSee you there.'])
    assert.equal(splitReply(text).reply, text)
})

const headerBlocks = [
  'From: Ada Sender <ada@sender.test>\nSent: Friday, July 31, 2026 10:00 AM\nTo: Grace <grace@receiver.test>\nSubject: A question',
  'Von: Ada Sender <ada@sender.test>\nGesendet: Freitag, 31. Juli 2026 10:00\nAn: Grace <grace@receiver.test>\nBetreff: Eine Frage',
  'De : Ada Sender <ada@sender.test>\nEnvoyé : vendredi 31 juillet 2026 10:00\nÀ : Grace <grace@receiver.test>\nObjet : Une question',
  'De: Ada Sender <ada@sender.test>\nEnviado el: viernes, 31 de julio de 2026 10:00\nPara: Grace <grace@receiver.test>\nAsunto: Una pregunta',
  'Da: Ada Sender <ada@sender.test>\nInviato: venerdì 31 luglio 2026 10:00\nA: Grace <grace@receiver.test>\nOggetto: Una domanda',
  'De: Ada Sender <ada@sender.test>\nEnviada: sexta-feira, 31 de julho de 2026 10:00\nPara: Grace\nAssunto: Uma pergunta',
  'Van: Ada Sender <ada@sender.test>\nVerzonden: vrijdag 31 juli 2026 10:00\nAan: Grace\nOnderwerp: Een vraag',
  'Från: Ada Sender <ada@sender.test>\nSkickat: den 31 juli 2026 10:00\nTill: Grace\nÄmne: En fråga',
  'Fra: Ada Sender <ada@sender.test>\nSendt: fredag 31. juli 2026 10:00\nTil: Grace\nEmne: Et spørsmål',
  'Lähettäjä: Ada Sender <ada@sender.test>\nLähetetty: perjantai 31. heinäkuuta 2026 10:00\nVastaanottaja: Grace\nAihe: Kysymys',
  'Od: Ada Sender <ada@sender.test>\nWysłano: piątek, 31 lipca 2026 10:00\nDo: Grace\nTemat: Pytanie',
  'Kimden: Ada Sender <ada@sender.test>\nGönderildi: 31 Temmuz 2026 Cuma 10:00\nKime: Grace\nKonu: Bir soru',
  'От: Ada Sender <ada@sender.test>\nОтправлено: 31 июля 2026 г. 10:00\nКому: Grace\nТема: Вопрос',
  '差出人: Ada Sender <ada@sender.test>\n送信日時: 2026年7月31日 10:00\n宛先: Grace\n件名: ご質問',
  '发件人: Ada Sender <ada@sender.test>\n发送时间: 2026年7月31日 10:00\n收件人: Grace\n主题: 问题',
]

for (const block of headerBlocks) {
  test(`an Outlook block "${block.split('\n')[0]?.slice(0, 20)}" begins old text`, () => {
    const split = splitReply(`Yes, call me.\n\n________________________________\n${block}\n\nA short question.\nAda`)
    assert.equal(split.reply, 'Yes, call me.')
    assert.match(split.quoted, /A short question/)
    assert.equal(splitReply(`Yes, call me.\n\n${block}\n\nA short question.`).reply, 'Yes, call me.')
  })
}

test('separators of old and forwarded messages begin old text', () => {
  for (const line of [
    '-----Original Message-----',
    '-----Ursprüngliche Nachricht-----',
    "-----Message d'origine-----",
    '-----Mensaje original-----',
    '---------- Forwarded message ---------',
    'Begin forwarded message:',
    'Anfang der weitergeleiteten Nachricht:',
  ]) {
    assert.equal(splitReply(`Fine.\n\n${line}\nA short question.`).reply, 'Fine.', line)
  }
})

test('an attribution wrapped over two lines is one attribution', () => {
  const split = splitReply(
    'Yes.\n\nOn Fri, Jul 31, 2026 at 10:00 AM Ada Sender with a long name\n<ada@sender.test> wrote:\n\n> Question',
  )
  assert.equal(split.reply, 'Yes.')
})

test('a reply right above an attribution, without a blank line, stays the reply', () => {
  const split = splitReply('Yes, call me at 10:00.\nOn Fri, 31 Jul 2026, Ada <ada@sender.test> wrote:\n> Question')
  assert.equal(split.reply, 'Yes, call me at 10:00.')
})

test('answers between quoted lines stay in the reply', () => {
  const split = splitReply('On Fri, 31 Jul 2026, Ada wrote:\n> How many?\nTwelve.\n> When?\nIn May.\n')
  assert.equal(split.reply, 'Twelve.\nIn May.')
  assert.equal(split.quoted, 'On Fri, 31 Jul 2026, Ada wrote:\n> How many?\n> When?')
})

test('an answer below the quote stays in the reply', () => {
  const split = splitReply('On Fri, 31 Jul 2026, Ada wrote:\n> How many?\n\nTwelve.\n\n-- \nGrace')
  assert.equal(split.reply, 'Twelve.')
  assert.equal(split.signature, '-- \nGrace')
})

test('an old text without line prefixes below an attribution is quoted', () => {
  const split = splitReply('Yes.\n\nOn Fri, 31 Jul 2026 at 10:00, Ada <ada@sender.test> wrote:\n\nHow many?\nAda')
  assert.equal(split.reply, 'Yes.')
  assert.match(split.quoted, /How many/)
})

test('a signature above the quote ends where the quote begins', () => {
  const split = splitReply('Yes.\n\n-- \nGrace Hopper\nReceiver\n\nOn Fri, 31 Jul 2026, Ada wrote:\n> Hi')
  assert.equal(split.reply, 'Yes.')
  assert.equal(split.signature, '-- \nGrace Hopper\nReceiver')
})

test('lines that phones and programs add are signature', () => {
  for (const line of [
    'Sent from my iPhone',
    'Get Outlook for iOS',
    'Get Outlook for Android<https://aka.ms/x>',
    'Von meinem iPhone gesendet',
    'Gesendet mit der mobilen Mail App',
    'Envoyé de mon iPhone',
    'Enviado desde mi iPhone',
    'Inviato da iPhone',
    'Verzonden vanaf mijn iPhone',
    'Skickat från min iPhone',
    'Sendt fra min iPhone',
    'Lähetetty iPhonesta',
    'Wysłane z iPhone',
    "iPhone'umdan gönderildi",
    'Отправлено с iPhone',
    'iPhoneから送信',
    '发自我的iPhone',
    '나의 iPhone에서 보냄',
  ]) {
    const split = splitReply(`Yes.\n\n${line}`)
    assert.deepEqual([split.reply, split.signature], ['Yes.', line])
  }
})

test('sentences that only resemble a marker stay in the reply', () => {
  for (const text of [
    'On Monday she wrote: call me.',
    'Sent from my side yesterday, please check.',
    'From: our point of view this is fine.\nWe agree.',
    'He said it costs 5 > 3 euros.',
    'To: you. From: me.',
  ]) {
    assert.equal(splitReply(text).reply, text)
    assert.equal(splitReply(text).quoted, '')
  }
})

test('HTML quotes of Gmail, Outlook and Apple Mail are cut when there is no text part', () => {
  const gmail =
    '<div dir="ltr">Yes, call me.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Fri, Jul 31, 2026 at 10:00 AM Ada &lt;<a href="mailto:ada@sender.test">ada@sender.test</a>&gt; wrote:<br></div><blockquote class="gmail_quote">A short question.</blockquote></div>'
  const outlook =
    '<div>Yes, call me.</div><hr style="width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font><b>From:</b> Ada &lt;ada@sender.test&gt;<br><b>Sent:</b> Friday<br><b>Subject:</b> A question</font></div><div>A short question.</div>'
  const foreign = '<div>Yes, call me.</div><div id="divRplyFwdMsg"><b>Ki:</b> Ada</div><div>A short question.</div>'
  const apple =
    '<div>Yes, call me.</div><div><blockquote type="cite"><div>On 31 Jul 2026, at 10:00, Ada &lt;ada@sender.test&gt; wrote:</div><div>A short question.</div></blockquote></div>'
  for (const html of [gmail, outlook, foreign, apple]) {
    for (const text of [null, '  \n']) {
      const split = splitReply(text, html)
      assert.match(split.reply, /^Yes, call me\.$/)
      assert.match(split.quoted, /A short question\./)
    }
  }
})

test('an inline answer inside an HTML quote stays in the reply', () => {
  const split = splitReply(
    null,
    '<blockquote>How many?</blockquote><div>Twelve.</div><blockquote>When?</blockquote><div>In May.</div>',
  )
  assert.match(split.reply, /Twelve\.\s+In May\./)
  assert.doesNotMatch(split.reply, /When/)
})

test('no non-blank line is ever lost or doubled', () => {
  let state = 7
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const pieces = [
    'Hello',
    '> quoted',
    '>> deeper',
    '',
    '   ',
    '-- ',
    '--',
    'Sent from my iPhone',
    '_____________________',
    '-----Original Message-----',
    ...attributions,
    ...headerBlocks,
    'From: x',
    'To: y',
    'Subject: z',
    ' indented',
    '\ttab',
    'On',
    'wrote:',
    '| bar',
    'AB> said',
    '\ue0f1',
    '\ue0f1 text',
  ]
  const texts = fixtures.map((fixture) => fixture.raw)
  for (let run = 0; run < 1500; run++) {
    const count = Math.floor(random() * 25)
    texts.push(Array.from({ length: count }, () => pieces[Math.floor(random() * pieces.length)]).join('\n'))
  }
  for (const text of texts) {
    const split = splitReply(text)
    const kept = [...nonBlank(split.reply), ...nonBlank(split.quoted), ...nonBlank(split.signature)]
    assert.deepEqual(kept.sort(), nonBlank(text).sort())
  }
})

test('a very long text is split quickly and completely', () => {
  const text = `Yes.\n${'On 1 2026 a@b.c '.repeat(20_000)}\n${'> old\n'.repeat(30_000)}${'x'.repeat(600_000)}`
  const began = performance.now()
  const split = splitReply(text)
  assert.ok(performance.now() - began < 1500)
  assert.ok(split.reply.length + split.quoted.length + split.signature.length >= text.length - 30_010)
})
