import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zoneInMemory } from '../../ports/dns/zone-in-memory.ts'
import { checkRecords, type DomainFacts, judgeVerification, recordsFor } from './dns-records.ts'

const domain: DomainFacts = {
  domain: 'a.example',
  ownership_token: 'tok',
  dkim_selector: 'bav1',
  dkim_public_key: 'MIIB',
  inbound_enabled: true,
}
const hosts = { mail_host: 'mx.bavlio.example', relay_host: 'relay.example.com' }

const check = async (txt: Record<string, string[]>, mx: string[] = []) => {
  const zone = zoneInMemory({ txt, mx: { 'a.example': mx.map((exchange) => ({ exchange, priority: 5 })) } })
  const records = await checkRecords(recordsFor(domain, hosts), domain, zone)
  return Object.fromEntries(records.map((record) => [record.purpose, record.status]))
}

test('records are recognised in the forms in which people publish them', async () => {
  const found = await check(
    {
      '_bavlio.a.example': ['other', 'bavlio-verify=tok'],
      'bav1._domainkey.a.example': ['k=rsa;  p=MI IB ; v=DKIM1; t=s'],
      'a.example': ['google-site-verification=x', 'V=SPF1 include:_spf.example.com -all'],
      '_dmarc.a.example': ['v=DMARC1; p=reject'],
    },
    ['MX.Bavlio.example.'],
  )
  assert.deepEqual(found, {
    ownership: 'verified',
    dkim: 'verified',
    spf: 'verified',
    dmarc: 'verified',
    mx: 'verified',
  })
})

test('a missing record, another value and two SPF records are told apart', async () => {
  const found = await check({
    '_bavlio.a.example': ['bavlio-verify=other'],
    'a.example': ['v=spf1 -all', 'v=spf1 ~all'],
  })
  assert.deepEqual(found, {
    ownership: 'incorrect_value',
    dkim: 'not_configured',
    spf: 'incorrect_value',
    dmarc: 'not_configured',
    mx: 'not_configured',
  })
})

test('ownership and DKIM alone decide', async () => {
  const zone = zoneInMemory({
    txt: { '_bavlio.a.example': ['bavlio-verify=tok'], 'bav1._domainkey.a.example': ['v=DKIM1; p=MIIB'] },
    mx: {},
  })
  assert.deepEqual(judgeVerification(await checkRecords(recordsFor(domain, hosts), domain, zone)), {
    outcome: 'verified',
  })
})

test('without inbound mail no MX record is asked for', () => {
  assert.ok(recordsFor({ ...domain, inbound_enabled: false }, hosts).every(({ type }) => type === 'TXT'))
})
