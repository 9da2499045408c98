import type { ApiClient } from './api-client.ts'

const FIGURES = ['sent', 'delivered', 'opened', 'clicked', 'replied', 'bounced', 'unsubscribed', 'complained'] as const
type Figures = Record<(typeof FIGURES)[number], number>

export type StepLine = { step: number; variant: string } & Figures

type Performance = { steps: ({ step_index: number; variants: ({ label: string } & Figures)[] } & Figures)[] }

/** One line for each step and variant, as the statistics of the campaign have them. */
export const readSteps = async (api: ApiClient, campaignId: string): Promise<StepLine[]> => {
  const { steps } = await api.call<Performance>('GET', `/api/v1/campaigns/${campaignId}/stats/step-performance`)
  return steps.flatMap(({ step_index, variants }) =>
    variants.map((variant) => ({
      step: step_index,
      variant: variant.label,
      ...(Object.fromEntries(FIGURES.map((name) => [name, variant[name]])) as Figures),
    })),
  )
}

/** Figures with their share: of the messages sent for bounces, of the delivered ones for the rest. */
export const formatSteps = (steps: StepLine[]): string => {
  const share = (part: number, whole: number): string =>
    whole ? ` ${((100 * part) / whole).toFixed(1)}%`.padStart(7) : ''.padStart(7)
  const header = ['step', 'variant', ...FIGURES]
  const total = {
    step: 'all',
    variant: '',
    ...(Object.fromEntries(FIGURES.map((name) => [name, steps.reduce((sum, line) => sum + line[name], 0)])) as Figures),
  }
  const lines = [...steps, total].map((line) => [
    String(line.step),
    line.variant,
    ...FIGURES.map((name) => {
      const count = line[name].toLocaleString('en')
      if (name === 'sent') return count
      return count + share(line[name], name === 'delivered' || name === 'bounced' ? line.sent : line.delivered)
    }),
  ])
  const widths = header.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => (line[column] as string).length)),
  )
  const draw = (cells: string[]): string =>
    `  ${cells.map((text, column) => (column < 2 ? text.padEnd(widths[column] as number) : text.padStart(widths[column] as number))).join('  ')}`.trimEnd()
  const rule = `  ${widths.map((width) => '─'.repeat(width)).join('──')}`
  return [draw(header), rule, ...lines.slice(0, -1).map(draw), rule, draw(lines.at(-1) as string[])].join('\n')
}

type Inbound = {
  id: string
  kind: string
  email_id: string | null
  campaign_id: string | null
  campaign_lead_id: string | null
}
type InboundFull = Inbound & {
  from_email: string
  from_name: string | null
  subject: string
  reply_text: string | null
  body_text: string | null
  provider_received_at: string | null
}
type Sent = {
  id: string
  from_email: string
  to_email: string
  subject: string
  body_text: string
  sent_at: string | null
}
type LeadEvent = { event_type: string; email_id: string | null }

const SEARCHED_PAGES = 10

/**
 * Three conversations worth looking at: one answer to a first message, one to a follow-up, one out-of-office reply, as far
 * as the campaign had such.
 */
export const readThreads = async (api: ApiClient, campaignId: string): Promise<string[]> => {
  const received: Inbound[] = []
  for (let page = 0; page < SEARCHED_PAGES; page++) {
    const part = await api.call<Inbound[]>('GET', `/api/v1/bavimail/inbound-emails?limit=100&offset=${page * 100}`)
    received.push(...part.filter((message) => message.campaign_id === campaignId && message.campaign_lead_id))
    if (part.length < 100) break
  }
  const replies = received.filter(({ kind }) => kind === 'human_reply')
  const chosen: Inbound[] = []
  const take = (candidate: Inbound | undefined): void => {
    if (candidate && !chosen.some((other) => other.campaign_lead_id === candidate.campaign_lead_id))
      chosen.push(candidate)
  }
  // The oldest answers belong to first steps, the newest to follow-ups; lists come newest first.
  take(replies.at(-1))
  take(replies[0])
  take(received.findLast(({ kind }) => kind === 'auto_reply'))
  for (const reply of replies) if (chosen.length < 3) take(reply)
  const threads: string[] = []
  for (const [index, message] of chosen.slice(0, 3).entries())
    threads.push(await formatThread(api, campaignId, message, index + 1))
  return threads
}

const formatThread = async (api: ApiClient, campaignId: string, answer: Inbound, number: number): Promise<string> => {
  const events = await api.call<{ items: LeadEvent[] }>(
    'GET',
    `/api/v1/campaigns/${campaignId}/leads/${answer.campaign_lead_id}/events?limit=200`,
  )
  const sentIds = [
    ...new Set(events.items.filter(({ event_type }) => event_type === 'sent').map(({ email_id }) => email_id)),
  ].filter((id) => id !== null)
  const entries: { at: string; head: string; text: string }[] = []
  for (const id of sentIds) {
    const sent = await api.call<Sent>('GET', `/api/v1/bavimail/emails/${id}`)
    entries.push({
      at: sent.sent_at ?? '',
      head: `${sent.from_email} → ${sent.to_email}   ${sent.subject}`,
      text: sent.body_text,
    })
  }
  const full = await api.call<InboundFull>('GET', `/api/v1/bavimail/inbound-emails/${answer.id}`)
  const kind = full.kind === 'auto_reply' ? ' (automatic)' : ''
  entries.push({
    at: full.provider_received_at ?? '',
    head: `${full.from_email} answers${kind}   ${full.subject}`,
    text: full.reply_text || full.body_text || '',
  })
  entries.sort((a, b) => a.at.localeCompare(b.at))
  return [
    `  Thread ${number}`,
    ...entries.map(({ at, head, text }) => `    ${at.slice(0, 16).replace('T', ' ')}  ${head}\n${excerpt(text)}`),
  ].join('\n')
}

const excerpt = (text: string): string => {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  const shown = lines.slice(0, 4).map((line) => `      │ ${line.length > 110 ? `${line.slice(0, 109)}…` : line}`)
  return [...shown, ...(lines.length > 4 ? ['      │ …'] : [])].join('\n')
}
