import type { BavlioError } from '@bavlio/sdk'
import type { CampaignStatus } from '@bavlio/sdk/types'
import type { Draft } from './draft.ts'

export type SectionId = 'audience' | 'steps' | 'schedule' | 'senders' | 'rules' | 'review'

/** What stands between the draft and a stored campaign. `field` is the wire's name, so a refusal of the server lands alike. */
export type DraftProblem = { section: SectionId; field: string; message: string }

const SECTION_OF: Record<string, SectionId> = {
  name: 'audience',
  dataset_id: 'audience',
  steps: 'steps',
  system_prompt: 'rules',
  alias_ids: 'senders',
  unreviewed_launch_policy: 'rules',
  allow_overlap: 'rules',
  stop_company_on_reply: 'rules',
}

const at = (field: string, message: string): DraftProblem => ({
  section: SECTION_OF[field.split('.')[0] ?? ''] ?? 'schedule',
  field,
  message,
})

/** What can be seen without asking the server. */
export const problemsOf = (draft: Draft): DraftProblem[] => {
  const problems: DraftProblem[] = []
  if (!draft.name.trim()) problems.push(at('name', 'Give the campaign a name.'))
  if (!draft.dataset_id) problems.push(at('dataset_id', 'Choose whom it is for.'))
  for (const [index, step] of draft.steps.entries()) {
    const sum = step.variants.reduce((total, { weight }) => total + weight, 0)
    if (sum !== 100)
      problems.push(at(`steps.${index}.variants`, `The shares of step ${index + 1} add up to ${sum}%, not to 100%.`))
    for (const [v, variant] of step.variants.entries()) {
      if (variant.type === 'TEMPLATE' && !variant.template_id)
        problems.push(
          at(`steps.${index}.variants.${v}.template_id`, `Step ${index + 1}, variant ${variant.label} has no text.`),
        )
      if (variant.type === 'PERSONALIZATION' && !variant.sender_profile_id)
        problems.push(
          at(
            `steps.${index}.variants.${v}.sender_profile_id`,
            `Step ${index + 1}, variant ${variant.label} does not say who is writing.`,
          ),
        )
    }
  }
  if (!draft.send_days.length) problems.push(at('send_days', 'Choose at least one day to send on.'))
  if (draft.sending_window_start === draft.sending_window_end)
    problems.push(at('sending_window_end', 'The window has to end at another time than it starts.'))
  if (!(draft.daily_limit >= 1 && draft.daily_limit <= 10_000))
    problems.push(at('daily_limit', 'Between 1 and 10,000 messages a day.'))
  if (!(draft.min_interval_seconds >= 60 && draft.min_interval_seconds <= 3_600))
    problems.push(at('min_interval_seconds', 'Between 60 and 3,600 seconds.'))
  if (draft.launch_type === 'scheduled' && !draft.start_date)
    problems.push(at('start_date', 'Say when it starts, or let it start at once.'))
  if (!draft.alias_ids.length) problems.push(at('alias_ids', 'Choose at least one address to send from.'))
  const prompt = draft.system_prompt.trim().length
  if (prompt && (prompt < 100 || prompt > 5_000))
    problems.push(at('system_prompt', `Between 100 and 5,000 characters; it has ${prompt.toLocaleString()}.`))
  return problems
}

/** What the server named in a 422, at the same places. */
export const problemsOfError = (error: BavlioError): DraftProblem[] =>
  error.problems.map(({ loc, msg }) =>
    at(
      loc.filter((part) => part !== 'body').join('.') || 'review',
      msg.replace(/^./, (letter) => letter.toUpperCase()),
    ),
  )

/**
 * What a campaign's state leaves open, as the server decides it; the server has the last word and its reason is shown. Senders
 * can be added while it runs, never taken away.
 */
export const lockOf = (status: CampaignStatus | null) => {
  const is_open = status === null || status === 'draft' || status === 'failed'
  return {
    is_open,
    pacing: status === 'completed',
    senders: status === 'completed' || status === 'launching',
    start: !is_open && status !== 'scheduled',
    before_launch: !is_open,
  }
}
export type Lock = ReturnType<typeof lockOf>
