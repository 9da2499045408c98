-- Events as customers read them: captured where they become true, published in one order, delivered to endpoints and streams.

-- Workspaces in which somebody listens. Only their events are captured, so nobody else pays for it.
create table event_listeners (
  workspace_id uuid primary key references workspaces on delete cascade,
  is_listening boolean not null default false,
  -- Until when events are kept for streams that may come back; by the system's clock, like all times of this file that
  -- do not say otherwise.
  stream_until timestamptz,
  -- Of the last published event. Positions are given under this row's lock, so their order is the order of commits.
  last_position bigint not null default 0
);
create index event_listeners_listening on event_listeners (workspace_id) where is_listening;

-- What became true and is not published yet, written in the transaction that made it true. No foreign key: it is filled on
-- the sender's hot path. `details` only where the row it tells about may have changed by the time it is read.
create table event_outbox (
  workspace_id uuid not null,
  id bigint generated always as identity,
  source text not null check (source in ('timeline', 'lead', 'campaign', 'inbound', 'direct')),
  event_type text not null,
  subject_id uuid not null,
  -- The workspace's present.
  occurred_at timestamptz not null,
  details jsonb,
  transaction_id bigint,
  primary key (workspace_id, id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000);
-- A change that a table tells of and a program announces too is one event.
create unique index event_outbox_once on event_outbox (subject_id, event_type, transaction_id) where source <> 'timeline';

create table published_events (
  event_id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  position bigint not null,
  event_type text not null,
  -- The workspace's present when it happened.
  occurred_at timestamptz not null,
  published_at timestamptz not null,
  -- The very bytes that are signed and sent, at each try.
  body text not null,
  unique (workspace_id, position)
);
create index published_events_by_time on published_events (workspace_id, published_at, event_id);
create index published_events_old on published_events (published_at);

create table webhook_endpoints (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null,
  integration_id text,
  -- The product's own receiver, to which nothing goes over the network.
  is_internal boolean not null default false,
  url text not null,
  description text,
  event_types text[] not null,
  secret text not null,
  previous_secret text,
  previous_secret_until timestamptz,
  is_verified boolean not null default false,
  is_active boolean not null default false,
  verified_at timestamptz,
  verification_code text,
  verification_sent_at timestamptz,
  consecutive_failures integer not null default 0,
  failing_since timestamptz,
  disabled_at timestamptz,
  disabled_reason text,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (workspace_id, id)
);
create index webhook_endpoints_listed on webhook_endpoints (workspace_id, id desc);
create unique index webhook_endpoints_internal on webhook_endpoints (workspace_id) where is_internal;

-- `due_at` of a waiting delivery is when it may be taken; taking it moves due_at to the end of the lease, so one whose
-- taker died is due again by itself.
create table webhook_deliveries (
  id uuid primary key,
  workspace_id uuid not null,
  endpoint_id uuid not null,
  event_id uuid not null,
  event_type text not null,
  kind text not null check (kind in ('event', 'test', 'verification', 'replay')),
  replay_of uuid,
  replay_job uuid,
  -- Only for what is no published event.
  body text,
  status text not null default 'waiting' check (status in ('waiting', 'delivered', 'dead', 'cancelled')),
  attempts smallint not null default 0,
  due_at timestamptz not null,
  claim_id uuid,
  last_attempt_at timestamptz,
  response_status smallint,
  duration_ms integer,
  error text,
  finished_at timestamptz,
  created_at timestamptz not null,
  foreign key (workspace_id, endpoint_id) references webhook_endpoints (workspace_id, id) on delete cascade
) with (fillfactor = 85);
create index webhook_deliveries_due on webhook_deliveries (endpoint_id, due_at, id) where status = 'waiting';
create index webhook_deliveries_listed on webhook_deliveries (endpoint_id, id desc);
create index webhook_deliveries_dead on webhook_deliveries (endpoint_id, id desc) where status = 'dead';
create index webhook_deliveries_of_event on webhook_deliveries (event_id, endpoint_id);
create unique index webhook_deliveries_once on webhook_deliveries (endpoint_id, event_id) where kind = 'event';
create unique index webhook_deliveries_replayed_once on webhook_deliveries (replay_job, event_id) where replay_job is not null;

create table webhook_attempts (
  delivery_id uuid not null references webhook_deliveries on delete cascade,
  attempt smallint not null,
  attempted_at timestamptz not null,
  duration_ms integer not null,
  response_status smallint,
  response_body text,
  error text,
  primary key (delivery_id, attempt)
);

-- How many left an endpoint's queue how, by the day in UTC.
create table webhook_day_counts (
  endpoint_id uuid not null references webhook_endpoints on delete cascade,
  day date not null,
  attempts integer not null default 0,
  delivered integer not null default 0,
  failed_attempts integer not null default 0,
  dead integer not null default 0,
  duration_ms bigint not null default 0,
  primary key (endpoint_id, day)
);

create table webhook_replays (
  job_id uuid primary key references jobs on delete cascade,
  workspace_id uuid not null,
  endpoint_id uuid not null,
  published_from timestamptz not null,
  published_to timestamptz not null,
  only_undelivered boolean not null,
  event_types text[],
  cursor_at timestamptz,
  cursor_id uuid,
  foreign key (workspace_id, endpoint_id) references webhook_endpoints (workspace_id, id) on delete cascade
);

-- What the product's own receiver has taken, so that a repeat is known.
create table mail_event_receipts (
  workspace_id uuid not null references workspaces on delete cascade,
  event_id text not null,
  event_type text not null,
  received_at timestamptz not null,
  primary key (workspace_id, event_id)
);
create index mail_event_receipts_old on mail_event_receipts (received_at);

-- The timeline is copied as bare references; what a customer reads is put together later, off the sender's path. Rows that
-- move between partitions do not pass this trigger, which sits on the parent.
create function capture_timeline() returns trigger language plpgsql as $$
begin
  insert into event_outbox (workspace_id, source, event_type, subject_id, occurred_at)
  select n.workspace_id, 'timeline', n.event_type, n.event_id, n.occurred_at
  from new_rows n join event_listeners l on l.workspace_id = n.workspace_id and l.is_listening
  where n.event_type <> 'voided';
  return null;
end $$;
create trigger capture_timeline after insert on events
  referencing new table as new_rows for each statement execute function capture_timeline();

create function capture_completed_leads() returns trigger language plpgsql as $$
begin
  if not exists (select from event_listeners where is_listening) then return null; end if;
  insert into event_outbox (workspace_id, source, event_type, subject_id, occurred_at, details, transaction_id)
  select a.workspace_id, 'lead', 'lead.completed', a.campaign_lead_id, a.updated_at, jsonb_build_object('step', a.current_step, 'campaign_id', a.campaign_id), txid_current()
  from after_rows a join before_rows b on b.campaign_lead_id = a.campaign_lead_id
  join event_listeners l on l.workspace_id = a.workspace_id and l.is_listening
  where a.status = 'completed' and b.status <> 'completed'
  on conflict do nothing;
  return null;
end $$;
create trigger capture_completed_leads after update on campaign_leads
  referencing old table as before_rows new table as after_rows for each statement execute function capture_completed_leads();

create function capture_campaign_state() returns trigger language plpgsql as $$
begin
  insert into event_outbox (workspace_id, source, event_type, subject_id, occurred_at, details, transaction_id)
  select new.workspace_id, 'campaign', 'campaign.' || new.status, new.campaign_id, new.updated_at,
    jsonb_build_object('name', new.name, 'status', new.status, 'previous_status', old.status,
      'reason', case new.status when 'paused' then new.paused_reason when 'failed' then new.launch_error end, 'total_leads', new.total_leads),
    txid_current()
  from event_listeners l where l.workspace_id = new.workspace_id and l.is_listening
  on conflict do nothing;
  return null;
end $$;
create trigger capture_campaign_state after update of status on campaigns
  for each row when (old.status is distinct from new.status) execute function capture_campaign_state();

create function capture_inbound() returns trigger language plpgsql as $$
begin
  insert into event_outbox (workspace_id, source, event_type, subject_id, occurred_at, transaction_id)
  select new.workspace_id, 'inbound', 'email.inbound.received', new.id, new.received_at, txid_current()
  from event_listeners l where l.workspace_id = new.workspace_id and l.is_listening
  on conflict do nothing;
  return null;
end $$;
-- Reports about our own messages have events of their own, and warm-up mail is hidden everywhere.
create trigger capture_inbound after insert on inbound_emails
  for each row when (new.kind not in ('bounce', 'complaint', 'delivery_notice') and not new.is_warmup) execute function capture_inbound();
