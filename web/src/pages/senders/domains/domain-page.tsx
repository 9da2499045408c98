import { deleteDomain, getDomain, listDomains } from '@bavlio/sdk/operations'
import type { BavimailDomain } from '@bavlio/sdk/types'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { describeError, useRead, useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useListSearch } from '../../../table/use-list-search.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Confirm } from '../../../ui/confirm.tsx'
import { SelectField } from '../../../ui/field.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { Page } from '../../../ui/page.tsx'
import { Loaded, LoadingRows } from '../../../ui/states.tsx'
import { Tabs } from '../../../ui/tabs.tsx'
import { formatDateTime } from '../../../ui/time.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { DOMAIN_STATES } from '../words.ts'
import { AliasCard } from './alias-card.tsx'
import { DnsRecords } from './dns-records.tsx'
import { DomainSettings } from './domain-settings.tsx'
import { DomainHealth } from './health.tsx'

type View = 'dns' | 'aliases' | 'settings'

export const DomainPage = () => {
  const { domain_id } = useParams({ strict: false }) as { domain_id: string }
  const read = useRead(getDomain, { domain_id }, { refetch_ms: 10_000 })
  return (
    <Loaded
      read={read}
      loading={
        <Page title="Domain">
          <LoadingRows />
        </Page>
      }
    >
      {(domain) => <Shown domain={domain} />}
    </Loaded>
  )
}

const Shown = ({ domain }: { domain: BavimailDomain }) => {
  const [search, change] = useListSearch<{ view?: View; page?: number }>()
  const [is_deleting, setDeleting] = useState(false)
  const view = search.view ?? (domain.status === 'verified' ? 'aliases' : 'dns')
  const state = DOMAIN_STATES[domain.status]
  return (
    <Page
      title={domain.domain}
      note={
        <span className="flex flex-wrap items-center gap-2 pt-1">
          <Badge tone={state.tone}>{state.words}</Badge>
          {domain.is_active === false ? <Badge tone="warn">Switched off</Badge> : null}
          {domain.is_sandbox ? <Badge>Sandbox</Badge> : null}
          {domain.verified_at ? <span>since {formatDateTime(domain.verified_at)}</span> : null}
        </span>
      }
      actions={
        <Button look="danger" onClick={() => setDeleting(true)}>
          Remove the domain
        </Button>
      }
    >
      {domain.failing_since ? (
        <Notice tone="bad" title="A needed record is missing">
          Since {formatDateTime(domain.failing_since)}. The domain stops sending 72 hours after that.
        </Notice>
      ) : null}
      {domain.verification_error ? (
        <Notice tone="warn" title="The last check failed">
          {domain.verification_error}
        </Notice>
      ) : null}
      <Tabs
        label="Views of the domain"
        current={view}
        onChange={(next) => change({ view: next })}
        tabs={[
          { id: 'aliases', label: 'Aliases and health' },
          { id: 'dns', label: 'DNS records' },
          { id: 'settings', label: 'Settings' },
        ]}
      />
      {view === 'dns' ? <DnsRecords domain={domain} /> : null}
      {view === 'aliases' ? (
        <>
          <AliasCard domain={domain} />
          <DomainHealth domain_id={domain.id} />
        </>
      ) : null}
      {view === 'settings' ? <DomainSettings key={domain.id} domain={domain} /> : null}
      {is_deleting ? <RemoveDomain domain={domain} onClose={() => setDeleting(false)} /> : null}
    </Page>
  )
}

/** Refused while campaigns send from it, unless another domain takes them over. */
const RemoveDomain = ({ domain, onClose }: { domain: BavimailDomain; onClose: () => void }) => {
  const navigate = useNavigate()
  const [reassign_to, setReassign] = useState('')
  const others = (useRead(listDomains, {}).data ?? []).filter(
    (each) => each.id !== domain.id && each.status === 'verified',
  )
  const remove = useWrite(deleteDomain, {
    refreshes: [listDomains],
    shows_error: true,
    onDone: () => {
      showDone(`${domain.domain} is removed`)
      void navigate({ to: '/senders/domains' })
    },
  })
  return (
    <Confirm
      is_open
      onClose={onClose}
      title={`Remove ${domain.domain}`}
      description="Its aliases stop sending and receiving. What was sent and received stays readable."
      action="Remove the domain"
      is_busy={remove.isPending}
      onConfirm={() => remove.mutate({ domain_id: domain.id, ...(reassign_to ? { reassign_to } : {}) })}
    >
      <div className="flex flex-col gap-4">
        <FormFailure failure={remove.error ? describeError(remove.error) : null} />
        <SelectField
          label="Who takes over its campaigns"
          hint="Their next messages begin new threads."
          value={reassign_to}
          onChange={(event) => setReassign(event.target.value)}
        >
          <option value="">Nobody; refuse if campaigns use it</option>
          {others.map((each) => (
            <option key={each.id} value={each.id}>
              {each.domain}
            </option>
          ))}
        </SelectField>
      </div>
    </Confirm>
  )
}
