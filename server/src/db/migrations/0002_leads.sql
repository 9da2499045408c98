-- Datasets: stored tables of people, and the imports and sessions that fill them.

create table sender_profiles (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null references users on delete cascade,
  profile_name text not null,
  sender_data jsonb not null default '{}',
  description text,
  usage_count integer not null default 0,
  is_default boolean not null default false,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (workspace_id, id)
);
create unique index sender_profiles_one_default on sender_profiles (workspace_id, user_id) where is_default;

create table named_prompts (
  workspace_id uuid not null,
  profile_id uuid not null,
  name text not null,
  prompt text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (profile_id, name),
  foreign key (workspace_id, profile_id) references sender_profiles (workspace_id, id) on delete cascade
);

create table processing_sessions (
  session_id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null references users on delete cascade,
  session_type text not null check (session_type in ('enrichment', 'personalization', 'lead_finder', 'email_finder')),
  status text not null check (status in ('created', 'ready', 'processing', 'completed', 'failed')),
  sender_data jsonb,
  sender_profile_id uuid references sender_profiles on delete set null,
  dataset_id uuid,
  processed_count integer not null default 0,
  failed_count integer not null default 0,
  metadata jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index on processing_sessions (workspace_id, session_id);

create table datasets (
  dataset_id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null references users on delete cascade,
  dataset_name text not null,
  pipeline_type text not null check (pipeline_type in ('enrichment', 'personalization', 'lead_finder', 'email_finder')),
  source_type text not null,
  session_id uuid,
  status text not null check (status in ('pending', 'processing', 'completed', 'failed')),
  row_count integer not null default 0,
  columns jsonb not null default '[]',
  column_mapping jsonb not null default '{}',
  download_count integer not null default 0,
  last_downloaded_at timestamptz,
  archived_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (workspace_id, dataset_id)
);
create index on datasets (workspace_id, dataset_id) where archived_at is null;

create table imports (
  import_id uuid primary key,
  workspace_id uuid not null,
  dataset_id uuid not null,
  session_id uuid,
  job_id uuid references jobs on delete set null,
  file_id uuid references stored_files on delete set null,
  user_id uuid,
  status text not null check (status in ('queued', 'running', 'completed', 'failed', 'undone')),
  column_mapping jsonb not null default '{}',
  dialect jsonb,
  rows_read integer not null default 0,
  rows_imported integer not null default 0,
  rows_rejected integer not null default 0,
  rows_duplicate integer not null default 0,
  rows_known integer not null default 0,
  rows_without_email integer not null default 0,
  error text,
  created_at timestamptz not null,
  finished_at timestamptz,
  undone_at timestamptz,
  foreign key (workspace_id, dataset_id) references datasets (workspace_id, dataset_id) on delete cascade
);
create index on imports (workspace_id, import_id);

-- `row_index` is the present position among the rows that are there; `source_row` the line in the file, for messages.
create table dataset_rows (
  id uuid primary key,
  workspace_id uuid not null,
  dataset_id uuid not null,
  import_id uuid,
  row_index integer not null,
  source_row integer,
  email text,
  data jsonb not null,
  removed_at timestamptz
);
create unique index dataset_rows_position on dataset_rows (dataset_id, row_index) where removed_at is null;
create index dataset_rows_email on dataset_rows (workspace_id, email) where email is not null and removed_at is null;

-- Rows of a file that were not imported, or that were and deserve a word. `values` is the row as the file has it.
create table import_issues (
  import_id uuid not null references imports on delete cascade,
  workspace_id uuid not null,
  seq integer not null,
  source_row integer not null,
  severity text not null check (severity in ('rejected', 'duplicate', 'notice')),
  code text not null,
  message text not null,
  column_name text,
  row_values text[],
  primary key (import_id, seq)
);
