import { Check, MoreHorizontal } from 'lucide-react'
import { DropdownMenu as Radix } from 'radix-ui'
import { type ReactNode, useState } from 'react'
import { buttonStyle } from './button.tsx'
import { cn } from './class-names.ts'

export type MenuAction = {
  label: string
  icon?: ReactNode
  onSelect: () => void
  is_dangerous?: boolean
  is_disabled?: boolean
  /** Given, the action is a mark that is set or not; the menu stays open, so that several can be changed. */
  is_checked?: boolean
}

const contentStyle =
  'z-70 max-h-(--radix-dropdown-menu-content-available-height) min-w-44 overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-raised'
const itemStyle =
  'flex cursor-default items-center gap-2 rounded-md px-2 py-1.5 text-sm text-ink outline-none data-[disabled]:text-ink-faint data-[highlighted]:bg-sunken [&_svg]:size-4 [&_svg]:text-ink-faint'

/** Actions on one thing. `label` names the thing for screen readers: "Actions for Spring campaign". */
export const ActionMenu = ({
  label,
  actions,
  trigger,
}: {
  label: string
  actions: MenuAction[]
  trigger?: ReactNode
}) => {
  // Beside its button in the landmarks of the page, where whoever walks through these finds it.
  const [button, setButton] = useState<HTMLElement | null>(null)
  return (
    // Not modal: a modal menu hides the page from screen readers together with places that still take the focus.
    <Radix.Root modal={false}>
      <Radix.Trigger
        ref={setButton}
        aria-label={trigger ? undefined : label}
        className={trigger ? undefined : buttonStyle({ look: 'quiet', size: 'icon' })}
        asChild={Boolean(trigger)}
      >
        {trigger ?? <MoreHorizontal aria-hidden />}
      </Radix.Trigger>
      <Radix.Portal container={button?.closest<HTMLElement>('main, nav') ?? null}>
        <Radix.Content align="end" sideOffset={4} className={contentStyle} aria-label={label}>
          {actions.map((action) =>
            action.is_checked === undefined ? (
              <Radix.Item
                key={action.label}
                disabled={action.is_disabled}
                onSelect={action.onSelect}
                className={cn(itemStyle, action.is_dangerous && 'text-bad [&_svg]:text-bad')}
              >
                {action.icon}
                {action.label}
              </Radix.Item>
            ) : (
              <Radix.CheckboxItem
                key={action.label}
                disabled={action.is_disabled}
                checked={action.is_checked}
                onCheckedChange={action.onSelect}
                onSelect={(event) => event.preventDefault()}
                className={itemStyle}
              >
                <span className="flex size-4 items-center">
                  <Radix.ItemIndicator>
                    <Check aria-hidden />
                  </Radix.ItemIndicator>
                </span>
                {action.label}
              </Radix.CheckboxItem>
            ),
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
