import { performance } from 'node:perf_hooks'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { answer, defineOperation, type Operation } from '../../http/define-operation.ts'
import { invalid, notFound, problem } from '../../http/errors.ts'
import { isUuid } from '../../ids.ts'
import { type Chat, type ChatMessage, findChat, noChat, noteInChat, openChat, takeTurn } from '../chats/chat-turn.ts'
import { spokenText } from '../chats/spoken-text.ts'
import { noSession } from '../sessions/add-leads.ts'
import { EMPTY_STATE, type EnrichmentState } from './chat-state.ts'
import { carryOut, FIRST_SUGGESTIONS, GREETING, type TurnExtra, understand } from './chat-turn.ts'
import { creditsOf, jobStatusOf, minutesLeft, percentOf, stateOf } from './enrichment-progress.ts'
import { processFile } from './process-file.ts'
import {
  type EnrichmentRun,
  findLastRunOf,
  findRunOf,
  findSessionState,
  listFileRows,
  listOutcomes,
  type SessionState,
} from './queries.ts'
import {
  EnrichmentChatParams,
  EnrichmentChatRequest,
  EnrichmentChatResponse,
  EnrichmentChatStatus,
  EnrichmentFileAck,
  EnrichmentFileData,
  EnrichmentFileInfo,
  EnrichmentJobParams,
  EnrichmentJobStatus,
  FileDataQuery,
  ProcessFileRequest,
  ProcessFileResponse,
} from './schema.ts'

const processing = 'enrichment-processing'
const chatting = 'enrichment-chat'
const kind = 'enrichment'

const MESSAGES_A_MINUTE = 60
const JOBS_A_MINUTE = 60
const MOST_MESSAGES = 1_000
const SHOWN_LEADS = 100

const resultOf = async (deps: Deps, run: EnrichmentRun) => ({
  session_id: run.session_id,
  adapter: run.adapter,
  processed: run.processed_count,
  failed: run.failed_count,
  cells_filled: run.cells_filled,
  credits_used: creditsOf(run),
  leads: await listOutcomes(deps.db, run, SHOWN_LEADS),
  all_leads: `/api/v1/sessions/${run.session_id}/results`,
})

const process = defineOperation({
  id: 'process_file_enrichment',
  method: 'POST',
  path: '/api/v1/enrichment/process-file',
  tag: processing,
  summary: 'Queue enrichment of LinkedIn URLs',
  description:
    'Enriches the leads of a session that are named here by LinkedIn profile, company domain or name, and no others; who is in no row yet gets one. It validates what is named and the session, holds the credits it may cost, and enqueues a background job, whose id it returns with a cost and time estimate. Answers before anybody is worked on. Malformed and repeated entries are left out and listed; 400 when nobody usable is left, 409 while the session is busy or when everybody named is done.',
  access: 'leads:write',
  impact: 'spends',
  body: ProcessFileRequest,
  responses: { 202: ProcessFileResponse },
  errors: [
    'BAD_REQUEST',
    'NOT_FOUND',
    'NO_LEADS',
    'SESSION_STATE',
    'IMPORT_STATE',
    'INSUFFICIENT_CREDITS',
    'RATE_LIMITED',
    'INTERNAL_ERROR',
  ],
  handle: async ({ workspace: { workspace_id }, principal: { user_id }, body, now }, deps) => {
    await deps.rate_limiter.consume(`enrichment:${workspace_id}`, JOBS_A_MINUTE)
    return processFile(deps, { workspace_id, user_id }, body, now)
  },
})

const jobStatus = defineOperation({
  id: 'get_enrichment_job_status',
  method: 'GET',
  path: '/api/v1/enrichment/job/{job_id}/status',
  tag: processing,
  summary: 'Progress of an enrichment job',
  description:
    'Detailed state of one job: percentage, counters, timing, credits spent, result or error. job_id must be a UUID (400) of this workspace (404). Terminal states are finished, failed and cancelled. Jobs that were started for a whole session are told too. While it runs the work is stopped by cancel_session_processing.',
  access: 'leads:read',
  impact: 'read',
  params: EnrichmentJobParams,
  responses: { 200: EnrichmentJobStatus },
  errors: ['BAD_REQUEST', 'NOT_FOUND', 'INTERNAL_ERROR'],
  handle: async ({ workspace: { workspace_id }, params: { job_id } }, deps) => {
    if (!isUuid(job_id)) throw problem('BAD_REQUEST', 'job_id must be a UUID.')
    const run = await findRunOf(deps.db, workspace_id, job_id)
    if (!run) throw notFound('There is no such enrichment job in this workspace.')
    return {
      job_id: run.job_id,
      status: jobStatusOf(run),
      progress: percentOf(run),
      total: run.leads_count,
      processed: run.processed_count,
      failed: run.failed_count,
      started_at: run.started_at,
      completed_at: run.finished_at,
      estimated_remaining_minutes: minutesLeft(run, deps.clock.now()),
      credits_used: creditsOf(run),
      result: run.status === 'completed' ? await resultOf(deps, run) : null,
      error: run.error,
    }
  },
})

/** The work that a conversation or a session is about: the job it started, else the last one of its session. */
const workOf = async (
  deps: Pick<Deps, 'db'>,
  workspaceId: string,
  ids: { session_id: string | null; job_id: string | null },
): Promise<{ session: SessionState | null; run: EnrichmentRun | null }> => {
  const { session_id, job_id } = ids
  const session = session_id && isUuid(session_id) ? await findSessionState(deps.db, workspaceId, session_id) : null
  const run =
    (job_id ? await findRunOf(deps.db, workspaceId, job_id) : null) ??
    (session ? await findLastRunOf(deps.db, workspaceId, session.session_id) : null)
  return { session, run }
}

/** What a conversation is about just now: what is offered before what runs, what was done before what could be. */
const subjectOf = ({ plan, job_id, job_session_id, named_session_id, file }: EnrichmentState) =>
  plan
    ? { session_id: plan.session_id, job_id: null }
    : job_session_id
      ? { session_id: job_session_id, job_id }
      : { session_id: named_session_id ?? file?.processing_session_id ?? null, job_id: null }

const responseOf = async (
  deps: Pick<Deps, 'db'>,
  chat: Chat<EnrichmentState>,
  message: ChatMessage,
  extra: TurnExtra,
  began: number,
) => {
  const subject = subjectOf(chat.state)
  const { session, run } = await workOf(deps, chat.workspace_id, subject)
  const state = chat.state.plan ? 'ready' : stateOf(session, run)
  return {
    session_id: chat.chat_id,
    message,
    status: state === 'queued' ? 'processing' : state,
    processing_session_id: session?.session_id ?? null,
    job_id: extra.job_id,
    estimated_credits: chat.state.plan?.credits ?? null,
    suggestions: (message.metadata?.suggestions as string[] | undefined) ?? [],
    response_time_ms: Math.round((performance.now() - began) * 10) / 10,
  }
}

const startChat = defineOperation({
  id: 'start_enrichment_chat',
  method: 'POST',
  path: '/api/v1/enrichment-chat/start',
  tag: chatting,
  summary: 'Open an enrichment chat',
  description:
    'Creates a chat session of this workspace and returns the assistant’s greeting with its timing. Takes no body and charges nothing. The conversation stands in the database and goes on after a restart.',
  access: 'leads:write',
  impact: 'write',
  responses: { 201: EnrichmentChatResponse },
  errors: ['RATE_LIMITED', 'INTERNAL_ERROR'],
  handle: async ({ workspace: { workspace_id }, principal: { user_id }, now }, deps) => {
    const began = performance.now()
    await deps.rate_limiter.consume(`enrichment_chat:${workspace_id}`, MESSAGES_A_MINUTE)
    const { chat, message } = await openChat<EnrichmentState>(
      deps,
      { workspace_id, user_id, kind, state: EMPTY_STATE },
      { role: 'assistant', content: GREETING, metadata: { suggestions: FIRST_SUGGESTIONS } },
      now,
    )
    return answer(201, await responseOf(deps, chat, message, { job_id: null }, began))
  },
})

const sendMessage = defineOperation({
  id: 'send_enrichment_message',
  method: 'POST',
  path: '/api/v1/enrichment-chat/message',
  tag: chatting,
  summary: 'Say something in an enrichment chat',
  description:
    'Validates and sanitises the text, runs one assistant turn and returns the reply with timing and status. Rate limited. What is named, or the attached file, is offered with its cost in credits; only a plain yes to that offer starts the work, and job_id and processing_session_id are set then. A turn that fails, be it for credits or because a model cannot answer, leaves the conversation where it was. A second message while one is being answered is a 409.',
  access: 'leads:write',
  impact: 'spends',
  calls_outside: true,
  body: EnrichmentChatRequest,
  responses: { 200: EnrichmentChatResponse },
  errors: [
    'BAD_REQUEST',
    'NOT_FOUND',
    'CONFLICT',
    'NO_LEADS',
    'SESSION_STATE',
    'IMPORT_STATE',
    'INSUFFICIENT_CREDITS',
    'RATE_LIMITED',
    'MODEL_BUSY',
    'MODEL_FAILED',
    'MODEL_TIMEOUT',
    'INTERNAL_ERROR',
  ],
  handle: async ({ workspace: { workspace_id }, body, now }, deps) => {
    const began = performance.now()
    const said = spokenText(body.message)
    if (said === '') throw invalid([{ loc: ['body', 'message'], msg: 'has no text in it', type: 'too_short' }])
    await deps.rate_limiter.consume(`enrichment_chat:${workspace_id}`, MESSAGES_A_MINUTE)
    const { chat, message, extra } = await takeTurn<EnrichmentState, TurnExtra>(
      deps,
      { workspace_id, kind, chat_id: body.session_id },
      said,
      now,
      async (known, messages) => {
        if (messages.length >= MOST_MESSAGES)
          throw problem('BAD_REQUEST', 'This conversation has gone on for too long; start a new one.')
        const llm = await deps.llm(workspace_id)
        const intent = await understand(llm, known, messages, said)
        return (tx, present) => carryOut(tx, deps, llm, present, intent, now)
      },
    )
    return responseOf(deps, chat, message, extra, began)
  },
})

const fileUploaded = defineOperation({
  id: 'notify_file_uploaded',
  method: 'POST',
  path: '/api/v1/enrichment-chat/file-uploaded/{session_id}',
  tag: chatting,
  summary: 'Tell the chat a file arrived',
  description:
    'Stores details of an uploaded file in the chat context so that later turns can use it. session_id is the chat session; processing_session_id is the enrichment session that the file was uploaded to. Moves no rows and charges nothing; what was offered before is withdrawn.',
  access: 'leads:write',
  impact: 'write',
  params: EnrichmentChatParams,
  body: EnrichmentFileInfo,
  responses: { 200: EnrichmentFileAck },
  errors: ['NOT_FOUND'],
  handle: ({ workspace: { workspace_id }, params: { session_id }, body, now }, deps) =>
    transaction(deps.db, async (tx) => {
      const chat = await findChat<EnrichmentState>(tx, workspace_id, kind, session_id, true)
      if (!chat) throw noChat()
      const given = body.processing_session_id ?? null
      const session = given !== null && isUuid(given) ? await findSessionState(tx, workspace_id, given) : null
      if (given !== null && !session) throw noSession()
      const filename = spokenText(body.filename) || 'without a name'
      const file = {
        filename,
        file_type: body.file_type ?? null,
        processing_session_id: session?.session_id ?? null,
        row_count: session?.row_count ?? body.row_count ?? null,
        columns: session?.columns.length ? session.columns : (body.columns ?? null),
        size_bytes: body.size_bytes ?? null,
      }
      const message = session
        ? `The file “${filename}” is attached, with ${session.row_count} ${session.row_count === 1 ? 'row' : 'rows'}${session.status === 'processing' ? ' so far' : ''}. Say “enrich the file” to hear what it costs.`
        : `The file “${filename}” is noted. Its rows are not known here yet: tell processing_session_id once it is uploaded to an enrichment session.`
      await noteInChat(
        deps,
        tx,
        chat,
        { ...chat.state, file, plan: null },
        { role: 'system', content: message, metadata: { processing_session_id: file.processing_session_id } },
        now,
      )
      return { session_id: chat.chat_id, status: 'ready' as const, message }
    }),
})

const fileData = defineOperation({
  id: 'get_session_file_data',
  method: 'GET',
  path: '/api/v1/enrichment-chat/session/{session_id}/file-data',
  tag: chatting,
  summary: 'Rows of the file in a chat session',
  description:
    'Returns the uploaded leads and file metadata so that an agent can enrich them, in the order of the file. 404 when no file was attached or its rows are gone.',
  access: 'leads:read',
  impact: 'read',
  params: EnrichmentChatParams,
  query: FileDataQuery,
  responses: { 200: EnrichmentFileData },
  errors: ['NOT_FOUND'],
  handle: async ({ workspace: { workspace_id }, params: { session_id }, query }, deps) => {
    const chat = await findChat<EnrichmentState>(deps.db, workspace_id, kind, session_id)
    if (!chat) throw noChat()
    const { file } = chat.state
    const session = file?.processing_session_id
      ? await findSessionState(deps.db, workspace_id, file.processing_session_id)
      : null
    if (!file || !session?.dataset_id) throw notFound('No file with rows is attached to this conversation.')
    const { limit = 100, offset = 0 } = query
    const leads = await listFileRows(deps.db, session.dataset_id, { limit, offset })
    return {
      session_id: chat.chat_id,
      filename: file.filename,
      columns: session.columns,
      leads,
      total_leads: session.row_count,
      limit,
      offset,
      has_more: offset + leads.length < session.row_count,
      metadata: {
        processing_session_id: session.session_id,
        dataset_id: session.dataset_id,
        dataset_name: session.dataset_name,
        status: session.status,
        column_mapping: session.column_mapping,
        file_type: file.file_type,
        size_bytes: file.size_bytes,
      },
    }
  },
})

const chatStatus = defineOperation({
  id: 'get_enrichment_status',
  method: 'GET',
  path: '/api/v1/enrichment-chat/session/{session_id}/status',
  tag: chatting,
  summary: 'State of an enrichment conversation',
  description:
    'Accepts either a chat session id or a processing session id and reports the processing state, counters and results.',
  access: 'leads:read',
  impact: 'read',
  params: EnrichmentChatParams,
  responses: { 200: EnrichmentChatStatus },
  errors: ['NOT_FOUND'],
  handle: async ({ workspace: { workspace_id }, params: { session_id } }, deps) => {
    const chat = await findChat<EnrichmentState>(deps.db, workspace_id, kind, session_id)
    const { session, run } = await workOf(
      deps,
      workspace_id,
      chat ? subjectOf(chat.state) : { session_id, job_id: null },
    )
    if (!chat && !session) throw notFound('There is no such conversation or enrichment session in this workspace.')
    return {
      session_id: chat?.chat_id ?? (session?.session_id as string),
      session_kind: chat ? ('chat' as const) : ('processing' as const),
      status: chat?.state.plan ? 'ready' : stateOf(session, run),
      processing_session_id: session?.session_id ?? null,
      job_id: run?.job_id ?? null,
      progress: run ? percentOf(run) : 0,
      total: run?.leads_count ?? session?.row_count ?? 0,
      processed: run?.processed_count ?? 0,
      failed: run?.failed_count ?? 0,
      credits_used: run ? creditsOf(run) : null,
      results: run?.status === 'completed' ? await resultOf(deps, run) : null,
      error: run?.error ?? null,
      updated_at: run?.updated_at ?? session?.updated_at ?? null,
    }
  },
})

export const operations: Operation[] = [process, jobStatus, startChat, sendMessage, fileUploaded, fileData, chatStatus]
