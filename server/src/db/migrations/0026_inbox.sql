-- The inbox: what a person did with a thread (done, snoozed, what came of it) and what kind of mail it holds.
alter table conversations
  -- Of the newest thing that somebody wrote. An automatic reply is a thread's kind only while nobody has written in it.
  add column kind text check (kind in ('human_reply', 'auto_reply', 'bounce', 'complaint', 'unsubscribe', 'delivery_notice', 'unmatched')),
  -- When a person last wrote in it; automatic replies and warm-up mail are no answer to wait for.
  add column last_written_at timestamptz,
  add column done_at timestamptz,
  -- By the workspace's clock. Nothing has to happen at that moment, so no tick waits for it: the lists compare.
  add column snoozed_until timestamptz,
  add column outcome text check (outcome in ('interested', 'meeting', 'later', 'not_interested')),
  -- Where a thread stands in the inbox: one that comes back from its snooze stands on top like a new one.
  add column listed_at timestamptz not null generated always as (greatest(last_message_at, snoozed_until)) stored;

update conversations c set kind = i.kind, last_written_at = i.written_at
from (
  select conversation_id, coalesce(
      (array_agg(kind order by received_at desc, id desc) filter (where kind <> 'auto_reply'))[1], 'auto_reply') as kind,
    max(received_at) filter (where kind <> 'auto_reply') as written_at
  from inbound_emails where conversation_id is not null and not is_warmup group by conversation_id
) i where i.conversation_id = c.id;

create index conversations_in_inbox on conversations (workspace_id, listed_at desc, id desc) where inbound_count > 0;
create index conversations_open on conversations (workspace_id, kind) where inbound_count > 0 and done_at is null;
-- What came back on which day.
create index inbound_emails_by_time on inbound_emails (workspace_id, received_at, kind);

-- Somebody who writes again brings the thread back, whether it was done, asleep or in the trash.
create or replace function count_new_inbound() returns trigger language plpgsql as $$
begin
  with moved as (
    select conversation_id, count(*) as received, count(*) filter (where read_at is null) as unread, count(*) filter (where is_warmup) as warmup,
      (array_agg(kind order by received_at desc, id desc) filter (where not is_warmup and kind <> 'auto_reply'))[1] as written_kind,
      max(received_at) filter (where not is_warmup and kind <> 'auto_reply') as written_at
    from after_rows where conversation_id is not null group by conversation_id
  ), locked as (
    select c.id from conversations c join moved m on m.conversation_id = c.id order by c.id for no key update of c
  )
  update conversations c set inbound_count = c.inbound_count + m.received, unread_count = c.unread_count + m.unread,
    warmup_count = c.warmup_count + m.warmup, search_due = true,
    place = case when m.received > m.warmup then nullif(c.place, 'trash') else c.place end,
    kind = coalesce(m.written_kind, c.kind, case when m.received > m.warmup then 'auto_reply' end),
    last_written_at = greatest(c.last_written_at, m.written_at),
    done_at = case when m.written_kind is null then c.done_at end,
    snoozed_until = case when m.written_kind is null then c.snoozed_until end
  from moved m join locked l on l.id = m.conversation_id where c.id = m.conversation_id;
  return null;
end $$;
