import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { boot, formatTable, type Running } from '../boot.ts'
import type { Printer } from '../cli/accounts.ts'
import type { Config } from '../config.ts'
import { createUser, newPassword, resetUserPassword } from '../features/auth/operator-accounts.ts'
import { ApiError } from '../http/errors.ts'
import type { Logger } from '../log.ts'
import { StopError } from '../stop-error.ts'
import { type ApiClient, createApiClient } from './api-client.ts'
import { writeDemoCsv } from './demo-leads.ts'
import { formatSteps, readSteps, readThreads } from './demo-report.ts'
import { DEMO_EMAIL, type DemoState, readDemoState, startOver, writeDemoState } from './demo-state.ts'
import {
  type DemoTemplate,
  demoDomains,
  demoTemplates,
  oldListDomain,
  oldListTemplate,
  POSTAL_ADDRESS,
  writeOldList,
} from './demo-texts.ts'
import { startProgress } from './progress.ts'

export type DemoParts = { config: Config; log: Logger; version: string; signal: AbortSignal; print: Printer }

export type DemoOptions = { csv: string | null; fresh: boolean; json: boolean; serves: boolean }

const TIMEZONE = 'Europe/Copenhagen'
const LEADS = 1200
const POLL_MS = 150
/** Five minutes: messages go out one by one as ever, only the clock makes fewer stops. */
const RESOLUTION_SECONDS = 300
const ALIAS_DAILY_LIMIT = 60

/**
 * The whole product at work, from a file of leads to answered mail, through its own API: the account and the server are
 * made here, everything else is what any client could do. What an earlier run has made is used again.
 */
export const runDemo = async (parts: DemoParts, options: DemoOptions): Promise<Running> => {
  const { config, log, signal, print } = parts
  const started = performance.now()
  const csv = options.csv === null ? null : await readCsv(options.csv)
  if (options.fresh) await startOver(config, log)
  const running = await boot({ config, role: 'all', log, version: parts.version, signal })
  try {
    print.out(`Bavlio ${parts.version}, the demo\n${formatTable(running.table)}\n`)
    const state = await openAccount(running, parts)
    const api = createApiClient(running.deps.address.local_url, state.api_key, signal)
    const file = csv ?? { name: 'demo-leads.csv', content: Buffer.from(writeDemoCsv(LEADS)) }
    const key = createHash('sha256').update(file.content).digest('hex')
    const kept = state.runs[key]
    const campaign = kept ? await findCampaign(api, kept.campaign_id) : null
    const run = kept && campaign ? kept : await makeCampaigns(api, file, csv === null, print)
    state.runs[key] = run
    await writeDemoState(config, state)

    const isOver = campaign && ['completed', 'paused'].includes(campaign.status)
    if (isOver) print.out(`The data of an earlier run is there and is used again (--fresh starts over).\n`)
    else await play(api, state.workspace_id, run, print)
    run.seconds ??= Math.round((performance.now() - started) / 100) / 10
    await writeDemoState(config, state)

    const seconds = Math.round((performance.now() - started) / 100) / 10
    const steps = await report(api, run, print)
    print.out(`${seconds} s on this machine.${options.serves ? ' The server keeps running; Ctrl-C stops it.' : ''}\n`)
    print.out(
      [
        `  address   ${running.base_url}      reference ${running.base_url}/reference`,
        `  log-in    ${state.email}   ${state.password}`,
        `  API key   ${state.api_key}`,
        '',
        `  curl -H "Authorization: Bearer ${state.api_key}" ${running.base_url}/api/v1/campaigns/`,
        '',
      ].join('\n'),
    )
    if (options.json)
      print.out(
        JSON.stringify({
          campaign_id: run.campaign_id,
          base_url: running.base_url,
          api_key: state.api_key,
          email: state.email,
          password: state.password,
          steps,
          seconds,
        }),
      )
    return running
  } catch (error) {
    await running.close().catch(() => {})
    throw error
  }
}

const readCsv = async (path: string): Promise<{ name: string; content: Buffer<ArrayBuffer> }> => {
  const content = await readFile(resolve(path)).catch((error: NodeJS.ErrnoException) => {
    throw new StopError(`The file ${resolve(path)} cannot be read (${error.code}).`, 2, { cause: error })
  })
  return { name: basename(path), content: Buffer.from(content) }
}

/** The demo's account with its sandbox, and a key that works; made anew where an earlier run's are gone. */
const openAccount = async (running: Running, { config, signal }: DemoParts): Promise<DemoState> => {
  const { deps } = running
  const kept = await readDemoState(config)
  const local = deps.address.local_url
  if (kept) {
    const answer = await fetch(`${local}/api/v1/campaigns/?limit=1`, {
      headers: { authorization: `Bearer ${kept.api_key}` },
      signal,
    })
    await answer.arrayBuffer()
    if (answer.ok) return kept
  }
  let password = newPassword()
  try {
    await createUser(deps, {
      email: DEMO_EMAIL,
      name: 'Demo',
      password,
      workspace_name: 'Demo sandbox',
      workspace_mode: 'sandbox',
      timezone: TIMEZONE,
    })
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 'EMAIL_TAKEN')) throw error
    password = (await resetUserPassword(deps, { email: DEMO_EMAIL })).password
  }
  const session = await createApiClient(local, null, signal).call<{ access_token: string }>(
    'POST',
    '/api/v1/account/login',
    { email: DEMO_EMAIL, password },
  )
  const api = createApiClient(local, session.access_token, signal)
  const { items } = await api.call<{ items: { workspace_id: string; mode: string; is_personal: boolean }[] }>(
    'GET',
    '/api/v1/workspaces',
  )
  const workspace = items.find(({ is_personal }) => is_personal)
  if (workspace?.mode !== 'sandbox')
    throw new StopError(`The workspace of ${DEMO_EMAIL} is not a sandbox, so the demo will not send from it.`)
  await api.call('PATCH', `/api/v1/workspaces/${workspace.workspace_id}/settings`, { postal_address: POSTAL_ADDRESS })
  const { key } = await api.call<{ key: string }>('POST', '/api/v1/api-keys', { name: 'demo' })
  const state: DemoState = {
    email: DEMO_EMAIL,
    password,
    api_key: key,
    workspace_id: workspace.workspace_id,
    runs: kept?.workspace_id === workspace.workspace_id ? kept.runs : {},
  }
  await writeDemoState(config, state)
  return state
}

type Campaign = {
  campaign_id: string
  status: string
  total_leads: number | null
  paused_reason: string | null
  launch_error: string | null
}

const findCampaign = async (api: ApiClient, id: string): Promise<Campaign | null> => {
  try {
    return await api.call<Campaign>('GET', `/api/v1/campaigns/${id}`)
  } catch (error) {
    if (error instanceof StopError && / 404 /.test(error.message)) return null
    throw error
  }
}

/** Domains and aliases by their names: those of an earlier run are found again. */
const makeAliases = async (
  api: ApiClient,
  wanted: { domain: string; aliases: string[] }[],
  dailyLimit: number,
): Promise<string[]> => {
  const domains = await api.call<{ id: string; domain: string }[]>('GET', '/api/v1/bavimail/domains')
  const aliases = await api.call<{ id: string; full_email: string }[]>('GET', '/api/v1/bavimail/aliases')
  const ids: string[] = []
  for (const { domain, aliases: names } of wanted) {
    const { id: domain_id } =
      domains.find((known) => known.domain === domain) ??
      (await api.call<{ id: string }>('POST', '/api/v1/bavimail/domains', { domain }))
    for (const alias of names) {
      const known = aliases.find(({ full_email }) => full_email === `${alias}@${domain}`)
      const made =
        known ??
        (await api.call<{ id: string }>('POST', '/api/v1/bavimail/aliases', {
          domain_id,
          alias,
          display_name: 'Mara Jensen',
          daily_limit: dailyLimit,
        }))
      ids.push(made.id)
    }
  }
  return ids
}

const makeTemplate = async (
  api: ApiClient,
  known: { template_id: string; name: string }[],
  template: DemoTemplate,
): Promise<string> =>
  (
    known.find(({ name }) => name === template.name) ??
    (await api.call<{ template_id: string }>('POST', '/api/v1/templates/', template))
  ).template_id

type Upload = {
  dataset_id: string
  import_id: string
  job_id: string | null
  rows_read: number
  rows_imported: number
  rows_rejected: number
  rows_duplicate: number
}

const importFile = async (
  api: ApiClient,
  file: { name: string; content: Buffer<ArrayBuffer> },
  print: Printer,
): Promise<Upload> => {
  const progress = startProgress(process.stderr, `Importing ${file.name}`)
  const { session_id } = await api.call<{ session_id: string }>('POST', '/api/v1/sessions/create', {
    session_type: 'personalization',
  })
  const upload = await api.upload<Upload>(`/api/v1/sessions/${session_id}/upload/csv`, file.name, file.content)
  let counts = upload
  if (upload.job_id) {
    await followJob(api, upload.job_id, (job) =>
      progress.update(job.progress_done, job.progress_total, job.message ?? ''),
    )
    counts = { ...upload, ...(await api.call<Upload>('GET', `/api/v1/imports/${upload.import_id}`)) }
  }
  progress.end(
    `${counts.rows_read.toLocaleString('en')} rows read, ${counts.rows_imported.toLocaleString('en')} imported, ${counts.rows_duplicate} duplicates and ${counts.rows_rejected} broken ones left out`,
  )
  if (counts.rows_imported === 0) {
    print.note('No row of the file could be used.')
    throw new StopError(`${file.name} holds no lead with a usable address.`)
  }
  return { ...counts, dataset_id: upload.dataset_id }
}

/** Everything up to the launch of both campaigns. */
const makeCampaigns = async (
  api: ApiClient,
  file: { name: string; content: Buffer<ArrayBuffer> },
  isOwnFile: boolean,
  print: Printer,
): Promise<DemoState['runs'][string]> => {
  const progress = startProgress(process.stderr, 'Setting up')
  const aliasIds = await makeAliases(api, demoDomains, ALIAS_DAILY_LIMIT)
  const { items: known } = await api.call<{ items: { template_id: string; name: string }[] }>(
    'GET',
    '/api/v1/templates/?page_size=100',
  )
  const template = (wanted: DemoTemplate): Promise<string> => makeTemplate(api, known, wanted)
  const firstA = await template(demoTemplates.firstA)
  const firstB = await template(demoTemplates.firstB)
  const second = await template(demoTemplates.second)
  const third = await template(demoTemplates.third)
  await api.call('POST', '/api/v1/suppression/', { email: '@competitor.example', note: 'nobody there, ever' })
  if (isOwnFile)
    for (const email of await firstAddresses(api, file))
      await api.call('POST', '/api/v1/suppression/', { email, note: 'asked not to be written to' })
  progress.end(`${demoDomains.length} domains, ${aliasIds.length} aliases, templates, suppression list`)

  const { dataset_id } = await importFile(api, file, print)
  const step = (number: number, delay_days: number, variants: [string, number, string][]) => ({
    step: number,
    delay_days,
    channel: 'email',
    ai_personalization_enabled: false,
    track_opens: true,
    track_clicks: true,
    variants: variants.map(([label, weight, template_id]) => ({ label, weight, type: 'TEMPLATE', template_id })),
  })
  const schedule = {
    timezone: TIMEZONE,
    sending_window_start: '09:00',
    sending_window_end: '17:00',
    min_interval_seconds: 60,
    // A second file may hold the same people as the first, and this is a demonstration.
    allow_overlap: true,
  }
  const campaign = await api.call<Campaign>('POST', '/api/v1/campaigns/', {
    name: `Demo: ${file.name}`.slice(0, 255),
    description: 'Three steps, two variants of the first, opens and clicks tracked.',
    dataset_id,
    alias_ids: aliasIds,
    daily_limit: 600,
    ...schedule,
    steps: [
      step(1, 0, [
        ['A', 60, firstA],
        ['B', 40, firstB],
      ]),
      step(2, 3, [['A', 100, second]]),
      step(3, 4, [['A', 100, third]]),
    ],
  })
  await launch(api, campaign.campaign_id, 'the campaign')
  if (!isOwnFile) return { campaign_id: campaign.campaign_id, old_list_campaign_id: null, seconds: null }

  const oldList = await importFile(api, { name: 'old-list.csv', content: Buffer.from(writeOldList()) }, print)
  const oldAliases = await makeAliases(api, [oldListDomain], 200)
  const old = await api.call<Campaign>('POST', '/api/v1/campaigns/', {
    name: 'Demo: an old list, which pauses itself',
    dataset_id: oldList.dataset_id,
    alias_ids: oldAliases,
    ...schedule,
    steps: [step(1, 0, [['A', 100, await template(oldListTemplate)]])],
  })
  await launch(api, old.campaign_id, 'a second one to an old list')
  return { campaign_id: campaign.campaign_id, old_list_campaign_id: old.campaign_id, seconds: null }
}

/** Two people of the file, to be on the suppression list. */
const firstAddresses = async (
  api: ApiClient,
  file: { name: string; content: Buffer<ArrayBuffer> },
): Promise<string[]> => {
  const preview = await api.upload<{
    csv_info: { column_mapping: Record<string, string>; sample_data: Record<string, string>[] }
  }>('/api/v1/upload/preview', file.name, file.content)
  const { column_mapping, sample_data } = preview.csv_info
  const column = Object.keys(column_mapping).find((name) => column_mapping[name] === 'email')
  return sample_data
    .map((row) => String((column && row[column]) ?? '').trim())
    .filter((address) => /^[^\s@<>,]+@[^\s@<>,]+\.[a-z]+$/i.test(address))
    .slice(0, 2)
}

type Job = {
  status: string
  progress_done: number
  progress_total: number | null
  message: string | null
  error: string | null
}

const followJob = async (api: ApiClient, id: string, onProgress: (job: Job) => void): Promise<Job> => {
  for (;;) {
    const job = await api.call<Job>('GET', `/api/v1/jobs/${id}`)
    onProgress(job)
    if (job.status === 'completed') return job
    if (job.status === 'failed' || job.status === 'cancelled')
      throw new StopError(`A job of the demo ${job.status}: ${job.error ?? 'its log says why'}`)
    await new Promise((done) => setTimeout(done, POLL_MS))
  }
}

const launch = async (api: ApiClient, id: string, what: string): Promise<void> => {
  const progress = startProgress(process.stderr, `Launching ${what}`)
  await api.call('POST', `/api/v1/campaigns/${id}/launch`)
  for (;;) {
    const campaign = await api.call<Campaign>('GET', `/api/v1/campaigns/${id}`)
    if (campaign.status === 'failed') throw new StopError(`The launch failed: ${campaign.launch_error}`)
    if (campaign.status !== 'launching') {
      progress.end(`${(campaign.total_leads ?? 0).toLocaleString('en')} leads`)
      return
    }
    progress.update(0, null, 'making the leads')
    await new Promise((done) => setTimeout(done, POLL_MS))
  }
}

/** Lets the sandbox's time pass until nobody waits for anything any more. */
const play = async (
  api: ApiClient,
  workspaceId: string,
  run: DemoState['runs'][string],
  print: Printer,
): Promise<void> => {
  const before = await api.call<Campaign>('GET', `/api/v1/campaigns/${run.campaign_id}`)
  if (before.status === 'draft') await launch(api, run.campaign_id, 'the campaign')
  const leads = (await api.call<Campaign>('GET', `/api/v1/campaigns/${run.campaign_id}`)).total_leads ?? 0
  const progress = startProgress(process.stderr, 'Letting time pass')
  const { job_id } = await advance(api, workspaceId)
  // Some drop out after each step, so the bar ends a little short of what would be three messages each.
  const expected = leads * 2.85 + (run.old_list_campaign_id ? 60 : 0)
  const job = await followJob(api, job_id, ({ message }) => {
    const sent = Number(/([\d,]+) messages sent/.exec(message ?? '')?.[1]?.replaceAll(',', '') ?? 0)
    progress.update(sent, expected, message ?? 'starting')
  })
  progress.end(job.message ?? 'done')
  const after = await api.call<Campaign>('GET', `/api/v1/campaigns/${run.campaign_id}`)
  if (after.status !== 'completed')
    print.note(`The campaign is ${after.status}${after.paused_reason ? `: ${after.paused_reason}` : ''}.`)
}

/** An advance that an interrupted run began goes on by itself when the server is back; it is waited for. */
const advance = async (api: ApiClient, workspaceId: string): Promise<{ job_id: string }> => {
  for (;;) {
    try {
      return await api.call<{ job_id: string }>('POST', `/api/v1/workspaces/${workspaceId}/clock/advance`, {
        until_idle: true,
        resolution_seconds: RESOLUTION_SECONDS,
      })
    } catch (error) {
      if (!(error instanceof StopError && /CLOCK_BUSY/.test(error.message))) throw error
      await new Promise((done) => setTimeout(done, 500))
    }
  }
}

const report = async (api: ApiClient, run: DemoState['runs'][string], print: Printer) => {
  const steps = await readSteps(api, run.campaign_id)
  print.out(`\n${formatSteps(steps)}\n`)
  for (const thread of await readThreads(api, run.campaign_id)) print.out(`${thread}\n`)
  if (run.old_list_campaign_id) {
    const old = await findCampaign(api, run.old_list_campaign_id)
    if (old?.status === 'paused') {
      const [line] = await readSteps(api, old.campaign_id)
      print.out(
        `  The second campaign, to an old list, paused itself after ${line?.sent} messages: ${old.paused_reason}\n`,
      )
    }
  }
  return steps
}
