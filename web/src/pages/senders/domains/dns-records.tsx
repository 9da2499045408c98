import { checkDnsStatus, getDomain, listDomains, rotateDomainDkim, verifyDomain } from '@bavlio/sdk/operations'
import type { BavimailDnsRecordStatus, BavimailDomain } from '@bavlio/sdk/types'
import { RefreshCw } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient, useRead, useWrite } from '../../../api/query.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { CopyButton } from '../../../ui/copy-button.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { Loaded } from '../../../ui/states.tsx'
import { formatDateTime } from '../../../ui/time.tsx'
import { showDone, showError } from '../../../ui/toast.tsx'
import { PURPOSES, RECORD_STATES } from '../words.ts'

/** What to publish, with what DNS says at present beside it. While the domain waits, it is asked again by itself. */
export const DnsRecords = ({ domain }: { domain: BavimailDomain }) => {
  const domain_id = domain.id
  const is_waiting = domain.status !== 'verified'
  const read = useRead(checkDnsStatus, { domain_id }, { refetch_ms: is_waiting ? 15_000 : false })
  const [is_looking, setLooking] = useState(false)
  const look = async (): Promise<void> => {
    setLooking(true)
    try {
      const fresh = await checkDnsStatus(call, { domain_id, force_refresh: true })
      queryClient.setQueryData(keyOf(checkDnsStatus, { domain_id }), fresh)
    } catch (error) {
      showError(error)
    } finally {
      setLooking(false)
    }
  }
  const verify = useWrite(verifyDomain, {
    refreshes: [getDomain, listDomains],
    onDone: () => {
      showDone('The domain is being checked')
      void look()
    },
  })
  const rotate = useWrite(rotateDomainDkim, {
    refreshes: [getDomain],
    onDone: ({ dns_records }) => {
      // In a sandbox the record is found in the moment in which it is made.
      const waits = dns_records.some(({ purpose }) => purpose === 'dkim_next')
      showDone(waits ? 'The next key is made; publish its record' : 'The next key signs from now on')
      // The stored check knows nothing of the new record.
      void look()
    },
  })
  return (
    <Loaded read={read}>
      {(status) => {
        const needed = status.records.filter((record) => record.required)
        const others = status.records.filter((record) => !record.required)
        const found = needed.filter((record) => record.status === 'verified').length
        return (
          <>
            {status.mail_from_status?.error ? (
              <Notice tone="warn" title={`Bounces: ${status.mail_from_status.message}`}>
                {status.mail_from_status.error}
              </Notice>
            ) : null}
            <Card>
              <CardHeader
                title="Needed records"
                note={
                  <span role="status">
                    {found} of {needed.length} found
                    {status.last_checked ? `, looked for ${formatDateTime(status.last_checked)}` : ''}
                  </span>
                }
                actions={
                  <>
                    <Button icon={<RefreshCw aria-hidden />} is_busy={is_looking} onClick={() => void look()}>
                      Look again
                    </Button>
                    <Button
                      look={is_waiting ? 'primary' : 'plain'}
                      is_busy={verify.isPending || domain.status === 'verifying'}
                      onClick={() => verify.mutate({ domain_id, body: { force: !is_waiting } })}
                    >
                      {is_waiting ? 'Verify' : 'Verify anew'}
                    </Button>
                  </>
                }
              />
              <Records records={needed} />
            </Card>
            {others.length ? (
              <Card>
                <CardHeader
                  title="Recommended records"
                  note="Mail goes out without them; with them more of it arrives."
                  actions={
                    <Button is_busy={rotate.isPending} onClick={() => rotate.mutate({ domain_id })}>
                      Make the next signing key
                    </Button>
                  }
                />
                <Records records={others} />
              </Card>
            ) : null}
          </>
        )
      }}
    </Loaded>
  )
}

const Records = ({ records }: { records: BavimailDnsRecordStatus[] }) => (
  <ul>
    {records.map((record) => {
      const words = PURPOSES[record.purpose ?? ''] ?? record.description ?? record.type
      const state = RECORD_STATES[record.status]
      return (
        <li
          key={`${record.type} ${record.name} ${record.value}`}
          className="border-b border-line px-4 py-3 last:border-0"
        >
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h3 className="text-sm font-medium text-ink">{words}</h3>
            <span className="rounded bg-sunken px-1.5 font-mono text-2xs text-ink-soft">{record.type}</span>
            {record.priority === null || record.priority === undefined ? null : (
              <span className="text-2xs text-ink-faint">priority {record.priority}</span>
            )}
            <Badge tone={record.required || record.status === 'verified' ? state.tone : 'neutral'} className="ml-auto">
              {state.words}
            </Badge>
          </div>
          <CopyLine label="Name" value={record.name} of={words} />
          <CopyLine label="Value" value={record.value} of={words} />
          {record.status === 'incorrect_value' && record.actual_value ? (
            <p className="mt-1 text-xs break-all text-bad">
              DNS has <code className="font-mono">{record.actual_value}</code>
            </p>
          ) : null}
          {(record.error_message ?? record.note) ? (
            <p className="mt-1 text-xs text-ink-faint">{record.error_message ?? record.note}</p>
          ) : null}
        </li>
      )
    })}
  </ul>
)

const CopyLine = ({ label, value, of }: { label: string; value: string; of: string }) => (
  <div className="mt-1 flex items-center gap-2">
    <span className="w-10 shrink-0 text-xs text-ink-faint">{label}</span>
    <code className="min-w-0 flex-1 truncate font-mono text-xs text-ink" title={value}>
      {value}
    </code>
    <CopyButton value={value} label={`Copy the ${label.toLowerCase()} of ${of}`} />
  </div>
)
