-- Messages that a client composes itself: their recipients, attachments, clicks.

alter table emails
  add column source text not null default 'campaign' check (source in ('campaign', 'api')),
  add column to_emails text[],
  add column cc_emails text[],
  add column bcc_emails text[],
  add column reply_to text,
  -- Extra header fields the client asked for, name by name.
  add column headers jsonb,
  -- As it was asked for; due_at is the instant that follows from it.
  add column send_at text,
  add column send_at_timezone text,
  add column click_tracking_patterns text[];

-- What the senders of campaigns look for never meets a composed message.
drop index emails_waiting;
create index emails_waiting on emails (workspace_id, due_at, id) where status = 'queued' and campaign_id is not null;
drop index emails_to_retry;
create index emails_to_retry on emails (workspace_id, alias_id, due_at) where status = 'scheduled' and campaign_id is not null;
drop index emails_in_hand;
create index emails_in_hand on emails (workspace_id, claimed_at) where status = 'sending' and campaign_id is not null;
create index emails_by_conversation on emails (conversation_id) where conversation_id is not null;

-- One recipient of a composed message, sent to in an envelope of its own. `waiting` until its time has come and the caps
-- have room, `ready` once it is counted, `sending` while somebody holds it.
create table email_recipients (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  email_id uuid not null references emails on delete cascade,
  alias_id uuid not null,
  position smallint not null,
  address text not null,
  kind text not null check (kind in ('to', 'cc', 'bcc')),
  receiving_provider text not null,
  status text not null check (status in ('waiting', 'ready', 'sending', 'delivered', 'unknown', 'bounced', 'failed', 'cancelled')),
  due_at timestamptz not null,
  attempts smallint not null default 0,
  first_tried_at timestamptz,
  -- The day whose caps it was counted in; null while it is not.
  counted_on date,
  claimed_at timestamptz,
  claimed_by uuid,
  claimed_process uuid,
  delivered_at timestamptz,
  bounced_at timestamptz,
  bounce_kind text check (bounce_kind in ('hard', 'soft')),
  bounce_reason text,
  failed_at timestamptz,
  complained_at timestamptz,
  unsubscribed_at timestamptz,
  smtp_code smallint,
  smtp_enhanced text,
  smtp_text text,
  error_message text,
  cause text,
  advice text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (email_id, position)
) with (fillfactor = 80);
create index email_recipients_waiting on email_recipients (workspace_id, due_at, id) where status = 'waiting';
create index email_recipients_ready on email_recipients (workspace_id, due_at, id) where status = 'ready';
create index email_recipients_in_hand on email_recipients (workspace_id, claimed_at) where status = 'sending';
create index email_recipients_by_address on email_recipients (workspace_id, address);

create table attachments (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null,
  file_id uuid not null references stored_files,
  filename text not null,
  mime_type text not null,
  size_bytes bigint not null,
  sha256 bytea not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (workspace_id, id)
);
create index attachments_listed on attachments (workspace_id, id desc);
create index attachments_by_size on attachments (workspace_id, size_bytes, id);
create index attachments_by_content on attachments (workspace_id, sha256);
create index attachments_by_file on attachments (file_id);

create table email_attachments (
  email_id uuid not null references emails on delete cascade,
  workspace_id uuid not null,
  position smallint not null,
  attachment_id uuid not null,
  is_inline boolean not null default false,
  content_id text,
  primary key (email_id, position),
  foreign key (workspace_id, attachment_id) references attachments (workspace_id, id)
);
create index email_attachments_by_attachment on email_attachments (workspace_id, attachment_id);

create table email_clicks (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  email_id uuid not null references emails on delete cascade,
  position smallint not null,
  clicked_at timestamptz not null,
  user_agent text,
  ip_address text,
  referer text,
  device_type text,
  browser_name text,
  os_name text,
  is_first_click boolean not null default false,
  is_bot boolean not null default false,
  bot_reason text
);
create index email_clicks_of_email on email_clicks (email_id, id);
