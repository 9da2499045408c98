import { getOverview, listCampaigns } from '@bavlio/sdk/operations'
import type { Overview, Workspace } from '@bavlio/sdk/types'
import { Link, useNavigate } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { keyOf, queryClient, useRead } from '../../api/query.ts'
import { useWorkspace } from '../../api/use-workspace.ts'
import { Button } from '../../ui/button.tsx'
import { Card, CardHeader } from '../../ui/card.tsx'
import { cn } from '../../ui/class-names.ts'
import { showError } from '../../ui/toast.tsx'
import { addSampleCampaign, addSampleLeads, addSampleSender } from './sample-data.ts'

type Step = {
  id: 'sender' | 'leads' | 'campaign'
  title: string
  note: string
  is_done: boolean
  own: { to: string; words: string }
  sample: string
}

const stepsOf = (first: Overview['first_run']): Step[] => [
  {
    id: 'sender',
    title: 'An address to send from',
    note: 'A domain of yours with its DNS records, and an alias on it.',
    is_done: first.has_sender,
    own: { to: '/senders/domains', words: 'Add a domain' },
    sample: 'Use a sample address',
  },
  {
    id: 'leads',
    title: 'People to write to',
    note: 'A CSV or Excel file; its columns are found by themselves and can be changed.',
    is_done: first.has_leads,
    own: { to: '/leads/upload', words: 'Upload a file' },
    sample: 'Use 60 sample leads',
  },
  {
    id: 'campaign',
    title: 'A campaign',
    note: 'Letters, their order, when they go and from whom. Nothing is sent before you launch it.',
    is_done: first.has_campaign,
    own: { to: '/campaigns/new', words: 'Build one' },
    sample: 'Use a sample campaign',
  },
]

/** Three steps to the first campaign, each one's own way or, in a sandbox, with what is made up. */
export const FirstRun = ({ first }: { first: Overview['first_run'] }) => {
  const workspace = useWorkspace()
  const navigate = useNavigate()
  const [busy, setBusy] = useState<string | null>(null)
  const steps = stepsOf(first)
  const is_sandbox = workspace?.mode === 'sandbox'
  const next = steps.find(({ is_done }) => !is_done)

  const make = async (which: Step[], where: Workspace, name: string): Promise<void> => {
    setBusy(name)
    try {
      let campaign_id: string | null = null
      for (const { id, is_done } of which) {
        if (is_done) continue
        if (id === 'sender') await addSampleSender(where)
        if (id === 'leads') await addSampleLeads()
        if (id === 'campaign') campaign_id = await addSampleCampaign(where)
        await queryClient.invalidateQueries({ queryKey: keyOf(getOverview) })
      }
      // Where it is looked over and launched, which is all that is left to do.
      if (campaign_id) await navigate({ to: '/campaigns/$campaign_id/edit', params: { campaign_id } })
    } catch (error) {
      showError(error)
      await queryClient.invalidateQueries({ queryKey: keyOf(getOverview) })
    }
    setBusy(null)
  }

  return (
    <Card>
      <CardHeader
        title={next ? 'Three steps to your first campaign' : 'Your first campaign is ready to launch'}
        note={
          is_sandbox
            ? 'This is a sandbox: the people who get your letters are made up, and nothing leaves this machine.'
            : 'This workspace is live: what you launch reaches real people.'
        }
        actions={
          is_sandbox && workspace && next ? (
            <Button
              look="primary"
              is_busy={busy === 'all'}
              disabled={busy !== null}
              onClick={() => void make(steps, workspace, 'all')}
            >
              Do it all with sample data
            </Button>
          ) : null
        }
      />
      <ol>
        {steps.map((step, index) => (
          <StepRow
            key={step.id}
            step={step}
            number={index + 1}
            is_next={step === next}
            sample={
              is_sandbox && workspace && step === next ? (
                <Button
                  look="quiet"
                  is_busy={busy === step.id}
                  disabled={busy !== null}
                  onClick={() => void make([step], workspace, step.id)}
                >
                  {step.sample}
                </Button>
              ) : null
            }
          />
        ))}
      </ol>
      {next ? null : (
        <div className="border-t border-line px-4 py-3">
          <LookAndLaunch />
        </div>
      )}
    </Card>
  )
}

/** The newest draft, where it is launched; the list where there is none, such as after a launch that failed. */
const LookAndLaunch = () => {
  const draft = useRead(listCampaigns, { page: 1, page_size: 5 }).data?.items.find(({ status }) => status === 'draft')
  return (
    <Button asChild look="primary">
      {draft ? (
        <Link to="/campaigns/$campaign_id/edit" params={{ campaign_id: draft.campaign_id }}>
          Look at it and launch
        </Link>
      ) : (
        <Link to="/campaigns">Look at it and launch</Link>
      )}
    </Button>
  )
}

const StepRow = ({
  step,
  number,
  is_next,
  sample,
}: {
  step: Step
  number: number
  is_next: boolean
  sample: ReactNode
}) => (
  <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-3.5 last:border-0">
    <span
      className={cn(
        'flex size-7 shrink-0 items-center justify-center rounded-full text-sm font-semibold [&_svg]:size-4',
        step.is_done ? 'bg-good-soft text-good' : is_next ? 'bg-accent text-on-accent' : 'bg-sunken text-ink-soft',
      )}
    >
      {step.is_done ? <Check role="img" aria-label="Done" /> : number}
    </span>
    <div className="min-w-0 flex-1 basis-56">
      <p className={cn('text-base font-medium', step.is_done ? 'text-ink-soft' : 'text-ink')}>{step.title}</p>
      <p className="text-sm text-ink-faint">{step.note}</p>
    </div>
    {step.is_done ? null : (
      <div className="flex flex-wrap gap-2 max-sm:pl-8">
        {sample}
        <Button asChild look={is_next ? 'plain' : 'quiet'}>
          <Link to={step.own.to as never}>{step.own.words}</Link>
        </Button>
      </div>
    )}
  </li>
)
