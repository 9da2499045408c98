import { googleOauthLogin, googleOauthLogout, googleOauthStatus, listSheets } from '@bavlio/sdk/operations'
import type { ActionResult, GoogleLoginResponse } from '@bavlio/sdk/types'
import { useRead, useWrite } from '../../../api/query.ts'
import { Button } from '../../../ui/button.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { showDone } from '../../../ui/toast.tsx'

/** Whose Google account reads sheets here, and the way to link one; a sandbox reads the files of a folder. */
export const GoogleAccount = () => {
  const status = useRead(googleOauthStatus, {})
  const link = useWrite<Record<string, never>, GoogleLoginResponse>(googleOauthLogin, {
    onDone: ({ authorization_url }) => location.assign(authorization_url),
  })
  const unlink = useWrite<Record<string, never>, ActionResult>(googleOauthLogout, {
    refreshes: [googleOauthStatus, listSheets],
    onDone: ({ message }) => showDone(message),
  })
  if (!status.data) return null
  const { sheets_source, authenticated, google_email, advice } = status.data
  if (sheets_source === null)
    return (
      <Notice tone="warn" title="No sheets can be read here">
        Google is not set up on this instance; whoever runs it adds GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET.
      </Notice>
    )
  if (sheets_source === 'folder')
    return (
      <Notice tone="info" title="Sheets are files of a folder here">
        This workspace reads CSV files that lie in the folder “sheets” of the instance’s data, in Google’s place.
      </Notice>
    )
  return authenticated ? (
    <Notice
      tone={advice ? 'warn' : 'good'}
      title={`Sheets are read as ${google_email ?? 'your Google account'}`}
      action={
        <Button is_busy={unlink.isPending} onClick={() => unlink.mutate({})}>
          Unlink
        </Button>
      }
    >
      {advice ?? 'Only your own links read with it; nobody else of the workspace can.'}
    </Notice>
  ) : (
    <Notice
      tone="info"
      title="No Google account is linked"
      action={
        <Button look="primary" is_busy={link.isPending} onClick={() => link.mutate({})}>
          Link Google
        </Button>
      }
    >
      {advice ?? 'Sheets are read with your own account, and only after you agree to it at Google.'}
    </Notice>
  )
}
