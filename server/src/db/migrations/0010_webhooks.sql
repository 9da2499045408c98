-- Events as customers read them, and their deliveries.

create table published_events (
  event_id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  event_type text not null,
  data jsonb not null,
  occurred_at timestamptz not null
);
create index on published_events (workspace_id, event_id);
