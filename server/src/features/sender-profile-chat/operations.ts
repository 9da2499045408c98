import { sql } from 'kysely'
import { z } from 'zod'
import type { Db } from '../../db/connect.ts'
import type { Deps } from '../../deps.ts'
import { guide } from '../../guided-form.ts'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { invalid, problem } from '../../http/errors.ts'
import { type ChatMessage, dropChat, findChat, listMessages, noChat, openChat, takeTurn } from '../chats/chat-turn.ts'
import { spokenText } from '../chats/spoken-text.ts'
import { asProblem } from '../personalization/model-problem.ts'
import { saveSenderProfile } from '../sender-profiles/find-profile.ts'
import { defaultProfileName, fieldNamed, PROFILE_FIELDS, readField } from './profile-fields.ts'
import { finish, type Heard, hearTurn, isDone, type ProfileState } from './profile-turn.ts'
import {
  ProfileChatCancelled,
  ProfileChatMessage,
  ProfileChatParams,
  ProfileChatRequest,
  ProfileChatResponse,
} from './schema.ts'

const tag = 'sender-profile-chat'
const kind = 'sender_profile'

const MESSAGES_A_MINUTE = 60
/** Of one conversation; ten questions with every correction need a fraction of it. */
const MOST_MESSAGES = 300
/** What a model is shown of a conversation: values are in `collected`, so older messages add nothing. */
const SHOWN_MESSAGES = 30

const INSTRUCTIONS =
  'Collect the profile of the person who will send sales messages: who they are, what they offer, and what readers may have in common with them. Be short and friendly. A correction of an earlier answer replaces it. Optional fields may be left out when the user does not want to answer. Do not praise, do not advise, and do not write messages for them.'

const FIELDS = PROFILE_FIELDS.map(({ name, question, examples, required }) => ({ name, question, examples, required }))

const metadataOf = (next: string | null, suggestions: string[], model: string) => {
  const field = next === null ? undefined : fieldNamed(next)
  return {
    field: next,
    ...(field ? { required: field.required, max_length: field.max } : {}),
    suggestions,
    model,
  }
}

const answerOf = (sessionId: string, message: ChatMessage, state: ProfileState) => ({
  session_id: sessionId,
  message,
  is_complete: state.profile_id !== null,
  collected_data: state.collected,
  next_field: state.next_field,
  suggestions: (message.metadata?.suggestions as string[] | undefined) ?? [],
  profile_id: state.profile_id,
})

const hasEveryProfile = async (db: Db, workspaceId: string, userId: string): Promise<boolean> => {
  const found = await sql<{ n: number }>`
    select count(*)::int as n from sender_profiles where workspace_id = ${workspaceId} and user_id = ${userId}`.execute(
    db,
  )
  return (found.rows[0]?.n ?? 0) >= 5
}

const start = defineOperation({
  id: 'start_chat_session',
  method: 'POST',
  path: '/api/v1/sender-profile-chat/start',
  tag,
  summary: 'Start profile chat',
  description:
    'Opens a guided conversation that collects the facts for a sender profile; returns the session id and the bot’s first question. No body. It is kept in the database, so it goes on after a restart.',
  access: 'sender_profiles:write',
  impact: 'write',
  responses: { 200: ProfileChatResponse },
  errors: ['RATE_LIMITED'],
  handle: async ({ workspace: { workspace_id }, principal: { user_id }, now }, deps) => {
    await deps.rate_limiter.consume(`profile_chat:${workspace_id}`, MESSAGES_A_MINUTE)
    const opening = guide({ instructions: INSTRUCTIONS, fields: FIELDS, collected: {}, messages: [] })
    const full = (await hasEveryProfile(deps.db, workspace_id, user_id))
      ? 'You have five sender profiles, which is the most: delete one before you finish this conversation. '
      : ''
    const state: ProfileState = { collected: {}, skipped: [], next_field: opening.next_field, profile_id: null }
    const metadata = metadataOf(opening.next_field, opening.suggestions, 'bavlio-rule-writer/1')
    const { chat, message } = await openChat(
      deps,
      { workspace_id, user_id, kind, state },
      { role: 'assistant', content: full + opening.reply, metadata },
      now,
    )
    return answerOf(chat.chat_id, message, state)
  },
})

/** Values that the client says it has, for fields of which nothing is known; what is unusable is left out. */
const withContext = (state: ProfileState, context: Record<string, unknown> | null | undefined): ProfileState => {
  const given = context?.collected_data
  if (typeof given !== 'object' || given === null) return state
  const collected = { ...state.collected }
  for (const [name, value] of Object.entries(given)) {
    if (name in collected || typeof value !== 'string') continue
    const read = readField(name, spokenText(value))
    if ('value' in read) collected[name] = read.value
  }
  return { ...state, collected }
}

/** Asks whoever writes for this workspace, outside of any transaction. Throws the problems of models. */
const talk = async (
  deps: Deps,
  chat: { chat_id: string; workspace_id: string },
  state: ProfileState,
  messages: ChatMessage[],
  said: string,
): Promise<{ heard: Heard; model: string }> => {
  const spoken = [
    ...messages.map(({ role, content }) => ({ role: role as 'user' | 'assistant', content })),
    { role: 'user' as const, content: said },
  ]
  try {
    const llm = await deps.llm(chat.workspace_id)
    const turn = await llm.talk(
      {
        instructions: INSTRUCTIONS,
        fields: FIELDS,
        collected: state.collected,
        messages: llm.has_model ? spoken.slice(-SHOWN_MESSAGES) : spoken,
      },
      { workspace_id: chat.workspace_id, purpose: 'profile_chat', reference: chat.chat_id },
    )
    const everything = spoken.map(({ content }) => content)
    return { heard: hearTurn(state, turn, everything), model: turn.use.model }
  } catch (error) {
    throw asProblem(error)
  }
}

const message = defineOperation({
  id: 'send_chat_message',
  method: 'POST',
  path: '/api/v1/sender-profile-chat/message',
  tag,
  summary: 'Answer in profile chat',
  description:
    'Processes the user’s answer and returns the next question. An earlier answer is corrected by saying so at any time, an optional question is left out with “skip”, and “done” creates the profile as soon as everything needed is there. When the last answer is in, is_complete is true and the profile is created, subject to the limit of five. An answer that a model could not be asked about leaves the conversation where it was, to be sent again; a second message while one is being answered is a 409.',
  access: 'sender_profiles:write',
  impact: 'write',
  calls_outside: true,
  body: ProfileChatRequest,
  responses: { 200: ProfileChatResponse },
  errors: [
    'BAD_REQUEST',
    'NOT_FOUND',
    'CONFLICT',
    'PROFILE_LIMIT_REACHED',
    'RATE_LIMITED',
    'MODEL_BUSY',
    'MODEL_FAILED',
    'MODEL_TIMEOUT',
  ],
  handle: async ({ workspace: { workspace_id }, body, now }, deps) => {
    const said = spokenText(body.message)
    if (said === '') throw invalid([{ loc: ['body', 'message'], msg: 'has no text in it', type: 'too_short' }])
    await deps.rate_limiter.consume(`profile_chat:${workspace_id}`, MESSAGES_A_MINUTE)
    const turn = await takeTurn<ProfileState, null>(
      deps,
      { workspace_id, kind, chat_id: body.session_id },
      said,
      now,
      async (chat, messages) => {
        if (chat.status === 'completed')
          throw problem('BAD_REQUEST', 'This conversation is over: its profile was created. Start a new one.')
        if (messages.length >= MOST_MESSAGES)
          throw problem('BAD_REQUEST', 'This conversation has gone on for too long. Say “done”, or start a new one.')
        const before = withContext(chat.state, body.context)
        const { heard, model } = isDone(said)
          ? { heard: finish(before), model: 'bavlio-rule-writer/1' }
          : await talk(deps, chat, before, messages, said)
        return async (tx) => {
          if (!heard.is_complete)
            return {
              state: heard.state,
              reply: {
                role: 'assistant',
                content: heard.reply,
                metadata: metadataOf(heard.state.next_field, heard.suggestions, model),
              },
              extra: null,
            }
          const { profile_name, ...sender_data } = heard.state.collected
          const profile = await saveSenderProfile(tx, {
            workspace_id,
            user_id: chat.user_id,
            profile_name: profile_name ?? defaultProfileName(heard.state.collected),
            sender_data,
            now,
          })
          return {
            state: { ...heard.state, next_field: null, profile_id: profile.id },
            status: 'completed',
            reply: {
              role: 'assistant',
              content: `That is everything, thank you. The sender profile “${profile.profile_name}” is ready.`,
              metadata: { ...metadataOf(null, [], model), profile_id: profile.id },
            },
            extra: null,
          }
        }
      },
    )
    return answerOf(turn.chat.chat_id, turn.message, turn.chat.state)
  },
})

const history = defineOperation({
  id: 'get_chat_history',
  method: 'GET',
  path: '/api/v1/sender-profile-chat/session/{session_id}/history',
  tag,
  summary: 'Profile chat history',
  description: 'Returns all messages of the session so far, oldest first, as a bare array.',
  access: 'sender_profiles:read',
  impact: 'read',
  params: ProfileChatParams,
  responses: { 200: z.array(ProfileChatMessage) },
  errors: ['NOT_FOUND'],
  handle: async ({ workspace: { workspace_id }, params }, deps) => {
    if (!(await findChat(deps.db, workspace_id, kind, params.session_id))) throw noChat()
    return listMessages(deps.db, workspace_id, params.session_id)
  },
})

const cancel = defineOperation({
  id: 'cancel_chat_session',
  method: 'DELETE',
  path: '/api/v1/sender-profile-chat/session/{session_id}',
  tag,
  summary: 'Cancel profile chat',
  description:
    'Drops the session with its messages, without creating a profile. A profile that it has created already stays.',
  access: 'sender_profiles:write',
  impact: 'destructive',
  params: ProfileChatParams,
  responses: { 200: ProfileChatCancelled },
  errors: ['NOT_FOUND'],
  handle: async ({ workspace: { workspace_id }, params: { session_id } }, deps) => {
    const chat = await findChat<ProfileState>(deps.db, workspace_id, kind, session_id)
    if (!chat || !(await dropChat(deps.db, workspace_id, kind, session_id))) throw noChat()
    return {
      session_id,
      message: chat.state.profile_id
        ? 'The conversation is gone; the profile that it created stays.'
        : 'The conversation is gone; no profile was created.',
    }
  },
})

export const operations: Operation[] = [start, message, history, cancel]
