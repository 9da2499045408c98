-- Sending domains: several keys, what DNS was last found to hold, and the long warning before a domain stops sending.

-- A key is made as `next`, signs as `active` once its record was found in DNS, and stays published as `retired` until the
-- last message signed with it has been checked. The private half is sealed with the row's id and forgotten on retirement.
create table domain_keys (
  id uuid primary key,
  workspace_id uuid not null,
  domain_id uuid not null,
  selector text not null,
  algorithm text not null check (algorithm in ('rsa', 'ed25519')),
  public_key text not null,
  private_key text,
  state text not null check (state in ('active', 'next', 'retired')),
  created_at timestamptz not null,
  activated_at timestamptz,
  retired_at timestamptz,
  unique (domain_id, selector),
  check ((private_key is null) = (state = 'retired')),
  foreign key (workspace_id, domain_id) references sending_domains (workspace_id, id) on delete cascade
);
create unique index domain_keys_in_use on domain_keys (domain_id, algorithm, state) where state <> 'retired';
create index domain_keys_by_age on domain_keys (activated_at) where state = 'active' and algorithm = 'rsa';

-- Secrets are sealed for the row they stand in, so the first key of a domain keeps the domain's id.
insert into domain_keys (id, workspace_id, domain_id, selector, algorithm, public_key, private_key, state, created_at, activated_at)
select id, workspace_id, id, dkim_selector, 'rsa', dkim_public_key, dkim_private_key, 'active', created_at, created_at from sending_domains;
alter table sending_domains drop column dkim_selector, drop column dkim_public_key, drop column dkim_private_key;

alter table sending_domains
  -- Envelope senders are written here while its MX and SPF records are found, else at the domain itself.
  add column mail_from_host text,
  add column mail_from_verified_at timestamptz,
  add column mail_from_error text,
  add column tracking_host text,
  add column tracking_verified_at timestamptz,
  add column mta_sts_mode text not null default 'testing' check (mta_sts_mode in ('none', 'testing', 'enforce')),
  add column dkim_ed25519 boolean not null default false,
  -- Counts the selectors ever given out, so that none comes back with another key.
  add column dkim_generation integer not null default 1,
  -- Since when a verified domain lacks a record it needs; it stops sending 72 hours later.
  add column failing_since timestamptz,
  add column next_check_at timestamptz,
  add column dns_records jsonb,
  add column dns_checked_at timestamptz,
  add column deleted_at timestamptz;
update sending_domains set mail_from_host = 'bounce.' || domain, tracking_host = 'track.' || domain,
  next_check_at = case when is_sandbox then null else created_at end;
create index sending_domains_to_check on sending_domains (next_check_at) where next_check_at is not null;
create index sending_domains_bounces on sending_domains (mail_from_host) where mail_from_host is not null;
