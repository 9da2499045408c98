import { useWorkspaceNow } from '../../../api/workspace-clock.ts'
import { cn } from '../../../ui/class-names.ts'
import { CheckField, Field, inputStyle, SelectField, TextField } from '../../../ui/field.tsx'
import type { Draft } from './draft.ts'
import type { DraftProblem, Lock } from './draft-problems.ts'
import { Section } from './section.tsx'
import { instantAt, ownZone, wallTimeAt, windowInOwnZone, ZONES } from './time-zones.ts'
import { WeekPicture } from './week-picture.tsx'

/** When it may send, and how fast. */
export const ScheduleSection = ({
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
  const now = useWorkspaceNow()
  const problem = (field: string): string | undefined => problems.find((item) => item.field === field)?.message
  const here = windowInOwnZone(draft, now)
  return (
    <Section
      id="schedule"
      number={number}
      title="Schedule"
      note="Messages leave inside this window only. Replies are answered at any time."
      is_complete={draft.send_days.length > 0 && draft.sending_window_start !== draft.sending_window_end}
      problems={problems}
    >
      <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
        <div className="flex min-w-0 flex-col gap-3">
          <WeekPicture
            days={draft.send_days}
            start={draft.sending_window_start}
            end={draft.sending_window_end}
            is_locked={lock.pacing}
            onChange={(send_days) => change({ send_days })}
          />
          <p className="text-xs text-ink-faint">
            {`${draft.sending_window_start} to ${draft.sending_window_end} in ${draft.timezone}`}
            {draft.sending_window_end < draft.sending_window_start ? ', until the next morning' : ''}
            {here ? `; for you in ${ownZone} that is ${here}` : ''}.
          </p>
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <div className="grid grid-cols-2 gap-3">
            <TextField
              label="From"
              type="time"
              required
              disabled={lock.pacing}
              value={draft.sending_window_start}
              onChange={(event) => event.target.value && change({ sending_window_start: event.target.value })}
            />
            <TextField
              label="Until"
              type="time"
              required
              disabled={lock.pacing}
              error={problem('sending_window_end')}
              value={draft.sending_window_end}
              onChange={(event) => event.target.value && change({ sending_window_end: event.target.value })}
            />
          </div>
          <SelectField
            label="Time zone"
            disabled={lock.pacing}
            error={problem('timezone')}
            value={draft.timezone}
            onChange={(event) => change({ timezone: event.target.value })}
          >
            {(ZONES.includes(draft.timezone) ? ZONES : [draft.timezone, ...ZONES]).map((zone) => (
              <option key={zone}>{zone}</option>
            ))}
          </SelectField>
          <CheckField
            label="Use each lead’s own time zone"
            hint="Where the lead has a column for it; the others get the campaign’s."
            disabled={lock.before_launch}
            checked={draft.use_lead_timezone}
            onChange={(event) => change({ use_lead_timezone: event.target.checked })}
          />
          <div className="grid grid-cols-2 gap-3">
            <NumberField
              label="Messages a day"
              hint="Of the whole campaign"
              min={1}
              max={10_000}
              value={draft.daily_limit}
              disabled={lock.pacing}
              error={problem('daily_limit')}
              onChange={(daily_limit) => change({ daily_limit })}
            />
            <NumberField
              label="Seconds between two"
              hint="Of each address, at least"
              min={60}
              max={3_600}
              value={draft.min_interval_seconds}
              disabled={lock.pacing}
              error={problem('min_interval_seconds')}
              onChange={(min_interval_seconds) => change({ min_interval_seconds })}
            />
          </div>
          <TextField
            label="Public holidays to skip"
            hint="Countries or regions, such as DE-BY, DK. Empty for none."
            placeholder="None"
            disabled={lock.pacing}
            error={problem('holiday_countries')}
            defaultValue={draft.holiday_countries.join(', ')}
            onBlur={(event) =>
              change({
                holiday_countries: event.target.value
                  .split(/[\s,;]+/)
                  .filter(Boolean)
                  .map((place) => place.toUpperCase()),
              })
            }
          />
          <fieldset className="flex flex-col gap-2">
            <legend className="pb-1.5 text-sm font-medium text-ink">Start</legend>
            <div className="flex flex-wrap gap-x-5 gap-y-2">
              {(['immediate', 'scheduled'] as const).map((kind) => (
                <label key={kind} className="flex items-center gap-2 text-sm">
                  <input
                    type="radio"
                    name="launch_type"
                    className="accent-(--accent)"
                    disabled={lock.before_launch}
                    checked={draft.launch_type === kind}
                    onChange={() => change({ launch_type: kind })}
                  />
                  {kind === 'immediate' ? 'When launched' : 'At a date'}
                </label>
              ))}
            </div>
            {draft.launch_type === 'scheduled' ? (
              <TextField
                label={`Start date and time in ${draft.timezone}`}
                type="datetime-local"
                disabled={lock.start}
                error={problem('start_date')}
                value={draft.start_date ? wallTimeAt(draft.start_date, draft.timezone) : ''}
                onChange={(event) =>
                  change({ start_date: event.target.value ? instantAt(event.target.value, draft.timezone) : null })
                }
              />
            ) : null}
          </fieldset>
        </div>
      </div>
    </Section>
  )
}

const NumberField = ({
  label,
  hint,
  error,
  value,
  onChange,
  ...props
}: {
  label: string
  hint: string
  error: string | undefined
  value: number
  min: number
  max: number
  disabled: boolean
  onChange: (value: number) => void
}) => (
  <Field label={label} hint={hint} error={error}>
    {(control) => (
      <input
        {...control}
        {...props}
        type="number"
        inputMode="numeric"
        value={Number.isNaN(value) ? '' : value}
        onChange={(event) => onChange(event.target.valueAsNumber)}
        className={cn(inputStyle, 'h-9 tabular-nums')}
      />
    )}
  </Field>
)
