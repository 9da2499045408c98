// Generated from openapi.json by sdk/generate.ts. Do not edit.

export type AccountOptions = {
  /** Who may make an account: everybody, the first user, who is still missing, or only who was invited. */
  signup: 'open' | 'first_user' | 'invited'
  /** Log-in with Google is configured. */
  google: boolean
  /** A letter to set a new password can be sent. */
  password_reset: boolean
}

/** Plain acknowledgement. */
export type ActionResult = {
  success: boolean
  message: string
}

export type AddLeadsRequest = {
  leads: Record<string, unknown>[]
}

export type AddLeadsResponse = {
  session_id: string
  /** Where the leads are; ours. */
  dataset_id: string
  leads_added: number
  /** Left out because the address is in the session already; ours. */
  leads_duplicate: number
  /** Left out because there is nothing in them or too much; ours. */
  leads_rejected: number
  /** Leads in the session now */
  leads_count: number
  status: 'created' | 'ready' | 'processing' | 'completed' | 'failed'
  job_id: string | null
  message: string
}

export type ApiKeyCreated = {
  id: string
  name: string
  /** First 17 characters of the key. */
  key_prefix: string
  created_at: string
  /** Null: everything. */
  scopes: string[] | null
  expires_at: string | null
  /** Complete secret: bav_live_ plus 43 URL-safe characters. Shown in this response only. */
  key: string
}

export type ApiKeyCreateRequest = {
  /** Label chosen by the user. */
  name: string
  /** What the key may do; everything its creator may when left out. */
  scopes?: ('account:read' | 'account:write' | 'workspace:read' | 'workspace:write' | 'campaigns:read' | 'campaigns:write' | 'leads:read' | 'leads:write' | 'templates:read' | 'templates:write' | 'sender_profiles:read' | 'sender_profiles:write' | 'suppression:read' | 'suppression:write' | 'mail:read' | 'mail:write' | 'notifications:read' | 'notifications:write' | 'credits:read' | 'credits:write')[] | null
  /** The key stops working then; never when left out. */
  expires_at?: string | null
}

export type ApiKeyList = {
  keys: ApiKeyListItem[]
  /** Active keys. */
  count: number
  /** How many active keys the plan of the workspace allows. */
  tier_limit: number
}

export type ApiKeyListItem = {
  id: string
  name: string
  /** First 17 characters of the key. */
  key_prefix: string
  created_at: string
  /** Null: everything. */
  scopes: string[] | null
  expires_at: string | null
  last_used_at: string | null
}

export type ApprovalException = {
  campaign_lead_id: string
  draft_id: string
  reasons: {
    code: string
    message: string
  }[]
}

export type ApprovalProof = {
  approval_id: string
  algorithm: 'HMAC-SHA256'
  /** Exactly what is signed, canonical JSON. */
  statement: string
  /** Lower-case hex. */
  signature: string
  verdict: ApprovalVerdict
  /** Null once the person’s data were erased; the signed statement stays. */
  contents: {
    /** What the digests are of; the marker stands where the recipient’s link goes. */
    rendered: {
      subject: string
      text: string
      html: string
    }
    words: {
      subject: string
      body: string
      format: 'text' | 'html'
    }
    draft: {
      subject: string
      body: string
    } | null
    diff: {
      subject: DiffPart[]
      body: DiffPart[]
    } | null
    lead: {
      email: string | null
      row: Record<string, unknown>
    }
    footer: Record<string, unknown>
    prompt: string
  } | null
  /** The approval and what became of it, oldest first. */
  records: ApprovalRecord[]
  sent: {
    email_id: string
    sent_at: string
    to_email: string
    message_id: string | null
    /** The recipient’s own link, which took the marker’s place. */
    unsubscribe_url: string
    /** What left, with the link undone, has the approved digests. */
    matches: boolean
  } | null
  /** How to verify a received message by hand. */
  recipe: string
}

export type ApprovalRecord = {
  record_id: string
  kind: 'approved' | 'withdrawn' | 'voided'
  approval_id: string
  campaign_id: string
  campaign_lead_id: string
  step_index: number
  /** Of an ending: replaced, withdrawn, or what changed. */
  reason: string | null
  detail: string | null
  user_id: string | null
  recorded_at: string
  /** When the person’s data were erased from the record. */
  erased_at: string | null
}

export type ApprovalRecordList = {
  campaign_id: string
  campaign_lead_id: string
  items: ApprovalRecord[]
  /** Exact to 10,000; beyond that from counters. */
  total: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
}

export type ApprovalVerdict = {
  /** The signature is this instance’s and every digest fits. */
  is_valid: boolean
  signature_valid: boolean
  /** Parts that are not what was approved; empty where none were given. */
  differing_parts: ('subject' | 'text' | 'html')[]
  checked_parts: ('subject' | 'text' | 'html')[]
}

export type ApprovalVerifyRequest = {
  statement: string
  signature: string
  /** What was received, decoded, with tracked links and pixel undone. */
  rendered?: {
    subject?: string
    text?: string
    html?: string
  }
  /** The link in it that the marker stands for. One that was not made here counts as a difference. */
  unsubscribe_url?: string
}

export type ApproveByRuleRequest = {
  /** Whose drafts are looked at. */
  batch_id: string
  /** Least quality score. */
  min_score?: number
  /** Checks that have to pass, by name; absent: all that were made. What no draft may fail counts always. */
  checks?: string[]
  /** Only these leads of the batch. */
  campaign_lead_ids?: string[]
  /** Says what would be approved and approves nothing. */
  dry_run?: boolean
}

export type ApproveByRuleResult = {
  campaign_id: string
  batch_id: string
  dry_run: boolean
  approved_lead_ids: string[]
  /** Every other draft of the batch, each with all that spoke against it. */
  exceptions: ApprovalException[]
}

/** A frozen e-mail, kept per step with the lead and sent verbatim. */
export type ApprovedEmail = {
  subject: string
  body: string
  prompt_snapshot: string
  prompt_version_hash: string
  lead_identity_fingerprint: string
  step_index: number
  variant_label: string
  step_config_fingerprint: string
  approved_at: string
  approved_by: string
  research_cache_fingerprint: string | null
  sender_profile_id: string | null
  template_id: string | null
  model: string | null
  generation_latency_ms: number | null
  /** Names the signed record, for its proof; ours. */
  approval_id: string
}

export type AuthenticatedUser = {
  /** The account behind the credential. */
  user_id: string
  email: string | null
  role: string
  /** Always true in a success response. */
  authenticated: true
  /** What the application knows: workspace, role, plan, scopes. */
  app_metadata: Record<string, unknown>
  /** What the user says of themselves. */
  user_metadata: Record<string, unknown>
}

export type BatchPreviewLead = {
  /** Lead fields such as company, role, linkedin_url; any names. */
  lead_data: Record<string, unknown>
  dataset_id?: string | null
  row_index?: number | null
  force_refresh_research?: boolean
}

export type BatchPreviewRequest = {
  /** UUIDv4 made by the client, echoed as batch_id. */
  client_run_id: string
  leads: BatchPreviewLead[]
  /** Wins over sender_data. */
  sender_profile_id?: string | null
  /** Ignored when a profile id is given. */
  sender_data?: Record<string, unknown> | null
  /** Named prompt of the profile; unknown names fall back to custom_prompt, then default, silently. */
  active_prompt_name?: string | null
  /** Override for this run. */
  custom_prompt?: string | null
}

/** A mailbox identity on a domain; its id is what a send needs. */
export type BavimailAlias = {
  id: string
  domain_id: string
  /** Local part. */
  alias: string
  full_email: string
  domain_name: string
  /** Of the domain it is on; ours. */
  domain_status?: string
  user_id: string
  signature_html?: string | null
  signature_text?: string | null
  warmup_token?: string | null
  /** Whether raw inbound messages are kept for download. */
  raw_mime_retention_enabled?: boolean
  /** Name in the From header; ours. */
  display_name?: string | null
  /** Messages on the first day of a ramp-up; ours. */
  ramp_start?: number | null
  /** Messages more on each further day, up to daily_limit; ours. */
  ramp_step?: number | null
  /** Most messages per calendar day of the workspace; ours. */
  daily_limit?: number
  /** Day of the first message of the ramp-up; ours. */
  ramp_started_on?: string | null
  /** How far the pause between two messages may differ, as a share; ours. */
  jitter_ratio?: number
  created_at?: string | null
  updated_at?: string | null
}

export type BavimailAliasCreate = {
  domain_id: string
  /** Local part of the address. */
  alias: string
  signature_html?: string | null
  raw_mime_retention_enabled?: boolean
  /** Name in the From header; ours. */
  display_name?: string | null
  /** Messages on the first day of a ramp-up; ours. */
  ramp_start?: number | null
  /** Messages more on each further day, up to daily_limit; ours. */
  ramp_step?: number | null
  /** Most messages per calendar day of the workspace, 50 for a new alias; ours. */
  daily_limit?: number
  /** How far the pause between two messages may differ, as a share, 0.2 for a new alias; ours. */
  jitter_ratio?: number
}

/** Only the fields sent are changed. */
export type BavimailAliasUpdate = {
  /** New local part; the old address stops sending and receiving. */
  alias?: string
  /** null removes the signature. */
  signature_html?: string | null
  raw_mime_retention_enabled?: boolean
  /** Name in the From header; ours. */
  display_name?: string | null
  /** Messages on the first day of a ramp-up; ours. */
  ramp_start?: number | null
  /** Messages more on each further day, up to daily_limit; ours. */
  ramp_step?: number | null
  /** Most messages per calendar day of the workspace, 50 for a new alias; ours. */
  daily_limit?: number
  /** How far the pause between two messages may differ, as a share, 0.2 for a new alias; ours. */
  jitter_ratio?: number
}

export type BavimailAttachmentMetadata = {
  id?: string | null
  filename?: string | null
  size_bytes: number
  mime_type: string
  sha256?: string | null
  content_id?: string | null
  is_inline?: boolean
}

/** A thread with its messages, oldest first. */
export type BavimailConversation = {
  id: string
  subject: string
  message_count: number
  user_id: string
  first_message_at?: string | null
  last_message_at?: string | null
  created_at?: string | null
  updated_at?: string | null
  first_from_email?: string | null
  first_to_email?: string | null
  total_attachment_count: number
  /** Received messages that nobody has read; ours. */
  unread_count?: number
  /** Ours. */
  alias_id?: string
  /** Ours. */
  domain_id?: string
  /** Ours. */
  campaign_lead_id?: string | null
  messages: BavimailConversationMessage[]
}

export type BavimailConversationMessage = {
  id: string
  direction: 'inbound' | 'outbound'
  from_email: string
  from_name?: string | null
  to_email: string
  subject: string
  body_text?: string | null
  body_html?: string | null
  message_id?: string | null
  attachment_count: number
  timestamp?: string | null
  /** State of a sent message, or received; ours. */
  status?: string
  /** What a received message is: human_reply, auto_reply, …; ours. */
  kind?: string | null
  /** What was newly written in a received message; ours. */
  reply_text?: string | null
  /** When a received message was marked as read; ours. */
  read_at?: string | null
  /** Ours. */
  is_warmup?: boolean
}

/** List form of a thread: no messages. */
export type BavimailConversationSummary = {
  id: string
  subject: string
  message_count: number
  user_id: string
  first_message_at?: string | null
  last_message_at?: string | null
  created_at?: string | null
  updated_at?: string | null
  first_from_email?: string | null
  first_to_email?: string | null
  total_attachment_count: number
  /** Received messages that nobody has read; ours. */
  unread_count?: number
  /** Ours. */
  alias_id?: string
  /** Ours. */
  domain_id?: string
  /** Ours. */
  campaign_lead_id?: string | null
}

export type BavimailDnsRecord = {
  /** TXT, CNAME or MX. */
  type: string
  name: string
  /** Value that must be published. */
  value: string
  priority?: number | null
  ttl?: number | null
  description?: string | null
  /** What the record is for: ownership, dkim, dkim_next, dkim_retired, spf, dmarc, mx, mail_from_mx, mail_from_spf, tracking, mta_sts, mta_sts_host, tls_rpt. Ours. */
  purpose?: string
  /** The domain cannot send without it; ours. */
  required?: boolean
}

export type BavimailDnsRecordStatus = {
  /** TXT, CNAME or MX. */
  type: string
  name: string
  /** Value that must be published. */
  value: string
  priority?: number | null
  ttl?: number | null
  description?: string | null
  /** What the record is for: ownership, dkim, dkim_next, dkim_retired, spf, dmarc, mx, mail_from_mx, mail_from_spf, tracking, mta_sts, mta_sts_host, tls_rpt. Ours. */
  purpose?: string
  /** The domain cannot send without it; ours. */
  required?: boolean
  status: 'verified' | 'not_configured' | 'incorrect_value' | 'checking' | 'error'
  /** Value found in DNS. */
  actual_value?: string | null
  error_message?: string | null
  last_checked?: string | null
  /** Worth knowing about a record that does; ours. */
  note?: string | null
}

/** Per-record DNS check with a count per outcome. */
export type BavimailDnsStatus = {
  domain: string
  overall_progress: {
    total_records: number
    verified: number
    not_configured: number
    incorrect: number
    errors: number
  }
  records: BavimailDnsRecordStatus[]
  last_checked?: string | null
  mail_from_status?: {
    status: string
    message: string
    mail_from_domain?: string | null
    error?: string | null
  } | null
}

/** A sending domain of the workspace. */
export type BavimailDomain = {
  id: string
  domain: string
  status: BavimailDomainStatus
  inbound_enabled: boolean
  /** Remove tracking pixels from inbound bodies when they are read. */
  strip_tracking_on_read: boolean
  /** Extra inbound headers kept beyond the default set. */
  extra_retained_headers?: string[] | null
  /** Header patterns that are kept in effect. */
  retained_headers?: string[] | null
  verified_at?: string | null
  last_verification_attempt?: string | null
  /** Reason of the last failed check. */
  verification_error?: string | null
  provider_key?: string
  user_id?: string
  is_active?: boolean
  provider_config?: Record<string, unknown> | null
  ses_verification_token?: string | null
  ses_dkim_tokens?: string[] | null
  ses_mail_from_domain?: string | null
  ses_mail_from_status?: string | null
  ses_mail_from_error?: string | null
  /** Belongs to the local mail world; ours. */
  is_sandbox?: boolean
  /** Of the RSA key that signs; ours. */
  dkim_selector?: string | null
  /** An Ed25519 key signs beside the RSA one (RFC 8463); ours. */
  dkim_ed25519?: boolean
  /** Where envelope senders are once its records are found; ours. */
  mail_from_host?: string | null
  /** Ours. */
  mail_from_verified_at?: string | null
  /** Ours. */
  mail_from_error?: string | null
  /** Name of tracked links once its record is found; ours. */
  tracking_host?: string | null
  /** Ours. */
  tracking_verified_at?: string | null
  /** What the policy file at mta-sts.<domain> says; ours. */
  mta_sts_mode?: 'none' | 'testing' | 'enforce'
  /** Since when a verified domain lacks a needed record; it stops sending 72 hours later. Ours. */
  failing_since?: string | null
  /** Most messages per calendar day of the workspace; ours. */
  daily_limit?: number | null
  /** Rises when the domain is registered anew, and with each rotation of its keys. */
  activation_generation?: number
  created_at?: string | null
  updated_at?: string | null
}

export type BavimailDomainCreate = {
  /** Fully qualified DNS name; other scripts are accepted and turned into ASCII. */
  domain: string
  /** Kept for compatibility; mail leaves through this instance’s own transport. */
  provider_key?: 'AWS'
  inbound_enabled?: boolean
  extra_retained_headers?: string[] | null
  /** Provider-specific settings. */
  provider_config?: Record<string, unknown> | null
  /** Most messages per calendar day of the workspace; ours. */
  daily_limit?: number | null
  /** Label of the MAIL FROM name, bounce by default; null: the domain itself. Ours. */
  mail_from_subdomain?: string | null
  /** Label of the tracking name, track by default; null: none. Ours. */
  tracking_subdomain?: string | null
  /** Sign with an Ed25519 key beside the RSA one; ours. */
  dkim_ed25519?: boolean
}

export type BavimailDomainSetup = {
  domain: string
  dns_records: BavimailDnsRecord[]
  verification_instructions: string
}

export type BavimailDomainStatus = 'provisioning' | 'pending' | 'verifying' | 'verified' | 'failed'

/** Only the fields sent are changed. */
export type BavimailDomainUpdate = {
  inbound_enabled?: boolean
  strip_tracking_on_read?: boolean
  extra_retained_headers?: string[] | null
  /** Provider-specific settings. */
  provider_config?: Record<string, unknown> | null
  /** false: nothing is sent from the domain; ours. */
  is_active?: boolean
  /** Most messages per calendar day of the workspace; ours. */
  daily_limit?: number | null
  /** Ours. */
  mta_sts_mode?: 'none' | 'testing' | 'enforce'
  /** Label of the MAIL FROM name, bounce by default; null: the domain itself. Ours. */
  mail_from_subdomain?: string | null
  /** Label of the tracking name, track by default; null: none. Ours. */
  tracking_subdomain?: string | null
  /** Sign with an Ed25519 key beside the RSA one; ours. */
  dkim_ed25519?: boolean
}

export type BavimailDomainVerifyResponse = {
  status: BavimailDomainStatus
  /** The check runs in the background. */
  queued?: boolean
  verified_at?: string | null
  last_verification_attempt?: string | null
  verification_error?: string | null
}

/** An outbound message. */
export type BavimailEmail = {
  id: string
  alias_id: string
  domain_id: string
  user_id: string
  conversation_id?: string | null
  from_email: string
  /** First recipient. */
  to_email: string
  to_emails: string[]
  cc_emails?: string[] | null
  bcc_emails?: string[] | null
  subject: string
  body_text: string
  body_html?: string | null
  status: BavimailEmailStatus
  provider_message_id?: string | null
  in_reply_to?: string | null
  thread_references?: string | null
  attachments?: BavimailAttachmentMetadata[] | null
  attachment_count: number
  provider_metadata?: Record<string, unknown> | null
  warmup_suspicious?: boolean
  warmup_suspicious_tokens?: string[]
  alias_name?: string | null
  domain_name?: string | null
  /** Requested time, as the clocks of send_at_timezone show it. */
  send_at?: string | null
  send_at_timezone?: string | null
  send_at_utc?: string | null
  sent_at?: string | null
  delivered_at?: string | null
  cancelled_at?: string | null
  error_message?: string | null
  tracking_id?: string | null
  track_opens: boolean
  open_count: number
  first_opened_at?: string | null
  track_clicks: boolean
  click_count: number
  first_clicked_at?: string | null
  last_clicked_at?: string | null
  tracked_links_count: number
  created_at?: string | null
  updated_at?: string | null
  /** Who composed it: a campaign, or a client; ours. */
  source?: 'campaign' | 'api'
  /** Ours. */
  reply_to?: string | null
  /** Further header fields it carries; ours. */
  headers?: { [name: string]: string } | null
  /** Of the last answer, as the three below; ours. */
  smtp_code?: number | null
  /** Ours. */
  smtp_enhanced?: string | null
  /** Ours. */
  smtp_text?: string | null
  /** The last answer in plain words; ours. */
  cause?: string | null
  /** What helps against it; ours. */
  advice?: string | null
  /** Of a message that a client composed: each recipient, sent to in an envelope of its own; ours. */
  recipients?: EmailRecipient[] | null
  /** Ours. */
  campaign_id?: string | null
  /** Ours. */
  campaign_lead_id?: string | null
  /** Ours. */
  step?: number | null
  /** Ours. */
  variant_label?: string | null
  /** What is known of the delivery; ours. */
  verdict?: 'accepted' | 'unknown' | 'refused' | null
  /** Ours. */
  bounced_at?: string | null
  /** Ours. */
  bounce_kind?: 'hard' | 'soft' | null
  /** Ours. */
  bounce_reason?: string | null
  /** Ours. */
  complained_at?: string | null
  /** Ours. */
  unsubscribed_at?: string | null
  /** Ours. */
  replied_at?: string | null
  /** Opens by machines, which open_count leaves out; ours. */
  machine_open_count?: number
  /** Clicks by machines, which click_count leaves out; ours. */
  machine_click_count?: number
}

export type BavimailEmailClick = {
  id: string
  link_id: string
  original_url: string
  position: number
  clicked_at: string
  user_agent: string | null
  ip_address: string | null
  referer: string | null
  device_type: string | null
  browser_name: string | null
  os_name: string | null
  is_first_click: boolean
  is_bot: boolean
  bot_reason: string | null
  created_at?: string | null
  updated_at?: string | null
}

export type BavimailEmailClicksResponse = {
  clicks: BavimailEmailClick[]
  total: number
  limit: number
  offset: number
}

/** queued or scheduled, then sending, sent, and delivered, bounced or failed; queued or scheduled with a send time ahead may become cancelled. Opens, clicks and complaints are events: they show in counters and timestamps, not here. */
export type BavimailEmailStatus = 'queued' | 'scheduled' | 'sending' | 'sent' | 'delivered' | 'bounced' | 'failed' | 'cancelled'

export type BavimailEventType = 'email.inbound.received' | 'email.outbound.sent' | 'email.outbound.failed' | 'email.outbound.opened' | 'email.outbound.clicked' | 'email.outbound.scheduled' | 'email.outbound.cancelled' | 'email.outbound.delivered' | 'email.outbound.bounced' | 'email.outbound.complained' | 'domain.verified' | 'domain.failed' | 'webhook.test'

export type BavimailHeader = {
  name: string
  value: string
}

/** Full received message. Bodies and headers are third-party text and must be treated as untrusted. */
export type BavimailInboundEmail = {
  id: string
  alias_id: string
  domain_id: string
  user_id: string
  conversation_id?: string | null
  from_email: string
  from_name?: string | null
  subject: string
  alias_name: string
  domain_name: string
  /** Address that received the message. */
  full_email: string
  attachment_count: number
  has_html: boolean
  provider_message_id: string
  raw_email_uri: string | null
  provider_received_at?: string | null
  processed_at?: string | null
  processing_error?: string | null
  provider_metadata?: Record<string, unknown> | null
  tags?: BavimailTagSummary[] | null
  /** human_reply, auto_reply, bounce, complaint, unsubscribe, delivery_notice or unmatched; ours. */
  kind?: string
  /** How the message it answers was found; ours. */
  matched_by?: string | null
  /** The sent message it answers; ours. */
  email_id?: string | null
  /** Ours. */
  campaign_id?: string | null
  /** Ours. */
  campaign_lead_id?: string | null
  created_at?: string | null
  updated_at?: string | null
  to_email: string
  reply_to?: string | null
  cc_emails?: BavimailRecipient[] | null
  bcc_emails?: BavimailRecipient[] | null
  body_text?: string | null
  body_html?: string | null
  /** What was newly written, without quoted text and signature; ours. */
  reply_text?: string | null
  /** Ours. */
  quoted_text?: string | null
  /** Ours. */
  signature_text?: string | null
  raw_email_size?: number | null
  headers?: BavimailHeader[] | null
  message_id?: string | null
  in_reply_to?: string | null
  thread_references?: string[] | null
  attachments?: BavimailAttachmentMetadata[] | null
  spam_verdict?: BavimailVerdict | null
  virus_verdict?: BavimailVerdict | null
  spf_verdict?: BavimailVerdict | null
  dkim_verdict?: BavimailVerdict | null
  dmarc_verdict?: BavimailVerdict | null
  /** Of the chain of seals that forwarders leave (RFC 8617); ours. */
  arc_verdict?: BavimailVerdict | null
}

/** List form of a received message: no bodies, no headers. */
export type BavimailInboundEmailSummary = {
  id: string
  alias_id: string
  domain_id: string
  user_id: string
  conversation_id?: string | null
  from_email: string
  from_name?: string | null
  subject: string
  alias_name: string
  domain_name: string
  /** Address that received the message. */
  full_email: string
  attachment_count: number
  has_html: boolean
  provider_message_id: string
  raw_email_uri: string | null
  provider_received_at?: string | null
  processed_at?: string | null
  processing_error?: string | null
  provider_metadata?: Record<string, unknown> | null
  tags?: BavimailTagSummary[] | null
  /** human_reply, auto_reply, bounce, complaint, unsubscribe, delivery_notice or unmatched; ours. */
  kind?: string
  /** How the message it answers was found; ours. */
  matched_by?: string | null
  /** The sent message it answers; ours. */
  email_id?: string | null
  /** Ours. */
  campaign_id?: string | null
  /** Ours. */
  campaign_lead_id?: string | null
  created_at?: string | null
  updated_at?: string | null
}

export type BavimailRecipient = {
  email: string
  name?: string | null
}

export type BavimailSendAttachment = {
  /** Attachment stored earlier. */
  attachment_id: string
  /** Shown by the HTML as cid: and its content_id. */
  is_inline?: boolean
  content_id?: string | null
} | {
  filename: string
  content: string
  mime_type: string
  is_inline?: boolean
  content_id?: string | null
}

/** One message to one or more recipients. */
export type BavimailSendEmailRequest = {
  /** Identity to send from. */
  alias_id: string
  /** Single recipient; give this or to_emails. */
  to_email?: string
  to_emails?: string[]
  cc_emails?: string[] | null
  bcc_emails?: string[] | null
  subject: string
  /** HTML if it has a block element, else plain text; a text version is derived from HTML. */
  body: string
  track_opens?: boolean
  track_clicks?: boolean
  /** Only links that match are tracked: part of the address, or the whole with * for any characters. */
  click_tracking_patterns?: string[] | null
  /** Thread to add the message to. */
  conversation_id?: string | null
  /** Message-ID answered. */
  in_reply_to?: string | null
  /** Reply-To address. */
  reply_to?: string | null
  /** Further header fields: X-… and a few that describe the message; ours. */
  headers?: { [name: string]: string } | null
  /** ISO 8601 with Z or an offset, or a wall-clock time that is read in send_at_timezone. */
  send_at?: string | null
  /** IANA zone in which send_at is read. */
  send_at_timezone?: string | null
  attachments?: BavimailSendAttachment[] | null
}

export type BavimailTagSummary = {
  id: string
  name: string
  type: string
  color?: string | null
  icon?: string | null
}

export type BavimailTrackedLink = {
  id: string
  link_id: string
  original_url: string
  position: number
  anchor_text: string | null
  click_count: number
  /** 1 once a person has clicked it, else 0: a message has one reader. */
  unique_click_count: number
  first_clicked_at?: string | null
  last_clicked_at?: string | null
  created_at?: string | null
  updated_at?: string | null
}

/** Result of one mail authentication or scan check. */
export type BavimailVerdict = {
  /** PASS, FAIL, GRAY or PROCESSING_FAILED. */
  status: string
  details?: string | null
}

export type BavimailWebhookEvent = {
  /** Unique per delivery; used to drop repeats. */
  event_id: string
  event_type: BavimailEventType
  timestamp: string
  /** Fields depend on event_type. */
  data: {
    email_id?: string
    alias_id?: string
    domain_id?: string
    link_id?: string
    webhook_id?: string
    from_email?: string
    to_email?: string
    subject?: string
    original_url?: string
    domain?: string
    old_status?: string
    new_status?: string
    /** Newer name of original_url. */
    link_url?: string
    /** Newer name of to_email on inbound events. */
    alias?: string
    from_name?: string | null
    body_preview?: string | null
    provider_message_id?: string | null
    error_message?: string | null
    bot_reason?: string | null
    anchor_text?: string | null
    device_type?: string | null
    browser_name?: string | null
    os_name?: string | null
    send_at_timezone?: string | null
    bounce_type?: string | null
    bounce_sub_type?: string | null
    complaint_feedback_type?: string | null
    error?: string | null
    received_at?: string | null
    sent_at?: string | null
    delivered_at?: string | null
    opened_at?: string | null
    clicked_at?: string | null
    send_at?: string | null
    send_at_utc?: string | null
    cancelled_at?: string | null
    bounced_at?: string | null
    complained_at?: string | null
    verified_at?: string | null
    attachment_count?: number
    open_count?: number
    position?: number
    link_click_count?: number
    link_unique_click_count?: number
    email_click_count?: number
    has_html?: boolean
    is_first_open?: boolean
    is_bot?: boolean
    is_first_click?: boolean
    test?: boolean
  }
}

export type BavimailWebhookRegistrationResponse = {
  /** already_active: nothing was changed. registered: none existed. recreated: a dead one was removed and replaced. */
  status: 'already_active' | 'registered' | 'recreated'
  webhook_id: string
  url?: string
  event_types?: BavimailEventType[]
  is_active: boolean
  is_verified: boolean
  consecutive_failures: number
  disabled_at?: string | null
  checked_at?: string
}

export type BulkDeleteExtractionsRequest = {
  extraction_ids: string[]
}

export type BulkDeleteExtractionsResponse = {
  deleted_count: number
  deleted_ids: string[]
  /** Ids missing, foreign or not removable */
  failed: BulkDeleteFailure[]
  message: string
}

export type BulkDeleteFailure = {
  extraction_id: string
  reason: string
}

export type Campaign = {
  campaign_id: string
  user_id: string
  dataset_id: string
  name: string
  type: 'email' | 'linkedin' | 'mixed'
  status: CampaignStatus
  launch_type: 'immediate' | 'scheduled'
  daily_limit: number
  sending_window_start: string
  sending_window_end: string
  min_interval_seconds: number
  timezone: string
  steps_config: CampaignStep[]
  send_days: ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[]
  created_at: string
  updated_at: string
  description: string | null
  start_date: string | null
  alias_ids: string[] | null
  connected_account_id: string | null
  total_leads: number | null
  /** Leads whose first step has been decided: sent, skipped or stopped. */
  processed_leads: number
  /** Background job that carries out the launch; see /api/v1/jobs. */
  launch_job_id: string | null
  launch_requested_at: string | null
  /** Why the last launch failed. */
  launch_error: string | null
  system_prompt: string | null
  unreviewed_launch_policy: 'launch_default' | 'hold' | 'cancel'
  /** Why it is paused, for instance by the user or for its bounce rate. */
  paused_reason: string | null
  playground_discovery_dismissed_at: string | null
  use_lead_timezone: boolean
  holiday_countries: string[] | null
  allow_overlap: boolean
  stop_company_on_reply: boolean
  /** Only in a list that was asked for them; ours. */
  figures?: CampaignFigures
}

export type CampaignAggregateStats = {
  total_campaigns: number
  /** Campaigns that send: active and draining. */
  active_campaigns: number
  campaigns_by_status: { [name: string]: number }
  total_leads: number
  /** Messages handed over, those refused as undeliverable included. */
  sent: number
  /** Accepted with 250 and not bounced since. */
  delivered: number
  opened: number
  clicked: number
  /** Answered by a person; a reply belongs to the message it answers. */
  replied: number
  bounced: number
  complained: number
  unsubscribed: number
  failed: number
  /** Opened ÷ delivered. */
  open_rate: number
  /** Clicked ÷ delivered. */
  click_rate: number
  /** Replied ÷ delivered. */
  reply_rate: number
  /** Bounced ÷ sent. */
  bounce_rate: number
}

export type CampaignClickStats = {
  campaign_id: string
  /** Messages sent with link tracking. */
  tracked_emails: number
  total_clicks: number
  /** Leads who clicked at least once. */
  unique_clicks: number
  /** Leads who clicked ÷ tracked messages. */
  click_rate: number
  links: CampaignLinkClicks[]
  last_clicked_at: string | null
}

export type CampaignCreateRequest = {
  name: string
  /** Dataset whose rows become the leads. */
  dataset_id: string
  steps: CampaignStepInput[]
  description?: string | null
  type?: 'email' | 'linkedin' | 'mixed'
  /** Sending aliases; needed when e-mail steps are present. */
  alias_ids?: string[] | null
  /** LinkedIn account; needed when LinkedIn steps are present. */
  connected_account_id?: string | null
  launch_type?: 'immediate' | 'scheduled'
  /** Needed when launch_type is scheduled. */
  start_date?: string | null
  /** Most messages per calendar day of the campaign’s zone. */
  daily_limit?: number
  sending_window_start?: string
  /** Before the start it means the next morning. */
  sending_window_end?: string
  /** Least pause between two messages of one alias. */
  min_interval_seconds?: number
  /** IANA zone in which the window is read. */
  timezone?: string
  /** Days on which to send; Monday to Friday when absent. */
  send_days?: ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[]
  system_prompt?: string | null
  unreviewed_launch_policy?: 'launch_default' | 'hold' | 'cancel'
  /** Read the window in each lead’s own zone (its timezone column); ours. */
  use_lead_timezone?: boolean
  /** Skip the public holidays of these countries (ISO 3166, with region if wanted); ours. */
  holiday_countries?: string[] | null
  /** Take leads whose address is active in another campaign; ours. */
  allow_overlap?: boolean
  /** A human reply stops everybody at the same company domain; ours. */
  stop_company_on_reply?: boolean
}

/** The figures of get_campaign_stats, in short; ours. */
export type CampaignFigures = {
  sent: number
  delivered: number
  in_flight: number
  opened: number
  clicked: number
  replied: number
  bounced: number
  complained: number
  unsubscribed: number
  failed: number
  open_rate: number
  click_rate: number
  reply_rate: number
  bounce_rate: number
}

export type CampaignLead = {
  campaign_lead_id: string
  campaign_id: string
  /** Row of the dataset. */
  row_index: number
  status: CampaignLeadStatus
  email: string | null
  linkedin_url: string | null
  /** The dataset row, for display. */
  lead_data: Record<string, unknown>
  /** Last step carried out; 0 before the first. */
  current_step: number
  /** Variant label per step number. */
  variant_assignments: { [name: string]: string }
  /** Steps whose e-mail text is frozen. */
  approved_steps: number[]
  next_action_at: string | null
  last_action_at: string | null
  last_event: string | null
  error: string | null
  created_at: string
  updated_at: string
  /** The sending alias of this lead, the same for the whole sequence. */
  alias_id: string | null
  stop_reason: string | null
  text_state: LeadTextState | null
}

export type CampaignLeadDetail = {
  campaign_lead_id: string
  campaign_id: string
  /** Row of the dataset. */
  row_index: number
  status: CampaignLeadStatus
  email: string | null
  linkedin_url: string | null
  /** The dataset row, for display. */
  lead_data: Record<string, unknown>
  /** Last step carried out; 0 before the first. */
  current_step: number
  /** Variant label per step number. */
  variant_assignments: { [name: string]: string }
  /** Steps whose e-mail text is frozen. */
  approved_steps: number[]
  next_action_at: string | null
  last_action_at: string | null
  last_event: string | null
  error: string | null
  created_at: string
  updated_at: string
  /** The sending alias of this lead, the same for the whole sequence. */
  alias_id: string | null
  stop_reason: string | null
  text_state: LeadTextState | null
  explanation: LeadExplanation
  /** Where its timeline is read. */
  events_path: string
}

export type CampaignLeadEvent = {
  event_id: string
  event_type: 'scheduled' | 'sent' | 'delivered' | 'opened' | 'clicked' | 'replied' | 'bounced' | 'complained' | 'unsubscribed' | 'failed' | 'cancelled' | 'invite_sent' | 'invite_accepted' | 'message_sent' | 'deferred' | 'auto_replied' | 'postponed' | 'stopped' | 'voided'
  occurred_at: string
  channel: 'email' | 'linkedin'
  step_index: number | null
  variant_label: string | null
  /** Message id at the mail service. */
  email_id: string | null
  subject: string | null
  /** Clicked link. */
  url: string | null
  metadata: Record<string, unknown>
}

export type CampaignLeadEvents = {
  campaign_id: string
  campaign_lead_id: string
  /** Oldest first. */
  items: CampaignLeadEvent[]
  /** Exact to 10,000; beyond that from counters. */
  total: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
}

export type CampaignLeadList = {
  items: CampaignLead[]
  /** Exact to 10,000; beyond that from counters. */
  total: number
  page: number
  page_size: number
  total_pages: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
}

/** Where one lead stands in the sequence. postponed waits for the return from an absence; unknown had a message whose fate a crash hid. */
export type CampaignLeadStatus = 'pending' | 'active' | 'connection_sent' | 'connected' | 'frozen' | 'replied' | 'completed' | 'bounced' | 'unsubscribed' | 'suppressed' | 'skipped' | 'failed' | 'complained' | 'stopped' | 'unknown' | 'postponed'

export type CampaignLinkClicks = {
  url: string
  total_clicks: number
  unique_clicks: number
  last_clicked_at: string | null
}

export type CampaignLinkedInStats = {
  invites_sent: number
  invites_accepted: number
  messages_sent: number
  replies: number
  acceptance_rate: number
}

export type CampaignList = {
  items: Campaign[]
  /** Exact to 10,000; beyond that from counters. */
  total: number
  page: number
  page_size: number
  total_pages: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
}

export type CampaignPersonalizeRequest = {
  campaign_lead_id: string
  step_index: number
  /** The lead’s assigned variant when absent. */
  variant_label?: string | null
  custom_prompt?: string | null
  /** Write anew although an approved text exists. */
  force_regenerate?: boolean
}

export type CampaignPersonalizeResponse = {
  campaign_id: string
  campaign_lead_id: string
  step_index: number
  variant_label: string
  subject: string
  body: string
  /** approved when a frozen text was used. */
  source: 'approved' | 'generated'
  prompt_source: string | null
  prompt_version_hash: string | null
  model: string | null
  generation_latency_ms: number | null
  credits_used: number
  quality: DraftQuality | null
}

export type CampaignStats = {
  campaign_id: string
  status: CampaignStatus
  total_leads: number
  processed_leads: number
  /** Messages still to be sent: waiting in the queue, and steps that leads have ahead of them now. */
  queued: number
  /** Messages handed over and not yet confirmed. */
  in_flight: number
  /** Messages handed over, those refused as undeliverable included. */
  sent: number
  /** Accepted with 250 and not bounced since. */
  delivered: number
  opened: number
  clicked: number
  /** Answered by a person; a reply belongs to the message it answers. */
  replied: number
  bounced: number
  complained: number
  unsubscribed: number
  failed: number
  /** Messages whose fate a crash hid; ours. */
  unknown: number
  /** Messages opened by prefetchers and scanners, counted apart; ours. */
  machine_opened: number
  /** Messages whose links a scanner followed, counted apart; ours. */
  machine_clicked: number
  /** Opened ÷ delivered. */
  open_rate: number
  /** Clicked ÷ delivered. */
  click_rate: number
  /** Replied ÷ delivered. */
  reply_rate: number
  /** Bounced ÷ sent. */
  bounce_rate: number
  /** Leads per lead status. */
  lead_status_counts: { [name: string]: number }
  /** Figures of LinkedIn steps; null without any. */
  linkedin: CampaignLinkedInStats | null
  first_sent_at: string | null
  last_activity_at: string | null
}

/** draft -> launching -> active (or scheduled until start_date) -> draining -> completed; paused and failed branch off. */
export type CampaignStatus = 'draft' | 'launching' | 'scheduled' | 'active' | 'draining' | 'paused' | 'completed' | 'failed'

export type CampaignStep = {
  /** Position in the sequence, counted from 1. */
  step: number
  /** Calendar days to wait after the step before this one was sent. */
  delay_days: number
  channel: 'email' | 'linkedin'
  /** A/B variants; an e-mail step needs at least one. */
  variants: CampaignStepVariant[]
  /** Whether AI may write the text of this step. */
  ai_personalization_enabled: boolean
  /** Rewrite links so clicks are counted. */
  track_clicks: boolean
  /** Add an open pixel; ours, beside the public fields. */
  track_opens: boolean
  /** LinkedIn steps only: what to do. */
  action_type?: 'connection_request' | 'message' | null
  /** LinkedIn steps only: text, with placeholders. */
  message_template?: string | null
}

export type CampaignStepInput = {
  /** Position in the sequence, counted from 1. */
  step: number
  /** Calendar days to wait after the step before this one was sent. */
  delay_days: number
  channel?: 'email' | 'linkedin'
  /** A/B variants; an e-mail step needs at least one. */
  variants?: CampaignStepVariantInput[]
  /** Whether AI may write the text of this step. */
  ai_personalization_enabled?: boolean
  /** Rewrite links so clicks are counted. */
  track_clicks?: boolean
  /** Add an open pixel; ours, beside the public fields. */
  track_opens?: boolean
  /** LinkedIn steps only: what to do. */
  action_type?: 'connection_request' | 'message' | null
  /** LinkedIn steps only: text, with placeholders. */
  message_template?: string | null
}

export type CampaignStepPerformance = {
  campaign_id: string
  steps: CampaignStepPerformanceRow[]
}

export type CampaignStepPerformanceRow = {
  step_index: number
  channel: 'email' | 'linkedin'
  action_type: string | null
  /** Messages of this step that are queued or in flight. */
  pending: number
  /** Messages handed over, those refused as undeliverable included. */
  sent: number
  /** Accepted with 250 and not bounced since. */
  delivered: number
  opened: number
  clicked: number
  /** Answered by a person; a reply belongs to the message it answers. */
  replied: number
  bounced: number
  complained: number
  unsubscribed: number
  failed: number
  /** Messages whose fate a crash hid; ours. */
  unknown: number
  /** Messages opened by prefetchers and scanners, counted apart; ours. */
  machine_opened: number
  /** Messages whose links a scanner followed, counted apart; ours. */
  machine_clicked: number
  /** Opened ÷ delivered. */
  open_rate: number
  /** Clicked ÷ delivered. */
  click_rate: number
  /** Replied ÷ delivered. */
  reply_rate: number
  /** Bounced ÷ sent. */
  bounce_rate: number
  variants: CampaignVariantPerformance[]
}

export type CampaignStepVariant = {
  /** Variant label, unique inside the step, such as A or B. */
  label: string
  /** Share of leads in percent; the weights of a step add up to 100. */
  weight: number
  /** TEMPLATE fills placeholders of a template; PERSONALIZATION has the text written by AI per lead. */
  type: 'TEMPLATE' | 'PERSONALIZATION'
  /** Needed for TEMPLATE. Becomes null when the template is deleted. */
  template_id?: string | null
  /** Needed for PERSONALIZATION: who is writing. */
  sender_profile_id?: string | null
}

export type CampaignStepVariantInput = {
  /** Variant label, unique inside the step, such as A or B. */
  label: string
  /** Share of leads in percent; the weights of a step add up to 100. */
  weight: number
  /** TEMPLATE fills placeholders of a template; PERSONALIZATION has the text written by AI per lead. */
  type: 'TEMPLATE' | 'PERSONALIZATION'
  /** Needed for TEMPLATE. Becomes null when the template is deleted. */
  template_id?: string | null
  /** Needed for PERSONALIZATION: who is writing. */
  sender_profile_id?: string | null
}

export type CampaignUpdateRequest = {
  name?: string | null
  description?: string | null
  daily_limit?: number | null
  sending_window_start?: string | null
  sending_window_end?: string | null
  min_interval_seconds?: number | null
  timezone?: string | null
  send_days?: ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[] | null
  launch_type?: 'immediate' | 'scheduled' | null
  start_date?: string | null
  alias_ids?: string[] | null
  connected_account_id?: string | null
  /** Only while the campaign is a draft. */
  steps?: CampaignStepInput[] | null
  /** Null clears it, absent keeps it; an empty string is refused. */
  system_prompt?: string | null
  unreviewed_launch_policy?: 'launch_default' | 'hold' | 'cancel' | null
  /** When the user closed the playground hint. */
  playground_discovery_dismissed_at?: string | null
  /** Only while the campaign is a draft; ours. */
  dataset_id?: string
  /** Read the window in each lead’s own zone (its timezone column); ours. */
  use_lead_timezone?: boolean
  /** Skip the public holidays of these countries (ISO 3166, with region if wanted); ours. */
  holiday_countries?: string[] | null
  /** Take leads whose address is active in another campaign; ours. */
  allow_overlap?: boolean
  /** A human reply stops everybody at the same company domain; ours. */
  stop_company_on_reply?: boolean
}

export type CampaignVariantPerformance = {
  label: string
  type: 'TEMPLATE' | 'PERSONALIZATION'
  /** Messages handed over, those refused as undeliverable included. */
  sent: number
  /** Accepted with 250 and not bounced since. */
  delivered: number
  opened: number
  clicked: number
  /** Answered by a person; a reply belongs to the message it answers. */
  replied: number
  bounced: number
  complained: number
  unsubscribed: number
  failed: number
  /** Messages whose fate a crash hid; ours. */
  unknown: number
  /** Messages opened by prefetchers and scanners, counted apart; ours. */
  machine_opened: number
  /** Messages whose links a scanner followed, counted apart; ours. */
  machine_clicked: number
  /** Opened ÷ delivered. */
  open_rate: number
  /** Clicked ÷ delivered. */
  click_rate: number
  /** Replied ÷ delivered. */
  reply_rate: number
  /** Bounced ÷ sent. */
  bounce_rate: number
}

/** Feature switches; clients treat an absent flag as false. */
export type Capabilities = {
  agent: boolean
  campaigns: boolean
  playground: boolean
  named_prompts: boolean
  linkedin: boolean
  linkedin_content: boolean
  bavimail: boolean
  email_finder: boolean
  email_verification: boolean
  lead_finder: boolean
  enrichment_chat: boolean
  google_sheets: boolean
  language_models: boolean
  billing: boolean
  referrals: boolean
  x402: boolean
}

export type ClockAdvance = {
  job_id: string
  from: string
  to: string
}

export type ClockAdvanceRequest = {
  /** Advance to this instant. */
  to?: string
  /** Advance by so many seconds. */
  seconds?: number
  /** Advance until nothing is left to wait for, at most 180 days or to `to`. */
  until_idle?: boolean
  /** Due moments closer than this are taken together. */
  resolution_seconds?: number
}

/** How the text came about. */
export type CommonalityMetadata = {
  commonality_found: string | null
  confidence_score: number | null
  research_sources: string[]
  generation_time_ms: number | null
  model_used: string | null
}

export type Company = {
  company_id: string
  domain: string
  company_name: string | null
  /** At most 10,001 are counted. */
  people_count: number
  created_at: string
  updated_at: string
}

export type CompanyList = {
  items: Company[]
  /** Exact to 10,000; beyond that from counters. */
  total: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
  limit: number
  offset: number
}

export type CreditBalanceResponse = {
  total_credits: number
  used_credits: number
  /** Held for jobs in progress. */
  reserved_credits: number
  /** Where credits are unlimited: a number no price reaches. */
  available_credits: number
  /** The plan of this workspace does not count credits. */
  unlimited: boolean
  tier?: SubscriptionTier
  /** The one that is used up first. */
  current_package: CreditPackage | null
  packages: CreditPackage[]
}

export type CreditPackage = {
  package_id: string
  name: string
  package_type: 'subscription' | 'top_up' | 'referral' | 'trial' | 'adjustment'
  total_credits: number
  used_credits: number
  remaining_credits: number
  is_active: boolean
  starts_at: string
  expires_at: string | null
}

/** Shape and sample of a table. */
export type CsvFileInfo = {
  row_count: number
  column_count: number
  columns: string[]
  /** First rows */
  sample_data: Record<string, unknown>[]
  /** Column of the file to lead field; ours. */
  column_mapping?: { [name: string]: 'email' | 'first_name' | 'last_name' | 'full_name' | 'company_name' | 'company_domain' | 'title' | 'linkedin_url' | 'phone' | 'country' | 'city' | 'timezone' | 'website' }
  /** Lead fields that several columns could hold, and which was chosen; ours. */
  conflicts?: {
    field: 'email' | 'first_name' | 'last_name' | 'full_name' | 'company_name' | 'company_domain' | 'title' | 'linkedin_url' | 'phone' | 'country' | 'city' | 'timezone' | 'website'
    columns: string[]
    chosen: string
  }[]
  /** The same in sentences for a person; ours. */
  notices?: string[]
  full_name_split?: {
    /** The column of full names */
    column: string
    /** The column that the dataset gains; null where the file has one */
    first_name: string | null
    /** The same for the last name */
    last_name: string | null
    examples: {
      full_name: string
      first_name: string | null
      last_name: string | null
    }[]
  } | null
  /** What the values of each column look like; ours. */
  column_types?: { [name: string]: 'empty' | 'email' | 'linkedin' | 'url' | 'domain' | 'phone' | 'integer' | 'decimal' | 'percent' | 'boolean' | 'date' | 'datetime' | 'time' | 'text' }
  /** Column of the file to the variable of a template; ours. */
  variables?: { [name: string]: string }
  /** How the file is written; ours. */
  dialect?: {
    encoding: string
    bom_bytes: number
    delimiter: string
    quote: string | null
    escape: string | null
    newline: string
    has_header: boolean
    skip_rows: number
    columns: number
    unnamed_first?: boolean
    wrapped?: boolean
  }
  /** Sheets only: hidden in the workbook; ours. */
  is_hidden?: boolean
  /** Sheets only: number of the header row, 0 where there is none; ours. */
  header_row?: number
  /** Sheets only: rows of the header, more than one where cells are merged; ours. */
  header_rows?: number
}

export type DatasetArchiveResponse = {
  dataset_id: string
  /** Archive state after the call */
  archived: boolean
  archived_at: string | null
  message: string
}

export type DatasetChange = {
  dataset_id: string
  /** queued: a job carries it out, follow job_id */
  status: 'completed' | 'queued'
  job_id: string | null
  dry_run: boolean
  result: {
    rows_changed?: number
    rows_removed?: number
    /** Names what was removed together, to restore it together */
    removed_at?: string
    rows_restored?: number
    rows_copied?: number
    rows_added?: number
    rows_updated?: number
    rows_unchanged?: number
    rows_duplicate?: number
    rows_without_email?: number
    columns_added?: string[]
    new_dataset_id?: string
    row_count?: number
    /** Campaigns that have leads of removed rows and go on writing to them */
    campaigns?: {
      campaign_id: string
      name: string
      status: string
      leads: number
    }[]
  } | null
  message: string
}

export type DatasetColumnAddRequest = {
  name: string
  /** Behind this column; at the end without it */
  after?: string
  /** The lead field that it holds */
  field?: 'email' | 'first_name' | 'last_name' | 'full_name' | 'company_name' | 'company_domain' | 'title' | 'linkedin_url' | 'phone' | 'country' | 'city' | 'timezone' | 'website'
  /** A value for every row */
  value?: string | number | boolean
}

export type DatasetColumnOrderRequest = {
  /** Every column once, in the new order */
  columns: string[]
}

export type DatasetColumnRemoveRequest = {
  column: string
}

export type DatasetColumnUpdateRequest = {
  column: string
  /** Its new name */
  name?: string
  /** The lead field that it holds from now on; null for none */
  field?: 'email' | 'first_name' | 'last_name' | 'full_name' | 'company_name' | 'company_domain' | 'title' | 'linkedin_url' | 'phone' | 'country' | 'city' | 'timezone' | 'website' | null
}

export type DatasetCopyRequest = {
  /** Name of the new dataset */
  dataset_name: string
}

/** As the answer of an upload into a session. */
export type DatasetImportResponse = {
  /** The session that the dataset belongs to, if any. */
  session_id: string | null
  dataset_id?: string | null
  status: string
  leads_queued: number
  /** File name, size, row and column counts */
  file_info: Record<string, unknown>
  /** Profile used or created */
  sender_profile_id?: string | null
  /** Excel only */
  sheets_processed?: string[] | null
  message: string
  /** The import, for its errors and for undoing it; ours. */
  import_id: string
  /** The job that reads a large file; null when it has been read; ours. */
  job_id: string | null
  /** Rows of the file that were read, blank ones left out; ours. */
  rows_read: number
  /** Rows added to the dataset; ours. */
  rows_imported: number
  /** Rows that changed a row that was there; ours. */
  rows_updated: number
  /** Rows whose person is there with the same cells; ours. */
  rows_unchanged: number
  /** Rows that cannot be used; ours. */
  rows_rejected: number
  /** Rows left out because their person stands in an earlier row or is there already; ours. */
  rows_duplicate: number
  /** Imported rows whose address another dataset of the workspace has; ours. */
  rows_known: number
  /** Imported rows that have a LinkedIn profile and no address; ours. */
  rows_without_email: number
}

export type DatasetListResponse = {
  items: DatasetSummary[]
  /** Exact to 10,000; beyond that from counters. */
  total: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
  limit: number
  offset: number
}

export type DatasetMergeRequest = {
  /** The dataset whose rows are added to this one */
  source_dataset_id: string
  /** People who are here already: left out, their empty and changed cells written from the other dataset, or added beside */
  duplicates?: 'skip' | 'update' | 'keep'
  /** Archive the other dataset when it is done */
  archive_source?: boolean
  /** Count only; nothing changes */
  dry_run?: boolean
}

export type DatasetRow = {
  row_id: string
  /** Present position; gaps are where rows were removed */
  row_index: number
  /** The address of the row in its plain spelling */
  email: string | null
  linkedin_url: string | null
  /** Column to value; an empty cell is absent */
  cells: { [name: string]: string }
  /** Changes with the cells; name it in an edit to be told when somebody else was faster */
  version: string
  /** Position in the file it came from */
  source_row: number | null
  import_id: string | null
  removed_at: string | null
}

export type DatasetRowAddRequest = {
  /** Column to value, for each row */
  rows: { [name: string]: string | number | boolean | null }[]
  /** What becomes of a row whose address is in the dataset: left out, written over what is there, or added beside it */
  duplicates?: 'skip' | 'update' | 'keep'
}

export type DatasetRowAddResponse = {
  dataset_id: string
  rows_added: number
  rows_updated: number
  rows_unchanged: number
  rows_duplicate: number
  /** Of the rows that were added, in their order */
  row_ids: string[]
  /** Rows in the dataset now */
  row_count: number
  issues: {
    /** Which of the rows, counted from 1 */
    row: number
    severity: string
    code: string
    message: string
    column: string | null
  }[]
  message: string
}

/** Conditions over columns. Text is compared without regard to case. */
export type DatasetRowFilter = {
  /** Whether every condition has to hold, or one is enough */
  match?: 'all' | 'any'
  conditions: {
    column: string
    operator: 'equals' | 'not_equals' | 'contains' | 'not_contains' | 'starts_with' | 'ends_with' | 'in' | 'not_in' | 'is_empty' | 'is_not_empty' | 'greater' | 'greater_or_equal' | 'less' | 'less_or_equal'
    /** greater and less take a number, a day or an instant */
    value?: string | number | boolean
    /** For in and not_in */
    values?: (string | number | boolean)[]
    case_sensitive?: boolean
  }[]
}

export type DatasetRowListResponse = {
  items: DatasetRow[]
  limit: number
  offset: number
  /** There may be more: with a filter a page may be short, even empty, and still be followed by others */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
  /** Null on later pages of a filtered list */
  total: number | null
  /** False where only the first 100,000 rows were looked at, or counting stopped at 10,000 */
  total_is_exact: boolean
  columns: string[]
}

export type DatasetRowsRemoveRequest = {
  /** These rows */
  row_ids?: string[]
  /** Rows that match */
  filter?: DatasetRowFilter
  /** Rows of which any cell contains this; together with filter both have to hold */
  search?: string
  /** Every row */
  all?: true
  /** Count only; nothing changes */
  dry_run?: boolean
}

export type DatasetRowsRestoreRequest = {
  row_ids?: string[]
  /** What was removed together, by the removed_at of that answer */
  removed_at?: string
  all?: true
}

export type DatasetRowsUpdateRequest = {
  /** These rows */
  row_ids?: string[]
  /** Rows that match */
  filter?: DatasetRowFilter
  /** Rows of which any cell contains this; together with filter both have to hold */
  search?: string
  /** Every row */
  all?: true
  /** Column to value; null empties the cell, columns that are not named stay */
  cells: { [name: string]: string | number | boolean | null }
  /** Count only; nothing changes */
  dry_run?: boolean
}

export type DatasetRowUpdateRequest = {
  /** Column to value; null empties the cell, columns that are not named stay */
  cells: { [name: string]: string | number | boolean | null }
  /** The version you saw; ROW_CHANGED when the row is another by now. Without it the last writer wins. */
  version?: string
  /** Take an address that another row of the dataset has */
  allow_duplicate?: boolean
}

export type DatasetSplitRequest = {
  /** These rows */
  row_ids?: string[]
  /** Rows that match */
  filter?: DatasetRowFilter
  /** Rows of which any cell contains this; together with filter both have to hold */
  search?: string
  /** Every row */
  all?: true
  /** Name of the new dataset */
  dataset_name: string
  /** Remove the rows from this dataset; they can be restored there */
  move?: boolean
  /** Count only; nothing changes */
  dry_run?: boolean
}

/** A stored table of leads owned by one workspace. */
export type DatasetSummary = {
  dataset_id: string
  dataset_name: string
  /** Which pipeline the rows belong to */
  pipeline_type: 'enrichment' | 'personalization' | 'lead_finder' | 'email_finder'
  /** Where the rows came from */
  source_type: 'csv' | 'excel' | 'google_sheets' | 'extraction' | 'linkedin_search' | 'lead_finder' | 'email_finder' | 'api'
  /** Latest processing session bound to the dataset */
  session_id?: string | null
  status: 'pending' | 'processing' | 'completed' | 'failed'
  row_count: number
  /** Column names in file order */
  columns: string[]
  /** Column name to lead field; ours. */
  column_mapping?: { [name: string]: string }
  /** How often the dataset was exported */
  download_count: number
  last_downloaded_at?: string | null
  /** Set while the dataset is archived */
  archived_at: string | null
  created_at: string
  updated_at: string
}

/** Partial update; at least one field. */
export type DatasetUpdateRequest = {
  /** New display name */
  dataset_name?: string
}

export type DefaultPromptResponse = {
  prompt: string
  version_hash: string | null
}

export type DiffPart = {
  kind: 'same' | 'added' | 'removed'
  text: string
}

/** A person’s version; the draft stays beside it. */
export type DraftEdit = {
  subject: string
  body: string
  edited_by: string | null
  edited_at: string
  quality: DraftQuality | null
  /** Against the draft, word by word. */
  diff: {
    subject: DiffPart[]
    body: DiffPart[]
  }
}

export type DraftEditRequest = {
  subject?: string | null
  body?: string | null
}

/** A statement that a message may lean on, with where it is from. */
export type DraftFact = {
  /** Unique in the draft, such as f3. */
  id: string
  about: 'lead' | 'company' | 'correspondence' | 'sender'
  text: string
  field: string | null
  source: {
    kind: string
    name: string
    url: string | null
    seen_at: string
  }
}

/** What the rules, and where there is a model a second reader, say of a draft. */
export type DraftQuality = {
  score: number
  /** False when a check failed that no draft may fail. */
  passed: boolean
  checks: {
    name: string
    passed: boolean
    weight: number
    message: string
  }[]
}

/** Wrapper around a free-form object. */
export type DynamicData = {
  /** Any fields. */
  data: Record<string, unknown>
}

export type EffectivePromptResponse = {
  prompt: string
  prompt_source: 'named' | 'custom_prompt' | 'default'
  /** Set when prompt_source is named. */
  prompt_name: string | null
  sender_profile_id: string | null
  /** SHA-256 of the text, in hex. */
  version_hash: string
}

/** What became of a message for one of its recipients. */
export type EmailRecipient = {
  email: string
  kind: 'to' | 'cc' | 'bcc'
  status: 'queued' | 'deferred' | 'sending' | 'delivered' | 'unknown' | 'bounced' | 'failed' | 'cancelled'
  delivered_at: string | null
  bounced_at: string | null
  bounce_kind: 'hard' | 'soft' | null
  bounce_reason: string | null
  next_attempt_at: string | null
  attempts: number
  smtp_code: number | null
  smtp_enhanced: string | null
  error_message: string | null
  /** The last answer in plain words. */
  cause: string | null
  /** What helps against it. */
  advice: string | null
}

export type EnrichmentChatMessage = {
  role: 'user' | 'assistant' | 'system'
  content: string
  id: string
  timestamp: string
  metadata: Record<string, unknown> | null
}

export type EnrichmentChatRequest = {
  /** Chat session from start */
  session_id: string
  message: string
  /** Extra client context. It is taken and changes nothing: what is to be done is said in message. */
  context?: Record<string, unknown> | null
}

export type EnrichmentChatResponse = {
  session_id: string
  message: EnrichmentChatMessage
  status: 'awaiting_file' | 'ready' | 'processing' | 'completed' | 'failed'
  /** Processing session bound to the chat */
  processing_session_id: string | null
  /** Enrichment job the turn started */
  job_id: string | null
  /** The most that the offered work may cost */
  estimated_credits: number | null
  suggestions: string[] | null
  response_time_ms: number
}

export type EnrichmentChatStatus = {
  session_id: string
  /** Which kind of id was passed */
  session_kind: 'chat' | 'processing'
  status: 'idle' | 'awaiting_file' | 'ready' | 'queued' | 'processing' | 'completed' | 'failed'
  processing_session_id: string | null
  job_id: string | null
  progress: number
  total: number
  processed: number
  failed: number
  credits_used: number | null
  results: Record<string, unknown> | null
  error: string | null
  updated_at: string | null
}

export type EnrichmentFileAck = {
  session_id: string
  status: 'ready'
  message: string
}

export type EnrichmentFileData = {
  session_id: string
  filename: string | null
  columns: string[]
  leads: Record<string, unknown>[]
  total_leads: number
  limit: number
  offset: number
  has_more: boolean
  /** processing_session_id, dataset_id, its state, and which column holds which field */
  metadata: Record<string, unknown>
}

export type EnrichmentFileInfo = {
  filename: string
  file_type?: 'csv' | 'excel'
  /** Session that holds the rows */
  processing_session_id?: string | null
  row_count?: number | null
  columns?: string[] | null
  size_bytes?: number | null
}

export type EnrichmentJobStatus = {
  /** Job identifier */
  job_id: string
  /** queued, started, processing, finished, failed or cancelled */
  status: string
  /** Percent */
  progress: number
  /** Items to process */
  total: number
  /** Items done with success */
  processed: number
  /** Items failed */
  failed: number
  started_at: string | null
  completed_at: string | null
  /** By the pace so far */
  estimated_remaining_minutes: number | null
  /** Credits spent so far */
  credits_used: number | null
  /** Once finished: session_id, adapter, cells_filled, and the first hundred leads with what was learned and from where. All are under get_session_results. */
  result: Record<string, unknown> | null
  error: string | null
}

export type Erasure = {
  erasure_id: string
  status: 'queued' | 'running' | 'completed' | 'failed'
  /** Hexadecimal HMAC-SHA256 of the address, as the suppression list keeps it; null without an address. */
  subject_hash: string | null
  requested_by: string | null
  job_id: string | null
  note: string | null
  /** How much was removed of what. */
  removed: { [name: string]: number }
  created_at: string
  completed_at: string | null
}

export type ErasureList = {
  items: Erasure[]
  /** Exact to 10,000; beyond that from counters. */
  total: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
  limit: number
  offset: number
}

export type ErasureRequest = {
  email?: string
  linkedin_url?: string
  /** Such as the number of the request. It must not name the person. */
  note?: string
}

/** The one error envelope of this API. */
export type Error = {
  /** Stable code, SCREAMING_SNAKE_CASE. */
  detail: string
  /** Text for a person. */
  message: string
  request_id: string
  /** 422 only. */
  error?: 'Request Validation Error'
  /** 422 only: every problem found, not just the first. */
  details?: {
    loc: (string | number)[]
    msg: string
    type: string
  }[]
  /** 422 only: the request path. */
  path?: string
}

export type ExcelPreviewResponse = {
  filename: string
  /** Sheet name to its details */
  sheets: { [name: string]: CsvFileInfo }
  /** The sheets in their order; ours. */
  sheet_names: string[]
  total_sheets: number
  message: string
}

export type ExtractionDeleteResponse = {
  success: boolean
  extraction_id: string
  message: string
}

export type ExtractionProcessRequest = {
  /** Session to load into */
  session_id: string
  /** Choice of sheets when there are several: sheet name to {enabled}; sheets that are not named are loaded */
  sheet_config?: { [name: string]: {
  /** false leaves the sheet out */
  enabled?: boolean
} } | null
}

export type ExtractionProcessResponse = {
  session_id: string
  status: string
  leads_queued: number
  /** Facts about the processed file */
  file_info: Record<string, unknown>
  message: string
  /** The import that holds counts and rejected rows; ours. */
  import_id?: string | null
  /** Set while a larger extraction is being read; ours. */
  job_id?: string | null
}

export type ExtractionRenameRequest = {
  title: string
}

export type ExtractionRenameResponse = {
  success: boolean
  extraction_id: string
  title: string
  message: string
}

export type ExtractionSessionResponse = {
  session_id: string
  dataset_id: string
  /** Leads loaded */
  leads_count: number
  /** Session status */
  status: string
}

export type ExtractionUploadRequest = {
  title?: string
  /** Origin; the host of the page when absent */
  source?: string
  /** Host of the page the leads were found on */
  source_host?: string
  /** Pages the leads were found on */
  page_urls?: string[]
  /** Whatever else is worth keeping */
  metadata?: Record<string, unknown>
  /** Each with its columns under columnValues, or a plain object whose fields are all columns */
  leads: Record<string, unknown>[]
}

export type FactSource = {
  /** Where the dataset came from: csv, excel, google_sheets, extraction, api, … */
  kind: string
  dataset_id: string
  dataset_name: string
  row_id: string
  /** The row in the file. */
  source_row: number | null
  import_id: string | null
  filename: string | null
  /** The account that brought it. */
  imported_by: string | null
  known_since: string
}

/** file_type decides which optional parts are filled. */
export type FilePreviewResponse = {
  filename: string
  file_type: 'csv' | 'excel'
  message: string
  /** CSV files only */
  csv_info?: CsvFileInfo | null
  /** Excel files only: sheet name to its details */
  sheets?: { [name: string]: CsvFileInfo } | null
  /** Excel files only: the sheets in their order; ours. */
  sheet_names?: string[]
  /** Excel files only */
  total_sheets?: number | null
}

export type GenerationRow = {
  generation_id: string
  /** Order within the run. */
  lead_index: number
  /** Lead fields as they were. */
  lead_snapshot: Record<string, unknown>
  status: 'generated' | 'failed'
  generated_at: string
  subject: string | null
  body: string | null
  error: string | null
  error_code: string | null
  commonality: PreviewCommonality | null
  facts: DraftFact[] | null
  used_facts: string[] | null
  quality: DraftQuality | null
  research_fingerprint: string | null
  model: string | null
  latency_ms: number | null
}

export type GoogleAccessToken = {
  access_token: string
  token_type: 'Bearer'
  expires_at: string | null
}

export type GoogleCallbackRequest = {
  code: string
  state: string
}

export type GoogleLoginResponse = {
  /** Consent page to open */
  authorization_url: string
  /** One-time CSRF value */
  state: string
  instructions: string
  /** What is asked for; ours. */
  scopes: string[]
  /** Consent has to be given before; ours. */
  expires_at: string
}

export type GoogleOAuthStatus = {
  /** Usable credentials exist */
  authenticated: boolean
  google_email: string | null
  /** Expiry of the current access token, which is renewed by itself */
  expires_at: string | null
  /** The current access token has ended; the next use renews it */
  is_expired: boolean
  /** Granted scopes */
  scopes: string[]
  /** consent_ended: Google takes the consent for ended; link the account again. Ours. */
  status: 'not_linked' | 'linked' | 'consent_ended'
  /** Asked for and left out by the person; ours. */
  missing_scopes: string[]
  /** What to do so that everything works; ours. */
  advice: string | null
  /** Where this workspace reads sheets: Google, a folder of CSV files, or null for nowhere; ours. */
  sheets_source: 'google' | 'folder' | null
}

export type GooglePickerConfig = {
  /** Browser key */
  api_key: string
  client_id: string
  /** Cloud project number */
  app_id: string | null
  scopes: string[]
}

export type GoogleStarted = {
  authorization_url: string
  /** Must come back unchanged; compare it in the page. */
  state: string
}

export type GoogleStartRequest = {
  /** Page that gets code and state; on the origin of this instance or one of CORS_ORIGINS. */
  redirect_uri: string
}

export type GrantSheetAccessResponse = {
  success: boolean
  sheet_id: string
  sheet_name: string | null
  message: string
}

/** unknown: fewer than 50 accepted messages in the last 7 days. */
export type HealthBand = 'unknown' | 'healthy' | 'warning' | 'critical' | 'blocked'

export type HealthResponse = {
  status: 'healthy'
  timestamp: string
}

/** One reading of an uploaded file into a dataset. */
export type Import = {
  import_id: string
  /** Null for a plan whose dataset does not exist yet. */
  dataset_id: string | null
  session_id: string | null
  job_id: string | null
  user_id: string | null
  filename: string | null
  size_bytes: number | null
  /** planned: a dry run is over and can be carried out. undoing: a job takes it back. */
  status: 'queued' | 'running' | 'planned' | 'completed' | 'failed' | 'undoing' | 'undone'
  /** True until a dry run is carried out. */
  is_plan: boolean
  /** The dataset was there before. */
  is_append: boolean
  duplicates: 'skip' | 'update' | 'keep'
  duplicates_in: 'dataset' | 'workspace'
  /** Columns of the file. */
  columns: string[] | null
  /** Column of the file to lead field; ours. */
  column_mapping: { [name: string]: 'email' | 'first_name' | 'last_name' | 'full_name' | 'company_name' | 'company_domain' | 'title' | 'linkedin_url' | 'phone' | 'country' | 'city' | 'timezone' | 'website' }
  /** Columns that the dataset got from it. */
  columns_added: string[]
  dialect: {
    encoding: string
    bom_bytes: number
    delimiter: string
    quote: string | null
    escape: string | null
    newline: string
    has_header: boolean
    skip_rows: number
    columns: number
    unnamed_first?: boolean
    wrapped?: boolean
  } | null
  /** Sheets of a workbook. */
  sheet_names: string[] | null
  /** Rows of the file that were read, blank ones left out; ours. */
  rows_read: number
  /** Rows added to the dataset; ours. */
  rows_imported: number
  /** Rows that changed a row that was there; ours. */
  rows_updated: number
  /** Rows whose person is there with the same cells; ours. */
  rows_unchanged: number
  /** Rows that cannot be used; ours. */
  rows_rejected: number
  /** Rows left out because their person stands in an earlier row or is there already; ours. */
  rows_duplicate: number
  /** Imported rows whose address another dataset of the workspace has; ours. */
  rows_known: number
  /** Imported rows that have a LinkedIn profile and no address; ours. */
  rows_without_email: number
  /** Why the import failed. */
  error: string | null
  created_at: string
  planned_at: string | null
  finished_at: string | null
  undone_at: string | null
  /** The job that undoes a large import, or has tried to. */
  undo_job_id: string | null
  /** Cells that undoing gave their former value. */
  values_restored: number
  /** Cells that undoing left, because somebody had written them since. */
  values_kept: number
  /** What errors.csv lists, by kind. Notices are listed up to 10,000 of each kind. */
  issues: {
    severity: 'rejected' | 'duplicate' | 'notice'
    code: string
    rows: number
  }[]
}

export type ImportChange = {
  /** Row of the file, as a spreadsheet numbers it. */
  source_row: number
  sheet_name: string | null
  action: 'insert' | 'update' | 'unchanged' | 'duplicate' | 'reject'
  email: string | null
  /** Dataset of the stored row that this one meets. */
  dataset_id: string | null
  /** That row; null where it is an earlier row of the same file. */
  row_id: string | null
  /** Filled cells of a row that is added, or as the file has them of one that is not. */
  values: { [name: string]: unknown } | null
  /** Cells that an update changes. */
  changes: {
    column: string
    /** Text; null is an empty cell. */
    before: unknown
    /** Text; null is an empty cell. */
    after: unknown
  }[]
  /** Why a row is not imported. */
  code: string | null
  message: string | null
  /** Cells that undoing left as somebody has written them since. */
  kept: {
    column: string
    /** Text; null is an empty cell. */
    value: unknown
  }[]
}

export type ImportChangeList = {
  items: ImportChange[]
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
  /** Rows of this kind in all. */
  total: number
  limit: number
  offset: number
}

export type ImportListResponse = {
  items: ImportSummary[]
  /** Exact to 10,000; beyond that from counters. */
  total: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
  limit: number
  offset: number
}

export type ImportPlanResult = {
  import_id: string
  dataset_id: string
  session_id: string | null
  /** The job that reads a large file; null when it is done. */
  job_id: string | null
  status: 'queued' | 'completed'
  message: string
  /** Rows of the file that were read, blank ones left out; ours. */
  rows_read: number
  /** Rows added to the dataset; ours. */
  rows_imported: number
  /** Rows that changed a row that was there; ours. */
  rows_updated: number
  /** Rows whose person is there with the same cells; ours. */
  rows_unchanged: number
  /** Rows that cannot be used; ours. */
  rows_rejected: number
  /** Rows left out because their person stands in an earlier row or is there already; ours. */
  rows_duplicate: number
  /** Imported rows whose address another dataset of the workspace has; ours. */
  rows_known: number
  /** Imported rows that have a LinkedIn profile and no address; ours. */
  rows_without_email: number
}

export type ImportSheetRequest = {
  /** Spreadsheet id from its URL */
  sheet_id: string
  /** Tabs to take; all when omitted */
  tab_names?: string[] | null
  /** Name of the new extraction */
  title?: string | null
  /** 1-based row with the column names */
  header_row?: number
}

export type ImportSheetResponse = {
  extraction_id: string
  title: string
  source: 'google_sheets'
  sheet_id: string
  tabs: string[]
  row_count: number
  columns: string[]
  created_at: string
}

export type ImportSummary = {
  import_id: string
  /** Null for a plan whose dataset does not exist yet. */
  dataset_id: string | null
  session_id: string | null
  job_id: string | null
  user_id: string | null
  filename: string | null
  size_bytes: number | null
  /** planned: a dry run is over and can be carried out. undoing: a job takes it back. */
  status: 'queued' | 'running' | 'planned' | 'completed' | 'failed' | 'undoing' | 'undone'
  /** True until a dry run is carried out. */
  is_plan: boolean
  /** The dataset was there before. */
  is_append: boolean
  duplicates: 'skip' | 'update' | 'keep'
  duplicates_in: 'dataset' | 'workspace'
  /** Columns of the file. */
  columns: string[] | null
  /** Column of the file to lead field; ours. */
  column_mapping: { [name: string]: 'email' | 'first_name' | 'last_name' | 'full_name' | 'company_name' | 'company_domain' | 'title' | 'linkedin_url' | 'phone' | 'country' | 'city' | 'timezone' | 'website' }
  /** Columns that the dataset got from it. */
  columns_added: string[]
  dialect: {
    encoding: string
    bom_bytes: number
    delimiter: string
    quote: string | null
    escape: string | null
    newline: string
    has_header: boolean
    skip_rows: number
    columns: number
    unnamed_first?: boolean
    wrapped?: boolean
  } | null
  /** Sheets of a workbook. */
  sheet_names: string[] | null
  /** Rows of the file that were read, blank ones left out; ours. */
  rows_read: number
  /** Rows added to the dataset; ours. */
  rows_imported: number
  /** Rows that changed a row that was there; ours. */
  rows_updated: number
  /** Rows whose person is there with the same cells; ours. */
  rows_unchanged: number
  /** Rows that cannot be used; ours. */
  rows_rejected: number
  /** Rows left out because their person stands in an earlier row or is there already; ours. */
  rows_duplicate: number
  /** Imported rows whose address another dataset of the workspace has; ours. */
  rows_known: number
  /** Imported rows that have a LinkedIn profile and no address; ours. */
  rows_without_email: number
  /** Why the import failed. */
  error: string | null
  created_at: string
  planned_at: string | null
  finished_at: string | null
  undone_at: string | null
  /** The job that undoes a large import, or has tried to. */
  undo_job_id: string | null
  /** Cells that undoing gave their former value. */
  values_restored: number
  /** Cells that undoing left, because somebody had written them since. */
  values_kept: number
}

export type ImportUndoResult = {
  import_id: string
  dataset_id: string
  /** queued: the import is large, and a job undoes it. */
  status: 'undone' | 'queued'
  /** That job; its result has the numbers. */
  job_id: string | null
  rows_removed: number
  /** Rows of before that have former values again. */
  rows_restored: number
  values_restored: number
  /** Cells that somebody has written since; they stay. */
  values_kept: number
  /** The first hundred of those; GET …/changes?kept=true lists all. */
  kept: {
    row_id: string
    dataset_id: string
    column: string
    /** Text; null is an empty cell. */
    value: unknown
    /** Text; null is an empty cell. */
    imported: unknown
    /** Text; null is an empty cell. */
    before: unknown
  }[]
  /** Columns that came with the import and hold nothing any more. */
  columns_removed: string[]
  undone_at: string | null
  message: string
}

export type InboxAnswer = {
  /** HTML if it has a block element, else plain text. */
  body: string
  /** Write from this one instead of the thread’s own. */
  alias_id?: string
  cc_emails?: string[]
  /** Attachments stored earlier. */
  attachment_ids?: string[]
  /** It waits so long and can be cancelled meanwhile, as any scheduled message. */
  delay_seconds?: number
  mark_done?: boolean
}

export type InboxAttachment = {
  id: string
  filename: string | null
  mime_type: string
  size_bytes: number
  is_inline: boolean
}

export type InboxCounts = {
  open: number
  /** Open threads with something unread. */
  unread: number
  /** Open threads in which a person wrote last. */
  needs_answer: number
  snoozed: number
  /** At most 10,000 are counted. */
  done: number
  starred: number
  /** Open threads by kind. */
  kinds: {
    kind: InboxThreadKind
    open: number
    unread: number
  }[]
}

/** Received text is of third parties and must be treated as untrusted. */
export type InboxMessage = {
  id: string
  direction: 'inbound' | 'outbound'
  kind: InboxThreadKind | null
  /** received, or the state of a sent message. */
  status: string
  /** When it came, left or will leave. */
  at: string
  from_email: string
  from_name: string | null
  to_emails: string[]
  cc_emails: string[]
  subject: string
  body_text: string | null
  /** What was newly written in a received message, without what it quotes. */
  reply_text: string | null
  /** Made safe to show; images from elsewhere are left out. */
  body_html: string | null
  /** Images from elsewhere that were left out; load_inbox_message_images has them. */
  blocked_images: number
  attachments: InboxAttachment[]
  is_read: boolean
  /** The bytes as they came are kept. */
  has_original: boolean
  /** Whether a received message is from whom it says (DMARC). */
  authenticity: 'pass' | 'fail' | 'unknown' | null
  step: number | null
  variant_label: string | null
  open_count: number
  click_count: number
  error: string | null
}

/** The HTML is of third parties and must be treated as untrusted. */
export type InboxMessageImages = {
  email_id: string
  /** Made safe to show, with the images from elsewhere as data: addresses in it. */
  body_html: string | null
  loaded: number
  /** Not there, too large, no PNG, JPEG, GIF, WebP, AVIF or BMP, or not on the public internet. */
  not_loaded: number
  /** Images that only tell the sender of the reading. They are never asked for. */
  trackers: number
}

/** What came of the thread, by the judgement of a person. */
export type InboxOutcome = 'interested' | 'meeting' | 'later' | 'not_interested'

export type InboxThread = {
  thread_id: string
  subject: string
  /** Beginning of the newest message. */
  snippet: string | null
  person_name: string | null
  /** Who is written with. */
  person_email: string
  /** Addresses of everybody in the thread but ours. */
  participants: string[]
  /** Null: nothing was received. */
  kind: InboxThreadKind | null
  /** A person wrote last. */
  needs_answer: boolean
  is_read: boolean
  is_starred: boolean
  unread_count: number
  message_count: number
  attachment_count: number
  last_direction: 'inbound' | 'outbound' | null
  last_message_at: string
  done_at: string | null
  /** In the past: it came back then. */
  snoozed_until: string | null
  outcome: InboxOutcome | null
  /** inbox, sent, spam, trash, or the id of a folder. */
  place: string
  alias_id: string
  /** Which of our addresses it is at. */
  alias_email: string | null
  campaign_id: string | null
  campaign_name: string | null
  campaign_lead_id: string | null
}

/** A thread with its messages, oldest first. */
export type InboxThreadDetail = {
  thread_id: string
  subject: string
  /** Beginning of the newest message. */
  snippet: string | null
  person_name: string | null
  /** Who is written with. */
  person_email: string
  /** Addresses of everybody in the thread but ours. */
  participants: string[]
  /** Null: nothing was received. */
  kind: InboxThreadKind | null
  /** A person wrote last. */
  needs_answer: boolean
  is_read: boolean
  is_starred: boolean
  unread_count: number
  message_count: number
  attachment_count: number
  last_direction: 'inbound' | 'outbound' | null
  last_message_at: string
  done_at: string | null
  /** In the past: it came back then. */
  snoozed_until: string | null
  outcome: InboxOutcome | null
  /** inbox, sent, spam, trash, or the id of a folder. */
  place: string
  alias_id: string
  /** Which of our addresses it is at. */
  alias_email: string | null
  campaign_id: string | null
  campaign_name: string | null
  campaign_lead_id: string | null
  messages: InboxMessage[]
}

/** human_reply: somebody answered; auto_reply: only machines have; unmatched: mail that answers nothing of ours. */
export type InboxThreadKind = 'human_reply' | 'auto_reply' | 'unsubscribe' | 'unmatched' | 'bounce' | 'complaint' | 'delivery_notice'

export type InboxThreadList = {
  items: InboxThread[]
  has_more: boolean
  next_cursor: string | null
}

/** Only what is sent is changed, in each of the threads alike. */
export type InboxThreadsUpdate = {
  thread_ids: string[]
  /** Of every message received in it. */
  is_read?: boolean
  is_starred?: boolean
  /** true takes it out of the inbox; whoever writes in it brings it back. */
  is_done?: boolean
  /** It comes back then, or as soon as somebody writes. By the workspace’s clock. null wakes it. */
  snoozed_until?: string | null
  outcome?: InboxOutcome | null
  /** trash also cancels what waits for its time in the thread. */
  place?: 'inbox' | 'spam' | 'trash'
}

export type InboxThreadsUpdated = {
  updated: number
  /** What is no thread here, or no more. The others are changed all the same. */
  missing_ids: string[]
}

/** Only what is sent is changed. */
export type InboxThreadUpdate = {
  /** Of every message received in it. */
  is_read?: boolean
  is_starred?: boolean
  /** true takes it out of the inbox; whoever writes in it brings it back. */
  is_done?: boolean
  /** It comes back then, or as soon as somebody writes. By the workspace’s clock. null wakes it. */
  snoozed_until?: string | null
  outcome?: InboxOutcome | null
  /** trash also cancels what waits for its time in the thread. */
  place?: 'inbox' | 'spam' | 'trash'
}

/** open: received, neither done nor asleep; sent: nothing was received yet. */
export type InboxView = 'open' | 'snoozed' | 'done' | 'sent' | 'spam' | 'trash' | 'all'

export type Invitation = {
  id: string
  email: string
  role: 'owner' | 'admin' | 'member' | 'viewer'
  expires_at: string
  created_at: string
}

export type InvitationAccepted = {
  /** The workspace that was joined. */
  workspace_id: string | null
}

export type InvitationAcceptRequest = {
  token: string
}

export type InvitationCreate = {
  email: string
  role: 'owner' | 'admin' | 'member' | 'viewer'
}

export type InvitationCreated = {
  id: string
  email: string
  role: 'owner' | 'admin' | 'member' | 'viewer'
  expires_at: string
  /** A letter with the link is on its way. */
  sent: boolean
  /** Only where no system mail is configured: hand it on yourself. Shown once. */
  token: string | null
}

export type InvitationList = {
  items: Invitation[]
}

export type Job = {
  job_id: string
  /** What runs: an import, a launch, an advance of the clock. */
  kind: string
  /** What it works on. */
  subject_id: string | null
  status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled'
  progress_done: number
  /** Null while it is not known. */
  progress_total: number | null
  /** What it has counted so far, where it counts more than one thing; an import: rows_read, rows_imported and so on. */
  counts: { [name: string]: number } | null
  /** What it does just now. */
  message: string | null
  result: Record<string, unknown> | null
  error: string | null
  created_at: string
  started_at: string | null
  finished_at: string | null
}

/** When everything would have gone out if nobody answered; ours. */
export type LaunchForecast = {
  first_send_at: string | null
  /** Null when it would take longer than the forecast looks. */
  last_send_at: string | null
  messages: number
  days: {
    date: string
    planned: number
  }[]
}

export type LaunchPreflight = {
  campaign_id: string
  /** False when a blocking warning is present. */
  can_launch: boolean
  summary: LaunchSummary
  warnings: LaunchWarning[]
  /** Credits the launch would use for AI personalization. */
  estimated_credits: number
  forecast: LaunchForecast | null
}

export type LaunchResult = {
  campaign: Campaign
  summary: LaunchSummary
  warnings: LaunchWarning[]
}

export type LaunchSummary = {
  /** Rows in the dataset. */
  total_rows: number
  /** Rows that become leads. */
  launchable_rows: number
  warning_count: number
}

export type LaunchWarning = {
  code: 'missing_email' | 'invalid_email' | 'duplicate_lead' | 'suppressed' | 'missing_linkedin_url' | 'missing_variable' | 'risky_email' | 'unreviewed_drafts' | 'alias_unverified' | 'account_unhealthy' | 'insufficient_credits' | 'other' | 'no_leads' | 'missing_opt_out' | 'missing_postal_address' | 'window_never_opens' | 'address_active_elsewhere'
  message: string
  severity: 'info' | 'warning' | 'blocking'
  /** Dataset row, when the warning is about one row. */
  row_index: number | null
  step_index: number | null
  affected_rows: number
  details: Record<string, unknown> | null
}

export type LaunchWarnings = {
  campaign_id: string
  warnings: LaunchWarning[]
  summary: LaunchSummary | null
  launched_at: string | null
}

export type LeadApprovalState = {
  campaign_id: string
  campaign_lead_id: string
  updated_at: string
  step_index: number | null
  /** Steps approved for the lead after the call. */
  approved_steps: number[]
  approved_entry: ApprovedEmail | null
}

export type LeadApproveRequest = {
  /** Step number, counted from 1 as in steps_config. */
  step_index: number
  /** Must be the variant this lead was assigned for the step. */
  variant_label: string
  /** Subject to freeze. */
  subject: string
  /** Body to freeze, without signature, opt-out and postal address, which are added and frozen with it. */
  body: string
  /** Stands in for the prompt the server would resolve. */
  custom_prompt?: string | null
  /** Exact prompt the draft came from; resolved by the server when absent. */
  prompt_snapshot?: string | null
  /** Language model used for the draft. */
  model?: string | null
  generation_latency_ms?: number | null
  /** Research content behind the draft, any JSON; stored only as a fingerprint. */
  research_sources?: unknown
  /** Fingerprint the client saw at draft time; a mismatch gives 422. */
  expected_step_config_fingerprint?: string | null
}

/** What happens next for one lead, when, and which limit binds. */
export type LeadExplanation = {
  campaign_id: string
  campaign_lead_id: string
  status: CampaignLeadStatus
  /** Null when nothing more will be sent. */
  next_step: number | null
  /** When the sequence alone would send it. */
  due_at: string | null
  /** The earliest moment that every limit known now allows. */
  earliest_at: string | null
  /** What binds. */
  limit: 'none' | 'campaign_state' | 'campaign_daily' | 'alias_daily' | 'alias_interval' | 'domain_daily' | 'provider_daily' | 'window' | 'holiday' | 'suppression' | 'domain_unverified' | 'text' | 'in_hand' | 'finished'
  /** When that limit lets go. */
  until: string | null
  /** The same in words. */
  detail: string
  alias_id: string | null
  /** The workspace’s present. */
  now: string
}

export type LeadResetRequest = {
  /** Steps to clear; absent, null or empty clears all. */
  step_indices?: number[] | null
}

export type LeadStopRequest = {
  reason?: string
}

/** Why a lead whose turn has come waits for its text: it is being written, waits for a review, did not pass its checks, or could not be written. */
export type LeadTextState = 'writing' | 'review' | 'rejected' | 'failed'

export type LeadUnapproveRequest = {
  step_index: number
}

export type LiftBlockRequest = {
  /** The domain whose block is lifted; the workspace’s own when absent. */
  domain_id?: string | null
  /** Why it is safe to go on; kept in the audit log. */
  note: string
}

export type ListedSheet = {
  sheet_id: string
  title: string
  url: string
  modified_at: string | null
}

export type LoggedIn = {
  /** Session JWT for the Authorization header. */
  access_token: string
  /** Gets a new access token; keep it secret. */
  refresh_token: string
  token_type: 'bearer'
  /** Seconds until the access token expires. */
  expires_in: number
  user_id: string
}

export type LogInRequest = {
  email: string
  password: string
}

export type MailAddressRisk = {
  email: string
  normalized_email: string | null
  /** The address that was probably meant. */
  suggestion: string | null
  risk_score: number
  risk_level: 'safe' | 'low' | 'medium' | 'high' | 'critical'
  /** True from a score of 50 on. */
  is_risky: boolean
  checks: {
    name: 'syntax' | 'mx_records' | 'role_based' | 'disposable' | 'free_provider' | 'typo' | 'suppressed'
    passed: boolean
    result: 'passed' | 'failed' | 'skipped' | 'unknown'
    /** What a failure adds to the risk. */
    weight: number
    detail: string
  }[]
}

export type MailAttachmentBulkDeleted = {
  deleted: string[]
  /** Kept, because a message carries them. */
  in_use: string[]
  not_found: string[]
}

/** A stored file that messages can carry. */
export type MailAttachmentFile = {
  id: string
  user_id: string
  filename: string
  size_bytes: number
  mime_type: string
  /** Lower-case hex of the content. */
  sha256: string
  /** Works without a credential until expires_at. */
  download_url: string
  expires_at: string
  created_at: string
  updated_at: string
}

export type MailAttachmentPage = {
  attachments: MailAttachmentFile[]
  /** Counted to 10,000. */
  total: number
}

export type MailAttachmentsUploaded = {
  attachments: MailAttachmentFile[]
  uploaded_at: string
}

/** Up to 100 messages, each as for a single one; the bare array is taken too. */
export type MailBatchRequest = {
  emails: Record<string, unknown>[]
}

export type MailBatchResult = {
  total: number
  accepted: number
  rejected: number
  results: {
    /** Position in the request. */
    index: number
    status: 'accepted' | 'rejected'
    email: BavimailEmail | null
    error: {
      message: string
      code: string
      category: string
    } | null
  }[]
}

export type MailBootstrappedKey = {
  api_key: string
  created: boolean
  expires_at: string | null
}

/** A person’s own mailbox, sent through by SMTP and read by IMAP. */
export type Mailbox = {
  id: string
  /** Name it in alias_ids of a campaign, or as the sender of a message. */
  alias_id: string
  email: string
  display_name: string | null
  signature_html: string | null
  provider: 'google' | 'microsoft' | 'other'
  auth_kind: 'password' | 'oauth2'
  smtp: {
    host: string
    port: number
    security: 'tls' | 'starttls'
    user: string
  }
  imap: {
    host: string
    port: number
    security: 'tls' | 'starttls'
    user: string
  }
  status: MailboxStatus
  /** Why it needs attention or was not reached last; never a secret. */
  last_error: string | null
  last_error_at: string | null
  sent_copies: 'auto' | 'always' | 'never'
  sent_folder: string | null
  reads_junk: boolean
  daily_limit: number
  ramp_start: number | null
  ramp_step: number | null
  ramp_started_on: string | null
  /** Messages taken from today’s cap, by the workspace’s calendar. */
  sent_today: number
  connected_at: string
  last_synced_at: string | null
  created_at: string
  updated_at: string
}

export type MailboxAuthorization = {
  /** Open it in the browser of the person whose mailbox it is. */
  authorize_url: string
  /** Must be registered with the provider’s app. */
  redirect_uri: string
  expires_at: string
}

export type MailboxAuthorize = {
  provider: 'google' | 'microsoft'
  /** The account to offer first. */
  email?: string
  /** A mailbox to give new consent to. */
  mailbox_id?: string
  /** Name in the From header. */
  display_name?: string | null
  signature_html?: string | null
  /** Most messages per calendar day of the workspace; 40 when absent. */
  daily_limit?: number
  /** Messages on the first day; 5 when absent, null for no ramp-up. */
  ramp_start?: number | null
  /** Messages more on each further day; 3 when absent. */
  ramp_step?: number | null
  /** Whether sent messages are put into the Sent folder: auto does so unless the provider does it by itself. */
  sent_copies?: 'auto' | 'always' | 'never'
  /** Look for answers in the junk folder too; true when absent. */
  reads_junk?: boolean
}

export type MailboxConnect = {
  email: string
  /** The account’s password, or an app password where the provider wants one. */
  password: string
  /** Told from the address when absent. */
  provider?: 'google' | 'microsoft' | 'other'
  /** Needed unless the provider’s servers are known. */
  smtp?: {
    host: string
    port: number
    /** tls: encrypted from the first byte; starttls: encrypted before the log-in. Never without. */
    security: 'tls' | 'starttls'
    /** Log-in name, when it is not the address. */
    user?: string
  }
  /** Needed unless the provider’s servers are known. */
  imap?: {
    host: string
    port: number
    /** tls: encrypted from the first byte; starttls: encrypted before the log-in. Never without. */
    security: 'tls' | 'starttls'
    /** Log-in name, when it is not the address. */
    user?: string
  }
  /** Name in the From header. */
  display_name?: string | null
  signature_html?: string | null
  /** Most messages per calendar day of the workspace; 40 when absent. */
  daily_limit?: number
  /** Messages on the first day; 5 when absent, null for no ramp-up. */
  ramp_start?: number | null
  /** Messages more on each further day; 3 when absent. */
  ramp_step?: number | null
  /** Whether sent messages are put into the Sent folder: auto does so unless the provider does it by itself. */
  sent_copies?: 'auto' | 'always' | 'never'
  /** Look for answers in the junk folder too; true when absent. */
  reads_junk?: boolean
}

export type MailboxList = {
  items: Mailbox[]
  /** Exact to 10,000; beyond that from counters. */
  total: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
}

export type MailboxReconnect = {
  password: string
  smtp?: {
    host: string
    port: number
    /** tls: encrypted from the first byte; starttls: encrypted before the log-in. Never without. */
    security: 'tls' | 'starttls'
    /** Log-in name, when it is not the address. */
    user?: string
  }
  imap?: {
    host: string
    port: number
    /** tls: encrypted from the first byte; starttls: encrypted before the log-in. Never without. */
    security: 'tls' | 'starttls'
    /** Log-in name, when it is not the address. */
    user?: string
  }
}

export type MailboxStatus = 'connecting' | 'active' | 'needs_attention' | 'paused' | 'disconnected'

export type MailboxTest = {
  smtp: {
    ok: boolean
    problem: string | null
  }
  imap: {
    ok: boolean
    problem: string | null
    /** The server tells of new mail at once; null when it was not reached. */
    idle: boolean | null
    condstore: boolean | null
    junk_folder: string | null
    sent_folder: string | null
  }
}

export type MailboxUpdate = {
  /** Name in the From header. */
  display_name?: string | null
  signature_html?: string | null
  /** Most messages per calendar day of the workspace; 40 when absent. */
  daily_limit?: number
  /** Messages on the first day; 5 when absent, null for no ramp-up. */
  ramp_start?: number | null
  /** Messages more on each further day; 3 when absent. */
  ramp_step?: number | null
  /** Whether sent messages are put into the Sent folder: auto does so unless the provider does it by itself. */
  sent_copies?: 'auto' | 'always' | 'never'
  /** Look for answers in the junk folder too; true when absent. */
  reads_junk?: boolean
  /** true stops sending and reading; false goes on. */
  paused?: boolean
}

export type MailDeliverabilityRecent = {
  rows: {
    email_id: string
    conversation_id: string | null
    subject: string
    recipient: string
    status: string
    sent_at: string
    delivered_at: string | null
    open_count: number
    click_count: number
    /** Permanent or Transient. */
    bounce_type: string | null
    complaint_feedback_type: string | null
  }[]
}

/** Messages that left in this time; machines’ opens and clicks do not count. */
export type MailDeliverabilitySummary = {
  /** How far back from now. */
  range: '24h' | '7d' | '30d' | '90d'
  total_sent: number
  delivered: number
  bounced: number
  complained: number
  opened: number
  clicked: number
  /** delivered ÷ total_sent. */
  delivery_rate: number
  /** bounced ÷ total_sent. */
  bounce_rate: number
  /** complained ÷ delivered. */
  complaint_rate: number
  /** opened ÷ delivered. */
  open_rate: number
  /** clicked ÷ delivered. */
  click_rate: number
}

export type MailDeliverabilityTimeseries = {
  /** How far back from now. */
  range: '24h' | '7d' | '30d' | '90d'
  bucket: 'hour' | 'day'
  points: {
    bucket_start: string
    sent: number
    delivered: number
    bounced: number
    complained: number
    opened: number
    clicked: number
  }[]
}

export type MailDelivery = {
  /** As the instance is set up, direct to the receivers’ servers (MX), or through a relay of the workspace’s own. */
  delivery: 'instance' | 'direct' | 'relay'
  relay: {
    host: string
    port: number
    /** Encrypted from the first byte, by STARTTLS or not at all, or by STARTTLS where it is offered (no password). */
    security: 'tls' | 'starttls' | 'opportunistic'
    user: string | null
    has_password: boolean
  } | null
  /** What follows: a sandbox always has the local mail world; with none, live mail waits for a transport. */
  effective: 'sandbox' | 'none' | 'relay' | 'direct'
}

export type MailDeliveryTest = {
  /** A session could be opened, with the log-in where there is one. */
  ok: boolean
  host: string
  port: number
  problem: {
    type: 'auth' | 'refused' | 'tls' | 'network' | 'log_in'
    message: string
    smtp_code: number | null
    smtp_enhanced: string | null
    smtp_text: string | null
  } | null
}

export type MailDeliveryTestRequest = {
  /** Left out, the stored relay is tried. */
  relay?: {
    host: string
    port: number
    /** Encrypted from the first byte, by STARTTLS or not at all, or by STARTTLS where it is offered (no password). */
    security?: 'tls' | 'starttls' | 'opportunistic'
    user?: string | null
    /** Kept when left out, as long as host, port and user stay the same. Never shown. */
    password?: string | null
  }
}

/** A relay is logged in to before it is stored. One that is left out keeps the one there is; null removes it. */
export type MailDeliveryUpdate = {
  /** As the instance is set up, direct to the receivers’ servers (MX), or through a relay of the workspace’s own. */
  delivery: 'instance' | 'direct' | 'relay'
  relay?: {
    host: string
    port: number
    /** Encrypted from the first byte, by STARTTLS or not at all, or by STARTTLS where it is offered (no password). */
    security?: 'tls' | 'starttls' | 'opportunistic'
    user?: string | null
    /** Kept when left out, as long as host, port and user stay the same. Never shown. */
    password?: string | null
  } | null
}

export type MailDomain = {
  id: string
  domain: string
  status: BavimailDomainStatus
  inbound_enabled: boolean
  /** Remove tracking pixels from inbound bodies when they are read. */
  strip_tracking_on_read: boolean
  /** Extra inbound headers kept beyond the default set. */
  extra_retained_headers?: string[] | null
  /** Header patterns that are kept in effect. */
  retained_headers?: string[] | null
  verified_at?: string | null
  last_verification_attempt?: string | null
  /** Reason of the last failed check. */
  verification_error?: string | null
  provider_key?: string
  user_id?: string
  is_active: boolean
  provider_config?: Record<string, unknown> | null
  ses_verification_token?: string | null
  ses_dkim_tokens?: string[] | null
  ses_mail_from_domain?: string | null
  ses_mail_from_status?: string | null
  ses_mail_from_error?: string | null
  /** Belongs to the local mail world; ours. */
  is_sandbox?: boolean
  /** Of the RSA key that signs; ours. */
  dkim_selector?: string | null
  /** An Ed25519 key signs beside the RSA one (RFC 8463); ours. */
  dkim_ed25519?: boolean
  /** Where envelope senders are once its records are found; ours. */
  mail_from_host?: string | null
  /** Ours. */
  mail_from_verified_at?: string | null
  /** Ours. */
  mail_from_error?: string | null
  /** Name of tracked links once its record is found; ours. */
  tracking_host?: string | null
  /** Ours. */
  tracking_verified_at?: string | null
  /** What the policy file at mta-sts.<domain> says; ours. */
  mta_sts_mode?: 'none' | 'testing' | 'enforce'
  /** Since when a verified domain lacks a needed record; it stops sending 72 hours later. Ours. */
  failing_since?: string | null
  /** Most messages per calendar day of the workspace; ours. */
  daily_limit?: number | null
  /** Rises when the domain is registered anew, and with each rotation of its keys. */
  activation_generation: number
  created_at?: string | null
  updated_at?: string | null
  /** Always null: a deleted domain is not shown. */
  inactivity_reason: string | null
  /** Always null, likewise. */
  revoked_at: string | null
  /** Empty where envelope senders are at the domain itself. */
  mail_from_subdomain: string
  mail_from_domain: string
  mail_from_status: 'not_started' | 'pending' | 'success' | 'failed'
}

export type MailDomainOwnership = {
  domain: string
  record: MailSetupRecord
  /** It is published now. */
  verified: boolean
}

export type MailDomainSetupRecords = {
  domain: MailDomain
  dns_records: MailSetupRecord[]
  verification_instructions: string
}

export type MailDomainSetupStatus = {
  domain: MailDomain
  records: {
    check: 'ownership' | 'dkim' | 'mail_from'
    status: 'pending' | 'verified' | 'failed'
    /** Status of the first record that is not right. */
    provider_status: string | null
    detail: string | null
  }[]
  dns_checked_at: string
  progress: {
    total: number
    verified: number
  }
  mail_from_status: 'not_started' | 'pending' | 'success' | 'failed'
  mail_from_error: string | null
  /** The domain can send. */
  ready: boolean
  setup_blocked_reason: string | null
}

export type MailEmailEvent = {
  id: string
  user_id: string
  email_id: string
  event_type: string
  occurred_at: string
  /** Whom it is about, where that is known. */
  recipient: string | null
  bounce_type: 'Permanent' | 'Transient' | null
  bounce_sub_type: string | null
  complaint_feedback_type: string | null
  error_message: string | null
  url: string | null
  metadata: Record<string, unknown>
  created_at: string
  updated_at: string
}

export type MailEmailEvents = {
  events: MailEmailEvent[]
  total: number
  limit: number
  offset: number
}

/** A tag on a message. */
export type MailEmailTag = {
  tag: BavimailTagSummary
  tagged_by: string
  tagged_at: string
  note: string | null
}

export type MailEmailTracking = {
  email_id: string
  track_opens: boolean
  track_clicks: boolean
  /** By people; opens also lists those of machines. */
  open_count: number
  /** By people; clicks also lists those of machines. */
  click_count: number
  first_opened_at: string | null
  last_opened_at: string | null
  first_clicked_at: string | null
  last_clicked_at: string | null
  links: {
    id: string
    link_id: string
    position: number
    original_url: string
    anchor_text: string | null
    click_count: number
    unique_click_count: number
    first_clicked_at: string | null
    last_clicked_at: string | null
  }[]
  opens: {
    id: string
    is_bot: boolean
    bot_reason: string | null
    user_agent: string | null
    opened_at: string
    is_first_open: boolean
  }[]
  clicks: {
    id: string
    is_bot: boolean
    bot_reason: string | null
    user_agent: string | null
    link_id: string
    clicked_at: string
    is_first_click: boolean
    device_type: string | null
    browser_name: string | null
    os_name: string | null
  }[]
}

/** The error envelope under /mail/v1, where invalid input is 400. */
export type MailError = {
  detail: {
    /** Text for a person. */
    message: string
    /** Stable code, SCREAMING_SNAKE_CASE. */
    code: string
    category: string
    /** `details` lists every problem of an invalid request. */
    context: Record<string, unknown>
  }
  ok: false
  /** The same text as in detail, where clients from 1.0 on read it. */
  error: string
  /** The same code as in detail. */
  code: string
  request_id: string
}

export type MailEventFeed = {
  events: MailEmailEvent[]
  next_cursor: string | null
}

export type MailInboundEmail = {
  id: string
  alias_id: string
  domain_id: string
  user_id: string
  conversation_id?: string | null
  from_email: string
  from_name?: string | null
  subject: string
  alias_name: string
  domain_name: string
  /** Address that received the message. */
  full_email: string
  attachment_count: number
  has_html: boolean
  provider_message_id: string
  raw_email_uri: string | null
  provider_received_at?: string | null
  processed_at?: string | null
  processing_error?: string | null
  provider_metadata?: Record<string, unknown> | null
  tags?: BavimailTagSummary[] | null
  /** human_reply, auto_reply, bounce, complaint, unsubscribe, delivery_notice or unmatched; ours. */
  kind?: string
  /** How the message it answers was found; ours. */
  matched_by?: string | null
  /** The sent message it answers; ours. */
  email_id?: string | null
  /** Ours. */
  campaign_id?: string | null
  /** Ours. */
  campaign_lead_id?: string | null
  created_at?: string | null
  updated_at?: string | null
  to_email: string
  reply_to?: string | null
  cc_emails?: BavimailRecipient[] | null
  bcc_emails?: BavimailRecipient[] | null
  body_text?: string | null
  body_html?: string | null
  /** What was newly written, without quoted text and signature; ours. */
  reply_text?: string | null
  /** Ours. */
  quoted_text?: string | null
  /** Ours. */
  signature_text?: string | null
  raw_email_size?: number | null
  headers?: BavimailHeader[] | null
  message_id?: string | null
  in_reply_to?: string | null
  thread_references?: string[] | null
  attachments: MailMessageAttachment[]
  spam_verdict?: BavimailVerdict | null
  virus_verdict?: BavimailVerdict | null
  spf_verdict?: BavimailVerdict | null
  dkim_verdict?: BavimailVerdict | null
  dmarc_verdict?: BavimailVerdict | null
  /** Of the chain of seals that forwarders leave (RFC 8617); ours. */
  arc_verdict?: BavimailVerdict | null
  /** When it was marked as read. */
  read_at?: string | null
  is_warmup?: boolean
  inbox_id: string
  thread_id: string | null
  inbox_address: string
  domain: string
  from_address: string
  /** The Message-ID; ours where the message has none. */
  ses_message_id: string
  received_at: string
  recipients: {
    to: {
      address: string
      name: string | null
    }[]
    cc: {
      address: string
      name: string | null
    }[]
  }
  /** GRAY where nothing is known. */
  verdicts: {
    spam: 'PASS' | 'FAIL' | 'GRAY' | 'PROCESSING_FAILED'
    virus: 'PASS' | 'FAIL' | 'GRAY' | 'PROCESSING_FAILED'
    spf: 'PASS' | 'FAIL' | 'GRAY' | 'PROCESSING_FAILED'
    dkim: 'PASS' | 'FAIL' | 'GRAY' | 'PROCESSING_FAILED'
    dmarc: 'PASS' | 'FAIL' | 'GRAY' | 'PROCESSING_FAILED'
    dmarc_policy: string | null
  }
}

export type MailInboundEmailSummary = {
  id: string
  alias_id: string
  domain_id: string
  user_id: string
  conversation_id?: string | null
  from_email: string
  from_name?: string | null
  subject: string
  alias_name: string
  domain_name: string
  /** Address that received the message. */
  full_email: string
  attachment_count: number
  has_html: boolean
  provider_message_id: string
  raw_email_uri: string | null
  provider_received_at?: string | null
  processed_at?: string | null
  processing_error?: string | null
  provider_metadata?: Record<string, unknown> | null
  tags?: BavimailTagSummary[] | null
  /** human_reply, auto_reply, bounce, complaint, unsubscribe, delivery_notice or unmatched; ours. */
  kind?: string
  /** How the message it answers was found; ours. */
  matched_by?: string | null
  /** The sent message it answers; ours. */
  email_id?: string | null
  /** Ours. */
  campaign_id?: string | null
  /** Ours. */
  campaign_lead_id?: string | null
  created_at?: string | null
  updated_at?: string | null
  /** When it was marked as read. */
  read_at?: string | null
  is_warmup?: boolean
}

/** The list as clients from 1.0 on read it. */
export type MailInboundPage = {
  inbound_emails: MailInboundRow[]
  /** Exact to 10,000. */
  total: number
}

export type MailInboundRow = {
  id: string
  user_id: string
  inbox_id: string
  thread_id: string | null
  inbox_address: string
  domain: string
  from_address: string
  /** The Message-ID; ours where the message has none. */
  ses_message_id: string
  received_at: string
  from_name: string | null
  subject: string
  processing_error: string | null
  attachment_count: number
  created_at: string
  updated_at: string
}

/** An address on a domain, which sends and receives. */
export type MailInbox = {
  /** The same as the alias’s: an inbox is an alias under the name that clients from 1.0 on give it. */
  id: string
  user_id: string
  domain_id: string
  /** Local part of the address. */
  name: string
  full_email: string
  domain_name: string
  domain_status: string
  is_active: boolean
  inactivity_reason: string | null
  signature_html: string | null
  /** Derived from signature_html; ours. */
  signature_text: string | null
  /** Name in the From header; ours. */
  display_name: string | null
  created_at: string
  updated_at: string
}

export type MailInboxCreate = {
  domain_id: string
  /** Local part of the address. */
  name: string
  signature_html?: string | null
  /** Name in the From header; ours. */
  display_name?: string | null
}

/** Only the fields sent are changed. */
export type MailInboxUpdate = {
  /** New local part; the old address stops sending and receiving. */
  name?: string
  /** null removes the signature. */
  signature_html?: string | null
  /** Ours. */
  display_name?: string | null
}

export type MailIntegration = {
  id: string
  display_name: string
  auth_mode: 'hmac'
}

export type MailIntegrationWebhookCreate = {
  /** https; it must lead to the public internet, at registration and at each delivery. */
  url: string
  event_types: string[]
  description?: string | null
  /** JWT that names the user: signed by the integration (HS256, iss its id) or by the outside issuer. */
  user_assertion: string
  secret?: string | null
}

export type MailKeyBootstrap = {
  /** JWT that names the user: signed by the integration (HS256, iss its id) or by the outside issuer. */
  user_assertion: string
  label?: string | null
}

export type MailKeyRevoked = {
  revoked: boolean
}

/** A tag or folder, in the words of the clients from 1.0 on. */
export type MailLabel = {
  /** Of a system folder its name: inbox, sent, spam or trash. */
  id: string
  name: string
  color: string | null
  kind: 'system' | 'folder' | 'label'
  /** Threads in it or with it. */
  total: number
  /** Those of them with unread messages. */
  unread: number
  created_at: string | null
  updated_at: string | null
}

export type MailLabelCreate = {
  name: string
  kind?: 'label' | 'folder'
  /** Hexadecimal, with #. */
  color?: string | null
}

export type MailLabels = {
  labels: MailLabel[]
  starred: {
    total: number
    unread: number
  }
}

export type MailLabelUpdate = {
  name?: string
  /** null takes it away. */
  color?: string | null
}

export type MailMailboxThread = {
  id: string
  user_id: string
  subject: string
  /** Beginning of the newest message. */
  snippet: string
  unread: boolean
  /** inbox, sent, spam, trash, or the id of a folder. */
  folder_id: string
  starred: boolean
  label_ids: string[]
  message_count: number
  first_message_at: string
  last_message_at: string
  last_message_type: 'inbound' | 'outbound'
  last_message_from: string
  last_message_from_name: string | null
  created_at: string
  updated_at: string
}

/** A thread with its messages, oldest first. */
export type MailMailboxThreadDetail = {
  id: string
  user_id: string
  subject: string
  /** Beginning of the newest message. */
  snippet: string
  unread: boolean
  /** inbox, sent, spam, trash, or the id of a folder. */
  folder_id: string
  starred: boolean
  label_ids: string[]
  message_count: number
  first_message_at: string
  last_message_at: string
  last_message_type: 'inbound' | 'outbound'
  last_message_from: string
  last_message_from_name: string | null
  created_at: string
  updated_at: string
  messages: {
    id: string
    user_id: string
    inbox_id: string
    /** Null once its thread has been deleted. */
    thread_id: string | null
    domain_id: string
    from_email: string
    inbox_name: string | null
    domain_name: string | null
    in_reply_to: string | null
    thread_references: string[] | null
    to_emails: string[]
    cc_emails: string[]
    bcc_emails: string[]
    /** Ours. */
    reply_to: string | null
    subject: string
    body_html: string | null
    body_text: string | null
    /** The Message-ID. */
    ses_message_id: string | null
    headers: { [name: string]: string } | null
    status: MailOutboundStatus
    scheduled_at: string | null
    scheduled_timezone: string | null
    cancelled_at: string | null
    attachments: MailMessageAttachment[]
    attachment_count: number
    sent_at: string | null
    delivered_at: string | null
    error_message: string | null
    track_opens: boolean
    track_clicks: boolean
    open_count: number
    click_count: number
    /** Permanent or Transient. */
    latest_bounce_type: string | null
    latest_bounce_sub_type: string | null
    latest_complaint_feedback_type: string | null
    /** What became of it for each; ours. */
    recipients: EmailRecipient[] | null
    /** Null for a message that a client composed; ours. */
    campaign_id: string | null
    created_at: string
    updated_at: string
    type: 'outbound'
  } | {
    id: string
    alias_id: string
    domain_id: string
    user_id: string
    conversation_id?: string | null
    from_email: string
    from_name?: string | null
    subject: string
    alias_name: string
    domain_name: string
    /** Address that received the message. */
    full_email: string
    attachment_count: number
    has_html: boolean
    provider_message_id: string
    raw_email_uri: string | null
    provider_received_at?: string | null
    processed_at?: string | null
    processing_error?: string | null
    provider_metadata?: Record<string, unknown> | null
    tags?: BavimailTagSummary[] | null
    /** human_reply, auto_reply, bounce, complaint, unsubscribe, delivery_notice or unmatched; ours. */
    kind?: string
    /** How the message it answers was found; ours. */
    matched_by?: string | null
    /** The sent message it answers; ours. */
    email_id?: string | null
    /** Ours. */
    campaign_id?: string | null
    /** Ours. */
    campaign_lead_id?: string | null
    created_at?: string | null
    updated_at?: string | null
    to_email: string
    reply_to?: string | null
    cc_emails?: BavimailRecipient[] | null
    bcc_emails?: BavimailRecipient[] | null
    body_text?: string | null
    body_html?: string | null
    /** What was newly written, without quoted text and signature; ours. */
    reply_text?: string | null
    /** Ours. */
    quoted_text?: string | null
    /** Ours. */
    signature_text?: string | null
    raw_email_size?: number | null
    headers?: BavimailHeader[] | null
    message_id?: string | null
    in_reply_to?: string | null
    thread_references?: string[] | null
    attachments: MailMessageAttachment[]
    spam_verdict?: BavimailVerdict | null
    virus_verdict?: BavimailVerdict | null
    spf_verdict?: BavimailVerdict | null
    dkim_verdict?: BavimailVerdict | null
    dmarc_verdict?: BavimailVerdict | null
    /** Of the chain of seals that forwarders leave (RFC 8617); ours. */
    arc_verdict?: BavimailVerdict | null
    inbox_id: string
    thread_id: string | null
    inbox_address: string
    domain: string
    from_address: string
    /** The Message-ID; ours where the message has none. */
    ses_message_id: string
    received_at: string
    recipients: {
      to: {
        address: string
        name: string | null
      }[]
      cc: {
        address: string
        name: string | null
      }[]
    }
    /** GRAY where nothing is known. */
    verdicts: {
      spam: 'PASS' | 'FAIL' | 'GRAY' | 'PROCESSING_FAILED'
      virus: 'PASS' | 'FAIL' | 'GRAY' | 'PROCESSING_FAILED'
      spf: 'PASS' | 'FAIL' | 'GRAY' | 'PROCESSING_FAILED'
      dkim: 'PASS' | 'FAIL' | 'GRAY' | 'PROCESSING_FAILED'
      dmarc: 'PASS' | 'FAIL' | 'GRAY' | 'PROCESSING_FAILED'
      dmarc_policy: string | null
    }
    type: 'inbound'
  }[]
}

export type MailMailboxThreads = {
  threads: MailMailboxThread[]
  next_cursor: string | null
}

export type MailMessageAttachment = {
  id: string
  filename: string
  size_bytes: number
  mime_type: string
  sha256: string
  /** Works without a credential until expires_at. */
  download_url: string | null
  expires_at: string | null
  content_id: string | null
  is_inline: boolean
  position: number
}

export type MailMessageTags = {
  tag_ids: string[]
  /** Kept with each of these tags. */
  note?: string | null
}

export type MailOutboundAttachment = {
  /** A file that was uploaded before. */
  attachment_id?: string
  content?: string
  /** A public https address, from which the file is read once. */
  path?: string
  /** Needed with content. */
  filename?: string
  content_type?: string
  /** Shown by the HTML as cid: and its content_id. */
  is_inline?: boolean
  content_id?: string | null
}

/** Up to 100 messages, each as for a single one. */
export type MailOutboundBatchRequest = {
  emails: Record<string, unknown>[]
}

export type MailOutboundBatchResult = {
  total: number
  accepted: number
  rejected: number
  results: {
    index: number
    status: 'accepted' | 'rejected'
    outbound_email: MailOutboundEmail | null
    error: {
      message: string
      code: string
      category: string
    } | null
  }[]
}

/** A sent message, in the words of the clients from 1.0 on. */
export type MailOutboundEmail = {
  id: string
  user_id: string
  inbox_id: string
  /** Null once its thread has been deleted. */
  thread_id: string | null
  domain_id: string
  from_email: string
  inbox_name: string | null
  domain_name: string | null
  in_reply_to: string | null
  thread_references: string[] | null
  to_emails: string[]
  cc_emails: string[]
  bcc_emails: string[]
  /** Ours. */
  reply_to: string | null
  subject: string
  body_html: string | null
  body_text: string | null
  /** The Message-ID. */
  ses_message_id: string | null
  headers: { [name: string]: string } | null
  status: MailOutboundStatus
  scheduled_at: string | null
  scheduled_timezone: string | null
  cancelled_at: string | null
  attachments: MailMessageAttachment[]
  attachment_count: number
  sent_at: string | null
  delivered_at: string | null
  error_message: string | null
  track_opens: boolean
  track_clicks: boolean
  open_count: number
  click_count: number
  /** Permanent or Transient. */
  latest_bounce_type: string | null
  latest_bounce_sub_type: string | null
  latest_complaint_feedback_type: string | null
  /** What became of it for each; ours. */
  recipients: EmailRecipient[] | null
  /** Null for a message that a client composed; ours. */
  campaign_id: string | null
  created_at: string
  updated_at: string
}

export type MailOutboundPage = {
  outbound_emails: MailOutboundEmail[]
  /** Exact to 10,000. */
  total: number
}

/** One message to one or more recipients. */
export type MailOutboundRequest = {
  /** Inbox to send from. */
  inbox_id: string
  to_emails: string[]
  cc_emails?: string[] | null
  bcc_emails?: string[] | null
  subject: string
  /** HTML if it has a block element, else plain text; a text version is derived from HTML. */
  body: string
  /** Thread to add the message to. */
  thread_id?: string | null
  /** Message-ID answered. */
  in_reply_to?: string | null
  /** Reply-To address; ours. */
  reply_to?: string | null
  /** Further header fields: X-… and a few that describe the message. */
  headers?: { [name: string]: string } | null
  attachments?: MailOutboundAttachment[] | null
  /** A wall-clock time that is read in scheduled_timezone; with Z or an offset it says its instant itself. */
  scheduled_at?: string | null
  /** IANA zone of scheduled_at. */
  scheduled_timezone?: string | null
  track_opens?: boolean
  track_clicks?: boolean
  /** Only links that match are tracked; ours. */
  click_tracking_patterns?: string[] | null
}

export type MailOutboundStatus = 'queued' | 'scheduled' | 'sending' | 'sent' | 'delivered' | 'bounced' | 'failed' | 'cancelled' | 'complained'

export type MailOutboundSummary = {
  /** How far back from now. */
  range: '24h' | '7d' | '30d' | '90d'
  total_sent: number
  delivered: number
  bounced: number
  complained: number
  opened: number
  clicked: number
  /** delivered ÷ total_sent. */
  delivery_rate: number
  /** bounced ÷ total_sent. */
  bounce_rate: number
  /** complained ÷ delivered. */
  complaint_rate: number
  /** opened ÷ delivered. */
  open_rate: number
  /** clicked ÷ delivered. */
  click_rate: number
  window_start: string
  window_end: string
}

export type MailOutboundTimeseries = {
  /** How far back from now. */
  range: '24h' | '7d' | '30d' | '90d'
  bucket: 'hour' | 'day'
  points: {
    bucket_start: string
    sent: number
    delivered: number
    bounced: number
    complained: number
    opened: number
    clicked: number
  }[]
  window_start: string
  window_end: string
}

export type MailReputation = {
  sending_control: MailSendingControl | null
}

export type MailSendingControl = {
  /** suspended_aws is the word that clients know for a block by figures; no other provider is involved. */
  state: 'active' | 'suspended_aws'
  blocked: boolean
  reason_code: string | null
  reason_summary: string | null
  blocked_at: string | null
  /** Always null: a block ends when its figures recover. */
  unblocked_at: string | null
  last_evaluated_at: string | null
  aws_metric_window_start: string | null
  aws_metric_window_end: string | null
  /** Messages that a receiving server took in the window. */
  aws_sent_count: number
  /** Hard bounces. */
  aws_bounce_count: number
  aws_complaint_count: number
  aws_bounce_rate: number
  aws_complaint_rate: number
  /** From here on sending is blocked. */
  aws_bounce_threshold: number
  aws_complaint_threshold: number
  /** Always null. */
  aws_tenant_sending_status: string | null
  /** What the figures say, in sentences. */
  aws_reputation_finding_summary: string | null
  /** Always false: a person lifts a block with the sending-health route. */
  reenable_pending: boolean
  reenable_requested_at: string | null
  updated_at: string
}

export type MailSetupRecord = {
  type: string
  name: string
  value: string
  ttl: number
  description: string
  priority?: number | null
}

export type MailSuppressedAddress = {
  id: string
  user_id: string
  /** @domain for a whole domain, empty where only a hash is kept. */
  address: string
  /** bounce, complaint or manual; unsubscribed and imported are ours. */
  reason: string
  note: string | null
  metadata: Record<string, unknown>
  created_at: string
  updated_at: string
}

export type MailSuppression = {
  id: string
  user_id: string
  /** The address, @domain for a whole domain, null where only its hash is kept. */
  email: string | null
  kind: 'address' | 'domain' | 'hash'
  reason: 'manual' | 'unsubscribed' | 'bounced' | 'complained' | 'imported'
  source: string
  status: 'active' | 'released'
  note: string | null
  metadata: Record<string, unknown>
  suppressed_at: string
  released_at: string | null
  created_at: string
  updated_at: string
}

export type MailSuppressionCreate = {
  /** An address, or @acme.com for everybody there. */
  email?: string
  /** Newer name of email. */
  address?: string
  /** manual, unsubscribed, bounced, complained or imported; bounce, complaint and unsubscribe mean the same. */
  reason?: 'manual' | 'unsubscribed' | 'bounced' | 'complained' | 'imported'
  source?: string | null
  note?: string | null
  metadata?: Record<string, unknown> | null
}

export type MailSuppressionPage = {
  suppressions: MailSuppressedAddress[]
  /** Exact to 10,000. */
  total: number
}

export type MailSuppressionRelease = {
  note?: string | null
}

/** A tag or folder for received messages. */
export type MailTag = {
  id: string
  name: string
  type: 'tag' | 'folder'
  sort_order: number
  is_pinned: boolean
  /** Inbox and Sent: every received and every sent message is in them. */
  is_system: boolean
  /** Messages with this tag. */
  email_count: number
  is_visible: boolean
  user_id: string
  description: string | null
  color: string | null
  icon: string | null
  created_at: string
  updated_at: string
}

export type MailTagCreate = {
  name: string
  type?: 'tag' | 'folder'
  description?: string | null
  /** Hexadecimal, with #. */
  color?: string | null
  icon?: string | null
  sort_order?: number
  is_pinned?: boolean
}

/** Only the fields sent are changed; null clears. */
export type MailTagUpdate = {
  name?: string
  type?: 'tag' | 'folder'
  description?: string | null
  /** Hexadecimal, with #. */
  color?: string | null
  icon?: string | null
  sort_order?: number
  is_pinned?: boolean
  is_visible?: boolean
}

export type MailThread = {
  id: string
  subject: string
  message_count: number
  user_id: string
  first_message_at?: string | null
  last_message_at?: string | null
  created_at?: string | null
  updated_at?: string | null
  first_from_email?: string | null
  first_to_email?: string | null
  total_attachment_count: number
  /** Received messages that nobody has read; ours. */
  unread_count?: number
  /** Ours. */
  alias_id?: string
  /** Ours. */
  domain_id?: string
  /** Ours. */
  campaign_lead_id?: string | null
  /** Addresses of everybody in the thread but ours. */
  participants: string[]
  /** Beginning of the newest message. */
  snippet: string | null
  last_direction: 'inbound' | 'outbound' | null
  is_read: boolean
}

export type MailThreadAttachments = {
  attachments: {
    id: string
    filename: string
    size_bytes: number
    mime_type: string
    sha256: string
    /** Works without a credential until expires_at. */
    download_url: string | null
    expires_at: string | null
    content_id: string | null
    is_inline: boolean
    position: number
    email_id: string
    email_type: 'inbound' | 'outbound'
  }[]
}

/** A thread with its messages, oldest first. */
export type MailThreadDetail = {
  id: string
  subject: string
  message_count: number
  user_id: string
  first_message_at?: string | null
  last_message_at?: string | null
  created_at?: string | null
  updated_at?: string | null
  first_from_email?: string | null
  first_to_email?: string | null
  total_attachment_count: number
  /** Received messages that nobody has read; ours. */
  unread_count?: number
  /** Ours. */
  alias_id?: string
  /** Ours. */
  domain_id?: string
  /** Ours. */
  campaign_lead_id?: string | null
  /** Addresses of everybody in the thread but ours. */
  participants: string[]
  /** Beginning of the newest message. */
  snippet: string | null
  last_direction: 'inbound' | 'outbound' | null
  is_read: boolean
  messages: BavimailConversationMessage[]
}

export type MailThreadList = {
  threads: MailThread[]
  has_more: boolean
  next_cursor: string | null
}

/** Only what is sent is changed. */
export type MailThreadUpdate = {
  /** Of every message received in it. */
  unread?: boolean
  starred?: boolean
  /** trash also cancels what waits for its time in the thread; an answer brings the thread back. */
  folder_id?: 'inbox' | 'spam' | 'trash' | string
  add_label_ids?: string[]
  remove_label_ids?: string[]
}

/** The name under which a domain’s links and pixels are: its tracking_host, as clients from 1.0 on see it. */
export type MailTrackingDomain = {
  /** That of the domain it is below: each domain has at most one. */
  id: string
  user_id: string
  domain_id: string
  hostname: string
  status: 'pending' | 'active'
  /** What its CNAME leads to; empty while this instance has no public name. */
  target: string
  dns_records: {
    type: string
    name: string
    value: string
    ttl: number
    description: string
    priority: number | null
  }[]
  checks: {
    check: 'cname' | 'ownership'
    status: 'pending' | 'verified'
    detail: string | null
  }[]
  dns_checked_at: string | null
  activated_at: string | null
  last_error: string | null
  created_at: string
  updated_at: string
}

export type MailTrackingDomainCreate = {
  /** Fully qualified DNS name; other scripts are accepted and turned into ASCII. */
  hostname: string
}

export type MailUserAssertion = {
  /** JWT that names the user: signed by the integration (HS256, iss its id) or by the outside issuer. */
  user_assertion: string
}

export type MailWarmupToken = {
  /** Mail that carries this text is warm-up mail, which lists leave out. */
  token: string
}

export type MailWebhook = {
  id: string
  /** Who made it. */
  user_id?: string
  url: string
  event_types: string[]
  is_active: boolean
  is_verified: boolean
  description: string | null
  integration_id: string | null
  created_at: string
  updated_at: string
  /** Failed tries since the last success. */
  consecutive_failures: number
  /** Set when it was disabled automatically. */
  disabled_at: string | null
  /** The two flags in one word. */
  status?: 'pending_verification' | 'active' | 'disabled'
  verified_at: string | null
}

export type MailWebhookCreate = {
  /** https; it must lead to the public internet, at registration and at each delivery. */
  url: string
  event_types: string[]
  description?: string | null
}

export type MailWebhookCreated = {
  id: string
  /** Who made it. */
  user_id?: string
  url: string
  event_types: string[]
  is_active: boolean
  is_verified: boolean
  description: string | null
  integration_id: string | null
  created_at: string
  updated_at: string
  /** Failed tries since the last success. */
  consecutive_failures: number
  /** Set when it was disabled automatically. */
  disabled_at: string | null
  /** The two flags in one word. */
  status?: 'pending_verification' | 'active' | 'disabled'
  verified_at: string | null
  /** 64 hexadecimal characters; shown once. */
  secret: string
}

export type MailWebhookPage = {
  webhooks: MailWebhook[]
}

export type MailWebhookPut = {
  /** Another address has to be verified anew. */
  url?: string
  event_types?: string[]
  description?: string | null
  /** active needs a verified address. */
  status?: 'active' | 'disabled'
}

export type MailWebhookSecret = {
  secret: string
}

export type MailWebhookUpdate = {
  /** https; it must lead to the public internet, at registration and at each delivery. */
  url?: string
  event_types?: string[]
  description?: string | null
  is_active?: boolean
}

export type Member = {
  user_id: string
  name: string
  email: string | null
  role: 'owner' | 'admin' | 'member' | 'viewer'
  joined_at: string
}

export type MemberList = {
  items: Member[]
}

export type MemberUpdate = {
  role: 'owner' | 'admin' | 'member' | 'viewer'
}

export type ModelUsage = {
  from: string
  to: string
  timezone: string
  items: {
    day: string
    /** What was asked for, such as preview, playground, job or review. */
    purpose: string
    /** Whose model it was. */
    owner: 'workspace' | 'instance'
    /** The protocol: that of OpenAI (Ollama, vLLM, llama.cpp and most hosted services), Anthropic’s or Google’s. */
    provider: 'openai_compatible' | 'anthropic' | 'google'
    model: string
    /** Requests, over retries and further models. */
    calls: number
    failed_calls: number
    input_tokens: number
    output_tokens: number
    /** Millionths of a US dollar, over the calls whose price is known. */
    cost_microusd: number
    /** Calls whose price is not known; they are not in the cost. */
    unpriced_calls: number
    mean_latency_ms: number
  }[]
  total: {
    /** Requests, over retries and further models. */
    calls: number
    failed_calls: number
    input_tokens: number
    output_tokens: number
    /** Millionths of a US dollar, over the calls whose price is known. */
    cost_microusd: number
    /** Calls whose price is not known; they are not in the cost. */
    unpriced_calls: number
  }
  /** Calls are forgotten after so many days. */
  kept_days: number
}

/** A saved instruction for AI personalization, shown in the profile under sender_data.prompts. */
export type NamedPrompt = {
  name: string
  prompt: string
  created_at: string
  updated_at: string
}

export type NamedPromptCreateRequest = {
  /** Unique inside the profile; reserved names are refused with 422. */
  name: string
  prompt: string
}

export type NamedPromptList = {
  profile_id: string
  items: NamedPrompt[]
  /** Exact to 10,000; beyond that from counters. */
  total: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
}

export type NamedPromptUpdateRequest = {
  /** New name. */
  name?: string | null
  prompt?: string | null
}

export type Overview = {
  /** The workspace’s present. */
  now: string
  /** The days are those of this zone. */
  timezone: string
  days: number
  totals: {
    sent: number
    /** Accepted, and not bounced since. */
    delivered: number
    opened: number
    clicked: number
    bounced: number
    complained: number
    /** Answers of people that came within the time. */
    replied: number
  }
  /** The same over as many days before. */
  previous: {
    sent: number
    /** Accepted, and not bounced since. */
    delivered: number
    opened: number
    clicked: number
    bounced: number
    complained: number
    /** Answers of people that came within the time. */
    replied: number
  }
  /** Every day, oldest first. */
  series: {
    day: string
    sent: number
    /** Accepted, and not bounced since. */
    delivered: number
    opened: number
    clicked: number
    bounced: number
    complained: number
    /** Answers of people that came within the time. */
    replied: number
  }[]
  /** What waits for a person. */
  needs: {
    /** Open threads in which a person wrote last. */
    answers: number
    /** Campaigns with written texts that nobody has approved, of leads whose step is still to come. */
    drafts: {
      campaign_id: string
      name: string
      status: CampaignStatus
      drafts: number
    }[]
    paused: {
      campaign_id: string
      name: string
      status: CampaignStatus
      reason: string | null
      since: string
    }[]
    domains: {
      domain_id: string
      domain: string
      status: string
      problem: string | null
      failing_since: string | null
    }[]
    mailboxes: {
      mailbox_id: string
      email: string
      problem: string | null
    }[]
    /** Unread. */
    alerts: number
  }
  /** How many there are in each state. */
  campaigns: {
    status: CampaignStatus
    count: number
  }[]
  /** How far the first campaign is. */
  first_run: {
    /** An alias of a verified domain. */
    has_sender: boolean
    /** A dataset with rows. */
    has_leads: boolean
    has_campaign: boolean
    has_launched: boolean
  }
}

export type PasswordResetAccepted = {
  /** The same whether or not there is such an account. */
  status: 'accepted'
}

export type PasswordResetConfirm = {
  token: string
  /** 10 to 128 characters. */
  password: string
}

export type PasswordResetRequest = {
  email: string
}

export type Person = {
  person_id: string
  email: string | null
  linkedin_url: string | null
  full_name: string | null
  first_name: string | null
  last_name: string | null
  title: string | null
  company_name: string | null
  company_domain: string | null
  company_id: string | null
  phone: string | null
  country: string | null
  city: string | null
  /** Rows of datasets in which the person stands, at most 50 counted. */
  row_count: number
  created_at: string
  updated_at: string
}

export type PersonalizeBulkRequest = {
  requests: PersonalizeRequest[]
}

export type PersonalizeJobResponse = {
  job_id: string
  status: string
  message: string
  estimated_time_seconds: number
  credits_required: number | null
  priority: string | null
}

export type PersonalizeJobStatus = {
  job_id: string
  /** Same values as on submission. */
  status: 'queued' | 'processing' | 'completed' | 'failed'
  progress_percentage: number
  /** Leads that have an outcome, failed ones among them. */
  processed_leads: number
  failed_leads: number
  error_message: string | null
  started_at: string | null
  completed_at: string | null
  /** Null until the job is over. */
  credits_used: number | null
  /** The run in the history of generations. */
  run_id: string
}

export type PersonalizeLeadResult = {
  /** Position in requests. */
  lead_index: number
  status: 'generated' | 'failed'
  personalised_email: string | null
  subject_line: string | null
  metadata: CommonalityMetadata | null
  error: string | null
}

/** One lead with its sender. */
export type PersonalizeRequest = {
  lead_data: DynamicData
  sender_data: DynamicData
}

export type PersonalizeResult = {
  /** Finished body, as plain text; of a bulk job the first one. */
  personalised_email: string
  subject_line: string
  metadata: CommonalityMetadata
  /** Every lead of the job with what came of it; ours. */
  results: PersonalizeLeadResult[]
}

export type PersonDetail = {
  person_id: string
  email: string | null
  linkedin_url: string | null
  full_name: string | null
  first_name: string | null
  last_name: string | null
  title: string | null
  company_name: string | null
  company_domain: string | null
  company_id: string | null
  phone: string | null
  country: string | null
  city: string | null
  /** Rows of datasets in which the person stands, at most 50 counted. */
  row_count: number
  created_at: string
  updated_at: string
  facts: PersonFact[]
  correspondence: {
    messages_sent: number
    first_sent_at: string | null
    last_sent_at: string | null
    messages_received: number
    last_received_at: string | null
    campaigns: {
      campaign_id: string
      name: string
      status: string
      lead_status: string
      campaign_lead_id: string
    }[]
  }
  /** The entry of the suppression list that holds the person back, if any. */
  suppression: {
    entry_id: string
    kind: string
    reason: string
  } | null
}

export type PersonFact = {
  field: string
  value: string
  /** Every row that says so, the newest first. */
  sources: FactSource[]
}

export type PersonList = {
  items: Person[]
  /** Exact to 10,000; beyond that from counters. */
  total: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
  limit: number
  offset: number
}

export type PickerDataset = {
  dataset_id: string
  dataset_name: string
  pipeline_type: string
  row_count: number
  columns: string[]
  created_at: string
}

export type PickerDatasetsResponse = {
  datasets: PickerDataset[]
}

export type PlaygroundBatch = {
  batch_id: string
  step_index: number
  /** Who asked for it. */
  user_id: string | null
  /** The prompt of this batch alone, where it had one. */
  custom_prompt: string | null
  prompt_version_hash: string
  /** Drafts by state. */
  counts: { [name: string]: number }
  /** Leads of it whose step is approved by now, with whichever text. */
  approved: number
  total: number
  /** Nothing of it is left to write. */
  is_over: boolean
  created_at: string
  cancelled_at: string | null
}

export type PlaygroundBatches = {
  campaign_id: string
  items: PlaygroundBatch[]
  /** Exact to 10,000; beyond that from counters. */
  total: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
}

export type PlaygroundCancelRequest = {
  /** Only jobs of this batch are affected. */
  batch_id: string
}

export type PlaygroundCancelResponse = {
  campaign_id: string
  batch_id: string
  cancelled_count: number
}

export type PlaygroundDraft = {
  campaign_lead_id: string
  subject: string | null
  body: string | null
  generated_at: string | null
  prompt_version_hash: string | null
  draft_id: string
  step_index: number
  variant_label: string
  status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled'
  error: string | null
  model: string | null
  generation_latency_ms: number | null
  prompt_source: string | null
  prompt_name: string | null
  /** Only what the draft leans on. */
  used_facts: UsedFact[]
  commonality: unknown
  quality: DraftQuality | null
  research_cache_fingerprint: string | null
  lead_identity_fingerprint: string | null
  /** For expected_step_config_fingerprint of an approval. */
  step_config_fingerprint: string | null
  edit: DraftEdit | null
  /** Whether the step of this lead is approved, with whichever text. */
  is_approved: boolean
}

export type PlaygroundDrafts = {
  campaign_id: string
  batch_id: string | null
  drafts: PlaygroundDraft[]
}

export type PlaygroundGenerateRequest = {
  /** Step to write drafts for. */
  step_index: number
  /** How many leads with a PERSONALIZATION variant to take. */
  n_leads?: number
  /** Prompt for this batch only. */
  custom_prompt?: string | null
  /** Exactly these leads, approved ones too, instead of the first n_leads; ours. */
  campaign_lead_ids?: string[] | null
  /** Passes over leads whose draft for the step is there or under way, so that the next n_leads follow; ours. */
  only_without_draft?: boolean
}

export type PlaygroundGenerateResponse = {
  campaign_id: string
  step_index: number
  batch_id: string
  enqueued_lead_ids: string[]
  prompt_version_hash: string
  total: number
}

export type PlaygroundLeadState = {
  campaign_lead_id: string
  status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled'
  batch_id: string | null
  error: string | null
  completed_at: string | null
  has_draft: boolean
  subject_preview: string | null
}

export type PlaygroundStatus = {
  campaign_id: string
  /** Number of jobs per state; the batch is finished when pending and running are both 0. */
  overall: { [name: string]: number }
  batch_id: string | null
  per_lead: PlaygroundLeadState[]
}

export type PreviewCommonality = {
  text: string
  confidence_score: number
  rarity_score: number
  relevance_score: number
  supporting_evidence: string[]
}

export type PreviewRequest = {
  /** Lead fields such as company, role, linkedin_url; any names. */
  lead_data: Record<string, unknown>
  /** Saved profile; wins over sender_data. */
  sender_profile_id?: string | null
  /** Inline sender; needed when no profile id is given. */
  sender_data?: Record<string, unknown> | null
  /** Prompt override. */
  custom_prompt?: string | null
  /** Ready research text to use instead of fetching. */
  research_context?: string | null
  /** Dataset the lead comes from, used as cache key. */
  dataset_id?: string | null
  /** Row in that dataset. */
  row_index?: number | null
  /** Ignore cached research. */
  force_refresh_research?: boolean
}

export type PreviewResearchSource = {
  name: string
  status: string
  summary: string
  meta: Record<string, unknown>
  from_cache: boolean
}

export type PreviewResponse = {
  subject: string
  /** Plain text. */
  email_body: string
  commonality: PreviewCommonality | null
  /** Where the prompt came from: named, custom_prompt, default or override. */
  prompt_source: string
  prompt_name: string | null
  /** SHA-256 of the text, in hex. */
  prompt_version_hash: string
  model_used: string
  latency_ms: number
  research_sources: PreviewResearchSource[]
  research_chars: number
  research_latency_ms: number
  research_from_cache: boolean
  research_cached_at: string | null
  research_meta: Record<string, unknown>
  facts: DraftFact[]
  /** Ids of the facts that the message leans on. */
  used_facts: string[]
  quality: DraftQuality
  credits_used: number
  /** The run in the history of generations. */
  run_id: string
}

export type ProcessFileRequest = {
  /** Processing session that owns the rows */
  session_id: string
  /** Profile URLs on linkedin.com/in/; malformed ones are left out and listed. One of the three lists is needed. */
  linkedin_urls?: string[]
  /** Companies by their domain or web address: all rows of each; ours. */
  domains?: string[] | null
  /** People by name, as “Ann Lee, Havn AS” or “Ann Lee at havn.example”; ours. */
  names?: string[] | null
  /** Chat that asked for the work */
  chat_session_id?: string | null
  priority?: 'low' | 'normal' | 'high'
  /** Enrichment switches */
  options?: {
    /** Also write what was learned into empty cells of the dataset; true when absent. */
    fill_empty_cells?: boolean
  } | null
}

export type ProcessFileResponse = {
  job_id: string
  session_id: string
  status: 'queued'
  /** Leads that are worked on */
  total_urls: number
  /** Malformed or duplicate URLs, domains and names left out */
  skipped_urls: string[]
  /** Held now; what could not be enriched is given back */
  credits_required: number
  estimated_duration_minutes: number
  priority: 'low' | 'normal' | 'high'
  message: string
}

export type ProfileChatCancelled = {
  session_id: string
  message: string
}

export type ProfileChatMessage = {
  role: 'user' | 'assistant'
  content: string
  id: string
  timestamp: string
  /** Of the assistant: the field asked for, whether it is required, its greatest length, and who wrote. */
  metadata: Record<string, unknown> | null
}

export type ProfileChatRequest = {
  session_id: string
  /** What the user says. */
  message: string
  /** Conversation context and data collected so far, as the client knows it: texts under collected_data fill fields that nothing is known of yet. */
  context?: Record<string, unknown> | null
}

export type ProfileChatResponse = {
  session_id: string
  message: ProfileChatMessage
  /** True once the profile is collected. */
  is_complete: boolean
  /** Everything gathered so far. */
  collected_data: Record<string, unknown> | null
  /** Field the bot asks for next. */
  next_field: string | null
  /** Example answers to offer. */
  suggestions: string[] | null
  /** The profile, once it was created; ours. */
  profile_id: string | null
}

export type ReadinessResponse = {
  status: 'ready' | 'not_ready'
  /** Service name to readiness. */
  services: { [name: string]: boolean }
  timestamp: string
}

export type RefreshRequest = {
  refresh_token: string
}

export type RunDetail = {
  run_id: string
  prompt_source: 'named' | 'custom_prompt' | 'default' | 'override' | 'campaign'
  n_leads: number
  n_completed: number
  n_failed: number
  status: 'in_progress' | 'completed' | 'failed'
  started_at: string
  /** Set for named prompts. */
  prompt_name: string | null
  completed_at: string | null
  model_version: string | null
  error: string | null
  /** kind, job_id, client_run_id and credits_used, among others. */
  metadata: Record<string, unknown> | null
  /** The text that the run was made with. */
  prompt: string
  /** SHA-256 of the text, in hex. */
  prompt_version_hash: string
}

export type RunDetailResponse = {
  run: RunDetail
  /** The first 500. */
  generations: GenerationRow[]
  total_generations: number
  /** More than 500 exist. */
  has_more: boolean
}

export type RunLeadsResponse = {
  generations: GenerationRow[]
  total_generations: number
  offset: number
  limit: number
  has_more: boolean
}

export type RunListResponse = {
  runs: RunSummary[]
  has_more: boolean
}

export type RunSummary = {
  run_id: string
  prompt_source: 'named' | 'custom_prompt'
  n_leads: number
  n_completed: number
  n_failed: number
  status: 'in_progress' | 'completed' | 'failed'
  started_at: string
  /** Set for named prompts. */
  prompt_name: string | null
  completed_at: string | null
  /** SHA-256 of the text, in hex. */
  prompt_version_hash: string
}

export type SavePromptRequest = {
  sender_profile_id: string
  prompt: string
  /** Named slot to write; the default keeps reusing one slot. Reserved names give 422. */
  save_as_name?: string | null
}

export type SavePromptResponse = {
  sender_profile_id: string
  prompt_name: string
  prompt: string
  updated_at: string
  /** SHA-256 of the text, in hex. */
  version_hash: string
}

/** Wrapper around the free-form sender facts, as responses carry it. */
export type SenderData = {
  /** Free-form facts about the sender; no fixed schema. Reserved keys used by the product: prompts (array of NamedPrompt) and custom_prompt (string). */
  data: Record<string, unknown>
}

export type SenderDataUpdateRequest = {
  /** Sender fields; any keys */
  sender_data: Record<string, unknown>
  /** update: later values win; fill: only what is missing or empty is added; deep_update: as update, inside nested objects too; replace: starts afresh. */
  merge_strategy?: 'update' | 'fill' | 'deep_update' | 'replace'
}

export type SenderDataUpdateResponse = {
  session_id: string
  /** How many sources were taken in */
  sources_updated: number
  merge_strategy: string
  message: string
  /** Set when the work was queued; it never is here */
  job_id: string | null
  /** Unix seconds */
  estimated_completion_time: number | null
  /** State of that job */
  processing_status: string | null
}

export type SenderProfile = {
  /** Profile id (UUID). */
  id: string
  /** Who made it. */
  user_id: string
  profile_name: string
  sender_data: SenderData
  description: string | null
  created_at: string
  updated_at: string
  usage_count: number
  is_default: boolean
}

export type SenderProfileCreateRequest = {
  profile_name: string
  /** Plain object with any fields (full_name, company, role, …). Not wrapped in data on the way in. */
  sender_data: Record<string, unknown>
  /** When or how to use the profile. */
  description?: string | null
  is_default?: boolean
}

export type SenderProfileUpdateRequest = {
  profile_name?: string | null
  /** Replaces the stored sender facts. Named prompts stay unless prompts is among them. */
  sender_data?: Record<string, unknown> | null
  /** Null clears it. */
  description?: string | null
  is_default?: boolean | null
}

export type SendingHealth = {
  workspace: {
    band: HealthBand
    /** Messages that a receiving server took in the last 7 days. */
    accepted: number
    hard_bounces: number
    complaints: number
    /** Share of the accepted messages, 0 to 1. */
    hard_bounce_rate: number | null
    /** Share of the accepted messages, 0 to 1. */
    complaint_rate: number | null
    reasons: string[]
    /** Since when the band holds; null before the first judgement. */
    since: string | null
    /** Until when somebody has lifted the block. */
    lifted_until: string | null
  }
  domains: {
    domain_id: string
    domain: string
    band: HealthBand
    /** Messages that a receiving server took in the last 7 days. */
    accepted: number
    hard_bounces: number
    complaints: number
    /** Share of the accepted messages, 0 to 1. */
    hard_bounce_rate: number | null
    /** Share of the accepted messages, 0 to 1. */
    complaint_rate: number | null
    reasons: string[]
    /** Since when the band holds; null before the first judgement. */
    since: string | null
    /** Until when somebody has lifted the block. */
    lifted_until: string | null
  }[]
  /** A rate on a line, with at least so many events, is over it. */
  lines: {
    smallest_sample: number
    complaints: {
      band: HealthBand
      rate: number
      least: number
    }[]
    hard_bounces: {
      band: HealthBand
      rate: number
      least: number
    }[]
  }
}

export type ServiceState = {
  status: 'healthy' | 'degraded' | 'unhealthy'
  latency_ms: number | null
  detail: string | null
}

export type SessionCancelResponse = {
  session_id: string
  status: 'created' | 'ready' | 'processing' | 'completed' | 'failed'
  message: string
}

export type SessionCreateRequest = {
  /** What the session will do */
  session_type: 'enrichment' | 'personalization'
  /** Sender fields to start with; any keys */
  sender_data?: Record<string, unknown> | null
}

export type SessionCreateResponse = {
  session_id: string
  /** Current session status */
  status: 'created' | 'ready' | 'processing' | 'completed' | 'failed'
  /** Unix seconds */
  created_at: number
}

export type SessionDeleteResponse = {
  session_id: string
  deleted: boolean
  message: string
}

export type SessionJobStatus = {
  job_id: string
  job_type: string
  /** Current job status */
  status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled'
  /** Percent */
  progress: number | null
  /** percentage, processed, failed and total when known */
  progress_detail: Record<string, unknown> | null
  /** Filled once completed */
  result: Record<string, unknown> | null
  error: string | null
  created_at: number | null
  completed_at: number | null
}

export type SessionProcessRequest = {
  priority?: 'low' | 'normal' | 'high'
  /** Personalization sessions only */
  custom_prompt?: string | null
  options?: {
    /** Also write what was learned into empty cells of the dataset; true when absent. Ours. */
    fill_empty_cells?: boolean
  } | null
}

export type SessionProcessResponse = {
  session_id: string
  job_id: string
  status: 'created' | 'ready' | 'processing' | 'completed' | 'failed'
  /** Leads handed to workers */
  leads_count: number
  credits_required: number | null
  /** Unix seconds */
  estimated_completion_time: number | null
  message: string
}

export type SessionResult = {
  row_index: number
  /** The row of the dataset; ours. */
  row_id: string
  status: 'pending' | 'processing' | 'completed' | 'failed'
  lead_data: Record<string, unknown>
  /** Enriched fields and, under sources, where each is from; subject_line and personalised_email for personalization sessions */
  result: Record<string, unknown> | null
  error: string | null
  processed_at: string | null
}

export type SessionResultsResponse = {
  session_id: string
  status: 'created' | 'ready' | 'processing' | 'completed' | 'failed'
  session_type: 'enrichment' | 'personalization'
  items: SessionResult[]
  limit: number
  offset: number
  /** Exact to 10,000; beyond that from counters. */
  total: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
}

export type SessionStatus = {
  session_id: string
  /** processing also while a file is being read into it */
  status: 'created' | 'ready' | 'processing' | 'completed' | 'failed'
  /** Unix seconds */
  created_at: number
  /** Leads in the session */
  leads_count: number
  /** Leads that were worked on with success */
  processed_count: number
  /** Leads that could not be worked on */
  failed_count: number
  /** 0 to 100 */
  progress_percentage: number
  metadata?: Record<string, unknown> | null
  /** Jobs still running */
  active_jobs?: Record<string, unknown>[] | null
  /** Recent jobs */
  job_history?: Record<string, unknown>[] | null
}

/** Follows the extraction-processing response. */
export type SessionUploadResponse = {
  session_id: string
  dataset_id?: string | null
  status: string
  leads_queued: number
  /** File name, size, row and column counts */
  file_info: Record<string, unknown>
  /** Profile used or created */
  sender_profile_id?: string | null
  /** Excel only */
  sheets_processed?: string[] | null
  message: string
  /** The import, for its errors and for undoing it; ours. */
  import_id: string
  /** The job that reads a large file; null when it has been read; ours. */
  job_id: string | null
  /** Rows of the file that were read, blank ones left out; ours. */
  rows_read: number
  /** Rows added to the dataset; ours. */
  rows_imported: number
  /** Rows that changed a row that was there; ours. */
  rows_updated: number
  /** Rows whose person is there with the same cells; ours. */
  rows_unchanged: number
  /** Rows that cannot be used; ours. */
  rows_rejected: number
  /** Rows left out because their person stands in an earlier row or is there already; ours. */
  rows_duplicate: number
  /** Imported rows whose address another dataset of the workspace has; ours. */
  rows_known: number
  /** Imported rows that have a LinkedIn profile and no address; ours. */
  rows_without_email: number
}

export type SheetAccessRequest = {
  /** Spreadsheet id from its URL */
  sheet_id: string
  /** Title shown in the Picker */
  sheet_name?: string | null
  sheet_url?: string | null
}

export type SheetChange = {
  action: 'insert' | 'update' | 'remove'
  tab: string | null
  /** Row of the sheet; null for one that is gone */
  sheet_row: number | null
  /** Row of the dataset; null for one that a dry run would add */
  row_id: string | null
  /** Column to the values before and after; null is an empty cell */
  cells: { [name: string]: [unknown, unknown] }
}

export type SheetInfo = {
  sheet_id: string
  title: string
  url: string
  total_tabs: number
  tabs: SheetTab[]
}

export type SheetListResponse = {
  items: ListedSheet[]
  next_cursor: string | null
  has_more: boolean
}

export type SheetRefusal = {
  tab: string
  sheet_row: number
  code: string
  message: string
}

/** A sheet and the dataset that follows it. */
export type SheetSync = {
  sync_id: string
  sheet_id: string
  dataset_id: string
  dataset_name: string
  /** Of the spreadsheet, when it was last read */
  title: string
  /** Whose Google account reads it */
  user_id: string
  tab_names: string[] | null
  header_row: number
  key_column: string | null
  duplicates: 'skip' | 'update' | 'keep'
  missing_rows: 'keep' | 'remove'
  every_minutes: number | null
  /** When it is next */
  due_at: string | null
  last_synced_at: string | null
  last_result: {
    /** Rows of the sheet, blank ones left out */
    rows_read: number
    /** Rows added to the dataset */
    inserted: number
    /** Rows of the dataset with changed cells */
    updated: number
    /** Rows taken out of the dataset */
    removed: number
    /** Rows that are as they were */
    unchanged: number
    /** Rows that are gone from the sheet and stay in the dataset */
    missing: number
    /** Of these, rows that stay because a campaign has them */
    in_use: number
    /** Rows left out: their person is there, or the row was removed from the dataset */
    skipped: number
    /** Rows and changes that cannot be used */
    refused: number
    import_id: string | null
  } | null
  /** Why the last run came to nothing */
  last_error: string | null
  created_at: string
  updated_at: string
}

export type SheetSyncListResponse = {
  items: SheetSync[]
  /** Exact to 10,000; beyond that from counters. */
  total: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
  limit: number
  offset: number
}

export type SheetTab = {
  tab_id: number
  title: string
  index: number
  /** Rows of the grid, empty ones at its end included */
  row_count: number
  column_count: number
  /** Ours. */
  is_hidden: boolean
}

export type SignedUp = {
  /** Session JWT for the Authorization header. */
  access_token: string
  /** Gets a new access token; keep it secret. */
  refresh_token: string
  token_type: 'bearer'
  /** Seconds until the access token expires. */
  expires_in: number
  user_id: string
  /** The personal workspace. */
  workspace_id: string
}

export type SignUpRequest = {
  email: string
  /** 10 to 128 characters. */
  password: string
  name: string
  workspace_name?: string
  /** Set once: a sandbox mails only the local mail world. */
  workspace_mode?: 'sandbox' | 'live'
  /** IANA time zone. */
  timezone?: string
  invitation_token?: string
}

export type StatusOk = {
  status: 'ok'
}

export type SubscriptionTier = 'free' | 'starter' | 'growth' | 'scale' | 'self_hosted'

export type SuppressionCreateRequest = {
  /** Address to suppress; also @acme.com, or a bare domain with kind domain, for everybody there. */
  email: string
  reason?: 'manual' | 'unsubscribed' | 'bounced' | 'complained' | 'imported'
  note?: string | null
  /** Told by the @ in front when absent; ours. */
  kind?: 'address' | 'domain'
}

export type SuppressionEntry = {
  entry_id: string
  /** The address, or the domain for kind domain; null for kind hash. */
  email: string | null
  reason: 'manual' | 'unsubscribed' | 'bounced' | 'complained' | 'imported'
  /** Where the entry came from: api, webhook, campaign or import. */
  source: string | null
  campaign_id: string | null
  note: string | null
  created_at: string
  kind: 'address' | 'domain' | 'hash'
  released_at: string | null
}

export type SuppressionImportResult = {
  /** Rows read: the sum of the other three. */
  rows: number
  added: number
  /** Rows that were on the list before, or stand in the file twice. */
  already: number
  /** Rows that are no address and no domain; they were left out. */
  invalid: number
  /** The first 100 of the invalid rows. */
  problems: {
    /** Position in the file as a spreadsheet numbers it. */
    row: number
    value: string
    code: string
    message: string
  }[]
}

export type SuppressionLiftRequest = {
  note?: string | null
}

export type SuppressionList = {
  items: SuppressionEntry[]
  /** Exact to 10,000; beyond that from counters. */
  total: number
  page: number
  page_size: number
  total_pages: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
}

export type SyncSheetRequest = {
  /** Dataset that follows the sheet */
  dataset_id: string
  /** Tabs to read; null for all. Left out: as the last time. */
  tab_names?: string[] | null
  /** 1-based row with the column names. Left out: as the last time, else 1. */
  header_row?: number
  /** Column that tells rows apart from one time to the next; null: the e-mail address, else the LinkedIn profile, else the row’s number. Left out: as the last time. */
  key_column?: string | null
  /** Rows whose person is in the dataset: update writes the cells that changed in the sheet, skip brings new rows alone, keep adds a new row beside. Left out: as the last time, else update. */
  duplicates?: 'skip' | 'update' | 'keep'
  /** Rows that are not in the sheet any more: keep leaves them in the dataset, remove takes them out unless a campaign has them. Left out: as the last time, else keep. */
  missing_rows?: 'keep' | 'remove'
  /** Repeat by itself; null: no more. Left out: as before. */
  every_minutes?: number | null
  /** Say what would change and change nothing */
  dry_run?: boolean
  /** With remove: go on although more than half of at least twenty rows are gone */
  allow_mass_removal?: boolean
}

/** What a synchronisation changed, or would change. */
export type SyncSheetResponse = {
  /** Null after a dry run for a sheet that was never synchronised */
  sync_id: string | null
  sheet_id: string
  dataset_id: string
  status: 'completed' | 'dry_run' | 'queued'
  /** Set for a large sheet, which a job reads: its result has the counts */
  job_id: string | null
  /** Import that can be undone; null where no row was added or changed */
  import_id: string | null
  /** Rows of the sheet, blank ones left out */
  rows_read: number
  /** Rows added to the dataset */
  inserted: number
  /** Rows of the dataset with changed cells */
  updated: number
  /** Rows taken out of the dataset */
  removed: number
  /** Rows that are as they were */
  unchanged: number
  /** Rows that are gone from the sheet and stay in the dataset */
  missing: number
  /** Of these, rows that stay because a campaign has them */
  in_use: number
  /** Rows left out: their person is there, or the row was removed from the dataset */
  skipped: number
  /** Rows and changes that cannot be used */
  refused: number
  /** Columns that the dataset got */
  columns_added: string[]
  /** The first hundred */
  changes: SheetChange[]
  /** The first hundred */
  refusals: SheetRefusal[]
  /** False: the sheet was edited while it was read; synchronise again */
  is_one_moment: boolean
  message: string
}

export type SystemStatusResponse = {
  status: 'healthy' | 'degraded' | 'unhealthy'
  /** database, queue, mail */
  services: { [name: string]: ServiceState }
  version: string | null
  timestamp: string
}

export type Template = {
  template_id: string
  /** Who made it. */
  user_id: string
  name: string
  content: TemplateContent
  created_at: string
  updated_at: string
}

export type TemplateContent = {
  /** Subject line; may hold {{variable}} placeholders; empty in a follow-up continues the thread. */
  subject: string
  /** Body, HTML or text; may hold {{variable}} placeholders. */
  body: string
  /** Text part beside an HTML body; made from the body when absent; ours. */
  body_text?: string | null
}

export type TemplateContentInput = {
  /** Subject line; may hold {{variable}} placeholders; empty in a follow-up continues the thread. */
  subject: string
  /** Body, HTML or text; may hold {{variable}} placeholders. */
  body: string
  /** Text part beside an HTML body; made from the body when absent; ours. */
  body_text?: string | null
}

export type TemplateCreateRequest = {
  name: string
  content: TemplateContentInput
}

export type TemplateList = {
  items: Template[]
  /** Exact to 10,000; beyond that from counters. */
  total: number
  page: number
  page_size: number
  total_pages: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
}

export type TemplatePreview = {
  campaign_id: string
  step_index: number
  variant_label: string
  lead_row_index: number
  subject: string
  body: string
  /** Placeholder names and the values put in. */
  variables: { [name: string]: string | null }
  /** Placeholders for which the row has no value. */
  missing_variables: string[]
  body_text: string
}

export type TemplateUpdateRequest = {
  name?: string | null
  /** Replaced as a whole. */
  content?: TemplateContentInput | null
}

export type TextPreview = {
  subject: string
  text: string
  html: string
  /** Placeholder names and the values put in. */
  variables: { [name: string]: string | null }
  /** Placeholders that left a blank. */
  missing_variables: string[]
  /** The row it was read for. */
  row: {
    row_index: number
    data: Record<string, unknown>
  } | null
}

export type TextPreviewRequest = {
  content: TemplateContentInput
  /** Fills the placeholders from a row of this dataset. */
  dataset_id?: string
  /** Which row. */
  row_index?: number
  /** Fills them from this lead instead. */
  campaign_lead_id?: string
  /** Values beside those of the row, and before them. */
  variables?: { [name: string]: string }
  /** Decides, with the row, which words the spin filter takes. */
  step?: number
}

export type Tokens = {
  /** Session JWT for the Authorization header. */
  access_token: string
  /** Gets a new access token; keep it secret. */
  refresh_token: string
  token_type: 'bearer'
  /** Seconds until the access token expires. */
  expires_in: number
}

/** A statement that the draft leans on, and where it was learned. */
export type UsedFact = {
  id: string
  about: 'lead' | 'company' | 'correspondence' | 'sender'
  text: string
  field: string | null
  source: {
    kind: 'row' | 'profile' | 'correspondence' | 'page' | 'search' | 'given'
    name: string
    url: string | null
    seen_at: string
  }
}

export type UserAlert = {
  alert_id: string
  alert_type: UserAlertType
  severity: 'info' | 'warning' | 'critical'
  title: string
  message: string
  action_url: string | null
  /** Related ids, such as campaign_id. */
  metadata: Record<string, unknown>
  is_read: boolean
  read_at: string | null
  created_at: string
}

export type UserAlertListResponse = {
  items: UserAlert[]
  unread_count: number
  /** Exact to 10,000; beyond that from counters. */
  total: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
}

export type UserAlertType = 'linkedin_account_claimed' | 'linkedin_account_disconnected' | 'linkedin_rate_limited' | 'campaign_paused' | 'campaign_completed' | 'reply_received' | 'credits_low' | 'credits_exhausted' | 'payment_failed' | 'domain_verified' | 'domain_failed' | 'system'

/** Leads captured by the browser extension or imported from a sheet. */
export type UserExtraction = {
  extraction_id: string
  title: string
  /** Origin, e.g. PitchBook, LinkedIn, google_sheets */
  source: string
  leads_count: number
  /** Names under columnValues, without that prefix */
  columns?: string[]
  /** Session made from it */
  session_id: string | null
  file_size_bytes?: number | null
  metadata: Record<string, unknown>
  created_at: string
  updated_at?: string | null
}

export type UserExtractionDetail = {
  extraction_id: string
  title: string
  /** Origin, e.g. PitchBook, LinkedIn, google_sheets */
  source: string
  leads_count: number
  columns: string[]
  /** Session made from it */
  session_id: string | null
  file_size_bytes?: number | null
  metadata: Record<string, unknown>
  created_at: string
  updated_at?: string | null
  /** Sheet names when the data has several */
  sheets?: string[] | null
  /** First rows */
  sample_data?: Record<string, unknown>[]
}

export type UserExtractionListResponse = {
  items: UserExtraction[]
  /** Exact to 10,000; beyond that from counters. */
  total: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
  limit: number
  offset: number
}

export type VerifySheetAccessResponse = {
  has_access: boolean
  sheet_id: string
  title: string | null
  tabs: SheetTab[]
  /** Why access is missing */
  reason: string | null
}

export type WebhookDelivery = {
  id: string
  endpoint_id: string
  event_id: string
  event_type: string
  kind: 'event' | 'test' | 'verification' | 'replay'
  replay_of: string | null
  /** waiting: for its next try; dead: given up; cancelled: a newer code replaced it. */
  status: 'waiting' | 'delivered' | 'dead' | 'cancelled'
  attempts: number
  next_attempt_at: string | null
  last_attempt_at: string | null
  response_status: number | null
  duration_ms: number | null
  error: string | null
  finished_at: string | null
  created_at: string
}

export type WebhookDeliveryDetail = {
  id: string
  endpoint_id: string
  event_id: string
  event_type: string
  kind: 'event' | 'test' | 'verification' | 'replay'
  replay_of: string | null
  /** waiting: for its next try; dead: given up; cancelled: a newer code replaced it. */
  status: 'waiting' | 'delivered' | 'dead' | 'cancelled'
  attempts: number
  next_attempt_at: string | null
  last_attempt_at: string | null
  response_status: number | null
  duration_ms: number | null
  error: string | null
  finished_at: string | null
  created_at: string
  /** The bytes that are sent; null for a verification, whose code only its receiver may read. */
  body: string | null
  tries: {
    attempt: number
    attempted_at: string
    duration_ms: number
    response_status: number | null
    /** The first kilobyte. */
    response_body: string | null
    error: string | null
  }[]
}

export type WebhookDeliveryList = {
  items: WebhookDelivery[]
  /** Exact to 10,000; beyond that from counters. */
  total: number
  /** More rows follow. */
  has_more: boolean
  /** Pass as cursor for the next page; null on the last one. */
  next_cursor: string | null
}

export type WebhookEndpoint = {
  id: string
  /** Who made it. */
  user_id?: string
  url: string
  event_types: string[]
  is_active: boolean
  is_verified: boolean
  description: string | null
  integration_id: string | null
  created_at: string
  updated_at: string
  /** Failed tries since the last success. */
  consecutive_failures: number
  /** Set when it was disabled automatically. */
  disabled_at: string | null
  /** The product’s own receiver. */
  is_internal: boolean
  disabled_reason: string | null
  failing_since: string | null
  verified_at: string | null
  verification_sent_at: string | null
  last_success_at: string | null
  last_failure_at: string | null
  /** Until then the replaced secret signs too. */
  secret_overlap_until: string | null
}

export type WebhookEndpointCounts = {
  attempts: number
  delivered: number
  failed_attempts: number
  dead: number
  /** Of one try. */
  average_ms: number | null
  /** At most 10,000 are counted. */
  waiting: number
  oldest_waiting_at: string | null
  /** The last 30 days in UTC that had a try, oldest first. */
  days: {
    day: string
    attempts: number
    delivered: number
    failed_attempts: number
    dead: number
    /** Of one try. */
    average_ms: number | null
  }[]
}

export type WebhookEndpointCreate = {
  /** https; it must lead to the public internet, at registration and at each delivery. */
  url: string
  /** What is subscribed to: types, groups such as email.*, or * for everything, also for what comes later. Types: email.inbound.received, email.outbound.sent, email.outbound.failed, email.outbound.opened, email.outbound.clicked, email.outbound.scheduled, email.outbound.cancelled, email.outbound.delivered, email.outbound.bounced, email.outbound.complained, domain.verified, domain.failed, webhook.test, email.outbound.deferred, email.outbound.replied, email.outbound.auto_replied, email.outbound.unsubscribed, lead.replied, lead.auto_replied, lead.bounced, lead.complained, lead.unsubscribed, lead.postponed, lead.stopped, lead.completed, campaign.launched, campaign.paused, campaign.resumed, campaign.completed, campaign.failed, mailbox.needs_attention, mailbox.recovered. */
  event_types: string[]
  description?: string | null
}

export type WebhookEndpointCreated = {
  id: string
  /** Who made it. */
  user_id?: string
  url: string
  event_types: string[]
  is_active: boolean
  is_verified: boolean
  description: string | null
  integration_id: string | null
  created_at: string
  updated_at: string
  /** Failed tries since the last success. */
  consecutive_failures: number
  /** Set when it was disabled automatically. */
  disabled_at: string | null
  /** The product’s own receiver. */
  is_internal: boolean
  disabled_reason: string | null
  failing_since: string | null
  verified_at: string | null
  verification_sent_at: string | null
  last_success_at: string | null
  last_failure_at: string | null
  /** Until then the replaced secret signs too. */
  secret_overlap_until: string | null
  /** Hexadecimal, for x-webhook-signature; shown once. */
  secret: string
  /** The same bytes as libraries for Standard Webhooks take them: whsec_ and base64. */
  signing_secret: string
}

export type WebhookEndpointList = {
  items: WebhookEndpoint[]
  total: number
  /** Most endpoints of a workspace. */
  limit: number
}

export type WebhookEndpointSecret = {
  /** Hexadecimal, for x-webhook-signature; shown once. */
  secret: string
  /** The same bytes as libraries for Standard Webhooks take them: whsec_ and base64. */
  signing_secret: string
  secret_overlap_until: string | null
}

export type WebhookEndpointUpdate = {
  /** Another address has to be verified anew. */
  url?: string
  /** What is subscribed to: types, groups such as email.*, or * for everything, also for what comes later. Types: email.inbound.received, email.outbound.sent, email.outbound.failed, email.outbound.opened, email.outbound.clicked, email.outbound.scheduled, email.outbound.cancelled, email.outbound.delivered, email.outbound.bounced, email.outbound.complained, domain.verified, domain.failed, webhook.test, email.outbound.deferred, email.outbound.replied, email.outbound.auto_replied, email.outbound.unsubscribed, lead.replied, lead.auto_replied, lead.bounced, lead.complained, lead.unsubscribed, lead.postponed, lead.stopped, lead.completed, campaign.launched, campaign.paused, campaign.resumed, campaign.completed, campaign.failed, mailbox.needs_attention, mailbox.recovered. */
  event_types?: string[]
  description?: string | null
  /** false pauses: what happens meanwhile is not delivered. true needs a verified address, and ends an automatic disabling. */
  is_active?: boolean
}

export type WebhookError = {
  error: string
}

export type WebhookEvent = {
  /** The same at each try and in each replay: what a receiver knows repeats by. */
  event_id: string
  event_type: string
  /** When it happened, by the workspace’s clock. */
  timestamp: string
  data: Record<string, unknown>
}

export type WebhookEventTypeList = {
  items: {
    event_type: string
    description: string
    /** JSON Schema of the event’s data. */
    data: Record<string, unknown>
  }[]
}

export type WebhookReplayRequest = {
  /** Events published from then on, by the system’s clock. */
  from: string
  /** And before then. */
  to: string
  /** Only these of what the endpoint subscribes to. */
  event_types?: string[]
  /** Leave out what this endpoint has taken already. */
  only_undelivered?: boolean
}

export type WebhookReplayStarted = {
  /** Its progress is at /api/v1/jobs/{job_id}. */
  job_id: string
}

export type WebhookTestEnqueued = {
  status: 'test_event_enqueued'
}

export type WebhookVerifyRequest = {
  verification_code: string
}

export type WelcomeEmailResult = {
  status: 'sent' | 'already_sent'
}

export type Workspace = {
  workspace_id: string
  name: string
  /** Set once: a sandbox mails only the local mail world. */
  mode: 'sandbox' | 'live'
  plan: string
  timezone: string
  /** The role of the caller. */
  role: 'owner' | 'admin' | 'member' | 'viewer'
  /** Where a session of the caller acts unless X-Workspace-Id names another. */
  is_personal: boolean
  created_at: string
}

export type WorkspaceClock = {
  workspace_id: string
  mode: 'sandbox' | 'live'
  /** The workspace’s present. */
  now: string
  is_advancing: boolean
  /** When something will next happen by itself; null when nothing is waiting. */
  next_due_at: string | null
}

export type WorkspaceCreate = {
  name: string
  /** Set once: a sandbox mails only the local mail world. */
  mode: 'sandbox' | 'live'
  /** IANA time zone. */
  timezone?: string
}

export type WorkspaceList = {
  items: Workspace[]
}

export type WorkspaceModel = {
  id: string
  /** The first is asked; a later one where those before it fail. */
  position: number
  /** The protocol: that of OpenAI (Ollama, vLLM, llama.cpp and most hosted services), Anthropic’s or Google’s. */
  provider: 'openai_compatible' | 'anthropic' | 'google'
  /** Null: the provider’s own. */
  base_url: string | null
  model: string
  /** The key itself is never shown. */
  has_key: boolean
  /** Millionths of a US dollar for a million tokens: 250000 is 0.25 dollars. Null: not known. */
  input_price_microusd: number | null
  /** Millionths of a US dollar for a million tokens: 250000 is 0.25 dollars. Null: not known. */
  output_price_microusd: number | null
  timeout_ms: number
  concurrency: number
  max_output_tokens: number
  created_at: string
  updated_at: string
}

export type WorkspaceModelList = {
  items: WorkspaceModel[]
  /** Who writes now. */
  writer: {
    /** The workspace’s own models, those of the instance, or the writer by rule, which needs none. */
    kind: 'workspace' | 'instance' | 'rule'
    name: string
    credits_per_draft: number
  }
}

/** All models of the workspace in their order; what is not in it is deleted. An empty list gives it back to the instance’s writer. */
export type WorkspaceModelsReplace = {
  items: {
    /** Of one that stands already. Without it a new one is made. */
    id?: string
    /** The protocol: that of OpenAI (Ollama, vLLM, llama.cpp and most hosted services), Anthropic’s or Google’s. */
    provider: 'openai_compatible' | 'anthropic' | 'google'
    base_url?: string | null
    model: string
    /** Kept when left out, as long as provider and address stay the same; null removes it. */
    api_key?: string | null
    /** Millionths of a US dollar for a million tokens: 250000 is 0.25 dollars. Null: not known. */
    input_price_microusd?: number | null
    /** Millionths of a US dollar for a million tokens: 250000 is 0.25 dollars. Null: not known. */
    output_price_microusd?: number | null
    /** Longest time for one answer; then the next model is asked. */
    timeout_ms?: number
    /** Most requests of one process at a time. */
    concurrency?: number
    /** Longest answer, with what the model thinks before it. A longer one counts as no answer. */
    max_output_tokens?: number
  }[]
}

export type WorkspaceModelTest = {
  ok: boolean
  /** As the provider names it. */
  model: string
  /** The protocol: that of OpenAI (Ollama, vLLM, llama.cpp and most hosted services), Anthropic’s or Google’s. */
  provider: 'openai_compatible' | 'anthropic' | 'google'
  latency_ms: number
  input_tokens: number
  output_tokens: number
  cost_microusd: number | null
  /** How it is asked: held to a schema, to JSON, or by words alone. */
  answers: 'json_schema' | 'json_object' | 'text'
  /** What it wrote about nobody. */
  sample: {
    subject: string
    body: string
  } | null
  problem: {
    failure: 'timeout' | 'rate_limited' | 'unavailable' | 'invalid_answer' | 'refused' | 'misconfigured' | 'cancelled'
    message: string
    /** Of HTTP. */
    status: number | null
    /** The provider’s own words, without the key. */
    said: string | null
  } | null
}

export type WorkspaceSettings = {
  workspace_id: string
  name: string
  /** Set once: a sandbox mails only the local mail world. */
  mode: 'sandbox' | 'live'
  timezone: string
  postal_address: string | null
  /** Most messages a day to one receiving provider, by its name, such as google or microsoft. */
  provider_daily_limits: { [name: string]: number }
  mail_delivery: MailDelivery
  updated_at: string
}

/** Fields left out keep their value. */
export type WorkspaceSettingsUpdate = {
  name?: string
  /** IANA time zone. */
  timezone?: string
  postal_address?: string | null
  /** Most messages a day to one receiving provider, by its name, such as google or microsoft. */
  provider_daily_limits?: { [name: string]: number }
  mail_delivery?: MailDeliveryUpdate
}
