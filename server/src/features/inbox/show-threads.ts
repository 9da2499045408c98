import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { cutPage, type PageRequest } from '../../http/pagination.ts'
import { indexConversations } from '../conversations/index-search.ts'
import { noSuchConversation, readThreadExtras } from '../conversations/read-conversations.ts'
import { findThread, listThreads, type ThreadFilter, type ThreadRow, threadCursor } from './queries.ts'
import { readMessages } from './read-messages.ts'

export const THREAD_PAGE = { size: 50, key: [z.iso.datetime(), z.uuid()] }

/** A search reads in what the background has not come to yet, up to this many threads. */
const INDEXED_AT_ONCE = 500

const showRows = async (deps: Pick<Deps, 'db'>, rows: readonly ThreadRow[]) => {
  const extras = await readThreadExtras(
    deps.db,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => {
    const extra = extras.get(row.id)
    return {
      thread_id: row.id,
      subject: row.subject,
      snippet: extra?.snippet ?? null,
      person_name: row.person_name,
      person_email: row.person_email ?? extra?.participants[0] ?? row.first_to_email ?? '',
      participants: extra?.participants ?? [],
      kind: row.kind,
      needs_answer: row.needs_answer,
      is_read: row.unread_count === 0,
      is_starred: row.is_starred,
      unread_count: row.unread_count,
      message_count: row.message_count,
      attachment_count: row.total_attachment_count,
      last_direction: extra?.last_direction ?? null,
      last_message_at: row.last_message_at,
      done_at: row.done_at,
      snoozed_until: row.snoozed_until,
      outcome: row.outcome,
      place: row.place,
      alias_id: row.alias_id,
      alias_email: row.alias_email,
      campaign_id: row.campaign_id,
      campaign_name: row.campaign_name,
      campaign_lead_id: row.campaign_lead_id,
    }
  })
}

export const showThreads = async (
  deps: Pick<Deps, 'db'>,
  workspaceId: string,
  filter: ThreadFilter,
  page: PageRequest,
  now: Date,
) => {
  if (filter.q) await indexConversations(deps, { workspace_id: workspaceId, limit: INDEXED_AT_ONCE })
  const rows = await listThreads(deps.db, workspaceId, filter, page, now)
  const { items, ...rest } = cutPage(rows, page, threadCursor(filter.view))
  return { items: await showRows(deps, items), ...rest }
}

/** Throws NOT_FOUND. */
export const showThread = async (deps: Pick<Deps, 'db'>, workspaceId: string, id: string) => {
  const row = await findThread(deps.db, workspaceId, id)
  if (!row) throw noSuchConversation()
  const [thread] = await showRows(deps, [row])
  return { ...thread, messages: await readMessages(deps.db, workspaceId, row.id) }
}
