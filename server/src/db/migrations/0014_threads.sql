-- Threads as a mailbox shows them: starred, moved to a place or a folder, labelled.
alter table conversations
  add column starred_at timestamptz,
  -- Where a person put it; null: in the inbox, or among the sent while nothing was received in it.
  add column place text check (place in ('inbox', 'spam', 'trash')),
  add column folder_id uuid,
  add constraint conversations_in_one_place check (place is null or folder_id is null),
  add foreign key (workspace_id, folder_id) references tags (workspace_id, id) on delete set null (folder_id);
create index conversations_starred on conversations (workspace_id, last_message_at desc, id desc) where starred_at is not null;
create index conversations_placed on conversations (workspace_id, place, last_message_at desc, id desc) where place is not null;
create index conversations_in_folder on conversations (workspace_id, folder_id, last_message_at desc, id desc) where folder_id is not null;
create index conversations_unread on conversations (workspace_id, last_message_at desc, id desc) where unread_count > 0;

-- A label on a thread as a whole. Labels of its received messages count for it too.
create table conversation_tags (
  workspace_id uuid not null,
  conversation_id uuid not null references conversations on delete cascade,
  tag_id uuid not null,
  tagged_at timestamptz not null,
  primary key (conversation_id, tag_id),
  foreign key (workspace_id, tag_id) references tags (workspace_id, id) on delete cascade
);
create index conversation_tags_by_tag on conversation_tags (workspace_id, tag_id, conversation_id);

-- An answer brings a thread back out of the trash: what a person threw away was what stood there then.
create or replace function count_new_inbound() returns trigger language plpgsql as $$
begin
  with moved as (
    select conversation_id, count(*) as received, count(*) filter (where read_at is null) as unread, count(*) filter (where is_warmup) as warmup
    from after_rows where conversation_id is not null group by conversation_id
  ), locked as (
    select c.id from conversations c join moved m on m.conversation_id = c.id order by c.id for no key update of c
  )
  update conversations c set inbound_count = c.inbound_count + m.received, unread_count = c.unread_count + m.unread,
    warmup_count = c.warmup_count + m.warmup, search_due = true,
    place = case when m.received > m.warmup then nullif(c.place, 'trash') else c.place end
  from moved m join locked l on l.id = m.conversation_id where c.id = m.conversation_id;
  return null;
end $$;

-- What happened in a whole workspace, newest first.
create index events_of_workspace on events (workspace_id, occurred_at desc, event_id desc) where email_id is not null;
