-- Enrichment of chosen leads of a session. See docs/enrichment.md.

-- A run over some rows of a session only: those in session_run_rows. The others wait as before.
alter table session_runs add column only_rows boolean not null default false;

create table session_run_rows (
  job_id uuid not null references session_runs on delete cascade,
  workspace_id uuid not null references workspaces on delete cascade,
  row_id uuid not null references dataset_rows on delete cascade,
  primary key (job_id, row_id)
);
create index session_run_rows_row on session_run_rows (row_id);
create index session_run_rows_workspace on session_run_rows (workspace_id);
