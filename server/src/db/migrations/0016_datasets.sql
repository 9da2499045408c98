-- Processing of sessions and the life of datasets after their import. See docs/datasets.md.

alter table processing_sessions add unique (workspace_id, session_id);
create index processing_sessions_dataset on processing_sessions (dataset_id) where dataset_id is not null;

-- One try to work through the leads of a session. At most one of a session runs; its cursor moves in the transaction that
-- holds the results, so that a kill loses and doubles nothing.
create table session_runs (
  job_id uuid primary key,
  workspace_id uuid not null,
  session_id uuid not null,
  dataset_id uuid not null,
  status text not null check (status in ('running', 'completed', 'failed', 'cancelled')),
  adapter text not null,
  leads_count integer not null,
  processed_count integer not null default 0,
  failed_count integer not null default 0,
  -- Positions: the last one that is done, the end of the batch that is being worked on, and the last that belongs to it.
  done_index integer not null default -1,
  batch_index integer,
  last_index integer not null,
  fill_empty_cells boolean not null,
  cells_filled integer not null default 0,
  credits_per_lead integer not null,
  hold_id uuid references credit_holds on delete set null,
  started_at timestamptz not null,
  finished_at timestamptz,
  foreign key (workspace_id, session_id) references processing_sessions (workspace_id, session_id) on delete cascade
);
create unique index session_runs_one on session_runs (session_id) where status = 'running';
create index session_runs_listed on session_runs (session_id, job_id);
create index session_runs_dataset on session_runs (dataset_id) where status = 'running';

-- What came of each lead. Rows that wait have none. A row that is erased takes its results with it.
create table session_results (
  session_id uuid not null,
  workspace_id uuid not null,
  row_id uuid not null references dataset_rows on delete cascade,
  row_index integer not null,
  status text not null check (status in ('completed', 'failed')),
  result jsonb,
  error text,
  processed_at timestamptz not null,
  primary key (session_id, row_id),
  foreign key (workspace_id, session_id) references processing_sessions (workspace_id, session_id) on delete cascade
);
create index session_results_row on session_results (row_id);
create index session_results_listed on session_results (session_id, status, row_index);

-- The counters of a session are true in the very transaction that changes its results.
create function count_session_results() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    update processing_sessions s set processed_count = s.processed_count - n.completed, failed_count = s.failed_count - n.failed
    from (select session_id, count(*) filter (where status = 'completed') as completed, count(*) filter (where status = 'failed') as failed
      from before_rows group by session_id) n
    where s.session_id = n.session_id;
  end if;
  if tg_op <> 'DELETE' then
    update processing_sessions s set processed_count = s.processed_count + n.completed, failed_count = s.failed_count + n.failed
    from (select session_id, count(*) filter (where status = 'completed') as completed, count(*) filter (where status = 'failed') as failed
      from after_rows group by session_id) n
    where s.session_id = n.session_id;
  end if;
  return null;
end $$;
create trigger count_added_results after insert on session_results
  referencing new table as after_rows for each statement execute function count_session_results();
create trigger count_deleted_results after delete on session_results
  referencing old table as before_rows for each statement execute function count_session_results();

-- A change of many rows at once. What is small is carried out in the request and leaves no row here.
create table dataset_changes (
  job_id uuid primary key,
  workspace_id uuid not null,
  dataset_id uuid not null,
  user_id uuid,
  kind text not null,
  request jsonb not null,
  status text not null check (status in ('queued', 'completed', 'failed', 'cancelled')),
  created_at timestamptz not null,
  finished_at timestamptz,
  foreign key (workspace_id, dataset_id) references datasets (workspace_id, dataset_id) on delete cascade
);
create index dataset_changes_waiting on dataset_changes (dataset_id) where status = 'queued';

-- Removed rows, the last removed first, for looking at them and bringing them back.
create index dataset_rows_removed on dataset_rows (dataset_id, removed_at desc, id desc) where removed_at is not null;
