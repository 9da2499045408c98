import {
  getCampaign,
  listPlaygroundBatches,
  listSenderProfiles,
  playgroundCancel,
  playgroundGenerate,
  playgroundStatus,
  resolveThePromptThePlaygroundShouldBootInto,
  saveACustomPromptOntoASenderProfile,
  updateCampaign,
} from '@bavlio/sdk/operations'
import type { Campaign } from '@bavlio/sdk/types'
import { Sparkles } from 'lucide-react'
import { useRef, useState } from 'react'
import { useRead, useWrite } from '../../../api/query.ts'
import { Button } from '../../../ui/button.tsx'
import { Confirm } from '../../../ui/confirm.tsx'
import { inputStyle, TextArea } from '../../../ui/field.tsx'
import { ActionMenu } from '../../../ui/menu.tsx'
import { Progress } from '../../../ui/progress.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { BatchList } from './batch-list.tsx'
import type { BatchProgress } from './use-drafts.ts'

const SOURCES = { named: 'a saved prompt', custom_prompt: 'the sender profile', default: 'the stock prompt' } as const
/** The API's bounds for a campaign's own prompt. */
const CAMPAIGN_PROMPT = { least: 100, most: 5_000 }

/** The prompt the next drafts are written by, and how many of them. */
export const PromptColumn = ({
  campaign,
  step,
  edited,
  progress,
  is_writing,
  batch_id,
  onBatch,
}: {
  campaign: Campaign
  step: number
  /** Drafts that a person edited and nobody approved yet; another batch would put new ones in their place. */
  edited: number
  progress: BatchProgress | null
  is_writing: boolean
  /** The batch whose drafts are shown, if not the last of each lead. */
  batch_id: string | null
  onBatch: (batch_id: string | null) => void
}) => {
  const { campaign_id } = campaign
  const variant = campaign.steps_config
    .find((item) => item.step === step)
    ?.variants.find(({ type }) => type === 'PERSONALIZATION')
  const profile_id = variant?.sender_profile_id ?? null
  const profiles = useRead(listSenderProfiles, {})
  const profile = profiles.data?.find(({ id }) => id === profile_id)
  const effective = useRead(
    resolveThePromptThePlaygroundShouldBootInto,
    { sender_profile_id: profile_id ?? undefined },
    { enabled: profile_id !== null },
  )
  const usual = campaign.system_prompt ?? effective.data?.prompt ?? ''
  const [typed, setTyped] = useState<string | null>(null)
  const [count, setCount] = useState(10)
  const [is_next, setNext] = useState(true)
  const [is_asked, setAsked] = useState(false)
  const prompt = typed ?? usual
  const is_own = prompt.trim() !== usual.trim()
  const source = campaign.system_prompt ? 'this campaign' : effective.data ? SOURCES[effective.data.prompt_source] : '…'

  const generate = useWrite(playgroundGenerate, {
    refreshes: [playgroundStatus, listPlaygroundBatches],
    onDone: () => onBatch(null),
  })
  const cancel = useWrite(playgroundCancel, {
    refreshes: [playgroundStatus, listPlaygroundBatches],
    onDone: ({ cancelled_count }) => showDone(`${cancelled_count} drafts cancelled; those written stay`),
  })
  const keepInCampaign = useWrite(updateCampaign, {
    refreshes: [getCampaign],
    onDone: () => {
      setTyped(null)
      showDone('Saved as the prompt of this campaign')
    },
  })
  const keepInProfile = useWrite(saveACustomPromptOntoASenderProfile, {
    refreshes: [resolveThePromptThePlaygroundShouldBootInto],
    onDone: ({ prompt_name }) => {
      setTyped(null)
      showDone(`Saved on the sender profile as ${prompt_name}`)
    },
  })
  const write = (): void => {
    setAsked(false)
    generate.mutate({
      campaign_id,
      body: {
        step_index: step,
        n_leads: count,
        custom_prompt: is_own ? prompt : null,
        only_without_draft: is_next,
      },
    })
  }
  const length = prompt.trim().length
  const fits = length >= CAMPAIGN_PROMPT.least && length <= CAMPAIGN_PROMPT.most
  return (
    <div className="flex min-h-full flex-col gap-4 p-4">
      <div className="flex items-start justify-between gap-2">
        <div className="min-w-0">
          <h2 className="text-sm font-semibold">Prompt</h2>
          <p className="text-xs text-ink-faint">
            {is_own ? 'Changed, for the next drafts' : `From ${source}`}
            {profile ? `; ${profile.profile_name} is writing` : ''}
          </p>
        </div>
        <ActionMenu
          label="Actions for the prompt"
          actions={[
            {
              label: 'Save for this campaign',
              is_disabled: !is_own || !fits || !['draft', 'failed'].includes(campaign.status),
              onSelect: () => keepInCampaign.mutate({ campaign_id, body: { system_prompt: prompt.trim() } }),
            },
            {
              label: 'Save on the sender profile',
              is_disabled: !is_own || !profile_id,
              onSelect: () =>
                profile_id && keepInProfile.mutate({ body: { sender_profile_id: profile_id, prompt: prompt.trim() } }),
            },
            { label: 'Take the changes back', is_disabled: !is_own, onSelect: () => setTyped(null) },
          ]}
        />
      </div>
      <div className="flex items-center gap-2">
        <label className="flex items-center gap-2 text-sm text-ink-soft">
          Leads
          <input
            type="number"
            inputMode="numeric"
            min={1}
            max={200}
            value={Number.isNaN(count) ? '' : count}
            onChange={(event) => setCount(event.target.valueAsNumber)}
            className={`${inputStyle} h-8 !w-20 tabular-nums`}
          />
        </label>
        <Button
          look="primary"
          className="flex-1"
          icon={<Sparkles aria-hidden />}
          is_busy={generate.isPending}
          disabled={is_writing || !(count >= 1 && count <= 200)}
          onClick={() => (edited && !is_next ? setAsked(true) : write())}
        >
          Write drafts
        </Button>
      </div>
      <select
        aria-label="Which leads"
        value={is_next ? 'next' : 'first'}
        onChange={(event) => setNext(event.target.value === 'next')}
        className={`${inputStyle} h-8 pr-7 text-sm`}
      >
        <option value="next">The next ones without a draft</option>
        <option value="first">From the first one on, anew</option>
      </select>
      {/* The place is kept, so that nothing moves when a batch begins or ends. */}
      <div className="min-h-16">
        {progress ? (
          <div className="flex flex-col gap-2">
            <Timed progress={progress} />
            <Button
              size="sm"
              look="quiet"
              className="self-start"
              is_busy={cancel.isPending}
              onClick={() => cancel.mutate({ campaign_id, body: { batch_id: progress.batch_id } })}
            >
              Cancel the rest
            </Button>
          </div>
        ) : (
          <p className="text-xs text-ink-faint">
            {is_next
              ? 'Leads that have a draft keep it. '
              : 'For the first leads whose text is neither approved nor sent; drafts not approved yet are written anew. '}
            Nothing leaves from here.
          </p>
        )}
      </div>
      <TextArea
        label="Prompt"
        is_label_hidden
        value={prompt}
        maxLength={32_000}
        onChange={(event) => setTyped(event.target.value)}
        className="min-h-56 flex-1 [&_textarea]:flex-1 [&_textarea]:resize-none [&_textarea]:text-sm [&_textarea]:leading-relaxed"
      />
      <BatchList campaign_id={campaign_id} step={step} shown_id={batch_id} onShow={onBatch} onPrompt={setTyped} />
      <Confirm
        is_open={is_asked}
        onClose={() => setAsked(false)}
        title={edited === 1 ? 'An edited draft is not approved yet' : `${edited} edited drafts are not approved yet`}
        description="New drafts may take their place, and the edits would be left behind. Approve them first to keep them."
        action="Write new ones"
        onConfirm={write}
      />
    </div>
  )
}

const Timed = ({ progress }: { progress: BatchProgress }) => {
  const begun = useRef({ batch_id: '', at: 0, done: 0 })
  if (begun.current.batch_id !== progress.batch_id)
    begun.current = { batch_id: progress.batch_id, at: Date.now(), done: progress.done }
  const made = progress.done - begun.current.done
  const left = made > 0 ? (((Date.now() - begun.current.at) / made) * (progress.total - progress.done)) / 1000 : null
  return (
    <Progress
      label={progress.failed ? `Writing, ${progress.failed} failed` : 'Writing'}
      done={progress.done}
      total={progress.total}
      left_seconds={left}
    />
  )
}
