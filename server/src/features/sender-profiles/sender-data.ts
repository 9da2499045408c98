import type { Detail } from '../../http/errors.ts'
import { isReservedPromptName } from './prompt-names.ts'
import { customPromptProblem, PromptsInside } from './schema.ts'

export type PromptInput = { name: string; prompt: string }

export type ReadSenderData =
  | { facts: Record<string, unknown> /** Undefined: the saved prompts stay as they are. */; prompts?: PromptInput[] }
  | { details: Detail[] }

/**
 * Splits sender_data as a client sends it into the free-form facts and the named prompts, which have a table of their own.
 * So a profile that is read, changed and written back keeps its prompts, and an edit of `prompts` takes effect instead of
 * being dropped in silence. Reports every problem of the reserved keys.
 */
export const readSenderData = (
  sent: Record<string, unknown>,
  loc: (string | number)[] = ['body', 'sender_data'],
): ReadSenderData => {
  const { prompts, ...facts } = sent
  const details: Detail[] = []
  const problem = customPromptProblem(facts.custom_prompt)
  if (problem) details.push({ loc: [...loc, 'custom_prompt'], ...problem })
  if (prompts == null) return details.length ? { details } : { facts }
  const parsed = PromptsInside.safeParse(prompts)
  if (!parsed.success)
    for (const issue of parsed.error.issues)
      details.push({
        loc: [...loc, 'prompts', ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))],
        msg: issue.message,
        type: issue.code,
      })
  const names = new Set<string>()
  for (const [i, { name }] of (parsed.data ?? []).entries()) {
    const at = [...loc, 'prompts', i, 'name']
    if (isReservedPromptName(name)) details.push({ loc: at, msg: 'is a reserved name', type: 'reserved_name' })
    if (names.has(name)) details.push({ loc: at, msg: 'stands here twice', type: 'duplicate' })
    names.add(name)
  }
  return details.length ? { details } : { facts, prompts: parsed.data ?? [] }
}
