-- Inbound: attachments as files, threads, and how long raw messages are kept.

-- What is answered is found by its Message-ID, whichever side wrote it; a thread without one by who wrote lately.
create index inbound_emails_by_message_id on inbound_emails (workspace_id, message_id) where message_id is not null;
create index inbound_emails_by_writer on inbound_emails (workspace_id, lower(from_email), id desc);

-- When the raw message was put down, on the system's clock, which is the one that retention follows.
alter table inbound_emails add column raw_kept_since timestamptz;
create index inbound_emails_raw_kept on inbound_emails (raw_kept_since) where raw is not null;
create index inbound_deliveries_done on inbound_deliveries (processed_at) where processed_at is not null;

-- Where each attachment's content lies. What lists show of attachments stands in inbound_emails.attachments under the same ids.
create table inbound_attachments (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  inbound_email_id uuid not null references inbound_emails on delete cascade,
  position smallint not null,
  filename text,
  mime_type text not null,
  size_bytes bigint not null,
  sha256 bytea not null,
  content_id text,
  is_inline boolean not null,
  file_id uuid not null references stored_files on delete cascade,
  unique (inbound_email_id, position)
);
create index inbound_attachments_by_file on inbound_attachments (file_id);

-- Contents whose last row may be gone; whoever empties this table looks again before it removes anything.
create table released_files (
  sha256 bytea primary key
);

-- Messages are deleted one by one, with their conversation, or with their workspace; their files follow whoever does it.
create function release_inbound_files() returns trigger language plpgsql as $$
begin
  delete from stored_files f using gone g where f.id = g.file_id;
  insert into released_files (sha256) select distinct sha256 from gone on conflict do nothing;
  return null;
end $$;
create trigger release_inbound_files after delete on inbound_attachments
  referencing old table as gone for each statement execute function release_inbound_files();
