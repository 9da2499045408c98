import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { createSender } from '../../../test/outgoing.ts'
import { newId } from '../../ids.ts'

type File = {
  id: string
  filename: string
  size_bytes: number
  mime_type: string
  sha256: string
  download_url: string
  expires_at: string
}

const LIMIT = 100_000

let h: Harness
let tenant: TestTenant
before(async () => {
  h = await startHarness({ env: { ATTACHMENT_MAX_BYTES: String(LIMIT) } })
  tenant = await createTenant(h)
})
after(() => h?.close())

const upload = (files: [name: string, content: Buffer, type?: string][], as = tenant.key, headers = {}) => {
  const form = new FormData()
  for (const [name, content, type] of files)
    form.append('files', new Blob([content as never], { type: type ?? '' }), name)
  return h.call<{ attachments: File[]; uploaded_at: string }>('POST', '/mail/v1/attachments', { as, form, headers })
}

const bytes = async (url: string, headers: Record<string, string> = {}) => {
  const response = await fetch(url.startsWith('http') ? url : h.base_url + url, { headers })
  return { status: response.status, headers: response.headers, content: Buffer.from(await response.arrayBuffer()) }
}

const filesOnDisk = async (): Promise<string[]> =>
  (await readdir(join(h.deps.config.data_dir, 'files'), { recursive: true })).filter((name) =>
    /[0-9a-f]{64}$/.test(name),
  )

test('files come back byte for byte, in the order of the request, even twenty and empty ones, and are told apart by id', async () => {
  const given = Array.from({ length: 20 }, (_, i): [string, Buffer, string] => [
    `f${i}.bin`,
    randomBytes(i * 137),
    'application/x-thing',
  ])
  const { status, body, text } = await upload(given)
  assert.equal(status, 200, text)
  assert.equal(body.attachments.length, 20)
  for (const [i, file] of body.attachments.entries()) {
    const [name, content] = given[i] as [string, Buffer, string]
    const sha256 = createHash('sha256').update(content).digest('hex')
    assert.deepEqual(
      [file.filename, file.size_bytes, file.sha256, file.mime_type],
      [name, content.length, sha256, 'application/x-thing'],
    )
    const got = await bytes(`/mail/v1/attachments/${file.id}/download?inline=false`, { 'x-api-key': tenant.key })
    assert.ok(got.content.equals(content))
  }
})

test('a file beyond the limit is refused with 413, and with it those beside it; one at the limit is taken', async () => {
  const before = await filesOnDisk()
  const { status, body } = await upload([
    ['small.bin', Buffer.from('small one')],
    ['big.bin', Buffer.alloc(LIMIT + 1)],
  ])
  assert.equal(status, 413)
  assert.match((body as never as { detail: { message: string } }).detail.message, /ATTACHMENT_MAX_BYTES/)
  assert.equal((await upload([['exact.bin', Buffer.alloc(LIMIT, 1)]])).status, 200)
  assert.equal((await filesOnDisk()).length, before.length + 1)
  assert.deepEqual(await readdir(join(h.deps.config.data_dir, 'incoming')), [], 'nothing half written is left')
  const many = await upload(Array.from({ length: 21 }, (_, i) => [`${i}`, Buffer.from('x')]))
  assert.equal(many.status, 400)
})

test('names and types of strangers are made harmless: no path, no control character, no type that runs in a browser', async () => {
  const { body } = await upload([
    ['../../etc/passwd', Buffer.from('a'), 'text/html'],
    ['evil\u202etxt.exe', Buffer.from('b'), 'not a type'],
    ['Grüße 你好.txt', Buffer.from('c'), 'text/plain; charset=utf-8'],
  ])
  assert.deepEqual(
    body.attachments.map(({ filename, mime_type }) => [filename, mime_type]),
    [
      ['passwd', 'text/html'],
      ['eviltxt.exe', 'application/octet-stream'],
      ['Grüße 你好.txt', 'text/plain'],
    ],
  )
  const as = { authorization: `Bearer ${tenant.key}` }
  const [html, , text] = body.attachments as [File, File, File]
  const page = await bytes(`/mail/v1/attachments/${html.id}/download?inline=true`, as)
  assert.match(page.headers.get('content-disposition') ?? '', /^attachment; filename="passwd"$/)
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff')
  assert.match(page.headers.get('content-security-policy') ?? '', /sandbox/)
  const shown = await bytes(`/mail/v1/attachments/${text.id}/download?inline=true`, as)
  assert.match(
    shown.headers.get('content-disposition') ?? '',
    /^inline; filename="Gr__e __\.txt"; filename\*=UTF-8''Gr%C3%BC%C3%9Fe%20%E4%BD%A0%E5%A5%BD\.txt$/,
  )
})

test('the signed address works without a credential, for an hour, and for its own file only', async () => {
  const { body } = await upload([['a.txt', Buffer.from('hello')]])
  const [file] = body.attachments as [File]
  assert.equal((await bytes(file.download_url)).content.toString(), 'hello')
  const other = file.download_url.replace(file.id, newId())
  assert.equal((await bytes(other)).status, 404)
  assert.equal((await bytes(`${file.download_url.slice(0, -2)}AA`)).status, 404)
  h.clock.set(new Date(file.expires_at))
  assert.equal((await bytes(file.download_url)).status, 404)
})

test('what a message carries is kept; the rest goes, and its content with the last row that refers to it', async () => {
  const other = await createTenant(h)
  const sender = await createSender(h, tenant)
  const content = randomBytes(999)
  const sha256 = createHash('sha256').update(content).digest('hex')
  const [used, free] = (
    await upload([
      ['used.bin', randomBytes(500)],
      ['free.bin', content],
    ])
  ).body.attachments as [File, File]
  const [twin] = (await upload([['twin.bin', content]], other.key)).body.attachments as [File]
  const sent = await h.call('POST', '/mail/v1/emails', {
    as: tenant.key,
    body: {
      alias_id: sender.alias_id,
      to_email: 'ada+accept@people.example',
      subject: 's',
      body: 'b',
      attachments: [{ attachment_id: used.id }],
    },
  })
  assert.equal(sent.status, 200, sent.text)
  const refused = await h.call<{ detail: { code: string } }>('DELETE', `/mail/v1/attachments/${used.id}`, {
    as: tenant.key,
  })
  assert.deepEqual([refused.status, refused.body.detail.code], [409, 'IN_USE'])
  const unknown = newId()
  const bulk = await h.call('POST', '/mail/v1/attachments/bulk-delete', {
    as: tenant.key,
    body: { attachment_ids: [used.id, free.id, free.id, twin.id, unknown] },
  })
  assert.deepEqual(bulk.body, { deleted: [free.id], in_use: [used.id], not_found: [twin.id, unknown] })
  assert.ok(
    (await filesOnDisk()).some((name) => name.endsWith(sha256)),
    'the other workspace has it still',
  )
  assert.equal((await bytes(twin.download_url)).status, 200)
  assert.equal((await h.call('DELETE', `/mail/v1/attachments/${twin.id}`, { as: other.key })).status, 204)
  assert.ok(!(await filesOnDisk()).some((name) => name.endsWith(sha256)))
})

test('the list is sorted as asked for and counts what there is', async () => {
  const own = await createTenant(h)
  await upload(
    [
      ['b', Buffer.alloc(20)],
      ['c', Buffer.alloc(30)],
      ['a', Buffer.alloc(10)],
    ],
    own.key,
  )
  const names = async (query: string) => {
    const { body } = await h.call<{ attachments: File[]; total: number }>('GET', `/mail/v1/attachments?${query}`, {
      as: own.key,
    })
    return [body.total, ...body.attachments.map(({ filename }) => filename)]
  }
  assert.deepEqual(await names(''), [3, 'a', 'c', 'b'])
  assert.deepEqual(await names('sort=size_asc&limit=2'), [3, 'a', 'b'])
  assert.deepEqual(await names('sort=size_desc&offset=1'), [3, 'b', 'a'])
  assert.deepEqual(await names('sort=created_asc'), [3, 'b', 'c', 'a'])
})

test('uploads of the same content at the same time all succeed, and one Idempotency-Key stores once', async () => {
  const content = randomBytes(5_000)
  const all = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      upload([
        [`${i}.bin`, content],
        ['x.bin', Buffer.from('x')],
      ]),
    ),
  )
  assert.deepEqual(
    all.map(({ status }) => status),
    Array(8).fill(200),
  )
  const headers = { 'idempotency-key': newId() }
  const [first, second] = [
    await upload([['once.bin', randomBytes(10)]], tenant.key, headers),
    await upload([['other.bin', randomBytes(10)]], tenant.key, headers),
  ]
  assert.deepEqual([first?.status, second?.status], [200, 409])
})
