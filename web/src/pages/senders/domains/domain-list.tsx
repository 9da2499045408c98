import { addDomain, getSendingHealth, listAliases, listDomains } from '@bavlio/sdk/operations'
import type { BavimailDomain } from '@bavlio/sdk/types'
import { Link, useNavigate } from '@tanstack/react-router'
import { Globe, Plus } from 'lucide-react'
import { useState } from 'react'
import { useRead, useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Card } from '../../../ui/card.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { TextField } from '../../../ui/field.tsx'
import { Page } from '../../../ui/page.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { BANDS, DOMAIN_STATES, percent } from '../words.ts'
import { WorkspaceHealth } from './health.tsx'

/** The domains that mail is sent from, how they stand in DNS and with those who receive. */
export const DomainListPage = () => {
  const [is_adding, setAdding] = useState(false)
  const domains = useRead(listDomains, {}, { refetch_ms: 15_000 })
  const add = (
    <Button look="primary" icon={<Plus aria-hidden />} onClick={() => setAdding(true)}>
      Add a domain
    </Button>
  )
  return (
    <Page title="Domains" note="Sending domains with their aliases." actions={add}>
      <WorkspaceHealth />
      <Card>
        <Loaded read={domains}>
          {(list) =>
            list.length ? (
              <DomainTable domains={list} />
            ) : (
              <Empty icon={<Globe aria-hidden />} title="No domain yet" action={add}>
                A domain of your own, or a subdomain of it, proves that a message is yours. Records in DNS do that.
              </Empty>
            )
          }
        </Loaded>
      </Card>
      {is_adding ? <AddDomain onClose={() => setAdding(false)} /> : null}
    </Page>
  )
}

const DomainTable = ({ domains }: { domains: BavimailDomain[] }) => {
  const aliases = useRead(listAliases, {})
  const health = useRead(getSendingHealth, {}, { refetch_ms: 30_000 })
  return (
    <Table>
      <thead>
        <tr>
          <Th>Domain</Th>
          <Th className="max-sm:hidden">DNS</Th>
          <Th>Health</Th>
          <Th className="text-right max-md:hidden">Accepted, 7 days</Th>
          <Th className="text-right max-md:hidden">Bounces</Th>
          <Th className="text-right max-sm:hidden">Aliases</Th>
          <Th className="text-right max-sm:hidden">Most a day</Th>
        </tr>
      </thead>
      <tbody>
        {domains.map((domain) => {
          const found = health.data?.domains.find((each) => each.domain_id === domain.id)
          const own = aliases.data?.filter((alias) => alias.domain_id === domain.id).length
          return (
            <Tr key={domain.id}>
              <Td className="max-w-72 max-sm:w-full max-sm:max-w-0">
                <Link
                  to="/senders/domains/$domain_id"
                  params={{ domain_id: domain.id }}
                  className="block truncate font-medium hover:underline"
                >
                  {domain.domain}
                </Link>
                {/* On a phone the state stands under the name, which is not cut off then. */}
                <span className="block pt-1 sm:hidden">
                  <DomainState domain={domain} />
                </span>
              </Td>
              <Td className="max-sm:hidden">
                <DomainState domain={domain} />
              </Td>
              <Td>
                <Badge tone={BANDS[found?.band ?? 'unknown'].tone}>{BANDS[found?.band ?? 'unknown'].words}</Badge>
              </Td>
              <Td className="text-right tabular-nums max-md:hidden">{(found?.accepted ?? 0).toLocaleString()}</Td>
              <Td className="text-right tabular-nums max-md:hidden">{percent(found?.hard_bounce_rate)}</Td>
              <Td className="text-right tabular-nums max-sm:hidden">{own ?? '–'}</Td>
              <Td className="text-right tabular-nums max-sm:hidden">
                {domain.daily_limit?.toLocaleString() ?? 'No cap'}
              </Td>
            </Tr>
          )
        })}
      </tbody>
    </Table>
  )
}

const DomainState = ({ domain }: { domain: BavimailDomain }) =>
  domain.failing_since ? (
    <Badge tone="bad">Records are missing</Badge>
  ) : domain.is_active === false ? (
    <Badge tone="warn">Switched off</Badge>
  ) : (
    <Badge tone={DOMAIN_STATES[domain.status].tone}>{DOMAIN_STATES[domain.status].words}</Badge>
  )

const AddDomain = ({ onClose }: { onClose: () => void }) => {
  const navigate = useNavigate()
  const add = useWrite(addDomain, { refreshes: [listDomains], shows_error: true })
  const form = useOperationForm({
    values: { domain: '' },
    submit: async (body) => {
      const { id } = await add.mutateAsync({ body })
      onClose()
      void navigate({ to: '/senders/domains/$domain_id', params: { domain_id: id } })
    },
  })
  return (
    <Dialog
      is_open
      onClose={onClose}
      title="Add a domain"
      description="The records to publish are shown next. Nothing is sent before they are found."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="domain" is_busy={form.formState.isSubmitting}>
            Add the domain
          </Button>
        </>
      }
    >
      <form id="domain" onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <FormFailure failure={form.failure} />
        <TextField
          label="Domain"
          placeholder="mail.example.com"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          hint="A subdomain keeps the good name of the main one apart from what outreach does to it."
          error={form.errorOf('domain')}
          {...form.register('domain')}
        />
      </form>
    </Dialog>
  )
}
