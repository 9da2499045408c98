-- Google accounts of people, and spreadsheets that datasets are kept in step with. See docs/google.md.

-- One account of each person in each workspace. It goes with the membership. Tokens are sealed with the row's id.
create table google_accounts (
  id uuid primary key,
  workspace_id uuid not null,
  user_id uuid not null,
  google_email text not null,
  scopes jsonb not null default '[]',
  -- ended: Google says that consent was taken back; only the person can give it again.
  status text not null check (status in ('active', 'ended')),
  refresh_token text,
  access_token text,
  access_token_expires_at timestamptz,
  -- Counts consents and renewals, so that an answer that comes late never overwrites a newer one.
  version integer not null default 1,
  -- Somebody is asking for a new token until then.
  renewing_until timestamptz,
  last_error text,
  connected_at timestamptz not null,
  updated_at timestamptz not null,
  unique (workspace_id, user_id),
  foreign key (workspace_id, user_id) references workspace_members (workspace_id, user_id) on delete cascade
);

-- Consents that were asked for and not given yet. The state itself is known to the person's browser alone.
create table google_authorizations (
  state_digest bytea primary key,
  id uuid not null,
  workspace_id uuid not null,
  user_id uuid not null,
  code_verifier text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  foreign key (workspace_id, user_id) references workspace_members (workspace_id, user_id) on delete cascade
);
create index google_authorizations_expired on google_authorizations (expires_at);
create index google_authorizations_member on google_authorizations (workspace_id, user_id);

-- A spreadsheet and the dataset that follows it. `salt` keys the digests of its cells, so that they say nothing to whoever
-- does not have the row.
create table sheet_syncs (
  sync_id uuid primary key,
  workspace_id uuid not null,
  dataset_id uuid not null,
  sheet_id text not null,
  -- Whose Google account reads it.
  user_id uuid not null,
  title text not null,
  -- Null: every tab with cells.
  tab_names jsonb,
  header_row integer not null,
  key_column text,
  duplicates text not null check (duplicates in ('skip', 'update', 'keep')),
  missing_rows text not null check (missing_rows in ('keep', 'remove')),
  every_minutes integer check (every_minutes >= 15),
  due_at timestamptz,
  salt bytea not null,
  -- Of the last run that was no dry run; null before the first has ended.
  last_synced_at timestamptz,
  last_result jsonb,
  last_error text,
  failures integer not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (workspace_id, sheet_id, dataset_id),
  unique (workspace_id, sync_id),
  foreign key (workspace_id, dataset_id) references datasets (workspace_id, dataset_id) on delete cascade,
  foreign key (workspace_id, user_id) references workspace_members (workspace_id, user_id) on delete cascade
);
create index sheet_syncs_due on sheet_syncs (due_at) where due_at is not null;
create index sheet_syncs_dataset on sheet_syncs (workspace_id, dataset_id);
create index sheet_syncs_member on sheet_syncs (workspace_id, user_id);

-- A row of a tab as the last run found it: fourteen bytes for each filled cell, no text. One whose row of the dataset was deleted since
-- has none any more, and stays away.
create table sheet_sync_rows (
  sync_id uuid not null,
  workspace_id uuid not null,
  tab_id bigint not null,
  key_digest bytea not null,
  cells bytea not null,
  row_id uuid references dataset_rows on delete set null,
  primary key (sync_id, tab_id, key_digest),
  foreign key (workspace_id, sync_id) references sheet_syncs (workspace_id, sync_id) on delete cascade
);
create index sheet_sync_rows_row on sheet_sync_rows (row_id) where row_id is not null;
create index sheet_sync_rows_sync on sheet_sync_rows (workspace_id, sync_id);
