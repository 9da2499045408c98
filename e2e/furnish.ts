import { setTimeout as pause } from 'node:timers/promises'
import type { ApiClient } from '../server/src/demo/api-client.ts'
import { prospects, SENDER } from '../server/test/playground-steps.ts'

/** One of everything that a screen shows; which one it is where there are several, the fullest. */
export type ScreenData = {
  campaign_id: string
  draft_campaign_id: string
  written_campaign_id: string
  dataset_id: string
  import_id: string
  extraction_id: string
  person_id: string
  endpoint_id: string
  domain_id: string
  profile_id: string
  template_id: string
  thread_id: string
  empty_workspace_id: string
}

/** Nothing listens there. It has to be in the server's EGRESS_ALLOW: a name that nobody can look up would be refused. */
export const HOOK = '127.0.0.1:9'

const DOMAIN = 'northwind-letters.example'
const RUNNING = 'Nordic logistics, autumn'
const DRAFT = 'Warehouse leads, winter'
const WRITTEN = 'Written for each: operations heads'

/** How people of the sandbox behave is said by the tag of their address; most have none and do as people do. */
const TAGS = ['reply', 'accept', 'accept', 'ooo', 'click', 'accept', 'open', 'accept', 'accept', 'accept']

const leadsFile = (): Buffer<ArrayBuffer> => {
  const people = prospects(60).map((person, n) => ({
    ...person,
    email:
      `${person.first_name}.${person.last_name}+${TAGS[n % TAGS.length]}@${person.company_name?.replace(/\W/g, '-')}.example`.toLowerCase(),
  }))
  const columns = Object.keys(people[0] ?? {}) as (keyof (typeof people)[0])[]
  const lines = people.map((person) => columns.map((column) => person[column]).join(','))
  // Two rows that no import can use, so that its screen has something to say.
  return Buffer.from([columns.join(','), ...lines, 'not an address,Nobody', lines[0]].join('\n'))
}

const LETTER = `Hi {{ first_name | default: "there" }},

who at {{ company_name | default: "your company" }} hears of a late delivery first? We show delays a day earlier, and I would like to send you one example.

Best regards
Grace`

const FOLLOW_UP = `Hi {{ first_name | default: "there" }},

did my question reach you? One word is enough, also if the answer is no.

Grace`

/**
 * Makes what the screens need, through the API as any client would, and says which is which. `work` lets the worker do what
 * waits, where it does not run by itself. What an earlier run has made in the same workspace is used again.
 */
export const furnish = async (
  api: ApiClient,
  options: { workspace_id: string; session: ApiClient; work?: () => Promise<unknown> },
): Promise<ScreenData> => {
  const { workspace_id, session, work } = options
  const until = async (isDone: () => Promise<boolean>): Promise<void> => {
    for (let tries = 0; tries < 600; tries++) {
      await work?.()
      if (await isDone()) return
      await pause(200)
    }
    throw new Error('what the screens need was not done in time')
  }
  const get = <T>(path: string): Promise<T> => api.call<T>('GET', path)
  const make = <T>(path: string, body: unknown): Promise<T> => api.call<T>('POST', path, body)
  const jobDone = (id: string): Promise<void> =>
    until(async () => {
      const { status, error } = await get<{ status: string; error: string | null }>(`/api/v1/jobs/${id}`)
      if (status === 'failed') throw new Error(`a job failed: ${error}`)
      return status === 'completed'
    })

  const { items: campaigns } = await get<{ items: { campaign_id: string; name: string }[] }>(
    '/api/v1/campaigns/?limit=100',
  )
  const named = (name: string): string | undefined => campaigns.find((one) => one.name === name)?.campaign_id
  let written = named(WRITTEN)
  if (!written) {
    const domain = await make<{ id: string }>('/api/v1/bavimail/domains', { domain: DOMAIN })
    const alias = async (name: string, display_name: string): Promise<string> =>
      (await make<{ id: string }>('/api/v1/bavimail/aliases', { domain_id: domain.id, alias: name, display_name })).id
    const alias_ids = [await alias('grace', 'Grace Hopper'), await alias('g.hopper', 'Grace Hopper')]
    const { session_id } = await make<{ session_id: string }>('/api/v1/sessions/create', {
      session_type: 'personalization',
    })
    const upload = await api.upload<{ dataset_id: string; job_id: string | null }>(
      `/api/v1/sessions/${session_id}/upload/csv`,
      'nordic-logistics.csv',
      leadsFile(),
    )
    if (upload.job_id) await jobDone(upload.job_id)
    const template = async (name: string, subject: string, body: string): Promise<string> =>
      (await make<{ template_id: string }>('/api/v1/templates/', { name, content: { subject, body } })).template_id
    const letter = await template('Late deliveries', 'A question about {{ company_name | default: "you" }}', LETTER)
    const follow_up = await template('Late deliveries, follow-up', '', FOLLOW_UP)
    const profile = await make<{ id: string }>('/api/v1/sender-profiles/', {
      profile_name: 'Grace, partnerships',
      sender_data: SENDER,
    })
    const step = (number: number, delay_days: number, variants: Record<string, unknown>[]) => ({
      step: number,
      delay_days,
      variants,
    })
    const common = {
      dataset_id: upload.dataset_id,
      alias_ids,
      sending_window_start: '09:00',
      sending_window_end: '17:00',
      min_interval_seconds: 60,
      allow_overlap: true,
    }
    const byTemplate = (template_id: string, label = 'A', weight = 100) => ({
      label,
      weight,
      type: 'TEMPLATE',
      template_id,
    })
    const steps = [step(1, 0, [byTemplate(letter)]), step(2, 3, [byTemplate(follow_up)])]
    const draft = (name: string, body: Record<string, unknown>): Promise<{ campaign_id: string }> =>
      make('/api/v1/campaigns/', { name, ...common, ...body })
    const { campaign_id } = await draft(RUNNING, { steps })
    await draft(DRAFT, { steps })
    const personal = { label: 'A', weight: 100, type: 'PERSONALIZATION', sender_profile_id: profile.id }
    await make(`/api/v1/campaigns/${campaign_id}/launch`, undefined)
    await until(async () => (await get<{ status: string }>(`/api/v1/campaigns/${campaign_id}`)).status === 'active')
    const { job_id } = await make<{ job_id: string }>(`/api/v1/workspaces/${workspace_id}/clock/advance`, {
      seconds: 4 * 86_400,
      resolution_seconds: 300,
    })
    await jobDone(job_id)
    const collected = prospects(12).map(({ first_name, last_name, company_name, title, email }) => ({
      columnValues: { Name: `${first_name} ${last_name}`, Company: company_name, Title: title, Email: email },
    }))
    await api.upload('/api/v1/user-extractions/', 'leads.json', Buffer.from(JSON.stringify(collected)), {
      title: 'Operations heads in Bergen',
      source: 'LinkedIn',
    })
    await make('/api/v1/webhook-endpoints', {
      url: `http://${HOOK}/bavlio`,
      event_types: ['lead.replied', 'campaign.paused'],
      description: 'CRM',
    })
    await make('/api/v1/suppression/', { email: '@rival.example', note: 'a competitor' })
    await make('/api/v1/suppression/', { email: 'please.stop@people3.example', reason: 'unsubscribed' })
    // Last, since it is what an earlier run is known by.
    written = (await draft(WRITTEN, { steps: [step(1, 0, [personal])] })).campaign_id
    const { batch_id } = await make<{ batch_id: string }>(`/api/v1/campaigns/${written}/playground/generate`, {
      step_index: 1,
      n_leads: 8,
    })
    const status = `/api/v1/campaigns/${written}/playground/status?batch_id=${batch_id}`
    await until(async () => {
      const { overall } = await get<{ overall: Record<string, number> }>(status)
      return !overall.pending && !overall.running
    })
    await session.call('POST', '/api/v1/workspaces', { name: 'A new start', mode: 'sandbox' })
  }

  const first = async <T>(path: string): Promise<T> => {
    const answer = await get<{ items: T[] } | T[]>(path)
    const [one] = Array.isArray(answer) ? answer : answer.items
    if (!one) throw new Error(`${path} has nothing to show`)
    return one
  }
  await until(async () => (await get<{ items: unknown[] }>('/api/v1/people?limit=1')).items.length > 0)
  const { items } = await get<{ items: { campaign_id: string; name: string; total_leads: number }[] }>(
    '/api/v1/campaigns/?limit=100',
  )
  const idOf = (name: string): string => items.find((one) => one.name === name)?.campaign_id ?? ''
  const { items: workspaces } = await session.call<{ items: { workspace_id: string; name: string }[] }>(
    'GET',
    '/api/v1/workspaces',
  )
  return {
    campaign_id: [...items].sort((a, b) => (b.total_leads ?? 0) - (a.total_leads ?? 0))[0]?.campaign_id ?? '',
    draft_campaign_id: idOf(DRAFT),
    written_campaign_id: written,
    dataset_id: (await first<{ dataset_id: string }>('/api/v1/datasets/list?limit=1')).dataset_id,
    import_id: (await first<{ import_id: string }>('/api/v1/imports?limit=1')).import_id,
    extraction_id: (await first<{ extraction_id: string }>('/api/v1/user-extractions/?limit=1')).extraction_id,
    person_id: (await first<{ person_id: string }>('/api/v1/people?limit=1')).person_id,
    endpoint_id: (await first<{ id: string }>('/api/v1/webhook-endpoints')).id,
    domain_id: (await first<{ id: string }>('/api/v1/bavimail/domains')).id,
    profile_id: (await first<{ id: string }>('/api/v1/sender-profiles/?limit=1')).id,
    template_id: (await first<{ template_id: string }>('/api/v1/templates/?limit=1')).template_id,
    thread_id: (await first<{ thread_id: string }>('/api/v1/inbox/threads?limit=1&kind=human_reply')).thread_id,
    empty_workspace_id: workspaces.find(({ name }) => name === 'A new start')?.workspace_id ?? '',
  }
}
