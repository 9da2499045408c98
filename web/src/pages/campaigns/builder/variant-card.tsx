import { getTemplate, listSenderProfiles, listTemplates } from '@bavlio/sdk/operations'
import type { TemplateContent } from '@bavlio/sdk/types'
import { Eye, Pencil, Plus, X } from 'lucide-react'
import { useState } from 'react'
import { useRead } from '../../../api/query.ts'
import { Button } from '../../../ui/button.tsx'
import { inputStyle } from '../../../ui/field.tsx'
import { ErrorPanel, Skeleton } from '../../../ui/states.tsx'
import { TextFindings, useLiveText } from '../../senders/templates/live-text.tsx'
import type { Draft, DraftVariant } from './draft.ts'
import { MendLink } from './mends.tsx'
import { TextDialog } from './text-dialog.tsx'
import { TextPreview } from './text-preview.tsx'
import { TextWithPlaceholders } from './text-with-placeholders.tsx'

/** One variant of a step: its share, where its words come from, and the words. */
export const VariantCard = ({
  variant,
  step_index,
  row,
  draft,
  is_only,
  is_locked,
  onChange,
  onRemove,
}: {
  variant: DraftVariant
  step_index: number
  /** Whose eyes the words are read with; null shows the template itself. */
  row: number | null
  draft: Draft
  is_only: boolean
  is_locked: boolean
  onChange: (patch: Partial<DraftVariant>) => void
  onRemove: () => void
}) => {
  const name = `step ${step_index + 1}, variant ${variant.label}`
  return (
    <article
      aria-label={`Variant ${variant.label}`}
      className="flex min-w-0 flex-col gap-2.5 rounded-lg bg-sunken/60 p-3"
    >
      <div className="flex flex-wrap items-center gap-2">
        <span className="flex size-6 items-center justify-center rounded-md bg-accent-soft text-xs font-semibold text-accent-strong">
          {variant.label}
        </span>
        <select
          aria-label={`Where the words of ${name} come from`}
          disabled={is_locked}
          value={variant.type}
          onChange={(event) => onChange({ type: event.target.value as DraftVariant['type'] })}
          className={`${inputStyle} h-7 min-w-0 flex-1 basis-28 pr-7 text-sm`}
        >
          <option value="TEMPLATE">Template</option>
          <option value="PERSONALIZATION">Written by AI for each lead</option>
        </select>
        {is_only ? null : (
          <label className="flex items-center gap-1 text-xs text-ink-soft">
            <input
              type="number"
              inputMode="numeric"
              aria-label={`Share of ${name} in percent`}
              min={0}
              max={100}
              disabled={is_locked}
              value={variant.weight}
              onChange={(event) =>
                onChange({ weight: Math.min(100, Math.max(0, Math.round(event.target.valueAsNumber || 0))) })
              }
              className={`${inputStyle} h-7 !w-14 text-sm tabular-nums`}
            />
            %
          </label>
        )}
        {is_only || is_locked ? null : (
          <button
            type="button"
            aria-label={`Remove variant ${variant.label}`}
            onClick={onRemove}
            className="rounded p-1 text-ink-faint hover:bg-line hover:text-ink [&_svg]:size-3.5"
          >
            <X aria-hidden />
          </button>
        )}
      </div>
      {variant.type === 'TEMPLATE' ? (
        <TemplateChoice
          variant={variant}
          name={name}
          step_index={step_index}
          draft={draft}
          is_locked={is_locked}
          row={row}
          onChange={onChange}
        />
      ) : (
        <ProfileChoice variant={variant} name={name} is_locked={is_locked} onChange={onChange} />
      )}
    </article>
  )
}

const TemplateChoice = ({
  variant,
  name,
  step_index,
  draft,
  is_locked,
  row,
  onChange,
}: {
  variant: DraftVariant
  name: string
  step_index: number
  draft: Draft
  is_locked: boolean
  row: number | null
  onChange: (patch: Partial<DraftVariant>) => void
}) => {
  const [editing, setEditing] = useState<'new' | 'chosen' | null>(null)
  const [is_previewed, setPreviewed] = useState(false)
  const templates = useRead(listTemplates, { limit: 100 })
  const chosen = useRead(
    getTemplate,
    { template_id: variant.template_id ?? '' },
    { enabled: Boolean(variant.template_id), keep_previous: true },
  )
  const template = variant.template_id ? chosen.data : undefined
  const listed = templates.data?.items ?? []
  return (
    <>
      <div className="flex gap-2">
        <select
          aria-label={`Template of ${name}`}
          disabled={is_locked}
          value={variant.template_id ?? ''}
          onChange={(event) => onChange({ template_id: event.target.value || null })}
          className={`${inputStyle} h-8 min-w-0 flex-1 pr-7 text-sm`}
        >
          <option value="">Choose a template</option>
          {template && !listed.some(({ template_id }) => template_id === template.template_id) ? (
            <option value={template.template_id}>{template.name}</option>
          ) : null}
          {listed.map(({ template_id, name }) => (
            <option key={template_id} value={template_id}>
              {name}
            </option>
          ))}
        </select>
        {is_locked ? null : (
          <Button size="sm" className="h-8" icon={<Plus aria-hidden />} onClick={() => setEditing('new')}>
            New text
          </Button>
        )}
      </div>
      {variant.template_id ? (
        template ? (
          <div className="flex flex-1 flex-col gap-2 rounded-md border border-line bg-surface p-3">
            {row === null ? (
              <>
                <p className="text-sm font-semibold break-words">
                  {template.content.subject.trim() ? (
                    <TextWithPlaceholders text={template.content.subject} />
                  ) : (
                    <span className="font-normal text-ink-faint">Continues the thread with its subject</span>
                  )}
                </p>
                <p className="line-clamp-[10] text-sm break-words whitespace-pre-wrap text-ink-soft">
                  <TextWithPlaceholders text={template.content.body_text ?? template.content.body} />
                </p>
              </>
            ) : (
              <RenderedText content={template.content} dataset_id={draft.dataset_id} row={row} step={step_index + 1} />
            )}
            <div className="mt-auto flex gap-1 pt-1">
              <Button size="sm" look="quiet" icon={<Pencil aria-hidden />} onClick={() => setEditing('chosen')}>
                Edit the text
              </Button>
              <Button size="sm" look="quiet" icon={<Eye aria-hidden />} onClick={() => setPreviewed(true)}>
                Preview
              </Button>
            </div>
          </div>
        ) : chosen.error ? (
          <ErrorPanel error={chosen.error} />
        ) : (
          <Skeleton className="h-28" />
        )
      ) : null}
      {template && is_previewed ? (
        <TextPreview
          content={template.content}
          dataset_id={draft.dataset_id}
          step_index={step_index}
          variant_label={variant.label}
          onClose={() => setPreviewed(false)}
        />
      ) : null}
      {editing ? (
        <TextDialog
          template={editing === 'chosen' ? (template ?? null) : null}
          suggested_name={`${draft.name.trim() || 'Campaign'}, step ${step_index + 1} ${variant.label}`}
          dataset_id={draft.dataset_id}
          step={step_index + 1}
          onClose={() => setEditing(null)}
          onSaved={({ template_id }) => {
            if (!is_locked) onChange({ template_id })
            setEditing(null)
          }}
        />
      ) : null}
    </>
  )
}

/** The words as one lead of the audience would read them, so that variants can be compared as they arrive. */
const RenderedText = ({
  content,
  ...reader
}: {
  content: TemplateContent
  dataset_id: string | null
  row: number
  step: number
}) => {
  const { preview, problems } = useLiveText(content, reader)
  return (
    <>
      {preview ? (
        <>
          <p className="text-sm font-semibold break-words">
            {preview.subject || (
              <span className="font-normal text-ink-faint">Continues the thread with its subject</span>
            )}
          </p>
          <p className="line-clamp-[14] text-sm break-words whitespace-pre-wrap text-ink-soft">{preview.text}</p>
        </>
      ) : problems.length ? null : (
        <Skeleton className="h-28" />
      )}
      <TextFindings preview={preview} problems={problems} />
    </>
  )
}

const ProfileChoice = ({
  variant,
  name,
  is_locked,
  onChange,
}: {
  variant: DraftVariant
  name: string
  is_locked: boolean
  onChange: (patch: Partial<DraftVariant>) => void
}) => {
  const profiles = useRead(listSenderProfiles, {})
  return (
    <>
      <select
        aria-label={`Sender profile of ${name}`}
        disabled={is_locked}
        value={variant.sender_profile_id ?? ''}
        onChange={(event) => onChange({ sender_profile_id: event.target.value || null })}
        className={`${inputStyle} h-8 pr-7 text-sm`}
      >
        <option value="">Choose who is writing</option>
        {profiles.data?.map((profile) => (
          <option key={profile.id} value={profile.id}>
            {profile.profile_name}
            {profile.is_default ? ' (default)' : ''}
          </option>
        ))}
      </select>
      <p className="text-xs text-ink-faint">
        Each lead gets a text of its own, from what is known of it and of the sender. Texts can be reviewed in the
        playground before they go out.{' '}
        {profiles.data?.length === 0 ? (
          <>
            There is no sender profile yet. <MendLink to="profiles" look="link" />
          </>
        ) : null}
      </p>
    </>
  )
}
