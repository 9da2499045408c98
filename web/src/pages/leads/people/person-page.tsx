import { getPerson, listMembers } from '@bavlio/sdk/operations'
import type { CampaignLeadStatus, FactSource, PersonDetail } from '@bavlio/sdk/types'
import { Link, useParams } from '@tanstack/react-router'
import { Eraser } from 'lucide-react'
import { useState } from 'react'
import { useRead } from '../../../api/query.ts'
import { useWorkspace } from '../../../api/use-workspace.ts'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Numbers } from '../../../ui/facts.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { Page } from '../../../ui/page.tsx'
import { Empty, Loaded, LoadingRows } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { formatDate, formatDateTime } from '../../../ui/time.tsx'
import { LeadState } from '../../campaigns/lead-state.tsx'
import { fieldWords, sourceWords } from '../words.ts'
import { ErasureDialog } from './erasure-dialog.tsx'
import { nameOf } from './people-list.tsx'

/** All that is known of a person, each value with the rows that say so. */
export const PersonPage = () => {
  const { person_id } = useParams({ strict: false }) as { person_id: string }
  const read = useRead(getPerson, { person_id })
  const [is_erasing, setErasing] = useState(false)
  return (
    <Loaded
      read={read}
      loading={
        <Page title="Person">
          <LoadingRows />
        </Page>
      }
    >
      {(person) => (
        <Page
          title={nameOf(person)}
          note={[person.title, person.company_name].filter(Boolean).join(', ') || undefined}
          actions={
            <>
              {person.company_id ? (
                <Button asChild>
                  <Link to="/leads/people" search={{ company: person.company_id } as never}>
                    Others of the company
                  </Link>
                </Button>
              ) : null}
              <Button look="danger" icon={<Eraser aria-hidden />} onClick={() => setErasing(true)}>
                Erase
              </Button>
            </>
          }
        >
          {person.suppression ? (
            <Notice tone="warn" title="Nothing is sent to this person">
              On the suppression list: {person.suppression.reason}.
            </Notice>
          ) : null}
          <Correspondence person={person} />
          <Card>
            <CardHeader title="What is known, and from where" note="Values of the newest 50 rows." />
            {person.facts.length ? (
              <Table>
                <thead>
                  <tr>
                    <Th>Field</Th>
                    <Th>Value</Th>
                    <Th>From</Th>
                  </tr>
                </thead>
                <tbody>
                  {person.facts.map((fact) => (
                    <Tr key={`${fact.field} ${fact.value}`}>
                      <Td className="w-40 align-top text-ink-faint">{fieldWords(fact.field)}</Td>
                      <Td className="max-w-80 align-top wrap-anywhere">{fact.value}</Td>
                      <Td className="align-top text-ink-soft">
                        <Sources sources={fact.sources} />
                      </Td>
                    </Tr>
                  ))}
                </tbody>
              </Table>
            ) : (
              <Empty title="No row knows this person any more" />
            )}
          </Card>
          <Rows person={person} />
          {is_erasing ? <ErasureDialog person={person} onClose={() => setErasing(false)} /> : null}
        </Page>
      )}
    </Loaded>
  )
}

const Sources = ({ sources }: { sources: FactSource[] }) => (
  <ul className="flex flex-col gap-1">
    {sources.map((source) => (
      <li key={source.row_id}>
        <DatasetLink source={source} />
        {source.source_row === null ? '' : `, row ${source.source_row.toLocaleString()}`}
      </li>
    ))}
  </ul>
)

const DatasetLink = ({ source }: { source: FactSource }) => (
  <Link
    to="/leads/datasets/$dataset_id"
    params={{ dataset_id: source.dataset_id }}
    className="font-medium text-ink hover:underline"
  >
    {source.dataset_name}
  </Link>
)

/** Each row once, with how it came here. */
const Rows = ({ person }: { person: PersonDetail }) => {
  const rows = [
    ...new Map(person.facts.flatMap((fact) => fact.sources).map((source) => [source.row_id, source])).values(),
  ]
  const nameOfMember = useMemberNames()
  if (!rows.length) return null
  return (
    <Card>
      <CardHeader title="Where the rows come from" />
      <Table>
        <thead>
          <tr>
            <Th>Dataset</Th>
            <Th>Source</Th>
            <Th className="text-right">Row</Th>
            <Th className="max-sm:hidden">Brought by</Th>
            <Th className="max-sm:hidden">Known since</Th>
          </tr>
        </thead>
        <tbody>
          {rows.map((source) => (
            <Tr key={source.row_id}>
              <Td>
                <DatasetLink source={source} />
              </Td>
              <Td className="text-ink-soft">{source.filename ?? sourceWords(source.kind)}</Td>
              <Td className="text-right tabular-nums">{source.source_row?.toLocaleString() ?? '–'}</Td>
              <Td className="text-ink-soft max-sm:hidden">{nameOfMember(source.imported_by)}</Td>
              <Td className="text-ink-soft max-sm:hidden">{formatDate(source.known_since)}</Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </Card>
  )
}

/** Members by their address; who has left is named as such. */
const useMemberNames = (): ((userId: string | null) => string) => {
  const workspace = useWorkspace()
  const members = useRead(
    listMembers,
    { workspace_id: workspace?.workspace_id ?? '' },
    { enabled: workspace !== undefined },
  )
  return (userId) => {
    if (!userId) return '–'
    const member = members.data?.items.find((each) => each.user_id === userId)
    return member ? (member.email ?? member.name) : members.data ? 'A former member' : ''
  }
}

const Correspondence = ({ person }: { person: PersonDetail }) => {
  const { correspondence } = person
  return (
    <>
      <Numbers
        numbers={[
          {
            name: 'Messages sent',
            value: correspondence.messages_sent,
            ...(correspondence.last_sent_at ? { note: `last ${formatDateTime(correspondence.last_sent_at)}` } : {}),
          },
          {
            name: 'Messages received',
            value: correspondence.messages_received,
            ...(correspondence.last_received_at
              ? { note: `last ${formatDateTime(correspondence.last_received_at)}` }
              : {}),
          },
          { name: 'Campaigns', value: correspondence.campaigns.length },
          { name: 'Rows', value: person.row_count },
        ]}
      />
      {correspondence.campaigns.length ? (
        <Card>
          <CardHeader title="Campaigns" />
          <ul>
            {correspondence.campaigns.map((campaign) => (
              <li
                key={campaign.campaign_lead_id}
                className="flex items-center justify-between gap-4 border-b border-line px-4 py-2.5 text-sm last:border-0"
              >
                <Link
                  to="/campaigns/$campaign_id"
                  params={{ campaign_id: campaign.campaign_id }}
                  className="truncate font-medium hover:underline"
                >
                  {campaign.name}
                </Link>
                <LeadState status={campaign.lead_status as CampaignLeadStatus} />
              </li>
            ))}
          </ul>
        </Card>
      ) : null}
    </>
  )
}
