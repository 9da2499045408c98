import { previewTemplateSubstitution } from '@bavlio/sdk/operations'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { useRead } from '../../../api/query.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { Loaded } from '../../../ui/states.tsx'

/** A variant as a lead of the dataset would get it, row by row. */
export const TextPreview = ({
  campaign_id,
  step_index,
  variant_label,
  onClose,
}: {
  campaign_id: string
  step_index: number
  variant_label: string
  onClose: () => void
}) => {
  const [row, setRow] = useState(0)
  const read = useRead(
    previewTemplateSubstitution,
    { campaign_id, step_index, variant_label, lead_row_index: row },
    { keep_previous: true },
  )
  return (
    <Dialog
      is_open
      onClose={onClose}
      title={`Step ${step_index + 1}, variant ${variant_label}`}
      description="As it would be sent, with the footer. The campaign as it was last saved."
      className="w-[min(44rem,calc(100vw-2rem))]"
      footer={
        <div className="flex w-full items-center justify-between gap-3">
          <span className="text-xs text-ink-faint tabular-nums">Row {(row + 1).toLocaleString()} of the dataset</span>
          <span className="flex gap-1">
            <Button size="sm" disabled={row === 0} onClick={() => setRow(row - 1)} icon={<ChevronLeft aria-hidden />}>
              Back
            </Button>
            <Button size="sm" onClick={() => setRow(row + 1)}>
              Next
              <ChevronRight aria-hidden />
            </Button>
          </span>
        </div>
      }
    >
      <Loaded read={read}>
        {(preview) => (
          <div className="flex flex-col gap-4">
            {preview.missing_variables.length ? (
              <Notice tone="warn" title="Some placeholders have no value for this lead">
                {preview.missing_variables.join(', ')}
              </Notice>
            ) : null}
            <p className="text-base font-semibold">{preview.subject || 'Continues the thread with its subject'}</p>
            <p className="text-sm break-words whitespace-pre-wrap text-ink-soft">{preview.body_text}</p>
          </div>
        )}
      </Loaded>
    </Dialog>
  )
}
