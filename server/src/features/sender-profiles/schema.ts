import { z } from 'zod'
import { cursorFields, limitParam, listParams } from '../../http/pagination.ts'
import { timestamp } from '../../http/params.ts'

const promptName = z.string().min(1).max(100)
/** A prompt's longest, whichever way it comes; it goes into every request to a model. */
const MOST_PROMPT = 5000

/** A prompt in full; white space alone would count as none wherever prompts are resolved. */
export const promptText = z
  .string()
  .min(100)
  .max(MOST_PROMPT)
  .refine((prompt) => prompt.trim() !== '', 'must not be blank')
const profileName = z.string().min(1).max(100)
const description = z.string().max(500)
const facts = z.record(z.string(), z.unknown())

/**
 * What is wrong with the custom_prompt among free-form facts, or null. It instructs the writer, so it is text and no longer than
 * other prompts; it may be shorter, because such facts were always free and come from clients that know no least length.
 */
export const customPromptProblem = (prompt: unknown): { msg: string; type: 'invalid_type' | 'too_big' } | null => {
  if (prompt != null && typeof prompt !== 'string') return { msg: 'must be a string', type: 'invalid_type' }
  return (prompt?.length ?? 0) > MOST_PROMPT
    ? { msg: `must not be longer than ${MOST_PROMPT} characters`, type: 'too_big' }
    : null
}

/** Facts about a sender that are stored nowhere as a profile: any fields. */
export const senderFacts = facts.superRefine(({ custom_prompt }, context) => {
  const problem = customPromptProblem(custom_prompt)
  if (problem) context.addIssue({ code: 'custom', path: ['custom_prompt'], message: problem.msg })
})

export const NamedPrompt = z
  .object({ name: promptName, prompt: promptText, created_at: timestamp, updated_at: timestamp })
  .meta({
    id: 'NamedPrompt',
    description: 'A saved instruction for AI personalization, shown in the profile under sender_data.prompts.',
  })

export const NamedPromptCreateRequest = z
  .object({
    name: promptName.describe('Unique inside the profile; reserved names are refused with 422.'),
    prompt: promptText,
  })
  .meta({ id: 'NamedPromptCreateRequest' })

export const NamedPromptUpdateRequest = z
  .object({ name: promptName.nullable().optional().describe('New name.'), prompt: promptText.nullable().optional() })
  .refine((body) => body.name != null || body.prompt != null, 'needs a name, a prompt, or both')
  .meta({ id: 'NamedPromptUpdateRequest', minProperties: 1 })

export const NamedPromptList = z
  .object({ profile_id: z.string(), items: z.array(NamedPrompt), ...cursorFields })
  .meta({ id: 'NamedPromptList' })

export const SenderData = z
  .object({
    data: facts.describe(
      'Free-form facts about the sender; no fixed schema. Reserved keys used by the product: prompts (array of NamedPrompt) and custom_prompt (string).',
    ),
  })
  .meta({ id: 'SenderData', description: 'Wrapper around the free-form sender facts, as responses carry it.' })

export const SenderProfile = z
  .object({
    id: z.string().describe('Profile id (UUID).'),
    user_id: z.string().describe('Who made it.'),
    profile_name: profileName,
    sender_data: SenderData,
    description: description.nullable(),
    created_at: timestamp,
    updated_at: timestamp,
    usage_count: z.int().min(0).default(0),
    is_default: z.boolean().default(false),
  })
  .meta({ id: 'SenderProfile' })

export const SenderProfileCreateRequest = z
  .object({
    profile_name: profileName,
    sender_data: facts.describe(
      'Plain object with any fields (full_name, company, role, …). Not wrapped in data on the way in.',
    ),
    description: description.nullable().optional().describe('When or how to use the profile.'),
    is_default: z.boolean().default(false),
  })
  .meta({ id: 'SenderProfileCreateRequest' })

export const SenderProfileUpdateRequest = z
  .object({
    profile_name: profileName.nullable().optional(),
    sender_data: facts
      .nullable()
      .optional()
      .describe('Replaces the stored sender facts. Named prompts stay unless prompts is among them.'),
    description: description.nullable().optional().describe('Null clears it.'),
    is_default: z.boolean().nullable().optional(),
  })
  .meta({ id: 'SenderProfileUpdateRequest' })
export type SenderProfileUpdateRequest = z.output<typeof SenderProfileUpdateRequest>

/** Prompts inside sender_data, as a client may send back what it read; other members of an entry are ignored. */
export const PromptsInside = z.array(z.object({ name: promptName, prompt: promptText }))

// A plain string in the contract: what is no UUID names no profile and is the same 404 as a missing one.
const profileId = z.string().describe('Sender profile id.')

export const ProfileParams = z.object({ profile_id: profileId })

export const PromptParams = z.object({ profile_id: profileId, name: promptName.describe('Prompt name, URL-encoded.') })

export const ProfileListQuery = z.object(listParams(100))

export const ProfileSearchQuery = z.object({
  query: z.string().min(1).max(100).describe('Text to look for.'),
  ...listParams(100),
})

export const PromptListQuery = z.object({ ...listParams(200), limit: limitParam(200) })
