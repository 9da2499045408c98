import { getCurrentUser, logOut } from '@bavlio/sdk/operations'
import { CircleUser, LogOut } from 'lucide-react'
import { call } from '../../api/call.ts'
import { useRead } from '../../api/query.ts'
import { closeSession, refreshToken } from '../../api/session.ts'
import { ActionMenu } from '../../ui/menu.tsx'

export const AccountMenu = () => {
  const user = useRead(getCurrentUser, {})
  const name = user.data?.email ?? 'Account'
  return (
    <ActionMenu
      label="Account"
      trigger={
        <button
          type="button"
          className="flex min-w-0 flex-1 items-center gap-2 rounded-md px-2 py-1.5 text-left text-sm text-ink-soft hover:bg-sunken [&_svg]:size-4"
        >
          <CircleUser aria-hidden />
          <span className="truncate">{name}</span>
        </button>
      }
      actions={[{ label: 'Log out', icon: <LogOut aria-hidden />, onSelect: () => void leave() }]}
    />
  )
}

const leave = async (): Promise<void> => {
  const token = refreshToken()
  // Whether or not the server hears of it, this device forgets the person.
  if (token) await logOut(call, { body: { refresh_token: token } } as never).catch(() => {})
  closeSession()
}
