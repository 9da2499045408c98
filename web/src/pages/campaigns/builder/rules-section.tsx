import { CheckField, SelectField, TextArea } from '../../../ui/field.tsx'
import type { Draft } from './draft.ts'
import type { DraftProblem, Lock } from './draft-problems.ts'
import { Section } from './section.tsx'

/** What happens where leads overlap, answer, or have no reviewed text. */
export const RulesSection = ({
  draft,
  change,
  lock,
  problems,
  number,
}: {
  draft: Draft
  change: (patch: Partial<Draft>) => void
  lock: Lock
  problems: DraftProblem[]
  number: number
}) => {
  const is_written = draft.steps.some((step) => step.variants.some(({ type }) => type === 'PERSONALIZATION'))
  return (
    <Section
      id="rules"
      number={number}
      title="Rules"
      note="The usual answers are set already."
      is_complete={problems.length === 0}
      problems={problems}
    >
      <div className="grid gap-5 lg:grid-cols-2">
        <div className="flex flex-col gap-3">
          <CheckField
            label="A reply stops everybody at the same company"
            hint="Whoever answers for a company answers for colleagues with the same mail domain."
            disabled={lock.pacing}
            checked={draft.stop_company_on_reply}
            onChange={(event) => change({ stop_company_on_reply: event.target.checked })}
          />
          <CheckField
            label="Take leads that another campaign is writing to"
            hint="Otherwise they are skipped."
            disabled={lock.before_launch}
            checked={draft.allow_overlap}
            onChange={(event) => change({ allow_overlap: event.target.checked })}
          />
        </div>
        {is_written ? (
          <div className="flex flex-col gap-4">
            <SelectField
              label="Texts by AI that nobody has approved"
              disabled={lock.pacing}
              value={draft.unreviewed_launch_policy}
              onChange={(event) =>
                change({ unreviewed_launch_policy: event.target.value as Draft['unreviewed_launch_policy'] })
              }
            >
              <option value="launch_default">Write and send them when their turn comes</option>
              <option value="hold">Pause the campaign until they are reviewed</option>
              <option value="cancel">Take the campaign back to draft</option>
            </SelectField>
            <TextArea
              label="Prompt of this campaign"
              hint="Comes before the prompt of the sender profile. Empty takes that one. 100 to 5,000 characters."
              rows={5}
              disabled={lock.before_launch}
              error={problems.find(({ field }) => field === 'system_prompt')?.message}
              value={draft.system_prompt}
              onChange={(event) => change({ system_prompt: event.target.value })}
            />
          </div>
        ) : null}
      </div>
    </Section>
  )
}
