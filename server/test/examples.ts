import { createHash, createHmac } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { transaction } from '../src/db/transaction.ts'
import { createUser } from '../src/features/auth/operator-accounts.ts'
import { stageFiles, storeFiles } from '../src/features/inbound/inbound-files.ts'
import { createJob, finishJob } from '../src/features/jobs/progress.ts'
import { raiseAlert } from '../src/features/notifications/raise-alert.ts'
import { indexPeople } from '../src/features/people/index-people.ts'
import { createEndpoint } from '../src/features/webhooks/create-endpoint.ts'
import { createInvitation } from '../src/features/workspaces/invitations.ts'
import { newId } from '../src/ids.ts'
import { writeWorkbook } from './awkward-files/write-workbook.ts'
import {
  createAliases,
  createCampaign,
  createDataset,
  createTemplate,
  createTenant,
  type TestTenant,
} from './builders.ts'
import { type Harness, unique } from './harness.ts'
import { insertMailbox } from './mailbox-account.ts'
import { createSender, createTestCampaign, createTestLead, sendMail } from './outgoing.ts'
import { approve, createWrittenCampaign, type Draft, draftsOf, generate, prospects } from './playground-steps.ts'

/**
 * What the test over every operation needs to know about each: an object for each id in a path, and a request that succeeds.
 * A new operation without parameters and body needs nothing here; otherwise the test says what to add.
 */
export type World = {
  h: Harness
  tenant: TestTenant
  /** The example of this name in this workspace, made on first use. */
  get: (name: string) => Promise<string>
}

type Made = string | Record<string, string>

const PASSWORD = 'a long enough password'

/** The partner that the test over every operation signs as. */
export const EXAMPLE_INTEGRATION = { id: 'partner', secret: 'c3'.repeat(32) }

/** What that partner says of one of its users: a JWT with HS256 (RFC 7519). */
const userAssertion = (sub: string): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'HS256' })}.${part({ iss: EXAMPLE_INTEGRATION.id, sub, exp: 4_102_444_800 })}`
  return `${text}.${createHmac('sha256', Buffer.from(EXAMPLE_INTEGRATION.secret, 'hex')).update(text).digest('base64url')}`
}

const PROMPT =
  'Write one friendly sentence about what the company does, in plain words, without praise and without any question mark.'

const QUERIED_BATCH = '019b0000-0000-7000-8000-000000000002'
const QUERIED_PROFILE = '019b0000-0000-7000-8000-000000000001'
const SENDER = { full_name: 'Grete Lind', company: 'Fjordlys', offer: 'Fjordlys plans the shifts of harbour crews.' }
const LEAD = { lead_data: { first_name: 'Ada', company: 'Havn AS', industry: 'Havn runs the terminal in Larvik' } }
const pair = async () => ({ lead_data: { data: LEAD.lead_data }, sender_data: { data: SENDER } })

/** Throws with the answer when a step of an example fails, so that the reason stands in the report. */
const must = async <T = Record<string, string>>(
  w: World,
  method: string,
  path: string,
  options: { body?: unknown; form?: FormData; as?: string } = {},
): Promise<T> => {
  const made = await w.h.call<T>(method, path, { as: w.tenant.key, ...options })
  if (made.status >= 300) throw new Error(`${method} ${path}: ${made.status} ${made.text}`)
  return made.body
}

const csv = (fields: Record<string, string> = {}): FormData => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  form.set('file', new Blob(['email,first_name\nada@people.example,Ada\nno address,Bob\n']), 'leads.csv')
  return form
}

const excel = (fields: Record<string, string> = {}): FormData => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  const rows = [
    ['email', 'first_name'],
    ['ada@people.example', 'Ada'],
    ['no address', 'Bob'],
  ]
  form.set('file', new Blob([new Uint8Array(writeWorkbook({ sheets: [{ name: 'People', rows }] }))]), 'leads.xlsx')
  return form
}

const files = (): FormData => {
  const form = new FormData()
  form.append('files', new Blob(['%PDF-1.7'], { type: 'application/octet-stream' }), 'offer.pdf')
  return form
}

const letter = async (w: World) => ({
  alias_id: await w.get('alias_id'),
  to_email: 'ada+accept@people.example',
  subject: 'Your question',
  body: 'Hello Ada,\n\nyes.',
})

const inboxLetter = async (w: World) => {
  const { alias_id, to_email, ...rest } = await letter(w)
  return { ...rest, inbox_id: alias_id, to_emails: [to_email] }
}

/** Nobody listens there, so whatever is sent is refused at once. The test over every operation lets it through the egress policy. */
const WEBHOOK = { url: 'http://127.0.0.1:9/hook', event_types: ['email.*', 'domain.*'] }

const unverify = async (w: World): Promise<void> => {
  await sql`update webhook_endpoints set is_verified = false, is_active = false where id = ${await w.get('webhook.endpoint_id')}`.execute(
    w.h.deps.db,
  )
}

const launch = async (w: World): Promise<Record<string, string>> => {
  const { campaign_id } = await createCampaign(w.h, w.tenant)
  await must(w, 'POST', `/api/v1/campaigns/${campaign_id}/launch`)
  await w.h.worker.drain()
  const leads = await must<{ items: { campaign_lead_id: string }[] }>(
    w,
    'GET',
    `/api/v1/campaigns/${campaign_id}/leads`,
  )
  return { campaign_id, campaign_lead_id: leads.items[0]?.campaign_lead_id ?? '' }
}

/** A message that was sent, with the lead it went to and the answer that came. */
const correspond = async (w: World): Promise<Record<string, string>> => {
  const sender = await createSender(w.h, w.tenant)
  const campaign = await createTestCampaign(w.h, w.tenant, sender)
  const campaign_lead_id = await createTestLead(w.h, w.tenant, campaign, sender, 'ada+accept@people.example')
  const { email_id, conversation_id } = await sendMail(w.h, w.tenant, sender, 'ada+accept@people.example', {
    campaign,
    campaign_lead_id,
  })
  const inbound_id = newId()
  const now = w.h.clock.now()
  await w.h.deps.db
    .insertInto('inbound_emails')
    .values({
      id: inbound_id,
      workspace_id: w.tenant.workspace_id,
      user_id: w.tenant.user_id,
      alias_id: sender.alias_id,
      domain_id: sender.domain_id,
      conversation_id,
      email_id,
      campaign_id: campaign.campaign_id,
      campaign_lead_id,
      kind: 'human_reply',
      from_email: 'ada+accept@people.example',
      to_email: sender.full_email,
      subject: 'Re: A question',
      body_text: 'Yes.',
      raw_email_size: 400,
      received_at: now,
      created_at: now,
      updated_at: now,
    })
    .execute()
  return { campaign_id: campaign.campaign_id, campaign_lead_id, email_id, inbound_id }
}

/** A received message with a file, kept raw. */
const receive = async (w: World): Promise<Record<string, string>> => {
  const inbound_id = await w.get('sent.inbound_id')
  const { deps, clock } = w.h
  const content = Buffer.from('0123456789')
  const offer = {
    filename: 'offer.bin',
    mime_type: 'application/octet-stream',
    size_bytes: content.length,
    content_id: null,
    is_inline: false,
    sha256: createHash('sha256').update(content).digest('hex'),
    content,
  }
  const { files, remove } = await stageFiles(deps, [offer])
  const shown = files.map(({ path: _path, digest: _digest, ...file }) => file)
  const { workspace_id } = await deps.db
    .updateTable('inbound_emails')
    .set({ raw: Buffer.from('From: ada@people.example\r\n\r\nHello.\r\n'), attachments: JSON.stringify(shown) })
    .where('id', '=', inbound_id)
    .returning('workspace_id')
    .executeTakeFirstOrThrow()
  await transaction(deps.db, (tx) =>
    storeFiles(tx, deps, [{ workspace_id, inbound_email_id: inbound_id, now: clock.now(), files }]),
  )
  await remove()
  return { inbound_id, file_id: files[0]?.id as string }
}

const invite = async (w: World): Promise<Record<string, string>> => {
  const path = `/api/v1/workspaces/${w.tenant.workspace_id}/invitations`
  const made = await must<{ id: string }>(w, 'POST', path, {
    as: w.tenant.session,
    body: { email: `${unique('guest')}@example.com`, role: 'member' },
  })
  return { invitation_id: made.id }
}

/** Examples by the name of the path parameter. One that makes several things names them group.part. */
const EXAMPLES: Record<string, (w: World) => Promise<Made>> = {
  /** A webhook that is verified, and a delivery of it that has ended. */
  webhook: async (w) => {
    const { workspace_id, user_id } = w.tenant
    const made = await createEndpoint(w.h.deps, { workspace_id, user_id }, WEBHOOK, { verified: true })
    const delivery_id = newId()
    const now = w.h.clock.now()
    await sql`
      insert into webhook_deliveries (id, workspace_id, endpoint_id, event_id, event_type, kind, body, status, attempts, due_at, finished_at, created_at)
      values (${delivery_id}, ${workspace_id}, ${made.id}, ${newId()}, 'webhook.test', 'test', '{}', 'dead', 9, ${now}, ${now}, ${now})`.execute(
      w.h.deps.db,
    )
    return { endpoint_id: made.id, delivery_id }
  },
  endpoint_id: (w) => w.get('webhook.endpoint_id'),
  webhook_id: (w) => w.get('webhook.endpoint_id'),
  delivery_id: (w) => w.get('webhook.delivery_id'),
  workspace_id: async (w) => w.tenant.workspace_id,
  /** Nobody listens there, so what is written by rule has to be there before. */
  model_id: async (w) => {
    for (const written of ['written.draft_id', 'run_id', 'written_job']) await w.get(written)
    const made = await must<{ items: { id: string }[] }>(
      w,
      'PUT',
      `/api/v1/workspaces/${w.tenant.workspace_id}/models`,
      {
        as: w.tenant.session,
        body: { items: [{ provider: 'openai_compatible', base_url: 'http://127.0.0.1:9/v1', model: 'nobody' }] },
      },
    )
    return made.items[0]?.id ?? ''
  },
  campaign_id: async (w) => (await createCampaign(w.h, w.tenant)).campaign_id,
  launched: launch,
  sent: correspond,
  /** A draft campaign whose texts are written, one of them approved. */
  written: async (w) => {
    const { campaign_id } = await createWrittenCampaign(w.h, w.tenant, { rows: prospects(2) })
    const { batch_id } = await generate(w.h, w.tenant, campaign_id)
    const draft = (await draftsOf(w.h, w.tenant, campaign_id, batch_id))[0] as Draft
    const { campaign_lead_id, draft_id, subject, body } = draft
    const approved = await approve<{ approved_entry: { approval_id: string } }>(
      w.h,
      w.tenant,
      campaign_id,
      campaign_lead_id,
      {
        subject,
        body,
      },
    )
    return { campaign_id, campaign_lead_id, batch_id, draft_id, approval_id: approved.body.approved_entry.approval_id }
  },
  draft_id: (w) => w.get('written.draft_id'),
  approval_id: (w) => w.get('written.approval_id'),
  campaign_lead_id: (w) => w.get('launched.campaign_lead_id'),
  template_id: (w) => createTemplate(w.h, w.tenant, { subject: 'Hello', body: 'Hi {{ first_name }}' }),
  dataset_row: async (w) => {
    const dataset_id = await createDataset(w.h, w.tenant, [{ email: 'ada@people.example', first_name: 'Ada' }])
    const { items } = await must<{ items: { row_id: string }[] }>(w, 'GET', `/api/v1/datasets/${dataset_id}/rows`)
    return { dataset_id, row_id: (items[0] as { row_id: string }).row_id }
  },
  dataset_id: (w) => createDataset(w.h, w.tenant, [{ email: 'ada@people.example', first_name: 'Ada' }]),
  person: async (w) => {
    const dataset_id = await createDataset(w.h, w.tenant, [
      { email: `${unique('ada')}@known.example`, first_name: 'Ada' },
    ])
    while ((await indexPeople(w.h.deps)) > 0);
    const { items } = await must<{ items: { person_id: string; company_id: string }[] }>(
      w,
      'GET',
      `/api/v1/people?dataset_id=${dataset_id}`,
    )
    return items[0] as { person_id: string; company_id: string }
  },
  person_id: (w) => w.get('person.person_id'),
  company_id: (w) => w.get('person.company_id'),
  erasure_id: async (w) =>
    (
      await must(w, 'POST', '/api/v1/erasures', {
        as: w.tenant.session,
        body: { email: `${unique('gone')}@people.example` },
      })
    ).erasure_id as string,
  aliases: async (w) => {
    const { domain, alias_ids } = await createAliases(w.h, w.tenant, { domain: `${unique('mail')}.example` })
    const domains = await must<{ id: string; domain: string }[]>(w, 'GET', '/api/v1/bavimail/domains')
    return { alias_id: alias_ids[0] as string, domain_id: domains.find((row) => row.domain === domain)?.id as string }
  },
  alias_id: (w) => w.get('aliases.alias_id'),
  domain_id: (w) => w.get('aliases.domain_id'),
  email_id: (w) => w.get('sent.email_id'),
  /** A message that a client composed and that waits for its time. */
  scheduled_id: async (w) =>
    (await must(w, 'POST', '/mail/v1/emails', { body: { ...(await letter(w)), send_at: '2099-01-01T09:00:00Z' } }))
      .id as string,
  attachment: async (w) => {
    const { attachments } = await must<{ attachments: { id: string; download_url: string }[] }>(
      w,
      'POST',
      '/mail/v1/attachments',
      {
        form: files(),
      },
    )
    const [made] = attachments as [{ id: string; download_url: string }]
    return { attachment_id: made.id, token: made.download_url.split('/').at(-1) as string }
  },
  attachment_id: (w) => w.get('attachment.attachment_id'),
  received: receive,
  inbound_email_id: (w) => w.get('sent.inbound_id'),
  profile_id: async (w) =>
    (
      await must(w, 'POST', '/api/v1/sender-profiles/', {
        body: { profile_name: unique('profile'), sender_data: { full_name: 'Ada' } },
      })
    ).id as string,
  prompt_name: async (w) => {
    await must(w, 'POST', `/api/v1/sender-profiles/${await w.get('profile_id')}/prompts`, {
      body: { name: 'opening', prompt: PROMPT },
    })
    return 'opening'
  },
  entry_id: async (w) =>
    (await must(w, 'POST', '/api/v1/suppression/', { body: { email: `${unique('no')}@people.example` } }))
      .entry_id as string,
  suppression_id: (w) => w.get('entry_id'),
  conversation_id: async (w) =>
    (await sendMail(w.h, w.tenant, await createSender(w.h, w.tenant), 'ada+accept@people.example')).conversation_id,
  inbox_id: (w) => w.get('alias_id'),
  thread_id: (w) => w.get('conversation_id'),
  label_id: (w) => w.get('tag_id'),
  tracking_domain_id: (w) => w.get('domain_id'),
  domain: async () => `${unique('mail')}.example`,
  tag_id: async (w) => (await must(w, 'POST', '/mail/v1/tags', { body: { name: unique('tag') } })).id as string,
  integration_id: async () => EXAMPLE_INTEGRATION.id,
  /** A run of a prompt of one's own, with one message in it. */
  run_id: async (w) => {
    await must(w, 'POST', '/api/v1/personalize/save-prompt', {
      body: { sender_profile_id: await w.get('profile_id'), prompt: PROMPT, save_as_name: 'short' },
    })
    const { run_id } = await must(w, 'POST', '/api/v1/personalize/preview', {
      body: { ...LEAD, sender_profile_id: await w.get('profile_id') },
    })
    return run_id as string
  },
  /** A personalization job that is over. */
  written_job: async (w) => {
    const { job_id } = await must(w, 'POST', '/api/v1/personalize', { body: await pair() })
    await w.h.worker.drain()
    return job_id as string
  },
  session_id: async (w) =>
    (await must(w, 'POST', '/api/v1/sessions/create', { body: { session_type: 'enrichment' } })).session_id as string,
  /** A session that is being worked on, with its job. */
  busy_session: async (w) => {
    const { session_id } = await must<{ session_id: string }>(w, 'POST', '/api/v1/sessions/create', {
      body: { session_type: 'enrichment' },
    })
    await must(w, 'POST', `/api/v1/sessions/${session_id}/leads`, {
      body: { leads: [{ email: 'ada@people.example' }] },
    })
    const { job_id } = await must<{ job_id: string }>(w, 'POST', `/api/v1/sessions/${session_id}/process`)
    return { session_id, job_id }
  },
  profile_chat: async (w) => (await must(w, 'POST', '/api/v1/sender-profile-chat/start')).session_id as string,
  enrichment_chat: async (w) => (await must(w, 'POST', '/api/v1/enrichment-chat/start')).session_id as string,
  /** An enrichment conversation that knows of a file with rows. */
  chat_with_file: async (w) => {
    // One of its own, because a session takes one file.
    const { session_id } = await must(w, 'POST', '/api/v1/sessions/create', { body: { session_type: 'enrichment' } })
    await must(w, 'POST', `/api/v1/sessions/${session_id}/upload/csv`, { form: csv() })
    const chat = await w.get('enrichment_chat')
    await must(w, 'POST', `/api/v1/enrichment-chat/file-uploaded/${chat}`, {
      body: { filename: 'leads.csv', processing_session_id: session_id },
    })
    return chat
  },
  import_id: async (w) =>
    (await must(w, 'POST', `/api/v1/sessions/${await w.get('session_id')}/upload/csv`, { form: csv() }))
      .import_id as string,
  extraction_id: async (w) =>
    (
      await must(w, 'POST', '/api/v1/user-extractions/', {
        body: { leads: [{ columnValues: { Email: 'ada@people.example', Name: 'Ada' } }] },
      })
    ).extraction_id as string,
  /** A CSV file in the folder that serves a sandbox as its sheets; others do not see it. */
  sheet_id: async (w) => {
    const folder = join(w.h.deps.config.sheets_folder.path, w.tenant.workspace_id)
    await mkdir(folder, { recursive: true })
    const name = unique('leads')
    await writeFile(join(folder, `${name}.csv`), 'email,first_name\nada@people.example,Ada\n')
    const { items } = await must<{ items: { sheet_id: string; title: string }[] }>(w, 'GET', '/api/v1/sheets')
    return items.find(({ title }) => title === name)?.sheet_id ?? ''
  },
  sync_id: async (w) =>
    (
      await must(w, 'POST', `/api/v1/sheets/${await w.get('sheet_id')}/sync`, {
        body: { dataset_id: await w.get('dataset_id') },
      })
    ).sync_id as string,
  job_id: (w) =>
    transaction(w.h.deps.db, async (tx) => {
      const now = w.h.clock.now()
      const id = await createJob(tx, { workspace_id: w.tenant.workspace_id, kind: 'example', now })
      await finishJob(tx, id, { result: {}, now })
      return id
    }),
  mailbox_id: (w) => insertMailbox(w.h, w.tenant, `${unique('mailbox')}@mail.test`),
  alert_id: (w) =>
    transaction(w.h.deps.db, (tx) =>
      raiseAlert(tx, {
        workspace_id: w.tenant.workspace_id,
        alert_type: 'system',
        severity: 'info',
        title: 'Title',
        message: 'Text',
        now: w.h.clock.now(),
      }),
    ),
  key_id: async (w) =>
    (await must(w, 'POST', '/api/v1/api-keys', { as: w.tenant.session, body: { name: 'example' } })).id as string,
  user_id: async (w) => {
    const { user_id } = await createTenant(w.h)
    await w.h.deps.db
      .insertInto('workspace_members')
      .values({ workspace_id: w.tenant.workspace_id, user_id, role: 'viewer', created_at: w.h.clock.now() })
      .execute()
    return user_id
  },
  invitation: invite,
  invitation_id: (w) => w.get('invitation.invitation_id'),
}

/** Where one operation needs another example than its parameter's name says: operation.parameter -> example. */
const OTHERWISE: Record<string, string> = {
  ...Object.fromEntries(
    ['get_dataset_row', 'update_dataset_row', 'remove_dataset_row'].flatMap((id) => [
      [`${id}.dataset_id`, 'dataset_row.dataset_id'],
      [`${id}.row_id`, 'dataset_row.row_id'],
    ]),
  ),
  ...Object.fromEntries(
    [
      'playground_generate',
      'playground_status',
      'playground_drafts',
      'list_playground_batches',
      'playground_cancel',
      'edit_playground_draft',
      'approve_playground_drafts',
      'approve_lead_email',
      'unapprove_lead_email',
      'reset_lead_approvals',
      'list_lead_approvals',
      'personalize_campaign_email',
    ].flatMap((id) => [
      [`${id}.campaign_id`, 'written.campaign_id'],
      [`${id}.campaign_lead_id`, 'written.campaign_lead_id'],
    ]),
  ),
  'get_job_status.session_id': 'busy_session.session_id',
  'get_job_status.job_id': 'busy_session.job_id',
  'cancel_session_processing.session_id': 'busy_session.session_id',
  'get_enrichment_job_status.job_id': 'busy_session.job_id',
  'notify_file_uploaded.session_id': 'enrichment_chat',
  'get_session_file_data.session_id': 'chat_with_file',
  'get_enrichment_status.session_id': 'enrichment_chat',
  'get_chat_history.session_id': 'profile_chat',
  'cancel_chat_session.session_id': 'profile_chat',
  'check_personalization_job_status.job_id': 'written_job',
  'get_personalization_job_result.job_id': 'written_job',
  'cancel_email.email_id': 'scheduled_id',
  'mail_cancel_email.email_id': 'scheduled_id',
  'mail_cancel_outbound_email.email_id': 'scheduled_id',
  'mail_download_attachment_by_link.token': 'attachment.token',
  'get_inbound_email.email_id': 'inbound_email_id',
  'mail_get_inbound_email.email_id': 'inbound_email_id',
  'get_inbound_email_raw.email_id': 'received.inbound_id',
  'download_inbound_attachment.email_id': 'received.inbound_id',
  'download_inbound_attachment.index': 'received.file_id',
  'delete_inbound_email.email_id': 'inbound_email_id',
  'load_inbox_message_images.email_id': 'inbound_email_id',
  'mail_get_inbound_raw.email_id': 'received.inbound_id',
  'mail_download_inbound_attachment.email_id': 'received.inbound_id',
  'mail_download_inbound_attachment.file': 'received.file_id',
  'mail_mark_inbound_read.email_id': 'inbound_email_id',
  'mail_mark_inbound_unread.email_id': 'inbound_email_id',
  'mail_delete_inbound_email.email_id': 'inbound_email_id',
  'mail_get_inbound_tags.email_id': 'inbound_email_id',
  'mail_add_inbound_tags.email_id': 'inbound_email_id',
  'mail_replace_inbound_tags.email_id': 'inbound_email_id',
  'mail_remove_inbound_tag.email_id': 'inbound_email_id',
  'update_named_prompt.name': 'prompt_name',
  'delete_named_prompt.name': 'prompt_name',
  'get_launch_warnings.campaign_id': 'launched.campaign_id',
  'pause_campaign.campaign_id': 'launched.campaign_id',
  'resume_campaign.campaign_id': 'launched.campaign_id',
  'list_campaign_leads.campaign_id': 'launched.campaign_id',
  'get_lead_events.campaign_id': 'launched.campaign_id',
  'explain_campaign_lead.campaign_id': 'launched.campaign_id',
  'get_campaign_lead.campaign_id': 'launched.campaign_id',
  'stop_campaign_lead.campaign_id': 'launched.campaign_id',
  'get_campaign_stats.campaign_id': 'sent.campaign_id',
  'get_campaign_click_stats.campaign_id': 'sent.campaign_id',
}

export const exampleName = (operationId: string, parameter: string): string | null => {
  const name = OTHERWISE[`${operationId}.${parameter}`] ?? parameter
  return (name.split('.')[0] as string) in EXAMPLES ? name : null
}

export const openWorld = async (h: Harness): Promise<World> => {
  const tenant = await createTenant(h)
  const made = new Map<string, Promise<Made>>()
  const w: World = {
    h,
    tenant,
    get: async (name) => {
      const [group, part] = name.split('.') as [string, string?]
      let making = made.get(group)
      if (!making) {
        const make = EXAMPLES[group]
        if (!make) throw new Error(`There is no example ${group} in test/examples.ts.`)
        making = make(w)
        made.set(group, making)
      }
      const value = await making
      return typeof value === 'string' ? value : (value[part ?? ''] as string)
    },
  }
  return w
}

export type ExampleRequest = {
  body?: (w: World) => Promise<unknown> | unknown
  form?: (w: World) => Promise<FormData> | FormData
  query?: string
  prepare?: (w: World) => Promise<unknown>
  /** Another success than the first that is declared. */
  status?: number
  /** Why this operation cannot succeed in a test; each is proven elsewhere or cannot be reached from here. */
  unreachable?: string
}

/** Puts a plan in the place of the example's import, under its id. */
const planImport = async (w: World): Promise<void> => {
  const import_id = await w.get('import_id')
  const planned = await must(w, 'POST', `/api/v1/datasets/${await w.get('dataset_id')}/imports`, {
    form: csv({ dry_run: 'true' }),
  })
  const { db } = w.h.deps
  await sql`delete from imports where import_id = ${import_id}`.execute(db)
  await sql`delete from import_changes where import_id = ${planned.import_id}`.execute(db)
  await sql`delete from import_issues where import_id = ${planned.import_id}`.execute(db)
  await sql`update imports set import_id = ${import_id} where import_id = ${planned.import_id}`.execute(db)
}

const draft = async (w: World) => ({
  name: 'Spring',
  dataset_id: await w.get('dataset_id'),
  alias_ids: [await w.get('alias_id')],
  steps: [
    {
      step: 1,
      delay_days: 0,
      variants: [{ label: 'A', weight: 100, type: 'TEMPLATE', template_id: await w.get('template_id') }],
    },
  ],
})

/** A documented request for each operation that has a body, a query it cannot do without, or a state it starts from. */
export const REQUESTS: Record<string, ExampleRequest> = {
  create_webhook_endpoint: { body: () => WEBHOOK },
  update_webhook_endpoint: { body: () => ({ event_types: ['email.*'], description: 'For the ledger.' }) },
  verify_webhook_endpoint: { body: () => ({ verification_code: 'ABCD2345' }) },
  resend_webhook_verification: { prepare: (w) => unverify(w) },
  replay_webhook_events: { body: () => ({ from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' }) },
  mail_create_webhook: { body: () => WEBHOOK },
  mail_update_webhook: { body: () => ({ description: 'For the ledger.' }) },
  mail_verify_webhook: { body: () => ({ verification_code: 'ABCD2345' }) },
  mail_resend_webhook_verification: { prepare: (w) => unverify(w) },
  stream_events: { unreachable: 'its answer never ends; proven in features/webhooks/event-stream.api.test.ts' },
  bavimail_webhook_handler: { unreachable: 'needs a signature; proven in features/webhooks/webhooks.api.test.ts' },
  send_email: { body: letter },
  mail_send_email: { body: letter },
  mail_send_email_batch: { body: async (w) => ({ emails: [await letter(w), { subject: 'No alias' }] }) },
  mail_validate_email: { body: () => ({ email: 'ada@gmial.com' }) },
  mail_create_inbox: { body: async (w) => ({ domain_id: await w.get('domain_id'), name: 'anna.berg' }) },
  mail_update_inbox: { body: () => ({ name: unique('renamed'), signature_html: '<p>Anna</p>' }) },
  mail_send_outbound_email: { body: inboxLetter },
  mail_send_outbound_batch: { body: async (w) => ({ emails: [await inboxLetter(w), { subject: 'No inbox' }] }) },
  mail_list_outbound_emails: { query: '?status=queued&order_by=created_at&limit=10' },
  mail_validate_address: { body: () => ({ email: 'ada@gmial.com' }) },
  mail_list_threads: { query: '?q=question&view=all&limit=10' },
  mail_update_thread: {
    body: async (w) => ({
      starred: true,
      unread: false,
      folder_id: 'trash',
      add_label_ids: [await w.get('tag_id')],
    }),
  },
  mail_delete_thread: {
    prepare: async (w) =>
      must(w, 'PATCH', `/mail/v1/threads/${await w.get('conversation_id')}`, { body: { folder_id: 'trash' } }),
  },
  mail_create_label: { body: () => ({ name: unique('label'), kind: 'folder', color: '#ff0000' }) },
  mail_update_label: { body: () => ({ name: unique('label'), color: null }) },
  mail_create_tracking_domain: {
    prepare: async (w) =>
      must(w, 'PUT', `/mail/v1/domains/${await w.get('domain_id')}`, { body: { tracking_subdomain: null } }),
    body: async (w) => {
      const { domain } = await must(w, 'GET', `/mail/v1/domains/${await w.get('domain_id')}`)
      return { hostname: `links.${domain}` }
    },
  },
  mail_put_webhook: { body: () => ({ description: 'For the ledger.', status: 'disabled' }) },
  mail_upload_attachments: { form: files },
  mail_bulk_delete_attachments: { body: async (w) => ({ attachment_ids: [await w.get('attachment_id')] }) },
  lift_sending_block: {
    prepare: async ({ h, tenant }) => {
      const { workspace_id } = tenant
      await sql`
        insert into sending_health (workspace_id, scope, scope_id, band, since, checked_at)
        values (${workspace_id}, 'workspace', ${workspace_id}, 'blocked', ${h.clock.now()}, ${h.clock.now()})`.execute(
        h.deps.db,
      )
    },
    body: () => ({ note: 'The list was cleaned.' }),
  },
  sign_up: { body: () => ({ email: `${unique('new')}@example.com`, password: PASSWORD, name: 'Ada Lovelace' }) },
  log_in: {
    body: async (w) => {
      const email = `${unique('known')}@example.com`
      await createUser(w.h.deps, { email, password: PASSWORD, name: 'Ada' })
      return { email, password: PASSWORD }
    },
  },
  refresh_session: {
    body: async (w) => ({ refresh_token: (await w.h.deps.sessions.open(w.tenant.user_id)).refresh_token }),
  },
  request_password_reset: { body: (w) => ({ email: w.tenant.email }) },
  confirm_password_reset: {
    body: async (w) => ({ token: await w.h.deps.sessions.passwordResetToken(w.tenant.email), password: PASSWORD }),
  },
  start_google_login: { body: (w) => ({ redirect_uri: `${w.h.base_url}/login/google` }) },
  finish_google_login: { body: () => ({ code: 'code', state: 'state' }), unreachable: 'Google would have to answer' },
  accept_invitation: {
    body: async (w) => {
      const other = await openWorld(w.h)
      const { token } = await transaction(w.h.deps.db, (tx) =>
        createInvitation(tx, {
          workspace_id: other.tenant.workspace_id,
          email: w.tenant.email,
          role: 'member',
          invited_by: other.tenant.user_id,
          now: w.h.clock.now(),
        }),
      )
      return { token }
    },
  },
  create_workspace: { body: () => ({ name: 'Second', mode: 'sandbox', timezone: 'Europe/Oslo' }) },
  update_workspace_settings: { body: () => ({ name: 'Renamed', postal_address: 'Main Street 2, Oslo' }) },
  test_mail_delivery: {
    body: () => ({ relay: { host: 'relay.example.com', port: 587, security: 'starttls' } }),
    unreachable: 'a sandbox has no relay; features/workspaces/mail-delivery.api.test.ts tries one',
  },
  update_member: { body: () => ({ role: 'admin' }) },
  replace_workspace_models: {
    body: () => ({
      items: [{ provider: 'openai_compatible', base_url: 'http://127.0.0.1:9/v1', model: 'nobody', api_key: 'a-key' }],
    }),
  },
  create_invitation: { body: () => ({ email: `${unique('guest')}@example.com`, role: 'member' }) },
  advance_workspace_clock: { body: () => ({ seconds: 60 }) },
  create_api_key: { body: () => ({ name: 'ci', scopes: ['campaigns:read'], expires_at: '2099-01-01T00:00:00Z' }) },
  playground_generate: { body: () => ({ step_index: 1, n_leads: 1 }) },
  playground_drafts: {
    prepare: async (w) => {
      const campaign_id = await w.get('written.campaign_id')
      await sql`
        insert into draft_batches (batch_id, workspace_id, campaign_id, step, prompt_version_hash, credits_per_draft, created_at)
        select ${QUERIED_BATCH}, workspace_id, campaign_id, step, prompt_version_hash, credits_per_draft, created_at from draft_batches
        where campaign_id = ${campaign_id} limit 1`.execute(w.h.deps.db)
    },
    query: `?batch_id=${QUERIED_BATCH}`,
  },
  playground_cancel: { body: async (w) => ({ batch_id: await w.get('written.batch_id') }) },
  edit_playground_draft: { body: () => ({ subject: 'Another subject' }) },
  approve_playground_drafts: { body: async (w) => ({ batch_id: await w.get('written.batch_id'), dry_run: true }) },
  approve_lead_email: {
    body: () => ({ step_index: 1, variant_label: 'A', subject: 'A question', body: 'Hello, a short question.' }),
  },
  unapprove_lead_email: { body: () => ({ step_index: 1 }) },
  verify_approval: {
    body: async (w) => {
      const proof = await must(w, 'GET', `/api/v1/approvals/${await w.get('written.approval_id')}`)
      return { statement: proof.statement, signature: proof.signature }
    },
  },
  personalize_campaign_email: {
    body: async (w) => ({ campaign_lead_id: await w.get('written.campaign_lead_id'), step_index: 1 }),
  },
  create_campaign: { body: draft },
  update_campaign: { body: () => ({ name: 'Renamed', daily_limit: 100 }) },
  resume_campaign: {
    prepare: async (w) => must(w, 'POST', `/api/v1/campaigns/${await w.get('launched.campaign_id')}/pause`),
  },
  stop_campaign_lead: { body: () => ({ reason: 'Asked by phone.' }) },
  create_template: {
    body: () => ({ name: unique('template'), content: { subject: 'Hello', body: 'Hi {{ first_name }}' } }),
  },
  update_template: { body: () => ({ content: { subject: 'Hello again', body: 'Hi' } }) },
  preview_text: { body: () => ({ content: { subject: 'Hello', body: 'Hi {{ first_name }}' } }) },
  create_sender_profile: {
    body: () => ({
      profile_name: unique('profile'),
      sender_data: { full_name: 'Ada', company: 'Engines' },
      is_default: true,
    }),
  },
  send_chat_message: { body: async (w) => ({ session_id: await w.get('profile_chat'), message: 'Ada Okafor' }) },
  process_file_enrichment: {
    body: async (w) => ({
      session_id: await w.get('session_id'),
      linkedin_urls: ['https://www.linkedin.com/in/ada-okafor', 'no profile'],
    }),
  },
  send_enrichment_message: {
    body: async (w) => ({ session_id: await w.get('enrichment_chat'), message: 'linkedin.com/in/ada-okafor, please' }),
  },
  notify_file_uploaded: { body: () => ({ filename: 'leads.csv', file_type: 'csv', row_count: 2 }) },
  queue_personalization_request: { body: pair },
  queue_bulk_personalization_requests: { body: async () => ({ requests: [await pair(), await pair()] }) },
  sync_preview_of_a_personalized_email_for_a_single_lead: { body: () => ({ ...LEAD, sender_data: SENDER }) },
  batch_preview_sse: { body: () => ({ client_run_id: newId(), leads: [LEAD], sender_data: SENDER }) },
  save_a_custom_prompt_onto_a_sender_profile: {
    body: async (w) => ({ sender_profile_id: await w.get('profile_id'), prompt: PROMPT }),
  },
  list_recent_generation_runs_for_a_given_prompt: {
    // The query is the same text for everybody, so the profile in it has an id that is known beforehand.
    prepare: async (w) => {
      await sql`update sender_profiles set id = ${QUERIED_PROFILE} where id = ${await w.get('profile_id')}`.execute(
        w.h.deps.db,
      )
      await must(w, 'POST', '/api/v1/personalize/save-prompt', {
        body: { sender_profile_id: QUERIED_PROFILE, prompt: PROMPT, save_as_name: 'short' },
      })
      await must(w, 'POST', '/api/v1/personalize/preview', { body: { ...LEAD, sender_profile_id: QUERIED_PROFILE } })
    },
    query: `?sender_profile_id=${QUERIED_PROFILE}&prompt_source=named&prompt_name=short`,
  },
  update_sender_profile: { body: () => ({ description: 'For engineers.' }) },
  search_sender_profiles: { query: '?query=ada' },
  create_named_prompt: { body: () => ({ name: 'closing', prompt: PROMPT }) },
  update_named_prompt: { body: () => ({ prompt: `${PROMPT} Two sentences are too many.` }) },
  add_suppression: { body: () => ({ email: 'never@people.example', reason: 'manual', note: 'Asked by phone.' }) },
  delete_suppression: { body: () => ({ note: 'Asked to be written to again.' }) },
  import_suppression: { form: () => csv() },
  erase_person: { body: () => ({ email: 'gone@people.example', note: 'Request 17' }) },
  update_dataset_metadata: { body: () => ({ dataset_name: 'Spring fair' }) },
  list_dataset_rows: { query: '?sort=first_name&order=desc' },
  update_dataset_row: { body: () => ({ cells: { first_name: 'Augusta' } }) },
  add_dataset_rows: { body: () => ({ rows: [{ email: 'grace@people.example', first_name: 'Grace' }] }) },
  update_dataset_rows: { body: () => ({ all: true, cells: { first_name: null } }) },
  remove_dataset_rows: {
    body: () => ({ filter: { conditions: [{ column: 'first_name', operator: 'equals', value: 'ada' }] } }),
  },
  restore_dataset_rows: { body: () => ({ all: true }) },
  add_dataset_column: { body: () => ({ name: 'City', after: 'email', field: 'city', value: 'Oslo' }) },
  update_dataset_column: { body: () => ({ column: 'first_name', name: 'Given name' }) },
  remove_dataset_column: { body: () => ({ column: 'first_name' }) },
  reorder_dataset_columns: { body: () => ({ columns: ['first_name', 'email'] }) },
  merge_datasets: {
    body: async (w) => ({
      source_dataset_id: await createDataset(w.h, w.tenant, [{ email: 'grace@people.example' }]),
      duplicates: 'update',
      dry_run: true,
    }),
  },
  split_dataset: { body: () => ({ all: true, dataset_name: 'Half' }) },
  copy_dataset: { body: () => ({ dataset_name: 'Copy' }) },
  restore_an_archived_dataset: {
    prepare: async (w) => must(w, 'POST', `/api/v1/datasets/${await w.get('dataset_id')}/archive`),
  },
  preview_csv_or_excel_file_before_upload: { form: () => csv() },
  preview_excel_file_sheets: { form: () => excel() },
  update_sender_data: { body: () => ({ sender_data: { full_name: 'Ada' }, merge_strategy: 'fill' }) },
  bulk_update_sender_data: {
    body: () => [{ full_name: 'Ada' }, { company: 'Engines' }],
    query: '?merge_strategy=update',
  },
  add_leads_to_session: { body: () => ({ leads: [{ email: 'ada@people.example', first_name: 'Ada' }] }) },
  create_session_from_existing_dataset: { body: () => ({ session_type: 'enrichment' }) },
  start_session_processing: {
    prepare: async (w) =>
      must(w, 'POST', `/api/v1/sessions/${await w.get('session_id')}/leads`, {
        body: { leads: [{ email: 'ada@people.example' }] },
      }),
    body: () => ({ priority: 'high' }),
  },
  create_processing_session: { body: () => ({ session_type: 'personalization', sender_data: { full_name: 'Ada' } }) },
  upload_csv_with_sender_profile_support: { form: () => csv({ sender_data: '{"full_name":"Ada"}' }) },
  import_file_into_dataset: { form: () => csv({ duplicates: 'update' }) },
  apply_import_plan: { prepare: planImport },
  discard_import_plan: { prepare: planImport },
  upload_excel_with_multi_sheet_and_sender_profile_support: {
    form: () => excel({ sheet_config: '{"People":{"header_row":1}}' }),
  },
  google_oauth_login: { unreachable: 'a sandbox links no account; features/google/linking.api.test.ts does' },
  google_oauth_callback: { query: '?state=unknown&code=unknown', status: 404 },
  get_google_access_token: { unreachable: 'a sandbox links no account; features/google/linking.api.test.ts does' },
  verify_sheet_access: { body: async (w) => ({ sheet_id: await w.get('sheet_id') }) },
  grant_sheet_access: { body: async (w) => ({ sheet_id: await w.get('sheet_id'), sheet_name: 'Leads' }) },
  import_google_sheets_as_extraction: { body: async (w) => ({ sheet_id: await w.get('sheet_id') }), status: 201 },
  sync_sheet: { body: async (w) => ({ dataset_id: await w.get('dataset_id') }) },
  upload_extraction: {
    form: () => {
      const form = new FormData()
      form.set('source', 'PitchBook')
      form.set('page_urls', '["https://list.example/people?page=1"]')
      form.set('file', new Blob(['[{"columnValues":{"Email":"ada@people.example"}}]']), 'leads.json')
      return form
    },
  },
  rename_extraction: { body: () => ({ title: 'Spring fair' }) },
  bulk_delete_extractions: { body: async (w) => ({ extraction_ids: [await w.get('extraction_id'), newId()] }) },
  process_extraction_to_session: { body: async (w) => ({ session_id: await w.get('session_id') }) },
  add_domain: { body: () => ({ domain: `${unique('mail')}.example` }) },
  verify_domain: { body: () => ({ force: true }) },
  update_domain: { body: () => ({ inbound_enabled: true, mail_from_subdomain: 'rp' }) },
  update_alias: { body: () => ({ alias: unique('renamed'), signature_html: '<p>Anna</p>' }) },
  mail_create_domain: { body: () => ({ domain: `${unique('mail')}.example`, provider_key: 'AWS' }) },
  mail_verify_domain: { body: () => ({ force: false }) },
  mail_update_domain: { body: () => ({ inbound_enabled: true, strip_tracking_on_read: true }) },
  mail_create_alias: { body: async (w) => ({ domain_id: await w.get('domain_id'), alias: 'anna.berg' }) },
  mail_update_alias: { body: () => ({ signature_html: null, raw_mime_retention_enabled: true }) },
  mail_set_warmup_token: { body: () => ({ token: 'blue-horse' }) },
  mail_create_tag: { body: () => ({ name: unique('tag'), color: '#ff0000', sort_order: 3 }) },
  mail_replace_tag: { body: () => ({ name: unique('tag'), description: null }) },
  mail_update_tag: { body: () => ({ is_visible: false }) },
  mail_add_inbound_tags: { body: async (w) => ({ tag_ids: [await w.get('tag_id')], note: 'Asked by phone.' }) },
  mail_replace_inbound_tags: { body: async (w) => ({ tag_ids: [await w.get('tag_id')] }) },
  mail_list_inbox_threads: { query: '?q=question&limit=10' },
  get_overview: { query: '?days=7' },
  list_inbox_threads: { query: '?view=all&q=question&limit=10' },
  update_inbox_thread: {
    body: () => ({ is_starred: true, snoozed_until: '2099-01-01T00:00:00Z', outcome: 'interested' }),
  },
  update_inbox_threads: {
    body: async (w) => ({ thread_ids: [await w.get('conversation_id')], is_done: true }),
  },
  answer_inbox_thread: { body: () => ({ body: 'Thank you, gladly.', delay_seconds: 30, mark_done: true }) },
  mail_create_suppression: {
    body: () => ({ email: 'never@people.example', reason: 'bounce', source: null, note: null, metadata: null }),
  },
  mail_release_suppression: { body: () => ({ note: 'It was a typing error.' }) },
  mail_bootstrap_api_key: { body: (w) => ({ user_assertion: userAssertion(w.tenant.user_id), label: 'CRM' }) },
  mail_create_integration_webhook: {
    body: (w) => ({
      user_assertion: userAssertion(w.tenant.user_id),
      url: 'https://192.0.2.1/hook',
      event_types: ['email.outbound.sent'],
    }),
    unreachable: 'the address would have to be on the public internet; proven in mail-service/integrations.api.test.ts',
  },
  mail_list_integration_webhooks: { query: `?user_assertion=${userAssertion('customer-1')}` },
  mail_delete_integration_webhook: {
    body: (w) => ({ user_assertion: userAssertion(w.tenant.user_id) }),
    unreachable: 'needs a webhook of the integration; proven in mail-service/integrations.api.test.ts',
  },
  mail_revoke_integration_key: { body: (w) => ({ user_assertion: userAssertion(w.tenant.user_id) }) },
  create_alias: { body: async (w) => ({ domain_id: await w.get('domain_id'), alias: 'anna.berg', daily_limit: 40 }) },
  connect_mailbox: {
    body: () => ({
      email: `${unique('ada')}@mail.test`,
      password: 'a password',
      smtp: { host: 'smtp.mail.test', port: 465, security: 'tls' },
      imap: { host: 'imap.mail.test', port: 993, security: 'tls' },
    }),
    unreachable: 'a sandbox connects no mailbox; features/mailboxes/connecting.api.test.ts does',
  },
  update_mailbox: { body: () => ({ display_name: 'Ada Lovelace', daily_limit: 30 }) },
  reconnect_mailbox: {
    body: () => ({ password: 'another password' }),
    unreachable: 'a sandbox connects no mailbox; features/mailboxes/connecting.api.test.ts does',
  },
  test_mailbox: { unreachable: 'a sandbox reaches no real server; features/mailboxes/connecting.api.test.ts does' },
  authorize_mailbox: {
    body: () => ({ provider: 'google' }),
    unreachable: 'a sandbox connects no mailbox; features/mailboxes/consent.api.test.ts does',
  },
}

/** Requests whose body names something of another workspace: it is not there, and nothing is made. */
export const FOREIGN_BODIES: Record<
  string,
  { names: string; body: (own: World, foreign: World) => Promise<unknown> }[]
> = {
  import_google_sheets_as_extraction: [
    { names: 'sheet_id', body: async (_own, foreign) => ({ sheet_id: await foreign.get('sheet_id') }) },
  ],
  create_campaign: [
    {
      names: 'dataset_id',
      body: async (own, foreign) => ({ ...(await draft(own)), dataset_id: await foreign.get('dataset_id') }),
    },
    {
      names: 'alias_ids',
      body: async (own, foreign) => ({ ...(await draft(own)), alias_ids: [await foreign.get('alias_id')] }),
    },
    {
      names: 'template_id',
      body: async (own, foreign) => ({ ...(await draft(own)), steps: (await draft(foreign)).steps }),
    },
  ],
  sync_preview_of_a_personalized_email_for_a_single_lead: [
    {
      names: 'sender_profile_id',
      body: async (_own, foreign) => ({ ...LEAD, sender_profile_id: await foreign.get('profile_id') }),
    },
    {
      names: 'dataset_id',
      body: async (_own, foreign) => ({ ...LEAD, sender_data: SENDER, dataset_id: await foreign.get('dataset_id') }),
    },
  ],
  batch_preview_sse: [
    {
      names: 'sender_profile_id',
      body: async (_own, foreign) => ({
        client_run_id: newId(),
        leads: [LEAD],
        sender_profile_id: await foreign.get('profile_id'),
      }),
    },
    {
      names: 'dataset_id',
      body: async (_own, foreign) => ({
        client_run_id: newId(),
        leads: [{ ...LEAD, dataset_id: await foreign.get('dataset_id') }],
        sender_data: SENDER,
      }),
    },
  ],
  save_a_custom_prompt_onto_a_sender_profile: [
    {
      names: 'sender_profile_id',
      body: async (_own, foreign) => ({ sender_profile_id: await foreign.get('profile_id'), prompt: PROMPT }),
    },
  ],
  preview_text: [
    {
      names: 'dataset_id',
      body: async (_own, foreign) => ({
        content: { subject: 'Hello', body: 'Hi' },
        dataset_id: await foreign.get('dataset_id'),
      }),
    },
    {
      names: 'campaign_lead_id',
      body: async (_own, foreign) => ({
        content: { subject: 'Hello', body: 'Hi' },
        campaign_lead_id: await foreign.get('campaign_lead_id'),
      }),
    },
  ],
  merge_datasets: [
    {
      names: 'source_dataset_id',
      body: async (_own, foreign) => ({ source_dataset_id: await foreign.get('dataset_id') }),
    },
  ],
  update_campaign: [
    { names: 'dataset_id', body: async (_own, foreign) => ({ dataset_id: await foreign.get('dataset_id') }) },
    { names: 'alias_ids', body: async (_own, foreign) => ({ alias_ids: [await foreign.get('alias_id')] }) },
    { names: 'template_id', body: async (_own, foreign) => ({ steps: (await draft(foreign)).steps }) },
  ],
  mail_create_alias: [
    {
      names: 'domain_id',
      body: async (_own, foreign) => ({ domain_id: await foreign.get('domain_id'), alias: 'anna' }),
    },
  ],
  mail_add_inbound_tags: [
    { names: 'tag_ids', body: async (_own, foreign) => ({ tag_ids: [await foreign.get('tag_id')] }) },
  ],
  mail_replace_inbound_tags: [
    { names: 'tag_ids', body: async (_own, foreign) => ({ tag_ids: [await foreign.get('tag_id')] }) },
  ],
  mail_create_inbox: [
    {
      names: 'domain_id',
      body: async (_own, foreign) => ({ domain_id: await foreign.get('domain_id'), name: 'anna' }),
    },
  ],
  answer_inbox_thread: [
    {
      names: 'alias_id',
      body: async (_own, foreign) => ({ body: 'Thank you.', alias_id: await foreign.get('alias_id') }),
    },
    {
      names: 'attachment_ids',
      body: async (_own, foreign) => ({ body: 'Thank you.', attachment_ids: [await foreign.get('attachment_id')] }),
    },
  ],
  mail_send_outbound_email: [
    {
      names: 'inbox_id',
      body: async (own, foreign) => ({ ...(await inboxLetter(own)), inbox_id: await foreign.get('alias_id') }),
    },
    {
      names: 'thread_id',
      body: async (own, foreign) => ({ ...(await inboxLetter(own)), thread_id: await foreign.get('conversation_id') }),
    },
    {
      names: 'attachment_id',
      body: async (own, foreign) => ({
        ...(await inboxLetter(own)),
        attachments: [{ attachment_id: await foreign.get('attachment_id') }],
      }),
    },
  ],
  mail_update_thread: [
    {
      names: 'add_label_ids',
      body: async (_own, foreign) => ({ add_label_ids: [await foreign.get('tag_id')] }),
    },
    { names: 'folder_id', body: async (_own, foreign) => ({ folder_id: await foreign.get('tag_id') }) },
  ],
  send_chat_message: [
    {
      names: 'session_id',
      body: async (_own, foreign) => ({ session_id: await foreign.get('profile_chat'), message: 'Ada' }),
    },
  ],
  send_enrichment_message: [
    {
      names: 'session_id',
      body: async (_own, foreign) => ({ session_id: await foreign.get('enrichment_chat'), message: 'havn.example' }),
    },
  ],
  process_file_enrichment: [
    {
      names: 'session_id',
      body: async (_own, foreign) => ({ session_id: await foreign.get('session_id'), domains: ['havn.example'] }),
    },
    {
      names: 'chat_session_id',
      body: async (own, foreign) => ({
        session_id: await own.get('session_id'),
        domains: ['havn.example'],
        chat_session_id: await foreign.get('enrichment_chat'),
      }),
    },
  ],
  notify_file_uploaded: [
    {
      names: 'processing_session_id',
      body: async (_own, foreign) => ({
        filename: 'leads.csv',
        processing_session_id: await foreign.get('session_id'),
      }),
    },
  ],
  authorize_mailbox: [
    {
      names: 'mailbox_id',
      body: async (_own, foreign) => ({ provider: 'google', mailbox_id: await foreign.get('mailbox_id') }),
    },
  ],
  create_alias: [
    {
      names: 'domain_id',
      body: async (_own, foreign) => ({ domain_id: await foreign.get('domain_id'), alias: 'anna' }),
    },
  ],
}
