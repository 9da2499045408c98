import { getSendingHealth, liftSendingBlock } from '@bavlio/sdk/operations'
import type { SendingHealth } from '@bavlio/sdk/types'
import { useState } from 'react'
import { useRead, useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { TextArea } from '../../../ui/field.tsx'
import { Loaded } from '../../../ui/states.tsx'
import { formatDateTime } from '../../../ui/time.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { BANDS, percent } from '../words.ts'

type Judged = SendingHealth['workspace']

/** Of the workspace as a whole: complaints and bounces of seven days against the lines between the bands. */
export const WorkspaceHealth = () => {
  const read = useRead(getSendingHealth, {}, { refetch_ms: 30_000 })
  return (
    <Loaded read={read}>
      {(health) => <HealthCard title="Sending health" judged={health.workspace} lines={health.lines} />}
    </Loaded>
  )
}

export const DomainHealth = ({ domain_id }: { domain_id: string }) => {
  const read = useRead(getSendingHealth, {}, { refetch_ms: 30_000 })
  return (
    <Loaded read={read}>
      {(health) => {
        const judged = health.domains.find((each) => each.domain_id === domain_id)
        return judged ? <HealthCard title="Health" judged={judged} lines={health.lines} domain_id={domain_id} /> : null
      }}
    </Loaded>
  )
}

const HealthCard = ({
  title,
  judged,
  lines,
  domain_id,
}: {
  title: string
  judged: Judged
  lines: SendingHealth['lines']
  domain_id?: string
}) => {
  const [is_lifting, setLifting] = useState(false)
  return (
    <Card>
      <CardHeader
        title={title}
        note={`${judged.accepted.toLocaleString()} messages accepted in the last 7 days; judged from ${lines.smallest_sample.toLocaleString()} on.`}
        actions={
          <>
            <Badge tone={BANDS[judged.band].tone}>{BANDS[judged.band].words}</Badge>
            {judged.band === 'blocked' && !judged.lifted_until ? (
              <Button size="sm" onClick={() => setLifting(true)}>
                Lift the block
              </Button>
            ) : null}
          </>
        }
      />
      <div className="grid gap-x-10 gap-y-5 p-4 sm:grid-cols-2">
        <Rate
          name="Hard bounces"
          count={judged.hard_bounces}
          rate={judged.hard_bounce_rate}
          lines={lines.hard_bounces}
        />
        <Rate name="Complaints" count={judged.complaints} rate={judged.complaint_rate} lines={lines.complaints} />
        {judged.reasons.length || judged.lifted_until ? (
          <ul className="flex flex-col gap-1 text-sm text-ink-soft sm:col-span-2">
            {judged.reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
            {judged.lifted_until ? <li>The block is lifted until {formatDateTime(judged.lifted_until)}.</li> : null}
          </ul>
        ) : null}
      </div>
      {is_lifting ? <LiftDialog {...(domain_id ? { domain_id } : {})} onClose={() => setLifting(false)} /> : null}
    </Card>
  )
}

/** A rate on a scale that ends a little beyond the last line; the lines stand where the bands begin. */
const Rate = ({
  name,
  count,
  rate,
  lines,
}: {
  name: string
  count: number
  rate: number | null
  lines: SendingHealth['lines']['complaints']
}) => {
  const end = Math.max(...lines.map((line) => line.rate), rate ?? 0) * 1.15 || 1
  const band = [...lines]
    .sort((a, b) => b.rate - a.rate)
    .find((line) => rate !== null && rate >= line.rate && count >= line.least)
  const tone = band ? BANDS[band.band].tone : 'good'
  return (
    <div className="flex flex-col gap-2">
      <p className="flex items-baseline justify-between gap-4 text-sm">
        <span className="text-ink-soft">{name}</span>
        <span className="tabular-nums">
          <span className="font-semibold text-ink">{percent(rate)}</span>
          <span className="text-ink-faint"> ({count.toLocaleString()})</span>
        </span>
      </p>
      <div aria-hidden className="relative h-2 rounded-full bg-sunken">
        <div
          className={`h-full rounded-full ${tone === 'good' ? 'bg-good' : tone === 'warn' ? 'bg-warn' : 'bg-bad'}`}
          style={{ width: `${Math.min(100, ((rate ?? 0) / end) * 100)}%` }}
        />
        {lines.map((line) => (
          <span
            key={line.band}
            className="absolute -top-0.5 h-3 w-0.5 rounded bg-ink-faint"
            style={{ left: `${(line.rate / end) * 100}%` }}
          />
        ))}
      </div>
      <p className="text-2xs text-ink-faint">
        {[...lines]
          .sort((a, b) => a.rate - b.rate)
          .map((line) => `${BANDS[line.band].words} from ${percent(line.rate)}`)
          .join(', ')}
      </p>
    </div>
  )
}

const LiftDialog = ({ domain_id, onClose }: { domain_id?: string; onClose: () => void }) => {
  const lift = useWrite(liftSendingBlock, { refreshes: [getSendingHealth], shows_error: true })
  const form = useOperationForm({
    values: { note: '' },
    submit: async ({ note }) => {
      await lift.mutateAsync({ body: { note, ...(domain_id ? { domain_id } : {}) } })
      showDone('The block is lifted for 24 hours')
      onClose()
    },
  })
  return (
    <Dialog
      is_open
      onClose={onClose}
      title="Lift the block"
      description="Campaigns can be launched and resumed for 24 hours."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="lift" is_busy={form.formState.isSubmitting}>
            Lift it
          </Button>
        </>
      }
    >
      <form id="lift" onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <FormFailure failure={form.failure} />
        <TextArea
          label="Why it is safe to go on"
          hint="Kept in the audit log."
          error={form.errorOf('note')}
          {...form.register('note')}
        />
      </form>
    </Dialog>
  )
}
