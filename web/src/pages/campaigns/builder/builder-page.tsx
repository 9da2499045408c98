import { BavlioError } from '@bavlio/sdk'
import { createCampaign, getCampaign, launchPreflight, listCampaigns, updateCampaign } from '@bavlio/sdk/operations'
import type { Campaign } from '@bavlio/sdk/types'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient, useRead } from '../../../api/query.ts'
import { Button, buttonStyle } from '../../../ui/button.tsx'
import { Page } from '../../../ui/page.tsx'
import { Loaded } from '../../../ui/states.tsx'
import { showDone, showError } from '../../../ui/toast.tsx'
import { CampaignState } from '../campaign-state.tsx'
import { AudienceSection } from './audience-section.tsx'
import { createRequestOf, type Draft, draftOf, isSameDraft, newDraft, updateRequestOf } from './draft.ts'
import { type DraftProblem, lockOf, problemsOf, problemsOfError, type SectionId } from './draft-problems.ts'
import { forgetDraft, keepDraft, keptDraft } from './kept-draft.ts'
import { ReviewSection } from './review-section.tsx'
import { RulesSection } from './rules-section.tsx'
import { ScheduleSection } from './schedule-section.tsx'
import { SendersSection } from './senders-section.tsx'
import { StepsSection } from './steps-section.tsx'

export const NewCampaignPage = () => <Builder campaign={null} />

export const EditCampaignPage = () => {
  const { campaign_id } = useParams({ strict: false }) as { campaign_id: string }
  const read = useRead(getCampaign, { campaign_id })
  return <Loaded read={read}>{(campaign) => <Builder key={campaign_id} campaign={campaign} />}</Loaded>
}

const NAMES: Record<SectionId, string> = {
  audience: 'Audience',
  steps: 'Steps',
  schedule: 'Schedule',
  senders: 'Senders',
  rules: 'Rules',
  review: 'Review',
}

const Builder = ({ campaign }: { campaign: Campaign | null }) => {
  const navigate = useNavigate()
  const id = campaign?.campaign_id ?? null
  const stored = campaign ? draftOf(campaign) : newDraft()
  const [draft, setDraft] = useState<Draft>(() => keptDraft(id) ?? stored)
  const [refused, setRefused] = useState<DraftProblem[]>([])
  const [was_tried, setTried] = useState(false)
  const [is_saving, setSaving] = useState(false)
  const lock = lockOf(campaign?.status ?? null)
  const is_dirty = !isSameDraft(draft, stored)
  const problems = problemsOf(draft)
  const shown = was_tried ? [...problems, ...refused] : refused

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is kept follows the draft alone.
  useEffect(() => {
    if (is_dirty) keepDraft(id, draft)
    else forgetDraft(id)
  }, [draft, is_dirty])

  const change = (patch: Partial<Draft>): void => {
    setDraft((now) => ({ ...now, ...patch }))
    // A refusal was about what stood there then.
    setRefused((now) => now.filter(({ field }) => !((field.split('.')[0] as keyof Draft) in patch)))
  }

  const save = async (): Promise<void> => {
    setTried(true)
    const first = problems[0]
    if (first) {
      document.getElementById(first.section)?.scrollIntoView({ behavior: 'smooth' })
      return
    }
    setSaving(true)
    try {
      const saved = id
        ? await updateCampaign(call, { campaign_id: id, body: updateRequestOf(draft, stored) })
        : await createCampaign(call, { body: createRequestOf(draft) })
      forgetDraft(id)
      queryClient.setQueryData(keyOf(getCampaign, { campaign_id: saved.campaign_id }), saved)
      setDraft(draftOf(saved))
      setRefused([])
      setTried(false)
      showDone(id ? 'Changes saved' : 'Draft saved')
      void queryClient.invalidateQueries({ queryKey: keyOf(listCampaigns) })
      void queryClient.invalidateQueries({ queryKey: keyOf(launchPreflight) })
      if (!id)
        await navigate({
          to: '/campaigns/$campaign_id/edit',
          params: { campaign_id: saved.campaign_id },
          hash: 'review',
          replace: true,
        })
    } catch (error) {
      const named = error instanceof BavlioError ? problemsOfError(error) : []
      setRefused(named)
      if (named.length) document.getElementById(named[0]?.section ?? '')?.scrollIntoView({ behavior: 'smooth' })
      else showError(error)
    } finally {
      setSaving(false)
    }
  }

  const of = (section: SectionId): DraftProblem[] => shown.filter((problem) => problem.section === section)
  const part = { draft, change, lock }
  const sections: SectionId[] = [
    'audience',
    'steps',
    'schedule',
    'senders',
    'rules',
    ...(lock.is_open ? ['review' as const] : []),
  ]
  return (
    <Page
      title={campaign ? `Edit ${campaign.name}` : 'New campaign'}
      note={campaign && !lock.is_open ? <CampaignState status={campaign.status} /> : null}
      actions={
        campaign ? (
          <Link
            to="/campaigns/$campaign_id"
            params={{ campaign_id: campaign.campaign_id }}
            className={buttonStyle({ look: 'quiet' })}
          >
            Back to the campaign
          </Link>
        ) : null
      }
    >
      <div className="sticky top-0 z-20 -mx-4 flex flex-wrap items-center gap-x-4 border-b border-line bg-page px-4 sm:-mx-8 sm:px-8">
        <nav aria-label="Parts of the campaign" className="min-w-0 flex-1">
          <ol className="flex gap-1 overflow-x-auto py-2 text-sm">
            {sections.map((section, index) => (
              <li key={section}>
                <a
                  href={`#${section}`}
                  className="flex items-center gap-1.5 rounded-md px-2.5 py-1 whitespace-nowrap text-ink-soft hover:bg-sunken hover:text-ink"
                >
                  <span aria-hidden className="text-2xs text-ink-faint tabular-nums">
                    {index + 1}
                  </span>
                  {NAMES[section]}
                  {of(section).length ? (
                    <span className="size-1.5 rounded-full bg-bad" role="img" aria-label="needs attention" />
                  ) : null}
                </a>
              </li>
            ))}
          </ol>
        </nav>
        <div className="flex items-center gap-2 py-1.5">
          {is_dirty ? (
            <Button look="quiet" onClick={() => setDraft(stored)}>
              {campaign ? 'Take the changes back' : 'Start over'}
            </Button>
          ) : null}
          <Button
            look={lock.is_open ? 'plain' : 'primary'}
            disabled={!is_dirty}
            is_busy={is_saving}
            onClick={() => void save()}
          >
            {campaign ? (is_dirty ? 'Save changes' : 'Saved') : 'Save draft'}
          </Button>
        </div>
      </div>
      <AudienceSection {...part} problems={of('audience')} number={1} />
      <StepsSection {...part} problems={of('steps')} number={2} />
      <ScheduleSection {...part} problems={of('schedule')} number={3} />
      <SendersSection {...part} problems={of('senders')} number={4} stored={stored.alias_ids} />
      <RulesSection {...part} problems={of('rules')} number={5} />
      {lock.is_open ? (
        <ReviewSection
          draft={draft}
          campaign_id={id}
          is_dirty={is_dirty}
          is_saving={is_saving}
          problems={problems}
          number={6}
          onSave={() => void save()}
        />
      ) : null}
    </Page>
  )
}
