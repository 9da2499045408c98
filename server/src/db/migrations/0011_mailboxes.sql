-- Connected mailboxes: a person's own account, sent through by SMTP and read by IMAP, used as an alias.

-- The domain of a mailbox is not the workspace's: it carries caps and names, and never owns inbound mail or blocks anybody.
alter table sending_domains add column kind text not null default 'owned' check (kind in ('owned', 'mailbox'));
alter table sending_domains drop constraint if exists sending_domains_workspace_id_domain_key;
create unique index sending_domains_named on sending_domains (workspace_id, domain, kind);
drop index if exists sending_domains_owner;
create unique index sending_domains_owner on sending_domains (domain) where status = 'verified' and not is_sandbox and kind = 'owned' and deleted_at is null;

create table mailboxes (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null references users on delete cascade,
  email text not null,
  provider text not null check (provider in ('google', 'microsoft', 'other')),
  auth_kind text not null check (auth_kind in ('password', 'oauth2')),
  smtp_host text not null,
  smtp_port integer not null,
  smtp_security text not null check (smtp_security in ('tls', 'starttls')),
  smtp_user text not null,
  imap_host text not null,
  imap_port integer not null,
  imap_security text not null check (imap_security in ('tls', 'starttls')),
  imap_user text not null,
  -- Sealed with the row's id: the password, or the refresh token. Null once the mailbox is disconnected.
  credentials text,
  -- Counts new credentials, so that whoever holds older ones can tell that theirs are not the last word.
  credentials_version integer not null default 1,
  -- Sealed as well: the last access token, shared by all processes until shortly before it ends.
  access_token text,
  access_token_expires_at timestamptz,
  status text not null check (status in ('connecting', 'active', 'needs_attention', 'paused', 'disconnected')),
  last_error text,
  last_error_code text,
  last_error_at timestamptz,
  sent_copies text not null default 'auto' check (sent_copies in ('auto', 'always', 'never')),
  sent_folder text,
  reads_junk boolean not null default true,
  connected_at timestamptz not null,
  last_synced_at timestamptz,
  failures smallint not null default 0,
  -- A session that broke is opened again no earlier than this.
  next_attempt_at timestamptz not null,
  -- When a mailbox that nobody holds open is looked into.
  next_sync_at timestamptz not null,
  lease_id uuid,
  lease_process uuid,
  leased_until timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (workspace_id, id),
  unique (workspace_id, email)
);
create index on mailboxes (next_sync_at) where status = 'active';

-- How far a folder has been read. No row: it has not been seen yet.
create table mailbox_folders (
  mailbox_id uuid not null references mailboxes on delete cascade,
  role text not null check (role in ('inbox', 'junk')),
  path text not null,
  -- 32 and 63 bits unsigned (RFC 3501 section 2.3.1.1, RFC 7162 section 3.1).
  uid_validity bigint not null,
  last_uid bigint not null,
  highest_modseq bigint,
  seen_until timestamptz not null,
  primary key (mailbox_id, role)
);

-- Messages that were taken over already, as a digest of their Message-ID: a folder that was numbered anew, or a message
-- moved from one folder to another, brings nothing twice.
create table mailbox_taken (
  mailbox_id uuid not null references mailboxes on delete cascade,
  digest bytea not null,
  taken_at timestamptz not null,
  primary key (mailbox_id, digest)
);

-- The exact bytes of messages that still have to be put into the Sent folder.
create table mailbox_sent_copies (
  email_id uuid primary key references emails on delete cascade,
  workspace_id uuid not null references workspaces on delete cascade,
  mailbox_id uuid not null references mailboxes on delete cascade,
  message_id text not null,
  raw bytea not null,
  attempts smallint not null default 0,
  due_at timestamptz not null,
  last_error text,
  created_at timestamptz not null
);
create index on mailbox_sent_copies (mailbox_id, due_at);
create index on mailbox_sent_copies (due_at);

-- A consent that was asked for and not yet given. The state that travels is known here by its digest only.
create table mailbox_authorizations (
  state_digest bytea primary key,
  id uuid not null,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null references users on delete cascade,
  mailbox_id uuid references mailboxes on delete cascade,
  provider text not null check (provider in ('google', 'microsoft')),
  code_verifier text not null,
  settings jsonb not null default '{}',
  expires_at timestamptz not null,
  created_at timestamptz not null
);
create index on mailbox_authorizations (expires_at);

alter table aliases add column mailbox_id uuid references mailboxes;
create index aliases_by_mailbox on aliases (mailbox_id) where mailbox_id is not null;

-- Set by the program alone, for what it fetched from that alias's mailbox: whose mail it is follows from nothing else.
alter table inbound_deliveries add column alias_id uuid;
