import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { type Answer, answer, type OperationRequest } from '../../http/define-operation.ts'
import { cutPage, nextLink, type PageRequest, readPage } from '../../http/pagination.ts'
import { indexConversations } from './index-search.ts'
import {
  type ConversationFilter,
  cursorOf,
  getConversation,
  listConversations,
  listMessages,
  readThreadExtras,
} from './read-conversations.ts'
import type { ConversationListQuery, ThreadListQuery } from './schema.ts'

const PAGE = { size: 50, key: [z.iso.datetime(), z.uuid()] }

/** The list as both faces answer it. */
export const showConversations = async (
  deps: Pick<Deps, 'db'>,
  request: Pick<
    OperationRequest<undefined, typeof ConversationListQuery>,
    'workspace' | 'query' | 'query_given' | 'url'
  >,
): Promise<Answer> => {
  const page = readPage(request.query, request.query_given, PAGE)
  const rows = await listConversations(deps.db, request.workspace.workspace_id, request.query, page)
  const { items, next_cursor } = cutPage(rows, page, cursorOf)
  return answer(200, items, nextLink(request.url, next_cursor))
}

export const readConversation = async (deps: Pick<Deps, 'db'>, workspaceId: string, id: string) => ({
  ...(await getConversation(deps.db, workspaceId, id)),
  messages: await listMessages(deps.db, workspaceId, id),
})

/** A search reads in what the background has not come to yet, up to this many conversations. */
const INDEXED_AT_ONCE = 500

export const showThreads = async (
  deps: Pick<Deps, 'db'>,
  request: Pick<OperationRequest<undefined, typeof ThreadListQuery>, 'workspace' | 'query' | 'query_given'>,
) => {
  const page = readPage(request.query, request.query_given, PAGE)
  return findThreads(deps, request.workspace.workspace_id, request.query, page)
}

/** A page of threads with what an inbox shows of each; a search reads in first what has not been indexed yet. */
export const findThreads = async (
  deps: Pick<Deps, 'db'>,
  workspaceId: string,
  filter: ConversationFilter,
  page: PageRequest,
) => {
  if (filter.q) await indexConversations(deps, { workspace_id: workspaceId, limit: INDEXED_AT_ONCE })
  const rows = await listConversations(deps.db, workspaceId, filter, page)
  const { items, has_more, next_cursor } = cutPage(rows, page, cursorOf)
  return { threads: await withExtras(deps, items), has_more, next_cursor }
}

/** How the positions of these lists are written, and how many rows a page has by itself. */
export const THREAD_PAGE = PAGE

export const readThread = async (deps: Pick<Deps, 'db'>, workspaceId: string, id: string) => {
  const [thread] = await withExtras(deps, [await getConversation(deps.db, workspaceId, id)])
  return { ...thread, messages: await listMessages(deps.db, workspaceId, id) }
}

export const withExtras = async (deps: Pick<Deps, 'db'>, rows: Awaited<ReturnType<typeof listConversations>>) => {
  const extras = await readThreadExtras(
    deps.db,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => ({
    ...row,
    participants: [],
    snippet: null,
    last_direction: null,
    ...extras.get(row.id),
    is_read: row.unread_count === 0,
  }))
}
