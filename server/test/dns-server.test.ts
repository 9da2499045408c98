import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startDnsServer } from './dns-server.ts'

test('the name server of the tests answers every type, long texts, aliases, absences and failures', async () => {
  const long = `v=DKIM1; k=rsa; p=${'A'.repeat(600)}`
  const dns = await startDnsServer({
    txt: { 'k._domainkey.a.example': [long], 'a.example': ['v=spf1 -all', 'other'] },
    mx: { 'a.example': [{ exchange: 'mx.a.example', priority: 10 }], 'null.example': [{ exchange: '', priority: 0 }] },
    a: { 'mx.a.example': ['127.0.0.1', '127.0.0.2'] },
    aaaa: { 'mx.a.example': ['::1'] },
    cname: { 'track.a.example': ['mx.a.example'] },
    ptr: { '127.0.0.9': ['mail.a.example'] },
  })
  try {
    const { resolver } = dns
    assert.deepEqual(await resolver.txt('k._domainkey.a.example'), { state: 'found', values: [long] })
    assert.deepEqual(await resolver.txt('a.example'), { state: 'found', values: ['v=spf1 -all', 'other'] })
    assert.deepEqual(await resolver.mx('a.example'), {
      state: 'found',
      values: [{ exchange: 'mx.a.example', priority: 10 }],
    })
    assert.deepEqual(await resolver.mx('null.example'), { state: 'found', values: [{ exchange: '', priority: 0 }] })
    assert.deepEqual(await resolver.a('mx.a.example'), { state: 'found', values: ['127.0.0.1', '127.0.0.2'] })
    assert.deepEqual(await resolver.a('track.a.example'), { state: 'found', values: ['127.0.0.1', '127.0.0.2'] })
    assert.deepEqual(await resolver.aaaa('mx.a.example'), { state: 'found', values: ['::1'] })
    assert.deepEqual(await resolver.cname('track.a.example'), { state: 'found', values: ['mx.a.example'] })
    assert.deepEqual(await resolver.ptr('127.0.0.9'), { state: 'found', values: ['mail.a.example'] })
    assert.deepEqual(await resolver.mx('mx.a.example'), { state: 'absent' })
    assert.deepEqual(await resolver.txt('nobody.example'), { state: 'absent' })
    dns.broken.add('a.example')
    assert.equal((await resolver.txt('a.example')).state, 'error')
  } finally {
    await dns.close()
  }
})
