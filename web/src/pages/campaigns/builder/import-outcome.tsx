import { getImport } from '@bavlio/sdk/operations'
import { Link } from '@tanstack/react-router'
import { useRead } from '../../../api/query.ts'
import { buttonStyle } from '../../../ui/button.tsx'
import { Notice } from '../../../ui/notice.tsx'

const rows = (count: number): string => `${count.toLocaleString()} ${count === 1 ? 'row' : 'rows'}`

/** What became of the rows of a file that was just loaded; those left out are said, never silently gone. */
export const ImportOutcome = ({ import_id }: { import_id: string }) => {
  const { data } = useRead(getImport, { import_id })
  if (!data) return null
  const left_out = [
    ...(data.rows_rejected ? [`${rows(data.rows_rejected)} cannot be used`] : []),
    ...(data.rows_duplicate ? [`${rows(data.rows_duplicate)} repeat somebody`] : []),
  ]
  return (
    <Notice
      tone={left_out.length ? 'warn' : 'info'}
      title={`${rows(data.rows_imported)} of ${data.filename ?? 'the file'} loaded`}
      action={
        left_out.length ? (
          <Link
            to="/leads/imports/$import_id"
            params={{ import_id }}
            className={buttonStyle({ look: 'plain', size: 'sm' })}
          >
            See which
          </Link>
        ) : undefined
      }
    >
      {left_out.length ? `${left_out.join(', ')}.` : null}
    </Notice>
  )
}
