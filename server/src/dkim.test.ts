import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { canonicalBody, canonicalHeader, dkimDnsRecord, dkimSigner, generateDkimKeyPair } from './dkim.ts'
import type { Header } from './mime-message.ts'
import { composeMessage, prependHeader } from './mime-message.ts'

const rsa = await generateDkimKeyPair('rsa')
const ed25519 = await generateDkimKeyPair('ed25519')
const records = new Map([
  ['rsa._domainkey.example.com', dkimDnsRecord(rsa.publicKey).strings],
  ['ed._domainkey.example.com', dkimDnsRecord(ed25519.publicKey).strings],
])
const signers = {
  rsa: dkimSigner({ domain: 'example.com', selector: 'rsa', privateKey: rsa.privateKey }),
  ed25519: dkimSigner({ domain: 'example.com', selector: 'ed', privateKey: ed25519.privateKey }),
}

async function verdictOf(raw: Buffer): Promise<string> {
  const { results } = await dkimVerify(raw, {
    resolver: async (name: string) => {
      const strings = records.get(name)
      if (!strings) throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' })
      return [strings]
    },
  })
  return results
    .map(
      (one: { status: { result: string; comment?: string } }) =>
        `${one.status.result}${one.status.comment ? ` (${one.status.comment})` : ''}`,
    )
    .join()
}

const baseHeaders: Header[] = [
  ['From', 'Anna <anna@example.com>'],
  ['To', 'bo@example.org'],
  ['Subject', 'A  question\twith\r\n  odd   spaces '],
  ['Date', 'Mon, 02 Nov 2026 07:08:09 +0000'],
  ['Message-ID', '<a@example.com>'],
  ['X-Unsigned', 'free'],
]

function assemble(headers: readonly Header[], body: string): Buffer {
  return Buffer.from(`${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`)
}

const bodies: Record<string, string> = {
  empty: '',
  'one line end': '\r\n',
  'only line ends': '\r\n\r\n\r\n',
  'only white space': ' \t \r\n\t\r\n',
  'no line end at the end': 'Hello',
  'white space at the end': 'Hello \t ',
  'trailing blank lines': 'Hello\r\n\r\n\r\n\r\n',
  'blank lines of spaces at the end': 'Hello\r\n  \r\n\t\r\n',
  tabs: '\ta\t\tb \t c\t\r\n\t\r\nd\r\n',
  'leading spaces': '  a\r\n b\r\n',
  'very long line': `${'x'.repeat(200_000)} y\r\n`,
  'many lines': 'line  of\ttext \r\n'.repeat(5000),
  'non-ASCII': 'Grüße, 日本\r\n',
}

for (const [kind, signer] of Object.entries(signers)) {
  test(`${kind}: a signature over any body verifies`, async () => {
    for (const [name, body] of Object.entries(bodies)) {
      const raw = assemble(baseHeaders, body)
      const signature = await signer.sign({ headers: baseHeaders, body: Buffer.from(body) })
      assert.equal(await verdictOf(prependHeader(raw, 'DKIM-Signature', signature)), 'pass', name)
    }
  })

  test(`${kind}: a composed message verifies, and not after any signed header or the body was changed`, async () => {
    const message = composeMessage({
      from: { name: 'Jörg Müller', address: 'joerg@example.com' },
      to: { name: '日本語の名前がとても長い場合でも正しく折り返される', address: 'bo@bücher.example' },
      subject: 'Grüße aus Köln an alle, die dort wohnen, und noch viel mehr Text, der gefaltet wird',
      date: new Date('2026-11-02T07:08:09Z'),
      message_id: '<token@example.com>',
      reply_to: { address: 'r@example.com' },
      in_reply_to: '<b@c>',
      references: ['<a@c>', '<b@c>'],
      text: 'Hello  there,\n\n  Jörg  \n',
      html: '<p>Hello</p>\n\n\n',
      list_unsubscribe: { https: 'https://example.com/u', mailto: 'mailto:u@example.com' },
      feedback_id: 'a:b:c:d',
    })
    const signature = await signer.sign(message)
    for (const line of `DKIM-Signature: ${signature}`.split('\r\n')) assert.ok(line.length <= 78, line)
    const signed = prependHeader(message.raw, 'DKIM-Signature', signature).toString('latin1')
    assert.equal(await verdictOf(Buffer.from(signed, 'latin1')), 'pass')

    const names = (/h=([^;]+);/.exec(signature)?.[1] ?? '').replace(/\s/g, '').split(':')
    assert.deepEqual(names, [
      'From',
      'From',
      'To',
      'Subject',
      'Date',
      'Message-ID',
      'Reply-To',
      'In-Reply-To',
      'References',
      'MIME-Version',
      'Content-Type',
      'List-Unsubscribe',
      'List-Unsubscribe-Post',
      'Feedback-ID',
    ])
    for (const name of new Set(names)) {
      const changed = signed.replace(new RegExp(`^${name}: `, 'm'), `${name}: x`)
      assert.notEqual(changed, signed)
      assert.notEqual(await verdictOf(Buffer.from(changed, 'latin1')), 'pass', name)
    }
    const secondFrom = `From: evil@evil.example\r\n${signed}`
    assert.notEqual(await verdictOf(Buffer.from(secondFrom, 'latin1')), 'pass', 'a second From')
    const changedBody = signed.replace('<p>Hello</p>', '<p>Hallo</p>')
    assert.notEqual(await verdictOf(Buffer.from(changedBody, 'latin1')), 'pass', 'the body')
  })
}

test('absent headers are not named, repeated ones are signed each', async () => {
  const headers: Header[] = [...baseHeaders, ['Reply-To', 'one@example.com'], ['reply-to', 'two@example.com']]
  const signature = await signers.rsa.sign({ headers, body: Buffer.from('x\r\n') })
  assert.match(signature.replace(/\s/g, ''), /h=From:From:To:Subject:Date:Message-ID:Reply-To:Reply-To;/)
  assert.equal(await verdictOf(prependHeader(assemble(headers, 'x\r\n'), 'DKIM-Signature', signature)), 'pass')
})

test('signatures made at the same time do not disturb each other', async () => {
  const jobs = Array.from({ length: 20 }, async (_, index) => {
    const body = `${'body '.repeat(index * 100)}\r\n`
    const signature = await signers.rsa.sign({ headers: baseHeaders, body: Buffer.from(body) })
    return verdictOf(prependHeader(assemble(baseHeaders, body), 'DKIM-Signature', signature))
  })
  assert.deepEqual([...new Set(await Promise.all(jobs))], ['pass'])
})

test('relaxed canonical forms are those of RFC 6376 section 3.4.5', () => {
  assert.equal(canonicalHeader('A', ' X\r\n'.trimEnd()), 'a:X')
  assert.equal(canonicalHeader('B ', ' Y\t\r\n\tZ  '), 'b:Y Z')
  const body = (text: string) => Buffer.from(canonicalBody(Buffer.from(text))).toString()
  assert.equal(body(' C \r\nD \t E\r\n\r\n\r\n'), ' C\r\nD E\r\n')
  assert.equal(body(''), '')
  assert.equal(body('a\n\r\n\r\n'), 'a\n\r\n')
})

test('the DNS record is cut into strings of 255 octets and joins to the whole', () => {
  const record = dkimDnsRecord(rsa.publicKey)
  assert.ok(record.strings.length === 2 && record.strings.every((one) => one.length <= 255))
  assert.equal(record.strings.join(''), record.value)
  assert.match(record.value, /^v=DKIM1; k=rsa; p=MIIBIjANBgkqhki/)
  assert.match(dkimDnsRecord(ed25519.publicKey).value, /^v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=$/)
  assert.equal(dkimDnsRecord(rsa.privateKey).value, record.value)
})

test('what cannot sign says so', async () => {
  assert.throws(() => dkimSigner({ domain: 'exa mple', selector: 's', privateKey: rsa.privateKey }), /domain/)
  assert.throws(() => dkimSigner({ domain: 'example.com', selector: 's;h=x', privateKey: rsa.privateKey }), /selector/)
  await assert.rejects(signers.rsa.sign({ headers: [['To', 'a@b']], body: Buffer.alloc(0) }), /without From/)
})
