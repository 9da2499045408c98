import { z } from 'zod'
import { cursorParam, limitParam, listParams } from '../../http/pagination.ts'
import { booleanParam, idParam, timestamp } from '../../http/params.ts'

const instant = timestamp.nullable().optional()
const text = z.string().nullable().optional()
const count = z.int().min(0)

const base = {
  id: z.uuid(),
  subject: z.string(),
  message_count: count,
  user_id: z.uuid(),
  first_message_at: instant,
  last_message_at: instant,
  created_at: instant,
  updated_at: instant,
}

const summary = {
  ...base,
  first_from_email: text,
  first_to_email: text,
  total_attachment_count: count,
  unread_count: count.optional().describe('Received messages that nobody has read; ours.'),
  alias_id: z.uuid().optional().describe('Ours.'),
  domain_id: z.uuid().optional().describe('Ours.'),
  campaign_lead_id: z.uuid().nullable().optional().describe('Ours.'),
}

export const ConversationSummary = z
  .looseObject(summary)
  .meta({ id: 'BavimailConversationSummary', description: 'List form of a thread: no messages.' })

export const ConversationMessage = z
  .object({
    id: z.uuid(),
    direction: z.enum(['inbound', 'outbound']),
    from_email: z.string(),
    from_name: text,
    to_email: z.string(),
    subject: z.string(),
    body_text: text,
    body_html: text,
    message_id: text,
    attachment_count: count,
    timestamp: instant,
    status: z.string().optional().describe('State of a sent message, or received; ours.'),
    kind: z.string().nullable().optional().describe('What a received message is: human_reply, auto_reply, …; ours.'),
    reply_text: text.describe('What was newly written in a received message; ours.'),
    read_at: instant.describe('When a received message was marked as read; ours.'),
    is_warmup: z.boolean().optional().describe('Ours.'),
  })
  .meta({ id: 'BavimailConversationMessage' })

export const Conversation = z
  .looseObject({ ...summary, messages: z.array(ConversationMessage) })
  .meta({ id: 'BavimailConversation', description: 'A thread with its messages, oldest first.' })

const filter = {
  alias_id: z.uuid().optional(),
  domain_id: z.uuid().optional(),
  direction: z.enum(['inbound', 'outbound']).optional().describe('Only threads with a message that way.'),
  include_warmup: booleanParam(false).describe('Threads of nothing but warm-up mail too.'),
}

export const ConversationListQuery = z.object({ ...filter, ...listParams(100) })

export const ConversationParams = z.object({ conversation_id: idParam })

export const ThreadListQuery = z.object({
  ...filter,
  q: z
    .string()
    .max(200)
    .optional()
    .describe('Words, or their beginnings, that all stand in subject, addresses, names or text.'),
  limit: limitParam(100),
  cursor: cursorParam,
})

const thread = {
  ...summary,
  participants: z.array(z.string()).describe('Addresses of everybody in the thread but ours.'),
  snippet: z.string().nullable().describe('Beginning of the newest message.'),
  last_direction: z.enum(['inbound', 'outbound']).nullable(),
  is_read: z.boolean(),
}

export const Thread = z.object(thread).meta({ id: 'MailThread' })

export const ThreadList = z
  .object({ threads: z.array(Thread), has_more: z.boolean(), next_cursor: z.string().nullable() })
  .meta({ id: 'MailThreadList' })

export const ThreadDetail = z
  .object({ ...thread, messages: z.array(ConversationMessage) })
  .meta({ id: 'MailThreadDetail', description: 'A thread with its messages, oldest first.' })
