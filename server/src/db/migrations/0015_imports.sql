-- Imports into datasets that hold rows already: what is done with people who are there, plans before and undoing after.
-- See docs/imports.md.

-- The canonical LinkedIn address of a row, by which rows without an e-mail address are told apart.
alter table dataset_rows add column linkedin_url text;
create index dataset_rows_linkedin on dataset_rows (workspace_id, linkedin_url) where linkedin_url is not null;
-- Removed rows are in it too: an index that leaves them out competes with the one of positions, and was seen to lose.
drop index dataset_rows_email;
create index dataset_rows_email on dataset_rows (workspace_id, email) where email is not null;

alter table imports
  -- A plan for a new dataset has none until it is carried out.
  alter column dataset_id drop not null,
  drop constraint imports_status_check,
  add constraint imports_status_check check (status in ('queued', 'running', 'planned', 'completed', 'failed', 'undone')),
  add column duplicates text not null default 'skip' check (duplicates in ('skip', 'update', 'keep')),
  add column duplicates_in text not null default 'dataset' check (duplicates_in in ('dataset', 'workspace')),
  -- The dataset was there before.
  add column is_append boolean not null default false,
  -- True until a plan is carried out.
  add column is_plan boolean not null default false,
  -- Columns of the file as it has them; those of the dataset may have other names.
  add column columns jsonb,
  -- Of a workbook: the sheets that are read, in order, each with its own mapping.
  add column sheets jsonb,
  -- What a plan needs later to make its dataset and to choose the sender.
  add column request jsonb,
  -- Columns and mappings that the dataset got from this import.
  add column columns_added jsonb not null default '[]',
  add column mapping_added jsonb not null default '{}',
  add column rows_updated integer not null default 0,
  add column rows_unchanged integer not null default 0,
  -- The dataset as the plan found it, and every decision of the plan, each as one hash.
  add column plan_fingerprint text,
  add column plan_digest text,
  add column planned_at timestamptz,
  -- The job that undoes it, where it is large.
  add column undo_job_id uuid references jobs on delete set null,
  add column values_restored integer not null default 0,
  add column values_kept integer not null default 0;
create index imports_dataset on imports (dataset_id);
create index imports_planned on imports (planned_at) where status = 'planned';

alter table import_issues add column sheet_name text;

-- What an import changes, row by row: all of it while it is a plan, the changed cells of rows that were there once it is done.
create table import_changes (
  import_id uuid not null references imports on delete cascade,
  workspace_id uuid not null,
  -- In the order of the file.
  seq integer not null,
  source_row integer not null,
  sheet_name text,
  action text not null check (action in ('insert', 'update', 'unchanged', 'duplicate', 'reject')),
  -- The row that is changed or that makes this one a duplicate, and its dataset.
  row_id uuid,
  dataset_id uuid,
  -- Column to value; of an update column to [before, after], where null is an empty cell.
  cells jsonb,
  issue_seq integer,
  email text,
  -- Of an import that was undone: column to the value that somebody had written meanwhile and that stayed.
  kept jsonb,
  primary key (import_id, seq)
);
create index import_changes_row on import_changes (row_id) where action = 'update';
create index import_changes_action on import_changes (import_id, action, seq);

-- How many of what a job has done so far, for kinds of work that count more than one thing.
alter table jobs add column counts jsonb;

-- Rows of before get theirs as far as a pattern can tell it.
update dataset_rows r set linkedin_url = 'linkedin.com/in/' || lower(substring(r.data ->> m.key from '(?i)linkedin\.com/in/([^/?#\s]+)'))
from datasets d cross join lateral jsonb_each_text(d.column_mapping) m
where m.value = 'linkedin_url' and r.dataset_id = d.dataset_id and r.removed_at is null and r.data ->> m.key ~* 'linkedin\.com/in/[^/?#\s]';
