import { Dialog } from '../../ui/dialog.tsx'
import { keyStyle } from '../../ui/keys.ts'

const KEYS: [string[], string][] = [
  [['J', 'K'], 'Next and previous thread'],
  [['X'], 'Select a thread; what follows is done to all that are selected'],
  [['Shift', 'X'], 'Select all in between'],
  [['Shift', 'A'], 'Select all of the list'],
  [['E'], 'Mark as done'],
  [['S'], 'Snooze'],
  [['R'], 'Answer'],
  [['Ctrl', 'Enter'], 'Send the answer'],
  [['Ctrl', 'Shift', 'Enter'], 'Send the answer and mark as done'],
  [['U'], 'Mark as unread'],
  [['Shift', 'I'], 'Mark what is selected as read'],
  [['*'], 'Star'],
  [['#'], 'Move to the trash'],
  [['!'], 'Move to spam'],
  [['/'], 'Search'],
  [['Esc'], 'Leave the field, select none, close the thread'],
]

export const ShortcutsDialog = ({ is_open, onClose }: { is_open: boolean; onClose: () => void }) => (
  <Dialog is_open={is_open} onClose={onClose} title="Keyboard shortcuts" description="For the inbox.">
    <dl className="grid grid-cols-[auto_1fr] items-center gap-x-6 gap-y-2 text-sm">
      {KEYS.map(([keys, words]) => (
        <div key={words} className="contents">
          <dt className="flex gap-1">
            {keys.map((key) => (
              <kbd key={key} className={keyStyle}>
                {key}
              </kbd>
            ))}
          </dt>
          <dd className="text-ink-soft">{words}</dd>
        </div>
      ))}
    </dl>
  </Dialog>
)
