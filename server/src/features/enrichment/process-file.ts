import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { invalid, problem } from '../../http/errors.ts'
import { findChat, noChat, noteInChat } from '../chats/chat-turn.ts'
import { noSession } from '../sessions/add-leads.ts'
import { findSession } from '../sessions/session-dataset.ts'
import { startProcessing } from '../sessions/start-processing.ts'
import type { EnrichmentState } from './chat-state.ts'
import { chooseRows } from './choose-rows.ts'
import { estimatedMinutes } from './enrichment-progress.ts'
import { countKinds, readLists } from './wanted-leads.ts'

export type ProcessFile = {
  session_id: string
  linkedin_urls?: string[] | null
  domains?: string[] | null
  names?: string[] | null
  chat_session_id?: string | null
  priority: 'low' | 'normal' | 'high'
  options?: { fill_empty_cells?: boolean } | null
}

/**
 * Starts work on chosen leads of a session. All of it is one transaction: rows that were missing, the job, the credits held for
 * it and what the conversation is told appear together or not at all. Throws NOT_FOUND, BAD_REQUEST where nobody usable is
 * named, SESSION_STATE, IMPORT_STATE and INSUFFICIENT_CREDITS.
 */
export const processFile = async (
  deps: Deps,
  who: { workspace_id: string; user_id: string },
  request: ProcessFile,
  now: Date,
) => {
  const lists = {
    linkedin_urls: request.linkedin_urls ?? [],
    domains: request.domains ?? [],
    names: request.names ?? [],
  }
  if (!Object.values(lists).some((list) => list.length))
    throw invalid([
      { loc: ['body', 'linkedin_urls'], msg: 'names nobody, and neither do domains and names', type: 'missing' },
    ])
  const { wanted, skipped } = readLists(lists)
  if (!wanted.length)
    throw problem(
      'BAD_REQUEST',
      'None of these is a LinkedIn profile (linkedin.com/in/…), a company’s domain or a person’s name.',
    )
  // Which models a workspace has is looked up over another connection, so not inside the transaction.
  const llm = await deps.llm(who.workspace_id)
  return transaction(deps.db, async (tx) => {
    const chat = request.chat_session_id
      ? await findChat<EnrichmentState>(tx, who.workspace_id, 'enrichment', request.chat_session_id, true)
      : null
    if (request.chat_session_id && !chat) throw noChat()
    const session = await findSession(tx, who.workspace_id, request.session_id, true)
    if (!session) throw noSession()
    if (session.session_type !== 'enrichment')
      throw problem('BAD_REQUEST', 'This session is not for enrichment; open one of that kind.')
    const { row_ids, added } = await chooseRows(tx, who, session, wanted, now)
    const started = await startProcessing(
      { ...deps, db: tx, llm: async () => llm },
      who,
      session.session_id,
      { priority: request.priority, options: request.options ?? null, row_ids },
      now,
    )
    const { job_id, leads_count, credits_required } = started
    const message = [
      `${leads_count} ${leads_count === 1 ? 'lead is' : 'leads are'} being worked on, named by ${countKinds(wanted)}.`,
      added ? ` ${added} of them were not in the session and have a row now.` : '',
      skipped.length ? ` ${skipped.length} of what was sent is malformed or there twice and was left out.` : '',
    ].join('')
    if (chat)
      await noteInChat(
        deps,
        tx,
        chat,
        { ...chat.state, plan: null, job_id, job_session_id: session.session_id },
        { role: 'system', content: message, metadata: { job_id, processing_session_id: session.session_id } },
        now,
      )
    return {
      job_id,
      session_id: session.session_id,
      status: 'queued' as const,
      total_urls: leads_count,
      skipped_urls: skipped,
      credits_required,
      estimated_duration_minutes: estimatedMinutes(leads_count),
      priority: request.priority,
      message,
    }
  })
}
