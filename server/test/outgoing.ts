import { clickUrl, openPixelUrl, unsubscribeUrl } from '../src/features/emails/link-builder.ts'
import { newId } from '../src/ids.ts'
import type { DeliveryReply } from '../src/ports/mail/port.ts'
import type { TestTenant } from './builders.ts'
import type { Harness } from './harness.ts'

export type TestSender = { domain_id: string; domain: string; alias_id: string; full_email: string }

/** A sandbox domain with one alias, made through the API. */
export const createSender = async (
  h: Harness,
  tenant: TestTenant,
  domain = `d${newId().slice(-10)}.example`,
  alias = 'anna',
): Promise<TestSender> => {
  const made = await h.call<{ id: string }>('POST', '/api/v1/bavimail/domains', { as: tenant.key, body: { domain } })
  const box = await h.call<{ id: string; full_email: string }>('POST', '/api/v1/bavimail/aliases', {
    as: tenant.key,
    body: { domain_id: made.body.id, alias },
  })
  return { domain_id: made.body.id, domain, alias_id: box.body.id, full_email: box.body.full_email }
}

export type TestCampaign = { campaign_id: string; dataset_id: string }

export const createTestCampaign = async (h: Harness, tenant: TestTenant, sender: TestSender): Promise<TestCampaign> => {
  const now = h.clock.now()
  const dataset_id = newId()
  const campaign_id = newId()
  const { db } = h.deps
  await db
    .insertInto('datasets')
    .values({
      dataset_id,
      workspace_id: tenant.workspace_id,
      user_id: tenant.user_id,
      dataset_name: 'People',
      pipeline_type: 'personalization',
      source_type: 'csv',
      status: 'completed',
      created_at: now,
      updated_at: now,
    })
    .execute()
  await db
    .insertInto('campaigns')
    .values({
      campaign_id,
      workspace_id: tenant.workspace_id,
      user_id: tenant.user_id,
      dataset_id,
      name: 'Spring',
      type: 'email',
      status: 'active',
      launch_type: 'immediate',
      alias_ids: [sender.alias_id],
      daily_limit: 500,
      sending_window_start: '09:00:00',
      sending_window_end: '17:00:00',
      min_interval_seconds: 60,
      timezone: 'UTC',
      send_days: ['mon', 'tue', 'wed', 'thu', 'fri'],
      steps_config: JSON.stringify([]),
      created_at: now,
      updated_at: now,
    })
    .execute()
  return { campaign_id, dataset_id }
}

export const createTestLead = async (
  h: Harness,
  tenant: TestTenant,
  campaign: TestCampaign,
  sender: TestSender,
  email: string,
): Promise<string> => {
  const now = h.clock.now()
  const campaign_lead_id = newId()
  await h.deps.db
    .insertInto('campaign_leads')
    .values({
      campaign_lead_id,
      workspace_id: tenant.workspace_id,
      campaign_id: campaign.campaign_id,
      dataset_row_id: newId(),
      row_index: 0,
      status: 'active',
      email,
      email_domain: email.split('@')[1] as string,
      receiving_provider: email.split('@')[1] as string,
      lead_data: JSON.stringify({}),
      zone: 'Europe/Oslo',
      alias_id: sender.alias_id,
      current_step: 1,
      next_action_at: new Date(now.getTime() + 3 * 86_400_000),
      created_at: now,
      updated_at: now,
    })
    .execute()
  return campaign_lead_id
}

export type SentMail = {
  email_id: string
  message_id: string
  bounce_address: string
  to: string
  conversation_id: string
  reply: DeliveryReply
  links: { pixel: string; click: string; unsubscribe: string }
}

/** Records a message as sent and hands it to the local mail world, as the send path does. */
export const sendMail = async (
  h: Harness,
  tenant: TestTenant,
  sender: TestSender,
  to: string,
  options: { campaign?: TestCampaign; campaign_lead_id?: string; verdict?: 'accepted' | 'unknown' } = {},
): Promise<SentMail> => {
  const { db, mail_tokens, mail, address } = h.deps
  const now = h.clock.now()
  const email_id = newId()
  const conversation_id = newId()
  const message_id = mail_tokens.messageId(email_id, sender.domain)
  const bounce_address = mail_tokens.bounceAddress(email_id, sender.domain)
  const context = { base_url: address.base_url, mail_tokens }
  const links = {
    pixel: openPixelUrl(context, email_id),
    click: clickUrl(context, email_id, 0),
    unsubscribe: unsubscribeUrl(context, { email_id, workspace_id: tenant.workspace_id, to_email: to }),
  }
  await db
    .insertInto('conversations')
    .values({
      id: conversation_id,
      workspace_id: tenant.workspace_id,
      user_id: tenant.user_id,
      alias_id: sender.alias_id,
      domain_id: sender.domain_id,
      campaign_lead_id: options.campaign_lead_id ?? null,
      subject: 'A question',
      message_count: 1,
      first_message_at: now,
      last_message_at: now,
      created_at: now,
      updated_at: now,
    })
    .execute()
  const unknown = options.verdict === 'unknown'
  await db
    .insertInto('emails')
    .values({
      id: email_id,
      workspace_id: tenant.workspace_id,
      user_id: tenant.user_id,
      campaign_id: options.campaign?.campaign_id ?? null,
      campaign_lead_id: options.campaign_lead_id ?? null,
      step: options.campaign ? 1 : null,
      variant_label: options.campaign ? 'A' : null,
      alias_id: sender.alias_id,
      domain_id: sender.domain_id,
      conversation_id,
      from_email: sender.full_email,
      to_email: to,
      receiving_provider: to.split('@')[1] as string,
      status: 'queued',
      due_at: now,
      created_at: now,
      updated_at: now,
    })
    .execute()
  await db
    .updateTable('emails')
    .set({
      status: unknown ? 'sent' : 'delivered',
      verdict: options.verdict ?? 'accepted',
      message_id,
      track_opens: true,
      track_clicks: true,
      sent_at: now,
      delivered_at: unknown ? null : now,
    })
    .where('id', '=', email_id)
    .execute()
  await db
    .insertInto('email_contents')
    .values({
      email_id,
      workspace_id: tenant.workspace_id,
      subject: 'A question',
      body_text: 'Hello there,\n\nhow do you do it?',
      body_html: '<p>Hello</p>',
    })
    .execute()
  await db
    .insertInto('email_links')
    .values({
      email_id,
      workspace_id: tenant.workspace_id,
      position: 0,
      original_url: 'https://example.com/offer?a=1&b=2',
      anchor_text: 'Offer',
    })
    .execute()
  const raw = [
    `From: Anna Berg <${sender.full_email}>`,
    `To: ${to}`,
    'Subject: A question',
    `Date: ${now.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: ${message_id}`,
    `List-Unsubscribe: <${links.unsubscribe}>, <mailto:${mail_tokens.unsubscribeAddress(email_id, sender.domain)}?subject=unsubscribe>`,
    'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
    'MIME-Version: 1.0',
    'Content-Type: multipart/alternative; boundary="b1"',
    '',
    '--b1',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Hello there,',
    '',
    'how do you do it?',
    '--b1',
    'Content-Type: text/html; charset=utf-8',
    '',
    `<p>Hello</p><p><a href="${links.click}">Offer</a></p><img src="${links.pixel}" width="1" height="1" alt="">`,
    '--b1--',
    '',
  ].join('\r\n')
  const transport = await mail.transportFor({ workspace_id: tenant.workspace_id, mode: 'sandbox' })
  if (!transport) throw new Error('a sandbox has a transport')
  const connection = await transport.open()
  const reply = await connection.send({ mail_from: bounce_address, rcpt_to: to, raw: Buffer.from(raw) })
  connection.close()
  return { email_id, message_id, bounce_address, to, conversation_id, reply, links }
}
