-- Conversations that collect something: a sender profile, or what is to be enriched. See docs/profile-chat.md and docs/enrichment.md.

-- `state` is what was collected so far and is the feature's own. `turn_id` is the message that is being answered just now, and
-- `turn_owner` the process that answers it: a conversation has one turn at a time, and the turn of a dead process is nobody's.
create table chats (
  chat_id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id uuid not null references users on delete cascade,
  kind text not null check (kind in ('sender_profile', 'enrichment')),
  status text not null check (status in ('open', 'completed')),
  state jsonb not null,
  message_count integer not null default 0,
  turn_id uuid,
  turn_owner uuid,
  created_at timestamptz not null,
  -- By the system's clock, for retention.
  touched_at timestamptz not null,
  unique (workspace_id, chat_id)
);
create index chats_kept on chats (touched_at);
create index chats_of_user on chats (user_id);

create table chat_messages (
  message_id uuid primary key,
  workspace_id uuid not null,
  chat_id uuid not null,
  position integer not null,
  role text not null check (role in ('user', 'assistant', 'system')),
  content text not null,
  metadata jsonb,
  created_at timestamptz not null,
  unique (chat_id, position),
  foreign key (workspace_id, chat_id) references chats (workspace_id, chat_id) on delete cascade
);
create index chat_messages_of_workspace on chat_messages (workspace_id, chat_id);
