-- Everyone known to a workspace, read from the rows of its datasets, and what was erased at a person's request.

-- pg_trgm is a trusted extension: the owner of the database may create it without being a superuser.
create extension if not exists pg_trgm;

create table companies (
  company_id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  domain text not null,
  company_name text,
  search_text text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (workspace_id, domain)
);
create index companies_search on companies using gin (search_text gin_trgm_ops);
create index companies_listed on companies (workspace_id, company_id desc);

-- `identity` is the address, else the LinkedIn URL. The other columns are what the newest rows say; they are made again
-- whenever a row of the person changes.
create table people (
  person_id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  identity text not null,
  email text,
  linkedin_url text,
  full_name text,
  first_name text,
  last_name text,
  title text,
  company_name text,
  company_domain text,
  company_id uuid references companies on delete set null,
  phone text,
  country text,
  city text,
  row_count integer not null default 0,
  search_text text not null default '',
  words tsvector not null default '',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (workspace_id, identity)
);
create index people_listed on people (workspace_id, person_id desc) where row_count > 0;
create index people_company on people (company_id, person_id desc) where row_count > 0;
create index people_linkedin on people (workspace_id, linkedin_url) where linkedin_url is not null;
create index people_search on people using gin (search_text gin_trgm_ops);
create index people_words on people using gin (words);

-- Who has to be made again from their rows. A table of its own, because a mark on people would rewrite their search entries.
create table people_due (
  person_id uuid primary key references people on delete cascade
);

alter table dataset_rows add column person_id uuid;
create index dataset_rows_person on dataset_rows (person_id, id desc) where person_id is not null;
-- Rows that no tick has seen yet. A row that names nobody is never in it.
create index dataset_rows_unseen on dataset_rows (dataset_id, id)
  where person_id is null and removed_at is null and (email is not null or linkedin_url is not null);

-- A changed, removed or restored row makes its person due; one that now names somebody else is seen anew.
create function note_changed_people() returns trigger language plpgsql as $$
declare
  others uuid[];
begin
  with changed as (
    select a.id, b.person_id,
      a.email is distinct from b.email or (a.email is null and a.linkedin_url is distinct from b.linkedin_url) as is_other
    from after_rows a join before_rows b on b.id = a.id
    where b.person_id is not null and a.person_id is not null
      and (a.data is distinct from b.data or a.email is distinct from b.email or a.linkedin_url is distinct from b.linkedin_url
        or a.removed_at is distinct from b.removed_at)
  ), due as (
    insert into people_due (person_id) select distinct c.person_id from changed c order by 1 on conflict do nothing
  )
  select array_agg(id) filter (where is_other) into others from changed;
  if others is not null then
    update dataset_rows set person_id = null where id = any(others);
  end if;
  return null;
end $$;

create trigger note_changed_people after update on dataset_rows
  referencing old table as before_rows new table as after_rows for each statement execute function note_changed_people();

create function note_deleted_people() returns trigger language plpgsql as $$
begin
  insert into people_due (person_id)
  select distinct b.person_id from before_rows b join people p on p.person_id = b.person_id order by 1 on conflict do nothing;
  return null;
end $$;

create trigger note_deleted_people after delete on dataset_rows
  referencing old table as before_rows for each statement execute function note_deleted_people();

-- What was erased, without saying who it was: the hash is the one that the suppression list keeps.
create table erasures (
  erasure_id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  requested_by uuid,
  job_id uuid,
  -- Sealed, and gone when the work is done: until then it has to be known who is meant.
  subject text,
  subject_hash bytea,
  status text not null check (status in ('queued', 'running', 'completed', 'failed')),
  note text,
  removed jsonb not null default '{}',
  created_at timestamptz not null,
  completed_at timestamptz
);
create index on erasures (workspace_id, erasure_id desc);
