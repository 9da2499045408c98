-- Templates, campaigns, their leads, and the figures that are kept exact by triggers.

create table templates (
  template_id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null references users on delete cascade,
  name text not null,
  subject text not null,
  body text not null,
  body_text text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (workspace_id, template_id)
);

create table campaigns (
  campaign_id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null references users on delete cascade,
  dataset_id uuid not null,
  name text not null,
  description text,
  type text not null check (type in ('email', 'linkedin', 'mixed')),
  status text not null check (status in ('draft', 'launching', 'scheduled', 'active', 'draining', 'paused', 'completed', 'failed')),
  launch_type text not null check (launch_type in ('immediate', 'scheduled')),
  start_date timestamptz,
  alias_ids uuid[],
  connected_account_id uuid,
  daily_limit integer not null,
  sending_window_start text not null,
  sending_window_end text not null,
  min_interval_seconds integer not null,
  timezone text not null,
  use_lead_timezone boolean not null default false,
  holiday_countries text[],
  send_days text[] not null,
  steps_config jsonb not null,
  system_prompt text,
  unreviewed_launch_policy text not null default 'launch_default' check (unreviewed_launch_policy in ('launch_default', 'hold', 'cancel')),
  allow_overlap boolean not null default false,
  stop_company_on_reply boolean not null default false,
  paused_reason text,
  paused_from text,
  playground_discovery_dismissed_at timestamptz,
  total_leads integer,
  launch_job_id uuid,
  launch_requested_at timestamptz,
  launched_at timestamptz,
  launch_error text,
  launch_cursor integer,
  launch_summary jsonb,
  completed_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (workspace_id, campaign_id),
  foreign key (workspace_id, dataset_id) references datasets (workspace_id, dataset_id)
);
create index campaigns_listed on campaigns (workspace_id, campaign_id desc);
create index campaigns_working on campaigns (workspace_id) where status in ('launching', 'scheduled', 'active', 'draining');

create table campaign_leads (
  campaign_lead_id uuid primary key,
  workspace_id uuid not null,
  campaign_id uuid not null,
  dataset_row_id uuid not null,
  row_index integer not null,
  status text not null,
  email text,
  email_domain text,
  receiving_provider text,
  linkedin_url text,
  lead_data jsonb not null,
  zone text not null,
  alias_id uuid,
  current_step smallint not null default 0,
  -- 0 for a follow-up, 1 for a first step: follow-ups take capacity first.
  due_rank smallint not null generated always as (case when current_step = 0 then 1 else 0 end) stored,
  variant_assignments jsonb not null default '{}',
  approvals jsonb not null default '{}',
  next_action_at timestamptz,
  last_action_at timestamptz,
  last_event text,
  stop_reason text,
  error text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (campaign_id, dataset_row_id),
  foreign key (workspace_id, campaign_id) references campaigns (workspace_id, campaign_id) on delete cascade
) with (fillfactor = 85);
create index campaign_leads_listed on campaign_leads (campaign_id, campaign_lead_id);
create index campaign_leads_by_status on campaign_leads (campaign_id, status, campaign_lead_id);
create index campaign_leads_by_email on campaign_leads (workspace_id, email);
-- What the dispatcher reads: for an alias and a zone of a campaign, the follow-ups and then the first steps, the longest
-- due first. Leads that wait for nothing are not in it, so its cost does not grow with them.
create index campaign_leads_due on campaign_leads (campaign_id, alias_id, zone, due_rank, next_action_at)
  where next_action_at is not null;

-- The zones that the leads of a campaign live in; one row when the campaign's own zone serves all.
create table campaign_zones (
  campaign_id uuid not null references campaigns on delete cascade,
  zone text not null,
  primary key (campaign_id, zone)
);

create table launch_warnings (
  campaign_id uuid not null references campaigns on delete cascade,
  workspace_id uuid not null,
  seq integer not null,
  code text not null,
  message text not null,
  severity text not null check (severity in ('info', 'warning', 'blocking')),
  row_index integer,
  step_index integer,
  affected_rows integer not null default 0,
  details jsonb,
  primary key (campaign_id, seq)
);

-- How much of a cap is used: scope campaign, alias, domain or provider; the day is the calendar day of the cap's zone.
create table send_counts (
  workspace_id uuid not null references workspaces on delete cascade,
  scope text not null check (scope in ('campaign', 'alias', 'domain', 'provider')),
  scope_key text not null,
  day date not null,
  used integer not null default 0,
  primary key (workspace_id, scope, scope_key, day)
);

create table campaign_lead_counts (
  campaign_id uuid not null references campaigns on delete cascade,
  status text not null,
  leads integer not null default 0,
  primary key (campaign_id, status)
);

-- No foreign key: the figures of a deleted campaign stay until retention (DOMAIN.md §4).
create table campaign_step_counts (
  workspace_id uuid not null,
  campaign_id uuid not null,
  step smallint not null,
  variant_label text not null,
  queued integer not null default 0,
  in_flight integer not null default 0,
  sent integer not null default 0,
  delivered integer not null default 0,
  opened integer not null default 0,
  clicked integer not null default 0,
  machine_opened integer not null default 0,
  machine_clicked integer not null default 0,
  replied integer not null default 0,
  bounced integer not null default 0,
  hard_bounced integer not null default 0,
  complained integer not null default 0,
  unsubscribed integer not null default 0,
  failed integer not null default 0,
  unknown integer not null default 0,
  tracked integer not null default 0,
  -- Leads whose first click anywhere in the campaign was in this step, so that their sum counts each lead once.
  clicking_leads integer not null default 0,
  first_sent_at timestamptz,
  last_activity_at timestamptz,
  primary key (campaign_id, step, variant_label)
);
create index on campaign_step_counts (workspace_id);

create table campaign_link_counts (
  campaign_id uuid not null,
  workspace_id uuid not null,
  step smallint not null,
  url text not null,
  total_clicks integer not null default 0,
  unique_clicks integer not null default 0,
  last_clicked_at timestamptz,
  primary key (campaign_id, step, url)
);

create table events (
  event_id uuid not null,
  workspace_id uuid not null,
  campaign_id uuid,
  campaign_lead_id uuid,
  email_id uuid,
  event_type text not null,
  channel text not null default 'email',
  step_index smallint,
  variant_label text,
  subject text,
  url text,
  metadata jsonb not null default '{}',
  occurred_at timestamptz not null,
  primary key (occurred_at, event_id)
) partition by range (occurred_at);
create index events_of_lead on events (campaign_lead_id, occurred_at, event_id);
create index events_of_email on events (email_id);
create table events_default partition of events default;

-- Counts of one message in each figure; the triggers below add the new row's and take off the old row's.
create function count_emails() returns trigger language plpgsql as $$
begin
  insert into campaign_step_counts as c
    (workspace_id, campaign_id, step, variant_label, queued, in_flight, sent, delivered, opened, clicked, machine_opened,
     machine_clicked, replied, bounced, hard_bounced, complained, unsubscribed, failed, unknown, tracked,
     clicking_leads, first_sent_at, last_activity_at)
  select workspace_id, campaign_id, step, variant_label,
    sum(sign * (status in ('queued', 'scheduled'))::int),
    sum(sign * (status = 'sending')::int),
    sum(sign * (sent_at is not null)::int),
    sum(sign * (delivered_at is not null and bounced_at is null)::int),
    sum(sign * (first_opened_at is not null)::int),
    sum(sign * (first_clicked_at is not null)::int),
    sum(sign * (machine_open_count > 0)::int),
    sum(sign * (machine_click_count > 0)::int),
    sum(sign * (replied_at is not null)::int),
    sum(sign * (bounced_at is not null)::int),
    sum(sign * (bounced_at is not null and bounce_kind = 'hard')::int),
    sum(sign * (complained_at is not null)::int),
    sum(sign * (unsubscribed_at is not null)::int),
    sum(sign * (failed_at is not null)::int),
    sum(sign * (verdict = 'unknown' and verdict is not null)::int),
    sum(sign * (sent_at is not null and track_clicks)::int),
    (
      select count(*) from after_rows a join before_rows b using (id)
      where a.campaign_id = change.campaign_id and a.step = change.step and a.variant_label = change.variant_label
        and a.first_clicked_at is not null and b.first_clicked_at is null
        and not exists (select 1 from emails o where o.campaign_lead_id = a.campaign_lead_id and o.id <> a.id and o.first_clicked_at is not null)
    ),
    min(sent_at),
    max(updated_at)
  from (
    select 1 as sign, * from after_rows where campaign_id is not null
    union all
    select -1 as sign, * from before_rows where campaign_id is not null
  ) as change
  group by workspace_id, campaign_id, step, variant_label
  -- One order for all writers, so that two batches over the same figures wait for each other instead of deadlocking.
  order by campaign_id, step, variant_label
  on conflict (campaign_id, step, variant_label) do update set
    queued = c.queued + excluded.queued, in_flight = c.in_flight + excluded.in_flight, sent = c.sent + excluded.sent,
    delivered = c.delivered + excluded.delivered, opened = c.opened + excluded.opened,
    clicked = c.clicked + excluded.clicked, machine_opened = c.machine_opened + excluded.machine_opened,
    machine_clicked = c.machine_clicked + excluded.machine_clicked, replied = c.replied + excluded.replied,
    bounced = c.bounced + excluded.bounced, hard_bounced = c.hard_bounced + excluded.hard_bounced,
    complained = c.complained + excluded.complained, unsubscribed = c.unsubscribed + excluded.unsubscribed,
    failed = c.failed + excluded.failed, unknown = c.unknown + excluded.unknown,
    tracked = c.tracked + excluded.tracked, clicking_leads = c.clicking_leads + excluded.clicking_leads,
    first_sent_at = least(c.first_sent_at, excluded.first_sent_at),
    last_activity_at = greatest(c.last_activity_at, excluded.last_activity_at);
  return null;
end $$;

create function count_new_emails() returns trigger language plpgsql as $$
begin
  insert into campaign_step_counts as c (workspace_id, campaign_id, step, variant_label, queued)
  select workspace_id, campaign_id, step, variant_label, count(*)
  from after_rows where campaign_id is not null and status in ('queued', 'scheduled')
  group by workspace_id, campaign_id, step, variant_label
  order by campaign_id, step, variant_label
  on conflict (campaign_id, step, variant_label) do update set queued = c.queued + excluded.queued;
  return null;
end $$;

-- Only a message that never left is ever taken back; retention deletes the others and must not change a figure.
create function uncount_withdrawn_emails() returns trigger language plpgsql as $$
begin
  update campaign_step_counts c set queued = c.queued - gone.n
  from (
    select campaign_id, step, variant_label, count(*)::int as n from before_rows
    where campaign_id is not null and status in ('queued', 'scheduled')
    group by campaign_id, step, variant_label
  ) gone
  where c.campaign_id = gone.campaign_id and c.step = gone.step and c.variant_label = gone.variant_label;
  return null;
end $$;

create trigger uncount_withdrawn_emails after delete on emails
  referencing old table as before_rows for each statement execute function uncount_withdrawn_emails();
create trigger count_new_emails after insert on emails
  referencing new table as after_rows for each statement execute function count_new_emails();
create trigger count_emails after update on emails
  referencing old table as before_rows new table as after_rows for each statement execute function count_emails();

create function count_campaign_leads() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into campaign_lead_counts as c (campaign_id, status, leads)
    select campaign_id, status, count(*) from after_rows group by campaign_id, status order by campaign_id, status
    on conflict (campaign_id, status) do update set leads = c.leads + excluded.leads;
  else
    insert into campaign_lead_counts as c (campaign_id, status, leads)
    select campaign_id, status, sum(sign) from (
      select 1 as sign, campaign_id, status from after_rows
      union all
      select -1 as sign, campaign_id, status from before_rows
    ) as change
    group by campaign_id, status having sum(sign) <> 0 order by campaign_id, status
    on conflict (campaign_id, status) do update set leads = c.leads + excluded.leads;
  end if;
  return null;
end $$;

create trigger count_new_campaign_leads after insert on campaign_leads
  referencing new table as after_rows for each statement execute function count_campaign_leads();
create trigger count_campaign_leads after update on campaign_leads
  referencing old table as before_rows new table as after_rows for each statement execute function count_campaign_leads();
