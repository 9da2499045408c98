-- Language models that write messages, and what each call to them took. See docs/models.md.

-- Models of a workspace's own, in the order in which they are asked. The key is sealed with the row's id.
create table workspace_models (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  -- From 1 without gaps.
  position integer not null check (position >= 1),
  provider text not null check (provider in ('openai_compatible', 'anthropic', 'google')),
  -- Null: the provider's own.
  base_url text,
  model text not null,
  api_key text,
  -- Millionths of a US dollar for a million tokens; null where nobody said.
  input_price_microusd bigint check (input_price_microusd >= 0),
  output_price_microusd bigint check (output_price_microusd >= 0),
  timeout_ms integer not null,
  concurrency integer not null,
  max_output_tokens integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check (provider <> 'openai_compatible' or base_url is not null),
  unique (workspace_id, position) deferrable initially immediate
);

-- One row for each request to a model, also for those that failed. No prompt, no answer, no key.
create table model_calls (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  purpose text not null,
  -- What it was for: the id of a draft, lead, job or chat.
  reference text,
  -- Whose model it was: the workspace's own, or the instance's.
  owner text not null check (owner in ('workspace', 'instance')),
  provider text not null,
  model text not null,
  -- From 1, over retries and further models of one task.
  attempt integer not null,
  outcome text not null check (outcome in ('answered', 'failed')),
  -- Null when it was answered.
  failure text,
  -- Of HTTP; null where no answer came.
  status integer,
  -- The provider's own words about a failure: one line, without the key and without what it repeats of the request.
  said text,
  -- Zero where the model did not say.
  input_tokens integer not null,
  output_tokens integer not null,
  cost_microusd bigint,
  latency_ms integer not null,
  created_at timestamptz not null
);
create index model_calls_workspace on model_calls (workspace_id, created_at);
create index model_calls_kept on model_calls (created_at);
