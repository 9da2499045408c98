import { authenticate } from 'mailauth'
import { startDnsServer } from '../dns-server.ts'
import { startHarness } from '../harness.ts'
import { judgeByOpendkim, opendkimMissing } from '../opendkim.ts'
import { rspamdMissing, startRspamd } from './rspamd.ts'
import { type SentMessage, sendVariedMessages } from './varied-messages.ts'

/**
 * A thousand varied messages before three independent judges: mailauth, opendkim and rspamd have to accept the signature and
 * the alignment of every one, and both unsubscribe headers have to be signed. A judge that is not installed is skipped, and
 * says so. Run by `npm run test:judges`.
 */
const SENDER_IP = '203.0.113.25'
const AT_ONCE = 8

const headerOf = (raw: Buffer, name: string): string => {
  const head = raw
    .subarray(0, raw.indexOf('\r\n\r\n'))
    .toString('latin1')
    .replace(/\r\n[ \t]+/g, ' ')
  return (
    head
      .split('\r\n')
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim() ?? ''
  )
}

const signsUnsubscription = (raw: Buffer): boolean => {
  const signed =
    /\bh=([^;]+);/.exec(headerOf(raw, 'dkim-signature'))?.[1]?.toLowerCase().replace(/\s/g, '').split(':') ?? []
  return (
    ['list-unsubscribe', 'list-unsubscribe-post'].every(
      (name) => headerOf(raw, name) !== '' && signed.includes(name),
    ) && /^<https?:/.test(headerOf(raw, 'list-unsubscribe'))
  )
}

/** How many pass, with the first that do not. */
const count = async (
  messages: SentMessage[],
  judge: (message: SentMessage, at: number) => Promise<string | null>,
): Promise<{ passed: number; refused: string[] }> => {
  const refused: string[] = []
  let passed = 0
  let next = 0
  const lane = async (): Promise<void> => {
    for (let at = next++; at < messages.length; at = next++) {
      const message = messages[at] as SentMessage
      const why = await judge(message, at)
      if (why === null) passed++
      else refused.push(`message ${at} to ${message.rcpt_to}: ${why}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return { passed, refused }
}

const started = performance.now()
let passed = 0
let failed = 0
const report = (name: string, wanted: number, result: { passed: number; refused: string[] }): void => {
  const ok = result.passed === wanted && wanted === 1000
  if (ok) passed++
  else failed++
  console.log(
    `${ok ? 'ok  ' : 'FAIL'} ${name}: ${result.passed} of ${wanted} (${Math.round((performance.now() - started) / 1000)} s)`,
  )
  for (const line of result.refused.slice(0, 5)) console.log(`     ${line}`)
}

const h = await startHarness()
const sent = await sendVariedMessages(h)
await h.close()
const { messages, txt, mx } = sent
const dns = await startDnsServer({ txt, mx, a: { 'mail.sender.example': [SENDER_IP] } })

report(
  'both unsubscribe headers are there and signed',
  messages.length,
  await count(messages, async ({ raw }) => (signsUnsubscription(raw) ? null : headerOf(raw, 'dkim-signature'))),
)

const resolver = async (name: string, type: string): Promise<unknown> => {
  const absent = () => Object.assign(new Error('absent'), { code: 'ENOTFOUND' })
  if (type === 'TXT' && txt[name]) return txt[name].map((value) => [value])
  if (type === 'MX' && mx[name]) return mx[name]
  throw absent()
}
report(
  'mailauth: signature and alignment',
  messages.length,
  await count(messages, async ({ raw, mail_from, domain }) => {
    const { dkim, dmarc } = await authenticate(raw, {
      sender: mail_from,
      ip: SENDER_IP,
      helo: 'mail.sender.example',
      resolver: resolver as never,
    })
    const good =
      dkim.results.length > 0 &&
      dkim.results.every(({ status, signingDomain }) => status.result === 'pass' && signingDomain === domain)
    if (!good) return JSON.stringify(dkim.results.map(({ status }) => status))
    return dmarc && dmarc.status.result === 'pass' ? null : JSON.stringify(dmarc ? dmarc.status : dmarc)
  }),
)

if (opendkimMissing) console.log(`skip opendkim: ${opendkimMissing}`)
else
  report(
    'opendkim: signature',
    messages.length,
    await count(messages, async ({ raw, domain }) => {
      const own = Object.fromEntries(Object.entries(txt).filter(([name]) => name.endsWith(`._domainkey.${domain}`)))
      const verdicts = (await judgeByOpendkim(raw, own)) ?? []
      return verdicts.length > 0 && verdicts.every((verdict) => verdict.endsWith(' pass')) ? null : verdicts.join()
    }),
  )

if (rspamdMissing) console.log(`skip rspamd: ${rspamdMissing}`)
else {
  const rspamd = await startRspamd(dns.server)
  report(
    'rspamd: signature and alignment',
    messages.length,
    await count(messages, async ({ raw, mail_from, rcpt_to }) => {
      const symbols = await rspamd.judge(raw, { mail_from, rcpt_to, ip: SENDER_IP })
      return symbols.has('R_DKIM_ALLOW') && symbols.has('DMARC_POLICY_ALLOW') ? null : [...symbols].join(' ')
    }),
  )
  await rspamd.stop()
}
await dns.close()
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
