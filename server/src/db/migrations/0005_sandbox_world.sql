-- The local mail world of sandbox workspaces: what its people will do, and when, by the workspace's clock.

create table world_reactions (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  due_at timestamptz not null,
  kind text not null,
  payload jsonb not null,
  done_at timestamptz,
  created_at timestamptz not null
);
create index world_reactions_due on world_reactions (workspace_id, due_at) where done_at is null;

-- Recipients that defer the first try: a row says they have already done so.
create table world_deferrals (
  workspace_id uuid not null references workspaces on delete cascade,
  recipient text not null,
  first_try_at timestamptz not null,
  primary key (workspace_id, recipient)
);
