-- People, workspaces, credentials, and what every later feature leans on: jobs, idempotency, alerts, credits, audit.

create table users (
  id uuid primary key,
  name text not null,
  email text not null unique,
  email_verified boolean not null default false,
  image text,
  role text not null default 'user',
  welcome_sent_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

-- The next four are better-auth's models under our names.
create table auth_sessions (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  token text not null unique,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index on auth_sessions (user_id);

create table auth_accounts (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  account_id text not null,
  provider_id text not null,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  password text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (provider_id, account_id)
);
create index on auth_accounts (user_id);

create table auth_verifications (
  id uuid primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index on auth_verifications (identifier);

create table auth_jwks (
  id uuid primary key,
  public_key text not null,
  private_key text not null,
  created_at timestamptz not null,
  expires_at timestamptz
);

-- Accounts of outside issuers are linked by (issuer, subject), never by e-mail address.
create table external_identities (
  issuer text not null,
  subject text not null,
  user_id uuid not null references users on delete cascade,
  created_at timestamptz not null,
  primary key (issuer, subject)
);

create table plans (
  id text primary key,
  name text not null,
  keys_allowed boolean not null,
  key_limit integer not null,
  requests_per_minute integer not null,
  unlimited_credits boolean not null
);
insert into plans values
  ('self_hosted', 'Self-hosted', true, 50, 6000, true),
  ('free', 'Free', false, 0, 60, false);

create table workspaces (
  id uuid primary key,
  name text not null,
  mode text not null check (mode in ('sandbox', 'live')),
  plan text not null default 'self_hosted' references plans,
  timezone text not null default 'UTC',
  postal_address text,
  provider_daily_limits jsonb not null default '{}',
  clock_offset_ms bigint not null default 0,
  clock_frozen_at timestamptz,
  created_by uuid references users on delete set null,
  personal_of uuid unique references users on delete cascade,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check (mode = 'sandbox' or (clock_offset_ms = 0 and clock_frozen_at is null))
);

create table workspace_members (
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null references users on delete cascade,
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  created_at timestamptz not null,
  primary key (workspace_id, user_id)
);
create index on workspace_members (user_id);

create table invitations (
  id uuid primary key,
  workspace_id uuid references workspaces on delete cascade,
  email text not null,
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  token_hash bytea not null unique,
  invited_by uuid references users on delete set null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  created_at timestamptz not null
);

create table api_keys (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null references users on delete cascade,
  name text not null,
  key_prefix text not null,
  key_hash bytea not null unique,
  scopes text[],
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null
);
create index on api_keys (workspace_id, id) where revoked_at is null;

create table audit_entries (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid,
  action text not null,
  subject text,
  note text,
  occurred_at timestamptz not null
);
create index on audit_entries (workspace_id, id);

create table alerts (
  alert_id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  alert_type text not null,
  severity text not null check (severity in ('info', 'warning', 'critical')),
  title text not null,
  message text not null,
  action_url text,
  metadata jsonb not null default '{}',
  read_at timestamptz,
  created_at timestamptz not null
);
create index on alerts (workspace_id, alert_id);
create index on alerts (workspace_id, alert_id) where read_at is null;

-- Integer credits. A hold lowers what is available; capture turns it into use, release gives it back.
create table credit_packages (
  package_id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  name text not null,
  package_type text not null check (package_type in ('subscription', 'top_up', 'referral', 'trial', 'adjustment')),
  total_credits integer not null check (total_credits >= 0),
  used_credits integer not null default 0 check (used_credits >= 0 and used_credits <= total_credits),
  is_active boolean not null default true,
  starts_at timestamptz not null,
  expires_at timestamptz
);
create index on credit_packages (workspace_id);

create table credit_holds (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  operation_type text not null,
  credits integer not null check (credits >= 0),
  state text not null check (state in ('held', 'captured', 'released')),
  captured_credits integer,
  reference text,
  created_at timestamptz not null,
  settled_at timestamptz
);
create index on credit_holds (workspace_id) where state = 'held';

create table credit_entries (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  package_id uuid references credit_packages on delete set null,
  hold_id uuid references credit_holds on delete set null,
  kind text not null check (kind in ('consumption', 'refund', 'purchase', 'adjustment')),
  operation_type text,
  credits integer not null,
  description text not null,
  created_at timestamptz not null
);
create index on credit_entries (workspace_id, id);

-- Anything long shows its progress here: launches, imports, advances of the clock.
create table jobs (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid,
  kind text not null,
  subject_id uuid,
  status text not null default 'queued' check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
  progress_done bigint not null default 0,
  progress_total bigint,
  message text,
  result jsonb,
  error text,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null
);
create index on jobs (workspace_id, id);

create table idempotency_keys (
  scope text not null,
  key text not null,
  request_hash bytea not null,
  state text not null check (state in ('running', 'done', 'secret')),
  owner uuid not null,
  status integer,
  headers jsonb,
  body text,
  resource_id text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (scope, key)
);
create index on idempotency_keys (expires_at);

create unlogged table rate_limit_windows (
  key text primary key,
  points integer not null,
  expire bigint
);

-- One row for each running process: its heartbeat tells the others when its jobs and claims may be taken over.
create table processes (
  id uuid primary key,
  role text not null,
  hostname text not null,
  pid integer not null,
  data_dir text not null,
  queue_worker_ids text[] not null default '{}',
  started_at timestamptz not null,
  heartbeat_at timestamptz not null
);

create table stored_files (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  filename text not null,
  sha256 bytea not null,
  size_bytes bigint not null,
  created_at timestamptz not null
);
create index on stored_files (sha256);
