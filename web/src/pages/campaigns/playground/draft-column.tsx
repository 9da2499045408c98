import {
  editPlaygroundDraft,
  listPlaygroundBatches,
  playgroundGenerate,
  playgroundStatus,
} from '@bavlio/sdk/operations'
import type { PlaygroundDraft } from '@bavlio/sdk/types'
import { Check, PencilLine, RotateCcw, Undo2 } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../../api/call.ts'
import { useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { TextArea, TextField } from '../../../ui/field.tsx'
import { ActionMenu } from '../../../ui/menu.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { Skeleton } from '../../../ui/states.tsx'
import { Time } from '../../../ui/time.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { leadName, leadRole } from '../lead-name.ts'
import { DiffText } from './diff-text.tsx'
import { DraftFindings } from './draft-findings.tsx'
import { wordsOf } from './use-approval.ts'
import { type Entry, setDraft } from './use-drafts.ts'

/** One draft: its words, what a person changed, what it leans on and how it is judged. */
export const DraftColumn = ({
  campaign_id,
  step,
  entry,
  is_editing,
  setEditing,
  onApprove,
  onUnapprove,
  onReset,
}: {
  campaign_id: string
  step: number
  entry: Entry
  is_editing: boolean
  setEditing: (is_editing: boolean) => void
  onApprove: () => void
  onUnapprove: () => void
  /** Withdraws the approvals of every step; absent where one step is all there is. */
  onReset: (() => void) | undefined
}) => {
  const [is_compared, setCompared] = useState(false)
  const { draft, lead } = entry
  const again = useWrite(playgroundGenerate, { refreshes: [playgroundStatus, listPlaygroundBatches] })
  const is_writing =
    entry.status === 'pending' || entry.status === 'running' || (entry.status === 'completed' && !draft)
  const writeAgain = (
    <Button
      look="quiet"
      size="icon"
      aria-label="Write again"
      title="Write again"
      icon={<RotateCcw aria-hidden />}
      is_busy={again.isPending}
      disabled={is_writing}
      onClick={() => again.mutate({ campaign_id, body: { step_index: step, campaign_lead_ids: [entry.id] } })}
    />
  )
  return (
    <div className="flex min-h-full flex-col">
      <header className="sticky top-0 z-10 flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b border-line bg-surface px-4 py-3 sm:px-6">
        <div className="min-w-0 flex-1 basis-40">
          <h2 className="truncate text-lg font-semibold">{lead ? leadName(lead) : 'Lead'}</h2>
          <p className="truncate text-xs text-ink-faint">
            {lead ? [leadRole(lead), lead.email].filter(Boolean).join(' · ') : ' '}
          </p>
        </div>
        <div className="flex flex-wrap items-center gap-1.5">
          {draft?.is_approved ? (
            <>
              <Badge tone="good">Approved</Badge>
              <Button look="quiet" icon={<Undo2 aria-hidden />} onClick={onUnapprove}>
                Withdraw
              </Button>
              {onReset ? (
                <ActionMenu
                  label="More for this lead"
                  actions={[{ label: 'Withdraw every step of this lead', icon: <Undo2 />, onSelect: onReset }]}
                />
              ) : null}
            </>
          ) : (
            <>
              {writeAgain}
              <Button
                icon={<PencilLine aria-hidden />}
                disabled={!draft || is_editing}
                onClick={() => setEditing(true)}
              >
                Edit
              </Button>
              <Button look="primary" icon={<Check aria-hidden />} disabled={!draft || is_editing} onClick={onApprove}>
                Approve
              </Button>
            </>
          )}
        </div>
      </header>
      <div className="flex flex-1 flex-col gap-6 px-4 py-5 sm:px-6">
        {entry.status === 'failed' || entry.status === 'cancelled' ? (
          <Notice
            tone={entry.status === 'failed' ? 'bad' : 'info'}
            title={entry.status === 'failed' ? 'The text could not be written' : 'Cancelled before it was written'}
          >
            {entry.error}
          </Notice>
        ) : null}
        {is_writing ? (
          <div role="status" className="flex flex-col gap-3">
            <span className="sr-only">Being written</span>
            <Skeleton className="h-5 w-2/3" />
            <Skeleton className="w-1/3" />
            <Skeleton className="w-full" />
            <Skeleton className="w-5/6" />
            <Skeleton className="w-3/4" />
          </div>
        ) : null}
        {draft && is_editing ? (
          <EditForm campaign_id={campaign_id} entry={entry} draft={draft} onDone={() => setEditing(false)} />
        ) : null}
        {draft && !is_editing ? (
          <article className="flex flex-col gap-3">
            {draft.edit && is_compared ? (
              <>
                <h3 className="text-lg font-semibold">
                  <DiffText parts={draft.edit.diff.subject} />
                </h3>
                <p className="max-w-[68ch] text-base leading-relaxed whitespace-pre-wrap">
                  <DiffText parts={draft.edit.diff.body} />
                </p>
              </>
            ) : (
              <>
                <h3 className="text-lg font-semibold">{wordsOf(entry).subject}</h3>
                <p className="max-w-[68ch] text-base leading-relaxed whitespace-pre-wrap">{wordsOf(entry).body}</p>
              </>
            )}
            <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-ink-faint">
              <span>
                Variant {draft.variant_label}
                {draft.model ? `, ${draft.model}` : ''}
                {draft.generation_latency_ms !== null ? `, ${(draft.generation_latency_ms / 1000).toFixed(1)} s` : ''}
              </span>
              {draft.edit ? (
                <>
                  <span>
                    edited <Time at={draft.edit.edited_at} />
                  </span>
                  <button
                    type="button"
                    aria-pressed={is_compared}
                    onClick={() => setCompared(!is_compared)}
                    className="font-medium text-accent-strong hover:underline"
                  >
                    {is_compared ? 'Show the text' : 'Show what changed'}
                  </button>
                </>
              ) : null}
            </p>
          </article>
        ) : null}
        {draft ? <DraftFindings draft={draft} /> : null}
      </div>
    </div>
  )
}

/** What was typed and not saved, by draft: a look at another lead loses nothing. */
const unsaved = new Map<string, { subject: string; body: string }>()

const EditForm = ({
  campaign_id,
  entry,
  draft,
  onDone: close,
}: {
  campaign_id: string
  entry: Entry
  draft: PlaygroundDraft
  onDone: () => void
}) => {
  const onDone = (): void => {
    unsaved.delete(draft.draft_id)
    close()
  }
  const take = (next: PlaygroundDraft): void => setDraft(campaign_id, entry.batch_id, entry.id, next)
  const undo = useWrite(editPlaygroundDraft, { onDone: take })
  const place = { campaign_id, draft_id: draft.draft_id }
  const form = useOperationForm<{ subject: string; body: string }>({
    values: unsaved.get(draft.draft_id) ?? wordsOf(entry),
    submit: async (body) => {
      take(await editPlaygroundDraft(call, { ...place, body }))
      onDone()
    },
  })
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => void form.onSubmit(event)}
      onChange={() => unsaved.set(draft.draft_id, form.getValues())}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onDone()
        if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) void form.onSubmit()
      }}
    >
      <FormFailure failure={form.failure} />
      <TextField label="Subject" error={form.errorOf('subject')} {...form.register('subject')} />
      <TextArea
        label="Text"
        rows={14}
        autoFocus
        error={form.errorOf('body')}
        hint="Signature, opt-out and postal address are added below it."
        {...form.register('body')}
        className="[&_textarea]:leading-relaxed"
      />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" is_busy={form.formState.isSubmitting}>
          Save the edit
        </Button>
        <Button onClick={onDone}>Cancel</Button>
        {draft.edit ? (
          <Button
            look="quiet"
            is_busy={undo.isPending}
            onClick={() => {
              const { subject, body } = draft.edit as { subject: string; body: string }
              undo.mutate(
                { ...place, body: { subject: null, body: null } },
                {
                  onSuccess: () => {
                    onDone()
                    showDone('The draft has its own words again', () =>
                      undo.mutate({ ...place, body: { subject, body } }),
                    )
                  },
                },
              )
            }}
          >
            Take the edit back
          </Button>
        ) : null}
      </div>
    </form>
  )
}
