import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../../ui/button.tsx'
import { CheckField, inputStyle } from '../../../ui/field.tsx'
import { ActionMenu } from '../../../ui/menu.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { RowPicker } from '../../senders/templates/live-text.tsx'
import {
  type Draft,
  type DraftStep,
  type DraftVariant,
  evenWeights,
  MOST_STEPS,
  MOST_VARIANTS,
  newStep,
  newVariant,
  nextLabel,
} from './draft.ts'
import type { DraftProblem, Lock } from './draft-problems.ts'
import { Section } from './section.tsx'
import { VariantCard } from './variant-card.tsx'

const isComplete = (step: DraftStep): boolean =>
  step.variants.reduce((sum, { weight }) => sum + weight, 0) === 100 &&
  step.variants.every((variant) => (variant.type === 'TEMPLATE' ? variant.template_id : variant.sender_profile_id))

/** The sequence as a line through the days, each step with its variants side by side. */
export const StepsSection = ({
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
  const { steps, dataset_id } = draft
  const [reads_as, setReadsAs] = useState<number | null>(null)
  const row = dataset_id ? reads_as : null
  const has_text = steps.some(({ variants }) => variants.some(({ template_id }) => template_id))
  const set = (index: number, patch: Partial<DraftStep>): void =>
    change({ steps: steps.map((step, i) => (i === index ? { ...step, ...patch } : step)) })
  const remove = (index: number): void => {
    change({ steps: steps.filter((_step, i) => i !== index) })
    showDone(`Step ${index + 1} removed`, () => change({ steps }))
  }
  const move = (index: number, by: 1 | -1): void => {
    const next = [...steps]
    const [step] = next.splice(index, 1)
    if (step) next.splice(index + by, 0, step)
    change({ steps: next })
  }
  let day = 1
  return (
    <Section
      id="steps"
      number={number}
      title="Steps"
      note={`${steps.length} ${steps.length === 1 ? 'message' : 'messages'} at most to each lead; the sequence ends for whoever answers.`}
      is_complete={steps.every(isComplete)}
      problems={problems}
    >
      {lock.before_launch ? (
        <Notice title="The steps are fixed since the launch" className="mb-5">
          Leads already have their variants and may have had some of the steps. The words of a template can still be
          edited; that changes what has not been sent yet.
        </Notice>
      ) : null}
      {dataset_id && has_text ? (
        <div className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
          <label className="flex items-center gap-2 text-ink-soft">
            Show the texts
            <select
              value={row === null ? 'template' : 'lead'}
              onChange={(event) => setReadsAs(event.target.value === 'lead' ? 0 : null)}
              className={`${inputStyle} h-7 !w-auto pr-7 text-sm`}
            >
              <option value="template">as they are written</option>
              <option value="lead">as a lead gets them</option>
            </select>
          </label>
          {row === null ? null : <RowPicker dataset_id={dataset_id} row={row} onChange={setReadsAs} />}
        </div>
      ) : null}
      <ol className="flex flex-col">
        {steps.map((step, index) => {
          day += step.delay_days
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is known by its place in the sequence.
            <li key={index} className="relative flex gap-3 pb-6 last:pb-2 max-sm:flex-col max-sm:gap-2 sm:gap-4">
              <div className="flex shrink-0 flex-col max-sm:items-start sm:w-12 sm:items-center">
                <span className="rounded-md bg-sunken px-1.5 py-0.5 text-2xs font-medium whitespace-nowrap text-ink-soft tabular-nums">
                  Day {day}
                </span>
                <span aria-hidden className="mt-1 w-px flex-1 bg-line-strong max-sm:hidden" />
              </div>
              <StepCard
                step={step}
                index={index}
                count={steps.length}
                row={row}
                draft={draft}
                is_locked={lock.before_launch}
                onChange={(patch) => set(index, patch)}
                onRemove={() => remove(index)}
                onMove={(by) => move(index, by)}
              />
            </li>
          )
        })}
      </ol>
      {lock.before_launch || steps.length >= MOST_STEPS ? null : (
        <div className="flex gap-3 sm:gap-4">
          <span className="w-12 max-sm:hidden" />
          <Button icon={<Plus aria-hidden />} onClick={() => change({ steps: [...steps, newStep(3)] })}>
            Add a follow-up
          </Button>
        </div>
      )}
    </Section>
  )
}

const StepCard = ({
  step,
  index,
  count,
  row,
  draft,
  is_locked,
  onChange,
  onRemove,
  onMove,
}: {
  step: DraftStep
  index: number
  count: number
  row: number | null
  draft: Draft
  is_locked: boolean
  onChange: (patch: Partial<DraftStep>) => void
  onRemove: () => void
  onMove: (by: 1 | -1) => void
}) => {
  const setVariant = (at: number, patch: Partial<DraftVariant>): void =>
    onChange({ variants: step.variants.map((variant, i) => (i === at ? { ...variant, ...patch } : variant)) })
  const sum = step.variants.reduce((total, { weight }) => total + weight, 0)
  return (
    <section
      id={`step-${index + 1}`}
      aria-label={`Step ${index + 1}`}
      className="min-w-0 flex-1 scroll-mt-16 rounded-lg border border-line target:border-accent"
    >
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-3 py-2">
        <h3 className="text-sm font-semibold">Step {index + 1}</h3>
        <label className="flex items-center gap-1.5 text-sm text-ink-soft">
          {index === 0 ? 'Wait before it' : 'Wait after the one before'}
          <input
            type="number"
            inputMode="numeric"
            min={0}
            max={365}
            disabled={is_locked}
            value={step.delay_days}
            onChange={(event) => onChange({ delay_days: Math.max(0, Math.round(event.target.valueAsNumber || 0)) })}
            className={`${inputStyle} h-7 !w-16 tabular-nums`}
          />
          {step.delay_days === 1 ? 'day' : 'days'}
        </label>
        <CheckField
          label="Count opens"
          disabled={is_locked}
          checked={step.track_opens}
          onChange={(event) => onChange({ track_opens: event.target.checked })}
        />
        <CheckField
          label="Count clicks"
          disabled={is_locked}
          checked={step.track_clicks}
          onChange={(event) => onChange({ track_clicks: event.target.checked })}
        />
        {is_locked || count === 1 ? null : (
          <span className="ml-auto">
            <ActionMenu
              label={`Actions for step ${index + 1}`}
              actions={[
                { label: 'Move up', icon: <ArrowUp />, onSelect: () => onMove(-1), is_disabled: index === 0 },
                {
                  label: 'Move down',
                  icon: <ArrowDown />,
                  onSelect: () => onMove(1),
                  is_disabled: index === count - 1,
                },
                { label: 'Remove', icon: <Trash2 />, onSelect: onRemove, is_dangerous: true },
              ]}
            />
          </span>
        )}
      </header>
      <div className="grid gap-3 p-3 [grid-template-columns:repeat(auto-fit,minmax(min(17rem,100%),1fr))]">
        {step.variants.map((variant, at) => (
          <VariantCard
            key={variant.label}
            variant={variant}
            step_index={index}
            row={row}
            draft={draft}
            is_only={step.variants.length === 1}
            is_locked={is_locked}
            onChange={(patch) => setVariant(at, patch)}
            onRemove={() => onChange({ variants: evenWeights(step.variants.filter((_variant, i) => i !== at)) })}
          />
        ))}
      </div>
      <footer className="flex flex-wrap items-center gap-3 px-3 pb-3">
        {is_locked || step.variants.length >= MOST_VARIANTS ? null : (
          <Button
            size="sm"
            look="quiet"
            icon={<Plus aria-hidden />}
            onClick={() =>
              onChange({ variants: evenWeights([...step.variants, newVariant(nextLabel(step.variants), 0)]) })
            }
          >
            Add a variant
          </Button>
        )}
        {step.variants.length > 1 ? (
          <span className={sum === 100 ? 'text-xs text-ink-faint' : 'text-xs text-bad'}>
            {sum === 100 ? 'The shares add up to 100%' : `The shares add up to ${sum}%`}
          </span>
        ) : null}
        {sum !== 100 && !is_locked ? (
          <Button size="sm" look="quiet" onClick={() => onChange({ variants: evenWeights(step.variants) })}>
            Share evenly
          </Button>
        ) : null}
      </footer>
    </section>
  )
}
