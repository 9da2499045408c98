import type { TemplateContent } from '@bavlio/sdk/types'
import { Dialog } from '../../../ui/dialog.tsx'
import { LiveMessage } from '../../senders/templates/live-text.tsx'

/** A variant as a lead of the audience would get it, row by row; the campaign need not be saved for it. */
export const TextPreview = ({
  content,
  dataset_id,
  step_index,
  variant_label,
  onClose,
}: {
  content: TemplateContent
  dataset_id: string | null
  step_index: number
  variant_label: string
  onClose: () => void
}) => (
  <Dialog
    is_open
    onClose={onClose}
    title={`Step ${step_index + 1}, variant ${variant_label}`}
    description="As it would be sent, with the footer."
    className="w-[min(44rem,calc(100vw-2rem))]"
  >
    <LiveMessage content={content} dataset_id={dataset_id} step={step_index + 1} className="min-h-80" />
  </Dialog>
)
