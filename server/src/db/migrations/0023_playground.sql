-- Texts of campaigns: drafts that people look at, what they approve, and what is written right before it is sent.
-- See docs/playground.md.

-- One call of generate. The credits of all its drafts are held together and settled once, when nothing of it is left to do.
create table draft_batches (
  batch_id uuid primary key,
  workspace_id uuid not null,
  campaign_id uuid not null,
  user_id uuid,
  step smallint not null,
  custom_prompt text,
  prompt_version_hash text not null,
  credits_per_draft integer not null,
  hold_id uuid references credit_holds on delete set null,
  created_at timestamptz not null,
  cancelled_at timestamptz,
  settled_at timestamptz,
  foreign key (workspace_id, campaign_id) references campaigns (workspace_id, campaign_id) on delete cascade
);
create index draft_batches_of_campaign on draft_batches (campaign_id, batch_id desc);

-- One text for one lead and step. `batch_id` is null for a text that is written because its turn to be sent has come.
-- Narrow, because the status of 200 of them is asked for every two seconds; the texts are in draft_contents.
create table campaign_drafts (
  draft_id uuid primary key,
  workspace_id uuid not null,
  campaign_id uuid not null,
  campaign_lead_id uuid not null references campaign_leads on delete cascade,
  batch_id uuid references draft_batches on delete cascade,
  step smallint not null,
  variant_label text not null,
  prompt_version_hash text,
  status text not null check (status in ('pending', 'running', 'completed', 'failed', 'cancelled')),
  attempts smallint not null default 0,
  -- When it may be written, by the workspace's clock; later than its making only after a fault that passes.
  due_at timestamptz not null,
  -- Who writes it, by the system's clock. What is written counts only under the claim that it was written for.
  claim_id uuid,
  claimed_process uuid,
  claimed_at timestamptz,
  hold_id uuid references credit_holds on delete set null,
  subject_preview text,
  passed boolean,
  failure text,
  error text,
  created_at timestamptz not null,
  completed_at timestamptz,
  updated_at timestamptz not null,
  -- However often a job comes, one lead has one draft of a prompt in a batch.
  unique (campaign_id, campaign_lead_id, prompt_version_hash, batch_id),
  foreign key (workspace_id, campaign_id) references campaigns (workspace_id, campaign_id) on delete cascade
);
create index campaign_drafts_of_batch on campaign_drafts (batch_id, draft_id) where batch_id is not null;
create index campaign_drafts_of_lead on campaign_drafts (campaign_lead_id, step, draft_id desc);
create index campaign_drafts_of_campaign on campaign_drafts (campaign_id, draft_id desc);
create unique index campaign_drafts_to_send on campaign_drafts (campaign_lead_id, step) where batch_id is null;
create index campaign_drafts_waiting on campaign_drafts (workspace_id, due_at, draft_id) where status = 'pending';
-- Credits that were set aside for a text which nobody wants any more.
create index campaign_drafts_holding on campaign_drafts (hold_id) where hold_id is not null and status = 'cancelled';
create index campaign_drafts_in_hand on campaign_drafts (workspace_id, claimed_process) where status = 'running';

create table draft_contents (
  draft_id uuid primary key references campaign_drafts on delete cascade,
  workspace_id uuid not null,
  subject text not null,
  body text not null,
  facts jsonb not null,
  used_facts jsonb not null,
  commonality jsonb,
  quality jsonb not null,
  research jsonb not null,
  research_fingerprint text,
  model text not null,
  provider text not null,
  latency_ms integer not null,
  use jsonb not null,
  prompt_source text not null,
  prompt_name text,
  prompt_snapshot text not null,
  -- What the lead and the step were when it was written.
  lead_identity_fingerprint text not null,
  step_config_fingerprint text not null,
  -- A person's version; the writer's stays beside it.
  edited_subject text,
  edited_body text,
  edited_quality jsonb,
  edited_by uuid,
  edited_at timestamptz
);

-- Every approval, withdrawal and voiding, for good: rows are added and never changed. `statement` is the exact text that
-- `signature` signs; `contents` is what the digests in it are of. Only a person's right to be forgotten empties `contents`.
-- No foreign key to campaign or lead, because the proof outlives both.
create table approval_records (
  record_id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  campaign_id uuid not null,
  campaign_lead_id uuid not null,
  step smallint not null,
  kind text not null check (kind in ('approved', 'withdrawn', 'voided')),
  -- The record of the approval that this one is, or ends.
  approval_id uuid not null,
  reason text,
  detail text,
  statement text,
  signature text,
  contents jsonb,
  email text,
  user_id uuid,
  recorded_at timestamptz not null,
  erased_at timestamptz,
  check ((kind = 'approved') = (statement is not null and signature is not null))
);
create index approval_records_of_lead on approval_records (workspace_id, campaign_lead_id, record_id);
create index approval_records_of_approval on approval_records (workspace_id, approval_id, record_id);
create index approval_records_of_campaign on approval_records (workspace_id, campaign_id, record_id);
create index approval_records_of_person on approval_records (workspace_id, email) where email is not null;

create function keep_approval_records() returns trigger language plpgsql as $$
begin
  -- A workspace that is deleted takes its records along; that delete comes from a trigger of the foreign key.
  if tg_op = 'DELETE' and pg_trigger_depth() > 1 then return old; end if;
  if tg_op = 'UPDATE' and new.contents is null and new.email is null and new.erased_at is not null
    and row(new.record_id, new.workspace_id, new.campaign_id, new.campaign_lead_id, new.step, new.kind, new.approval_id, new.reason,
      new.detail, new.statement, new.signature, new.user_id, new.recorded_at)
    is not distinct from row(old.record_id, old.workspace_id, old.campaign_id, old.campaign_lead_id, old.step, old.kind, old.approval_id,
      old.reason, old.detail, old.statement, old.signature, old.user_id, old.recorded_at) then return new; end if;
  raise exception 'approval_records are kept as they are';
end $$;
create trigger keep_approval_records before update or delete on approval_records
  for each row execute function keep_approval_records();

-- `written`: the text of a step that was written for sending and not approved by anybody. `text_state`: why a lead whose turn
-- has come is not due: its text is being written, waits for a person's review, did not pass, or could not be written;
-- `text_due_at` is the moment at which it would have been due.
alter table campaign_leads
  add column written jsonb not null default '{}',
  add column text_state text check (text_state in ('writing', 'review', 'rejected', 'failed')),
  add column text_due_at timestamptz;
create index campaign_leads_without_text on campaign_leads (campaign_id, text_state) where text_state is not null;
create index campaign_leads_approved on campaign_leads (campaign_id) where approvals <> '{}';
