import { useState } from 'react'
import { useWorkspaceNow } from '../../api/workspace-clock.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { keyStyle } from '../../ui/keys.ts'
import { formatDateTime } from '../../ui/time.tsx'

const at = (now: Date, days: number, hour: number): Date => {
  const day = new Date(now)
  day.setDate(day.getDate() + days)
  day.setHours(hour, 0, 0, 0)
  return day
}

/** In the person's own zone: "tomorrow morning" is theirs, whatever zone the campaign writes in. */
const choicesAt = (now: Date): { words: string; until: Date }[] => [
  { words: 'In three hours', until: new Date(now.getTime() + 3 * 3_600_000) },
  { words: 'Tomorrow morning', until: at(now, 1, 9) },
  { words: 'Next Monday', until: at(now, (8 - now.getDay()) % 7 || 7, 9) },
  { words: 'In two weeks', until: at(now, 14, 9) },
]

/** As an input of date and time takes it: local, without a zone. */
const localValue = (date: Date): string => {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}

/** The first choice has the focus when the dialog opens, so that Enter and the numbers work at once. */
const takeFocus = (button: HTMLButtonElement | null): void => button?.focus()

export const SnoozeDialog = ({
  is_open,
  onClose,
  onChoose,
}: {
  is_open: boolean
  onClose: () => void
  onChoose: (until: Date) => void
}) => {
  const now = useWorkspaceNow()
  const choices = choicesAt(now)
  const [own, setOwn] = useState('')
  const choose = (until: Date): void => {
    onClose()
    onChoose(until)
  }
  const chosen = own ? new Date(own) : null
  return (
    <Dialog
      is_open={is_open}
      onClose={onClose}
      title="Snooze"
      description="The thread comes back at its time, or as soon as somebody writes in it."
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the numbers are short ways to the buttons below, which do the same. */}
      <div
        onKeyDown={(event) => {
          const choice = choices[Number(event.key) - 1]
          if (choice && !(event.target instanceof HTMLInputElement)) choose(choice.until)
        }}
        className="flex flex-col gap-1"
      >
        {choices.map(({ words, until }, index) => (
          <button
            key={words}
            type="button"
            ref={index === 0 ? takeFocus : undefined}
            onClick={() => choose(until)}
            className="flex items-center justify-between gap-4 rounded-md px-2 py-2 text-left text-sm text-ink hover:bg-sunken"
          >
            <span className="flex items-center gap-2.5 font-medium">
              <kbd className={keyStyle}>{index + 1}</kbd>
              {words}
            </span>
            <span className="text-ink-faint tabular-nums">{formatDateTime(until)}</span>
          </button>
        ))}
        <form
          className="mt-2 flex items-end gap-2 border-t border-line pt-3"
          onSubmit={(event) => {
            event.preventDefault()
            if (chosen && chosen > now) choose(chosen)
          }}
        >
          <TextField
            label="Another time"
            type="datetime-local"
            className="flex-1"
            min={localValue(now)}
            value={own}
            onChange={(event) => setOwn(event.target.value)}
          />
          <Button type="submit" size="lg" className="h-9" disabled={!chosen || chosen <= now}>
            Snooze
          </Button>
        </form>
      </div>
    </Dialog>
  )
}
