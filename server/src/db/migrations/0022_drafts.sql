-- Written drafts: runs of a prompt over leads, and what came of each lead. See docs/personalization.md.

-- Every text that a run was ever made with, once for each workspace. Runs refer to it by the SHA-256 of the text, in hex.
create table prompt_versions (
  workspace_id uuid not null references workspaces on delete cascade,
  version_hash text not null check (version_hash ~ '^[0-9a-f]{64}$'),
  prompt text not null,
  created_at timestamptz not null,
  primary key (workspace_id, version_hash)
);

-- `owner` is the process that works on a run which nobody would take up again (a preview): when that process is gone, the run
-- has failed and its credits are released. A run with a job is taken up again by the queue and has no owner.
create table generation_runs (
  run_id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid,
  kind text not null check (kind in ('preview', 'batch', 'job', 'session', 'playground')),
  status text not null check (status in ('in_progress', 'completed', 'failed')),
  sender_profile_id uuid references sender_profiles on delete set null,
  prompt_source text not null check (prompt_source in ('override', 'campaign', 'named', 'custom_prompt', 'default')),
  prompt_name text,
  prompt_version_hash text not null,
  -- Null where each lead has a sender of its own.
  sender_data jsonb,
  job_id uuid,
  client_run_id text,
  n_leads integer not null,
  n_completed integer not null default 0,
  n_failed integer not null default 0,
  model_version text,
  error text,
  metadata jsonb not null default '{}',
  credits_per_draft integer not null,
  hold_id uuid references credit_holds on delete set null,
  credits_used integer,
  owner uuid,
  started_at timestamptz not null,
  completed_at timestamptz,
  unique (workspace_id, run_id),
  foreign key (workspace_id, prompt_version_hash) references prompt_versions (workspace_id, version_hash)
);
create index generation_runs_of_prompt on generation_runs (workspace_id, sender_profile_id, prompt_source, prompt_name, run_id desc);
create unique index generation_runs_of_job on generation_runs (job_id) where job_id is not null;
create index generation_runs_owned on generation_runs (owner) where status = 'in_progress' and owner is not null;
create index generation_runs_of_profile on generation_runs (sender_profile_id) where sender_profile_id is not null;

-- What waits to be written. A row goes in the transaction that stores its generation, so what is left is what is to be done.
create table generation_inputs (
  run_id uuid not null,
  workspace_id uuid not null,
  lead_index integer not null,
  lead_data jsonb not null,
  sender_data jsonb not null,
  primary key (run_id, lead_index),
  foreign key (workspace_id, run_id) references generation_runs (workspace_id, run_id) on delete cascade
);

-- One outcome for each lead of a run: the unique key is what keeps a repeated job from a second draft and a second charge.
create table generations (
  generation_id uuid primary key,
  workspace_id uuid not null,
  run_id uuid not null,
  lead_index integer not null,
  status text not null check (status in ('generated', 'failed')),
  -- The lead as the caller had it.
  lead_snapshot jsonb not null,
  dataset_id uuid,
  row_id uuid,
  subject text,
  body text,
  commonality jsonb,
  facts jsonb,
  used_facts jsonb,
  quality jsonb,
  research jsonb,
  research_fingerprint text,
  model text,
  provider text,
  latency_ms integer,
  use jsonb,
  -- A ModelFailure, or what kept the lead from being written; `error` is the sentence for a person.
  failure text,
  error text,
  generated_at timestamptz not null,
  unique (run_id, lead_index),
  foreign key (workspace_id, run_id) references generation_runs (workspace_id, run_id) on delete cascade,
  check ((status = 'generated') = (subject is not null and body is not null))
);
create index generations_of_workspace on generations (workspace_id);
create index generation_inputs_of_workspace on generation_inputs (workspace_id);

-- The counters of a run are true in the very transaction that stores its outcomes.
create function count_generations() returns trigger language plpgsql as $$
begin
  update generation_runs r set n_completed = r.n_completed + n.generated, n_failed = r.n_failed + n.failed,
    model_version = coalesce(n.model, r.model_version)
  from (select run_id, count(*) filter (where status = 'generated') as generated, count(*) filter (where status = 'failed') as failed,
      max(model) as model
    from added group by run_id) n
  where r.run_id = n.run_id;
  return null;
end $$;
create trigger count_generations after insert on generations
  referencing new table as added for each statement execute function count_generations();
