-- What was learned of leads and companies from outside, and how hosts on the web want to be read. See docs/research.md.

-- One reading of one source. A row without `cached_at` is being read for the first time; `reading_id` changes with each reading,
-- so that whoever waited for another's knows that it is there. `leased_until` frees what a killed process was reading.
create table research_cache (
  entry_id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  source text not null check (source in ('company_site', 'company_search', 'person_search')),
  -- Who was asked: the web itself, or a search service by its name.
  adapter text not null,
  -- A host, a company or a lead.
  subject text not null,
  -- The person that it is about, for those who ask to be forgotten.
  email text,
  linkedin_url text,
  reading_id uuid,
  status text check (status in ('ok', 'empty', 'failed')),
  summary text,
  meta jsonb not null default '{}',
  facts jsonb not null default '[]',
  fingerprint text,
  -- By the workspace's clock, as a person sees it.
  cached_at timestamptz,
  expires_at timestamptz,
  leased_by uuid,
  leased_until timestamptz,
  unique (workspace_id, source, adapter, subject),
  check ((cached_at is null) = (expires_at is null) and (cached_at is null) = (status is null))
);
create index research_cache_expired on research_cache (expires_at);
create index research_cache_unread on research_cache (leased_until) where cached_at is null;

-- Not of a workspace: a host is to be asked by one at a time, whoever wants to know. Times are those of the system.
create table web_hosts (
  origin text primary key,
  busy_by uuid,
  busy_until timestamptz,
  next_at timestamptz not null,
  -- What robots.txt says to us (RFC 9309): the rules, none, or that it could not be read.
  robots jsonb,
  robots_until timestamptz,
  seen_at timestamptz not null
);
create index web_hosts_seen on web_hosts (seen_at);
