import { AlarmClock, Check, Mail, MailOpen, ShieldX, Star, Trash2, Undo2, X } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { Button } from '../../ui/button.tsx'
import { ActionMenu } from '../../ui/menu.tsx'
import type { Selection } from './use-selection.ts'

export type BulkActions = {
  /** Null where the folder holds only what is out of the inbox. */
  onDone: (() => void) | null
  onRestore: () => void
  onSnooze: () => void
  onRead: (is_read: boolean) => void
  onStar: (is_starred: boolean) => void
  onMove: (place: 'spam' | 'trash') => void
}

/** What can be done to all that is selected; it stands in the place of the filters, so that nothing below it moves. */
export const SelectionBar = ({
  selection,
  count,
  actions,
}: {
  selection: Selection
  /** How many threads the list has at present. */
  count: number
  actions: BulkActions
}) => {
  const { threads } = selection
  const box = useRef<HTMLInputElement>(null)
  const is_all = threads.length === count
  useEffect(() => {
    if (box.current) box.current.indeterminate = !is_all
  }, [is_all])
  const has_unread = threads.some(({ is_read }) => !is_read)
  const is_starring = threads.some(({ is_starred }) => !is_starred)
  return (
    <div role="toolbar" aria-label="Selected threads" className="flex h-13 items-center gap-0.5">
      <label className="-ml-1 flex items-center gap-2 py-1 pr-1 pl-1 text-sm font-medium text-ink">
        <input
          ref={box}
          type="checkbox"
          aria-label="Select all threads of the list"
          checked={is_all}
          onChange={() => (is_all ? selection.clear() : selection.chooseAll())}
          className="size-4 accent-(--accent)"
        />
        <span role="status" className="whitespace-nowrap tabular-nums">
          {threads.length.toLocaleString()} selected
        </span>
      </label>
      <span className="flex-1" />
      {actions.onDone ? (
        <Button
          look="quiet"
          size="icon"
          aria-label="Mark as done"
          title="Done (E)"
          onClick={actions.onDone}
          icon={<Check aria-hidden />}
        />
      ) : (
        <Button
          look="quiet"
          size="icon"
          aria-label="Back to the inbox"
          title="To the inbox"
          onClick={actions.onRestore}
          icon={<Undo2 aria-hidden />}
        />
      )}
      <Button
        look="quiet"
        size="icon"
        aria-label="Snooze"
        title="Snooze (S)"
        onClick={actions.onSnooze}
        icon={<AlarmClock aria-hidden />}
      />
      <Button
        look="quiet"
        size="icon"
        aria-label={has_unread ? 'Mark as read' : 'Mark as unread'}
        title={has_unread ? 'Read (Shift+I)' : 'Unread (U)'}
        onClick={() => actions.onRead(has_unread)}
        icon={has_unread ? <MailOpen aria-hidden /> : <Mail aria-hidden />}
      />
      <ActionMenu
        label="More for the selected threads"
        actions={[
          {
            label: is_starring ? 'Star' : 'Take the star off',
            icon: <Star aria-hidden />,
            onSelect: () => actions.onStar(is_starring),
          },
          { label: 'Move to spam', icon: <ShieldX aria-hidden />, onSelect: () => actions.onMove('spam') },
          { label: 'Move to the trash', icon: <Trash2 aria-hidden />, onSelect: () => actions.onMove('trash') },
        ]}
      />
      <Button
        look="quiet"
        size="icon"
        aria-label="Select none"
        title="None (Esc)"
        onClick={selection.clear}
        icon={<X aria-hidden />}
      />
    </div>
  )
}
