-- Health of sending: figures by the hour in which a message left, and what was concluded from them.

create table mail_hour_counts (
  workspace_id uuid not null references workspaces on delete cascade,
  -- The nil UUID for messages of no campaign, since a key cannot hold null.
  campaign_id uuid not null,
  domain_id uuid not null,
  hour timestamptz not null,
  accepted integer not null default 0,
  bounced integer not null default 0,
  hard_bounced integer not null default 0,
  complained integer not null default 0,
  primary key (workspace_id, domain_id, hour, campaign_id)
);
create index on mail_hour_counts (campaign_id, hour);

-- Workspaces with a new bounce or complaint that nobody has judged yet.
create table sending_health_due (
  workspace_id uuid primary key references workspaces on delete cascade
);

create table sending_health (
  workspace_id uuid not null references workspaces on delete cascade,
  scope text not null check (scope in ('workspace', 'domain')),
  scope_id uuid not null,
  band text not null check (band in ('unknown', 'healthy', 'warning', 'critical', 'blocked')),
  reasons text[] not null default '{}',
  since timestamptz not null,
  checked_at timestamptz not null,
  lifted_until timestamptz,
  primary key (workspace_id, scope, scope_id)
);

-- A message counts in the hour in which it was sent, whenever its bounce comes; an update that changes none of this writes nothing.
create function count_mail_hours() returns trigger language plpgsql as $$
begin
  with change as (
    select workspace_id, coalesce(campaign_id, '00000000-0000-0000-0000-000000000000') as campaign_id, domain_id,
      date_trunc('hour', sent_at, 'UTC') as hour, sum(sign)::int as accepted,
      sum(sign * (bounced_at is not null)::int)::int as bounced,
      sum(sign * (bounced_at is not null and bounce_kind = 'hard')::int)::int as hard_bounced,
      sum(sign * (complained_at is not null)::int)::int as complained
    from (
      select 1 as sign, workspace_id, campaign_id, domain_id, sent_at, bounced_at, bounce_kind, complained_at
      from after_rows where sent_at is not null
      union all
      select -1 as sign, workspace_id, campaign_id, domain_id, sent_at, bounced_at, bounce_kind, complained_at
      from before_rows where sent_at is not null
    ) as moved
    group by 1, 2, 3, 4
  ), noted as (
    insert into sending_health_due (workspace_id)
    select distinct workspace_id from change where hard_bounced > 0 or complained > 0 order by workspace_id
    on conflict do nothing
  )
  insert into mail_hour_counts as c (workspace_id, campaign_id, domain_id, hour, accepted, bounced, hard_bounced, complained)
  select workspace_id, campaign_id, domain_id, hour, accepted, bounced, hard_bounced, complained from change
  where accepted <> 0 or bounced <> 0 or hard_bounced <> 0 or complained <> 0
  -- One order for all writers, so that two batches wait for each other instead of deadlocking.
  order by workspace_id, domain_id, hour, campaign_id
  on conflict (workspace_id, domain_id, hour, campaign_id) do update set
    accepted = c.accepted + excluded.accepted, bounced = c.bounced + excluded.bounced,
    hard_bounced = c.hard_bounced + excluded.hard_bounced, complained = c.complained + excluded.complained;
  return null;
end $$;

create trigger count_mail_hours after update on emails
  referencing old table as before_rows new table as after_rows for each statement execute function count_mail_hours();

insert into mail_hour_counts (workspace_id, campaign_id, domain_id, hour, accepted, bounced, hard_bounced, complained)
select workspace_id, coalesce(campaign_id, '00000000-0000-0000-0000-000000000000'), domain_id, date_trunc('hour', sent_at, 'UTC'), count(*),
  count(*) filter (where bounced_at is not null), count(*) filter (where bounced_at is not null and bounce_kind = 'hard'),
  count(*) filter (where complained_at is not null)
from emails where sent_at is not null
group by 1, 2, 3, 4;

-- The dispatcher reads all counts of today, however many days lie behind.
create index send_counts_by_day on send_counts (workspace_id, day);
