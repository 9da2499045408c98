-- Domains, aliases, messages out and in, and what is known of them.

create table sending_domains (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null references users on delete cascade,
  domain text not null,
  is_sandbox boolean not null,
  status text not null check (status in ('provisioning', 'pending', 'verifying', 'verified', 'failed')),
  inbound_enabled boolean not null default true,
  strip_tracking_on_read boolean not null default false,
  extra_retained_headers jsonb,
  provider_key text not null default 'AWS',
  provider_config jsonb,
  is_active boolean not null default true,
  ownership_token text not null,
  dkim_selector text not null,
  dkim_public_key text not null,
  dkim_private_key text not null,
  daily_limit integer,
  verified_at timestamptz,
  last_verification_attempt timestamptz,
  verification_error text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (workspace_id, domain),
  unique (workspace_id, id)
);
-- Only a verified live domain blocks others and owns inbound mail; sandbox domains live in a namespace of their own.
create unique index sending_domains_owner on sending_domains (domain) where status = 'verified' and not is_sandbox;

create table aliases (
  id uuid primary key,
  workspace_id uuid not null,
  user_id uuid not null references users on delete cascade,
  domain_id uuid not null,
  alias text not null,
  full_email text not null,
  display_name text,
  signature_html text,
  signature_text text,
  warmup_token text,
  raw_mime_retention_enabled boolean not null default false,
  daily_limit integer not null default 50,
  ramp_start integer,
  ramp_step integer,
  ramp_started_on date,
  jitter_ratio real not null default 0.2,
  next_free_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (workspace_id, id),
  unique (workspace_id, full_email),
  foreign key (workspace_id, domain_id) references sending_domains (workspace_id, id)
);
create index on aliases (workspace_id, domain_id);
create index on aliases (full_email);

create table conversations (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null,
  alias_id uuid not null,
  domain_id uuid not null,
  campaign_lead_id uuid,
  subject text not null,
  first_from_email text,
  first_to_email text,
  message_count integer not null default 0,
  first_message_at timestamptz,
  last_message_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index on conversations (workspace_id, last_message_at desc, id);
create index on conversations (campaign_lead_id);

-- A row is one message to one address. Its state is the whole truth about it: the counters of campaign_step_counts are
-- derived from these columns by trigger. Bodies live apart, so that the many small updates do not copy them.
create table emails (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null,
  campaign_id uuid,
  campaign_lead_id uuid,
  step smallint,
  variant_label text,
  alias_id uuid not null,
  domain_id uuid not null,
  conversation_id uuid,
  from_email text not null,
  to_email text not null,
  receiving_provider text not null,
  status text not null check (status in ('queued', 'scheduled', 'sending', 'sent', 'delivered', 'bounced', 'failed', 'cancelled')),
  verdict text check (verdict in ('accepted', 'unknown', 'refused')),
  due_at timestamptz not null,
  attempts smallint not null default 0,
  claimed_at timestamptz,
  -- The run of a sender that holds the claim, and its process, which others can see die.
  claimed_by uuid,
  claimed_process uuid,
  message_id text,
  in_reply_to text,
  track_opens boolean not null default false,
  track_clicks boolean not null default false,
  sent_at timestamptz,
  delivered_at timestamptz,
  bounced_at timestamptz,
  bounce_kind text check (bounce_kind in ('hard', 'soft')),
  bounce_reason text,
  complained_at timestamptz,
  unsubscribed_at timestamptz,
  replied_at timestamptz,
  failed_at timestamptz,
  cancelled_at timestamptz,
  first_opened_at timestamptz,
  open_count integer not null default 0,
  machine_open_count integer not null default 0,
  first_clicked_at timestamptz,
  last_clicked_at timestamptz,
  click_count integer not null default 0,
  machine_click_count integer not null default 0,
  smtp_code smallint,
  smtp_enhanced text,
  smtp_text text,
  error_message text,
  created_at timestamptz not null,
  updated_at timestamptz not null
) with (fillfactor = 80);
-- At most one message per lead and step, whatever happens: the ground of "sent at most once".
create unique index emails_one_per_step on emails (campaign_lead_id, step);
create index emails_waiting on emails (workspace_id, due_at, id) where status = 'queued';
-- Deferred messages wait for their alias's next slot like everybody else, so that a bad hour does not end in a burst.
create index emails_to_retry on emails (workspace_id, alias_id, due_at) where status = 'scheduled';
create index emails_in_hand on emails (workspace_id, claimed_at) where status = 'sending';
create index emails_listed on emails (workspace_id, id desc);
create index emails_by_alias on emails (workspace_id, alias_id, id desc);
create index emails_by_message_id on emails (message_id) where message_id is not null;
create index emails_by_recipient on emails (workspace_id, to_email);
create index emails_by_campaign on emails (campaign_id, sent_at) where campaign_id is not null;

create table email_contents (
  email_id uuid primary key references emails on delete cascade,
  workspace_id uuid not null,
  subject text not null,
  body_text text not null,
  body_html text,
  thread_references text[]
);
-- Written once at the hottest moment and seldom read: not worth compressing.
alter table email_contents alter column body_text set storage external, alter column body_html set storage external;

create table email_links (
  email_id uuid not null references emails on delete cascade,
  workspace_id uuid not null,
  position smallint not null,
  original_url text not null,
  anchor_text text,
  click_count integer not null default 0,
  machine_click_count integer not null default 0,
  first_clicked_at timestamptz,
  last_clicked_at timestamptz,
  primary key (email_id, position)
);

-- What the inbound listener accepted, before anybody has understood it. It is stored before the sender hears 250.
create table inbound_deliveries (
  id uuid primary key,
  mail_from text not null,
  rcpt_to text not null,
  raw bytea not null,
  remote_address text,
  helo text,
  received_at timestamptz not null,
  processed_at timestamptz,
  outcome text
);
create index on inbound_deliveries (id) where processed_at is null;

create table inbound_emails (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null,
  alias_id uuid not null,
  domain_id uuid not null,
  conversation_id uuid,
  email_id uuid,
  campaign_id uuid,
  campaign_lead_id uuid,
  kind text not null check (kind in ('human_reply', 'auto_reply', 'bounce', 'complaint', 'unsubscribe', 'delivery_notice', 'unmatched')),
  matched_by text,
  from_email text not null,
  from_name text,
  to_email text not null,
  reply_to text,
  cc_emails jsonb not null default '[]',
  subject text not null,
  body_text text,
  body_html text,
  reply_text text,
  quoted_text text,
  signature_text text,
  headers jsonb not null default '[]',
  message_id text,
  in_reply_to text,
  thread_references text[],
  attachments jsonb not null default '[]',
  raw bytea,
  raw_email_size integer not null,
  verdicts jsonb not null default '{}',
  details jsonb not null default '{}',
  is_warmup boolean not null default false,
  read_at timestamptz,
  processing_error text,
  received_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index on inbound_emails (workspace_id, id desc);
create index on inbound_emails (conversation_id);
create index on inbound_emails (workspace_id, alias_id, id desc);
create index on inbound_emails (campaign_lead_id);

-- kind hash keeps a keyed hash of an erased person's address; `email` holds the domain for kind domain.
create table suppressions (
  entry_id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  kind text not null default 'address' check (kind in ('address', 'domain', 'hash')),
  email text,
  hash bytea,
  reason text not null check (reason in ('manual', 'unsubscribed', 'bounced', 'complained', 'imported')),
  source text,
  campaign_id uuid,
  note text,
  created_by uuid,
  created_at timestamptz not null,
  released_at timestamptz,
  released_by uuid,
  released_note text,
  check ((kind = 'hash') = (email is null) and (kind = 'hash') = (hash is not null))
);
create unique index suppressions_in_force on suppressions (workspace_id, kind, email) where released_at is null and email is not null;
create unique index suppressions_hash_in_force on suppressions (workspace_id, hash) where released_at is null and hash is not null;
create index on suppressions (workspace_id, entry_id);
