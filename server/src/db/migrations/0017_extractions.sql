-- Extractions: leads that the browser extension collected or that came from a sheet, kept as a stored file until somebody
-- makes a session of them. See docs/extractions.md.

-- `columns` are the names under columnValues, without that prefix, in the order in which they were first seen. `sheets` is
-- null unless the leads came in several named parts. `sample` is the first leads as lists and details show them.
create table user_extractions (
  extraction_id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null references users on delete cascade,
  title text not null,
  source text not null,
  leads_count integer not null,
  columns jsonb not null default '[]',
  sheets jsonb,
  sample jsonb not null default '[]',
  metadata jsonb not null default '{}',
  session_id uuid references processing_sessions on delete set null,
  file_id uuid not null references stored_files on delete cascade,
  sha256 bytea not null,
  file_size_bytes bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (workspace_id, extraction_id)
);
create index user_extractions_by_source on user_extractions (workspace_id, lower(source), extraction_id);
create index user_extractions_by_file on user_extractions (file_id);
create index user_extractions_by_session on user_extractions (session_id) where session_id is not null;

-- Whoever deletes an extraction, one by one or with its workspace, its file goes along; the content is removed from the
-- storage once nothing refers to it any more (released_files).
create function release_extraction_files() returns trigger language plpgsql as $$
begin
  delete from stored_files f using gone g where f.id = g.file_id;
  insert into released_files (sha256) select distinct sha256 from gone on conflict do nothing;
  return null;
end $$;
create trigger release_extraction_files after delete on user_extractions
  referencing old table as gone for each statement execute function release_extraction_files();
