-- Reading and keeping order: deleted aliases, tags, what is unread, the search over conversations, partner integrations.

-- A deleted alias stays, because sent mail names it; its address is free again.
alter table aliases add column deleted_at timestamptz;
alter table aliases drop constraint aliases_workspace_id_full_email_key;
create unique index aliases_address on aliases (workspace_id, full_email) where deleted_at is null;

create table tags (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid references users on delete set null,
  name text not null,
  type text not null check (type in ('tag', 'folder')),
  description text,
  color text,
  icon text,
  sort_order integer not null default 0,
  is_pinned boolean not null default false,
  is_visible boolean not null default true,
  -- Every received message is in inbox and every sent one in sent; no row says so.
  system_name text check (system_name in ('inbox', 'sent')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (workspace_id, id),
  unique (workspace_id, system_name)
);
create unique index tags_named on tags (workspace_id, lower(name));

create table inbound_email_tags (
  workspace_id uuid not null,
  inbound_email_id uuid not null references inbound_emails on delete cascade,
  tag_id uuid not null,
  tagged_by text not null default 'user',
  tagged_by_user uuid,
  tagged_at timestamptz not null,
  note text,
  primary key (inbound_email_id, tag_id),
  foreign key (workspace_id, tag_id) references tags (workspace_id, id) on delete cascade
);
-- What the inbox shows: no warm-up mail and no reports about our own messages.
create index inbound_emails_inbox on inbound_emails (workspace_id, id desc)
  where not is_warmup and kind not in ('bounce', 'complaint', 'delivery_notice');
create index inbound_email_tags_by_tag on inbound_email_tags (workspace_id, tag_id, inbound_email_id desc);

-- Made together with the workspace, whoever makes it, so that no reader has to.
create function add_system_tags() returns trigger language plpgsql as $$
begin
  insert into tags (id, workspace_id, user_id, name, type, sort_order, is_pinned, system_name, created_at, updated_at)
  select gen_random_uuid(), w.id, w.created_by, t.name, 'folder', t.sort_order, true, t.system_name, w.created_at, w.created_at
  from new_rows w, (values ('Inbox', -2, 'inbox'), ('Sent', -1, 'sent')) as t (name, sort_order, system_name);
  return null;
end $$;
create trigger add_system_tags after insert on workspaces
  referencing new table as new_rows for each statement execute function add_system_tags();
insert into tags (id, workspace_id, user_id, name, type, sort_order, is_pinned, system_name, created_at, updated_at)
select gen_random_uuid(), w.id, w.created_by, t.name, 'folder', t.sort_order, true, t.system_name, w.created_at, w.created_at
from workspaces w, (values ('Inbox', -2, 'inbox'), ('Sent', -1, 'sent')) as t (name, sort_order, system_name);

-- What the received messages of a conversation amount to, kept from the rows by the triggers below.
alter table conversations
  add column inbound_count integer not null default 0,
  add column unread_count integer not null default 0,
  add column warmup_count integer not null default 0,
  -- Its text has changed since it was last read for the search.
  add column search_due boolean not null default true;
drop index conversations_workspace_id_last_message_at_id_idx;
create index conversations_listed on conversations (workspace_id, last_message_at desc, id desc);
create index conversations_by_alias on conversations (workspace_id, alias_id, last_message_at desc, id desc);
create index conversations_by_domain on conversations (workspace_id, domain_id, last_message_at desc, id desc);
create index conversations_received on conversations (workspace_id, last_message_at desc, id desc) where inbound_count > 0;
create index conversations_to_search on conversations (workspace_id, id desc) where search_due;

create function count_inbound() returns trigger language plpgsql as $$
begin
  with moved as (
    select conversation_id, sum(sign) as received, sum(sign * (read_at is null)::int) as unread, sum(sign * is_warmup::int) as warmup
    from (
      select 1 as sign, conversation_id, read_at, is_warmup from after_rows where conversation_id is not null
      union all
      select -1 as sign, conversation_id, read_at, is_warmup from before_rows where conversation_id is not null
    ) as change
    group by conversation_id having sum(sign) <> 0 or sum(sign * (read_at is null)::int) <> 0 or sum(sign * is_warmup::int) <> 0
  ), locked as (
    -- One order for all writers, so that two of them wait for each other instead of deadlocking.
    select c.id from conversations c join moved m on m.conversation_id = c.id order by c.id for no key update of c
  )
  update conversations c set inbound_count = c.inbound_count + m.received, unread_count = c.unread_count + m.unread,
    warmup_count = c.warmup_count + m.warmup, search_due = c.search_due or m.received <> 0
  from moved m join locked l on l.id = m.conversation_id where c.id = m.conversation_id;
  return null;
end $$;

create function count_new_inbound() returns trigger language plpgsql as $$
begin
  with moved as (
    select conversation_id, count(*) as received, count(*) filter (where read_at is null) as unread, count(*) filter (where is_warmup) as warmup
    from after_rows where conversation_id is not null group by conversation_id
  ), locked as (
    select c.id from conversations c join moved m on m.conversation_id = c.id order by c.id for no key update of c
  )
  update conversations c set inbound_count = c.inbound_count + m.received, unread_count = c.unread_count + m.unread,
    warmup_count = c.warmup_count + m.warmup, search_due = true
  from moved m join locked l on l.id = m.conversation_id where c.id = m.conversation_id;
  return null;
end $$;

-- A conversation that lost a message was last active when its newest remaining one came or went; without any it is gone.
create function uncount_deleted_inbound() returns trigger language plpgsql as $$
begin
  with moved as (
    select conversation_id, count(*) as received, count(*) filter (where read_at is null) as unread, count(*) filter (where is_warmup) as warmup
    from before_rows where conversation_id is not null group by conversation_id
  ), locked as (
    select c.id from conversations c join moved m on m.conversation_id = c.id order by c.id for no key update of c
  )
  update conversations c set inbound_count = c.inbound_count - m.received, unread_count = c.unread_count - m.unread,
    warmup_count = c.warmup_count - m.warmup, search_due = true,
    last_message_at = coalesce(greatest(
      (select max(received_at) from inbound_emails i where i.conversation_id = c.id),
      (select max(sent_at) from emails e where e.conversation_id = c.id)), c.last_message_at)
  from moved m join locked l on l.id = m.conversation_id where c.id = m.conversation_id;
  delete from conversations c using (select distinct conversation_id from before_rows) b
  where c.id = b.conversation_id and c.inbound_count = 0 and not exists (select 1 from emails e where e.conversation_id = c.id);
  return null;
end $$;

create trigger count_new_inbound after insert on inbound_emails
  referencing new table as after_rows for each statement execute function count_new_inbound();
create trigger count_inbound after update on inbound_emails
  referencing old table as before_rows new table as after_rows for each statement execute function count_inbound();
create trigger uncount_deleted_inbound after delete on inbound_emails
  referencing old table as before_rows for each statement execute function uncount_deleted_inbound();

update conversations c set inbound_count = i.received, unread_count = i.unread, warmup_count = i.warmup
from (
  select conversation_id, count(*) as received, count(*) filter (where read_at is null) as unread, count(*) filter (where is_warmup) as warmup
  from inbound_emails where conversation_id is not null group by conversation_id
) i where i.conversation_id = c.id;

-- A message that went out changes what a search finds; the sender's statement does not have to know.
create function note_search_due() returns trigger language plpgsql as $$
begin
  new.search_due := true;
  return new;
end $$;
create trigger note_search_due before update on conversations for each row
  when (new.message_count > old.message_count) execute function note_search_due();

-- The words of a conversation. Its workspace is no word among them: as part of the look-up it would cost more than it saves.
create table conversation_search (
  conversation_id uuid primary key references conversations on delete cascade,
  workspace_id uuid not null,
  words tsvector not null
);
create index conversation_search_words on conversation_search using gin (words);

-- Deliverability is counted from the rows themselves.
create index emails_sent on emails (workspace_id, sent_at desc, id desc) where sent_at is not null;

alter table suppressions add column metadata jsonb;

-- Keys that a partner's service holds for its users. The key itself is sealed, because the partner may ask for it again.
create table integration_keys (
  integration_id text not null,
  user_id uuid not null references users on delete cascade,
  workspace_id uuid not null references workspaces on delete cascade,
  api_key_id uuid not null references api_keys on delete cascade,
  sealed_key text not null,
  created_at timestamptz not null,
  primary key (integration_id, user_id)
);

-- Signatures of partners that were used already, kept for as long as their timestamp would be believed.
create table integration_requests (
  signature_digest bytea primary key,
  seen_at timestamptz not null
);
create index on integration_requests (seen_at);
