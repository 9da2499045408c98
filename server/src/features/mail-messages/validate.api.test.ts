import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { startDnsServer, type TestDns } from '../../../test/dns-server.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'

let dns: TestDns
let h: Harness
let live: TestTenant
let sandbox: TestTenant

before(async () => {
  dns = await startDnsServer({
    mx: {
      'engines.example': [
        { exchange: 'second.engines.example', priority: 20 },
        { exchange: 'first.engines.example', priority: 10 },
      ],
      'silent.example': [{ exchange: '', priority: 0 }],
    },
    a: { 'implicit.example': ['192.0.2.1'] },
  })
  dns.broken.add('broken.example')
  h = await startHarness({ env: { DNS_SERVERS: dns.server } })
  live = await createTenant(h, { mode: 'live' })
  sandbox = await createTenant(h)
})
after(async () => {
  await h?.close()
  await dns?.close()
})

type Risk = {
  risk_score: number
  risk_level: string
  is_risky: boolean
  normalized_email: string | null
  checks: { name: string; result: string; detail: string }[]
}

const assess = async (email: string, tenant = live, more: object = {}): Promise<Risk> => {
  const { status, body, text } = await h.call<Risk>('POST', '/mail/v1/emails/validate', {
    as: tenant.key,
    body: { email, ...more },
  })
  assert.equal(status, 200, text)
  return body
}
const mxOf = ({ checks }: Risk) => {
  const { result, detail } = checks.find(({ name }) => name === 'mx_records') ?? { result: 'none', detail: '' }
  return [result, detail]
}

test('the DNS is asked who takes the mail of the domain, and what it says decides', async () => {
  assert.deepEqual(mxOf(await assess('ada@engines.example')), ['passed', 'first.engines.example takes its mail.'])
  assert.equal(mxOf(await assess('ada@implicit.example'))[0], 'passed')
  const silent = await assess('ada@silent.example')
  assert.deepEqual([mxOf(silent)[0], silent.risk_level, silent.is_risky], ['failed', 'critical', true])
  assert.equal(mxOf(await assess('ada@nowhere.example'))[0], 'failed')
  const broken = await assess('ada@broken.example')
  assert.deepEqual([mxOf(broken)[0], broken.risk_score], ['unknown', 0], 'what nobody can know is no risk')
  assert.equal(mxOf(await assess('ada@nowhere.example', live, { check_mx: false }))[0], 'skipped')
})

test('a sandbox asks nobody', async () => {
  assert.equal(mxOf(await assess('ada@silent.example', sandbox))[0], 'passed')
})

test('an address on the list is critical, in whatever spelling, and no address at all is not an error', async () => {
  await h.call('POST', '/api/v1/suppression/', {
    as: live.key,
    body: { email: 'never@engines.example', reason: 'manual' },
  })
  const never = await assess(' Never@ENGINES.example ')
  assert.deepEqual([never.risk_score, never.normalized_email], [100, 'never@engines.example'])
  assert.deepEqual([(await assess('what?')).risk_level, (await assess('what?')).normalized_email], ['critical', null])
})
