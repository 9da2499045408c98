import { getCampaign } from '@bavlio/sdk/operations'
import type { Campaign } from '@bavlio/sdk/types'
import { Link, useParams } from '@tanstack/react-router'
import { Sparkles, Undo2 } from 'lucide-react'
import { useState } from 'react'
import { useRead } from '../../../api/query.ts'
import { useListSearch } from '../../../table/use-list-search.ts'
import { Button, buttonStyle } from '../../../ui/button.tsx'
import { cn } from '../../../ui/class-names.ts'
import { keyStyle, useKeys } from '../../../ui/keys.ts'
import { ActionMenu } from '../../../ui/menu.tsx'
import { Page } from '../../../ui/page.tsx'
import { Empty, ErrorPanel, Loaded, LoadingRows } from '../../../ui/states.tsx'
import { Tabs } from '../../../ui/tabs.tsx'
import { ApproveRuleDialog } from './approve-rule-dialog.tsx'
import { DraftColumn } from './draft-column.tsx'
import { LeadColumn } from './lead-column.tsx'
import { PromptColumn } from './prompt-column.tsx'
import { useApproval } from './use-approval.ts'
import { useDrafts } from './use-drafts.ts'

export const PlaygroundPage = () => {
  const { campaign_id } = useParams({ strict: false }) as { campaign_id: string }
  const read = useRead(getCampaign, { campaign_id })
  return <Loaded read={read}>{(campaign) => <Playground campaign={campaign} />}</Loaded>
}

type Pane = 'leads' | 'draft' | 'prompt'

/** Drafts of a step, lead by lead: read, mended and approved before anything leaves. */
const Playground = ({ campaign }: { campaign: Campaign }) => {
  const { campaign_id } = campaign
  const written = campaign.steps_config.filter(({ variants }) =>
    variants.some(({ type }) => type === 'PERSONALIZATION'),
  )
  const [search, change] = useListSearch<{ step?: number; lead?: string; batch?: string; page?: number }>()
  const step = written.find((item) => item.step === search.step)?.step ?? written[0]?.step ?? 1
  const [pane, setPane] = useState<Pane>('leads')
  const [is_editing, setEditing] = useState(false)
  const [is_ruled, setRuled] = useState(false)
  const batch_id = search.batch ?? null
  const { entries, progress, is_writing, left_out, is_loading, error, retry } = useDrafts(
    campaign_id,
    step,
    search.lead ?? null,
    batch_id,
  )
  const shown = entries.find(({ id }) => id === search.lead) ?? entries[0] ?? null
  const approval = useApproval(campaign_id, step)

  const select = (id: string | undefined): void => {
    if (!id) return
    setEditing(false)
    change({ lead: id })
    document.getElementById(`draft-${id}`)?.scrollIntoView({ block: 'nearest' })
  }
  const by = (offset: number): void => select(entries[entries.findIndex(({ id }) => id === shown?.id) + offset]?.id)
  const approve = (): void => {
    // An edit that is not stored yet would be left out of what is approved.
    if (!shown?.draft || is_editing) return
    if (!shown.draft.is_approved) approval.approve(shown)
    // On to the next that waits, as in a pile of letters.
    const at = entries.findIndex(({ id }) => id === shown.id)
    const after = [...entries.slice(at + 1), ...entries.slice(0, at)]
    const next = after.find(({ draft }) => draft && !draft.is_approved)
    if (next) select(next.id)
  }

  useKeys({ j: () => by(1), k: () => by(-1), a: approve, e: () => shown?.draft && setEditing(true) })

  const open = entries.filter(({ draft }) => draft && !draft.is_approved).length
  const approved = entries.filter(({ draft }) => draft?.is_approved)
  return (
    <Page
      title="Playground"
      is_wide
      note={
        <Link to="/campaigns/$campaign_id" params={{ campaign_id }} className="hover:text-ink hover:underline">
          {campaign.name}
        </Link>
      }
      actions={
        <>
          <p className="mr-3 hidden text-xs text-ink-faint xl:block">
            <Key>J</Key> next <Key>K</Key> back <Key>A</Key> approve <Key>E</Key> edit
          </p>
          <p role="status" className="text-sm text-ink-faint tabular-nums">
            {entries.length ? `${approved.length} approved, ${open} to review` : ''}
          </p>
          <Button disabled={!open} onClick={() => setRuled(true)}>
            Approve by rule
          </Button>
          {approved.length ? (
            <ActionMenu
              label="Actions for the approvals"
              actions={[
                {
                  label: `Withdraw all ${approved.length.toLocaleString()} approvals`,
                  icon: <Undo2 />,
                  onSelect: () => approval.resetStep(approved),
                },
              ]}
            />
          ) : null}
        </>
      }
    >
      {!written.length ? (
        <Empty
          icon={<Sparkles aria-hidden />}
          title="No step of this campaign is written by AI"
          action={
            campaign.status === 'draft' ? (
              <Link
                to="/campaigns/$campaign_id/edit"
                params={{ campaign_id }}
                hash="steps"
                className={buttonStyle({ look: 'plain' })}
              >
                Edit the steps
              </Link>
            ) : undefined
          }
        >
          Its texts come from templates, which are the same for every lead but for what is filled in.
        </Empty>
      ) : error && !entries.length ? (
        <ErrorPanel error={error} retry={retry} />
      ) : (
        <>
          {written.length > 1 ? (
            <Tabs
              label="Step"
              current={String(step)}
              onChange={(next) => change({ step: Number(next), lead: undefined, batch: undefined })}
              tabs={written.map((item) => ({ id: String(item.step), label: `Step ${item.step}` }))}
            />
          ) : null}
          <Tabs
            label="Parts of the playground"
            className="lg:hidden"
            current={pane}
            onChange={setPane}
            tabs={[
              { id: 'leads', label: 'Leads', count: entries.length },
              { id: 'draft', label: 'Draft' },
              { id: 'prompt', label: 'Prompt' },
            ]}
          />
          <div
            className={cn(
              'grid min-h-96 overflow-hidden rounded-xl border border-line bg-surface lg:grid-rows-[minmax(0,1fr)] lg:grid-cols-[17rem_minmax(0,1fr)_20rem] lg:divide-x lg:divide-line',
              written.length > 1 ? 'lg:h-[calc(100vh-11rem)]' : 'lg:h-[calc(100vh-7.5rem)]',
            )}
          >
            {/* Words for screen readers are placed absolutely; without a relative parent they would make the whole page scroll. */}
            <div className={cn('relative min-h-0 overflow-y-auto', pane !== 'leads' && 'max-lg:hidden')}>
              {is_loading && !entries.length ? (
                <LoadingRows />
              ) : (
                <LeadColumn
                  left_out={left_out}
                  onAll={batch_id ? () => change({ batch: undefined, lead: undefined }) : undefined}
                  entries={entries}
                  shown_id={shown?.id ?? null}
                  onSelect={(id) => {
                    select(id)
                    setPane('draft')
                  }}
                />
              )}
            </div>
            <div className={cn('relative min-h-0 min-w-0 overflow-y-auto', pane !== 'draft' && 'max-lg:hidden')}>
              {shown ? (
                <DraftColumn
                  key={shown.id}
                  campaign_id={campaign_id}
                  step={step}
                  entry={shown}
                  is_editing={is_editing}
                  setEditing={setEditing}
                  onApprove={approve}
                  onUnapprove={() => approval.unapprove(shown)}
                  onReset={written.length > 1 ? () => approval.resetLead(shown) : undefined}
                />
              ) : (
                <Empty icon={<Sparkles aria-hidden />} title="No drafts yet">
                  Write some with the prompt beside, read them here, and approve what may go out as it stands.
                </Empty>
              )}
            </div>
            <div className={cn('relative min-h-0 overflow-y-auto', pane !== 'prompt' && 'max-lg:hidden')}>
              <PromptColumn
                key={step}
                campaign={campaign}
                step={step}
                edited={entries.filter(({ draft }) => draft?.edit && !draft.is_approved).length}
                progress={progress}
                is_writing={is_writing}
                batch_id={batch_id}
                onBatch={(batch) => change({ batch: batch ?? undefined, lead: undefined })}
              />
            </div>
          </div>
        </>
      )}
      {is_ruled ? (
        <ApproveRuleDialog
          campaign_id={campaign_id}
          step={step}
          entries={entries}
          onClose={() => setRuled(false)}
          onShow={select}
        />
      ) : null}
    </Page>
  )
}

const Key = ({ children }: { children: string }) => <kbd className={`${keyStyle} ml-2`}>{children}</kbd>
