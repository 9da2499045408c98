import { z } from 'zod'
import { timestamp } from '../../http/params.ts'

export const ProfileChatMessage = z
  .object({
    role: z.enum(['user', 'assistant']),
    content: z.string(),
    id: z.string(),
    timestamp: timestamp,
    metadata: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('Of the assistant: the field asked for, whether it is required, its greatest length, and who wrote.'),
  })
  .meta({ id: 'ProfileChatMessage' })

export const ProfileChatRequest = z
  .object({
    session_id: z.string(),
    message: z.string().min(1).max(10_000).describe('What the user says.'),
    context: z
      .record(z.string(), z.unknown())
      .nullable()
      .optional()
      .describe(
        'Conversation context and data collected so far, as the client knows it: texts under collected_data fill fields that nothing is known of yet.',
      ),
  })
  .meta({ id: 'ProfileChatRequest' })

export const ProfileChatResponse = z
  .object({
    session_id: z.string(),
    message: ProfileChatMessage,
    is_complete: z.boolean().default(false).describe('True once the profile is collected.'),
    collected_data: z.record(z.string(), z.unknown()).nullable().describe('Everything gathered so far.'),
    next_field: z.string().nullable().describe('Field the bot asks for next.'),
    suggestions: z.array(z.string()).nullable().describe('Example answers to offer.'),
    profile_id: z.uuid().nullable().describe('The profile, once it was created; ours.'),
  })
  .meta({ id: 'ProfileChatResponse' })

export const ProfileChatCancelled = z
  .object({ session_id: z.string(), message: z.string() })
  .meta({ id: 'ProfileChatCancelled' })

export const ProfileChatParams = z.object({ session_id: z.string().describe('Chat session id.') })
