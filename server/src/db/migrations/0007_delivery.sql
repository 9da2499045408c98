-- Delivery: how a workspace's mail goes out, and what receiving hosts have answered.

-- A workspace without a row goes the way of the instance. The password is sealed with the workspace's id.
create table workspace_delivery (
  workspace_id uuid primary key references workspaces on delete cascade,
  delivery text not null check (delivery in ('instance', 'direct', 'relay')),
  relay_host text,
  relay_port integer,
  relay_security text check (relay_security in ('tls', 'starttls', 'opportunistic')),
  relay_user text,
  relay_password text,
  updated_at timestamptz not null,
  check (delivery <> 'relay' or (relay_host is not null and relay_port is not null and relay_security is not null))
);

-- What a receiver (the domain that its MX hosts share) has taught us, so that a restart or a second process does not begin anew.
create table receiver_paces (
  receiver text primary key,
  -- Most connections at a time, as a fraction while it grows.
  concurrency real not null,
  -- Least time between two messages; 0 where nobody asked for any.
  interval_ms integer not null,
  -- Left alone until then, and how long the pause was.
  rest_until timestamptz,
  rest_ms integer not null,
  reason text,
  updated_at timestamptz not null
);

create index receiver_paces_by_age on receiver_paces (updated_at);

-- Domains that the name service did not know, since when: one answer is no proof.
create table absent_domains (
  domain text primary key,
  first_absent_at timestamptz not null,
  last_absent_at timestamptz not null
);
create index absent_domains_by_age on absent_domains (last_absent_at);

-- Policies of RFC 8461 by the domain they were fetched for; `mode` none remembers that there is no policy.
create table mta_sts_policies (
  domain text primary key,
  policy_id text not null,
  mode text not null check (mode in ('enforce', 'testing', 'none')),
  mx text[] not null,
  fetched_at timestamptz not null,
  expires_at timestamptz not null
);

create index mta_sts_policies_by_end on mta_sts_policies (expires_at);

-- The last reply in plain words, and what to do about it.
alter table emails add column cause text, add column advice text;
