import { sql } from 'kysely'
import { advance, createCampaign, createTenant } from '../builders.ts'
import { launch, recordWire, sequence } from '../campaign-steps.ts'
import type { Harness } from '../harness.ts'

export type SentMessage = { raw: Buffer; mail_from: string; rcpt_to: string; domain: string }

const LEADS = 50

/** Names as exports hold them: accents, scripts, directions, lengths, blanks and what breaks a naive header. */
const NAMES = [
  'Ada',
  'Zoë',
  'Łukasz',
  'Ångström',
  '李明',
  'たろう',
  'Дмитрий',
  'שרה',
  'محمد',
  'Nguyễn Thị Minh Khai',
  '🙂 Sam',
  "O'Neil & Sons <x>",
  'A "quoted" name, Jr.',
  'José\u0301',
  'x'.repeat(180),
  'two  spaces',
  'tab\there',
  '=?utf-8?q?trick?=',
  'ﬁ ligature',
  'a@b.example',
]

type Text = { subject: string; body: string; track_opens?: boolean; track_clicks?: boolean }

/** Texts whose encoding differs: plain and HTML, long lines, lines of dots, trailing blanks, big ones, every script. */
const TEXTS: Text[] = [
  { subject: 'Hello {{ first_name }}', body: 'Hi {{ first_name }},\n\na question.\n' },
  { subject: 'Überraschung für {{ first_name }} – „gut“', body: '<p>Grüße, {{ first_name }}</p><p>… und tschüß</p>' },
  {
    subject: `${'A long subject that has to be folded '.repeat(8)}{{ first_name }}`,
    body: `${'word '.repeat(3000)}end`,
  },
  { subject: '日本語の件名 {{ first_name }}', body: `こんにちは {{ first_name }}。${'長い行'.repeat(400)}` },
  { subject: '{{ first_name }}', body: '.\n..\n.dot first\n\n\ntrailing blanks   \n\ttab\t\n-- \nsignature' },
  {
    subject: 'Link',
    body: '<p><a href="https://shop.example/?a=1&amp;b=2">see</a> https://plain.example/x</p>',
    track_clicks: true,
  },
  {
    subject: 'Pixel',
    body: '<table><tr><td>{{ first_name }}</td></tr></table>',
    track_opens: true,
    track_clicks: true,
  },
  { subject: 'Spin {{ "a|b|c" | spin }}', body: '<div>{{ "one|two|three" | spin }} {{ first_name }}</div>' },
  { subject: 'No break', body: 'x'.repeat(9000) },
  { subject: 'Right to left', body: '<p dir="rtl">שלום {{ first_name }}، مرحبا</p>' },
]

/**
 * A thousand messages written and signed by the product: ten domains, fifty people each, a first step and a follow-up in
 * its thread, recorded as they go on the wire of the local mail world.
 */
export const sendVariedMessages = async (
  h: Harness,
): Promise<{
  messages: SentMessage[]
  txt: Record<string, string[]>
  mx: Record<string, { exchange: string; priority: number }[]>
}> => {
  const wire = recordWire(h)
  const txt: Record<string, string[]> = {}
  const mx: Record<string, { exchange: string; priority: number }[]> = {}
  const domains: string[] = []
  for (const [at, { subject, body, ...tracking }] of TEXTS.entries()) {
    const tenant = await createTenant(h)
    const rows = Array.from({ length: LEADS }, (_, i) => ({
      email: `p${at}x${i}+accept@people.example`,
      first_name: NAMES[(i + at) % NAMES.length] as string,
    }))
    const made = await createCampaign(h, tenant, {
      rows,
      aliases: 10,
      steps: await sequence(h, tenant, [
        { subject, body, ...tracking },
        { delay_days: 1, subject: '', body: `${body}\n\n{{ first_name }}?`, ...tracking },
      ]),
    })
    domains.push(made.domain)
    await sql`update aliases set display_name = ${NAMES[at] ?? null}, signature_html = ${at % 2 ? '<p>Best,<br>Ännchen</p>' : null} where workspace_id = ${tenant.workspace_id}`.execute(
      h.deps.db,
    )
    const listed = await h.call<{ id: string; domain: string }[]>('GET', '/api/v1/bavimail/domains', { as: tenant.key })
    for (const { id } of listed.body) {
      const setup = await h.call<{
        dns_records: { type: string; name: string; value: string; priority: number | null }[]
      }>('GET', `/api/v1/bavimail/domains/${id}/setup`, { as: tenant.key })
      for (const record of setup.body.dns_records) {
        if (record.type === 'TXT') txt[record.name] = [record.value]
        if (record.type === 'MX') mx[record.name] = [{ exchange: record.value, priority: record.priority ?? 10 }]
      }
    }
    await launch(h, tenant, made.campaign_id)
    await advance(h, tenant, { until_idle: true })
  }
  const messages = wire.map(({ raw, mail_from, rcpt_to }) => ({
    raw,
    mail_from,
    rcpt_to,
    domain: domains.find((domain) => raw.includes(`d=${domain};`)) ?? '',
  }))
  return { messages, txt, mx }
}
