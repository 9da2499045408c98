import type { EndpointRow } from './endpoint-row.ts'

const statusOf = (row: EndpointRow): 'pending_verification' | 'active' | 'disabled' =>
  row.is_active ? 'active' : row.is_verified ? 'disabled' : 'pending_verification'

/** An endpoint as the mail service shows it, with the fields of both lines of its clients. */
export const mailWebhook = (row: EndpointRow) => ({
  id: row.id,
  user_id: row.user_id,
  url: row.url,
  event_types: row.event_types,
  is_active: row.is_active,
  is_verified: row.is_verified,
  status: statusOf(row),
  verified_at: row.verified_at,
  description: row.description,
  integration_id: row.integration_id,
  consecutive_failures: row.consecutive_failures,
  disabled_at: row.disabled_at,
  created_at: row.created_at,
  updated_at: row.updated_at,
})

export const mailWebhookCreated = (made: EndpointRow & { secret: string }) => ({
  ...mailWebhook(made),
  secret: made.secret,
})
