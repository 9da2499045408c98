import { getCompany, listPeople } from '@bavlio/sdk/operations'
import type { Person } from '@bavlio/sdk/types'
import { Link } from '@tanstack/react-router'
import { Eraser, UsersRound, X } from 'lucide-react'
import { useState } from 'react'
import { useRead } from '../../../api/query.ts'
import { FilterSelect } from '../../../forms/filter-select.tsx'
import { SearchField } from '../../../forms/search-field.tsx'
import { PageTurner } from '../../../table/page-turner.tsx'
import { pagesOf, useListSearch } from '../../../table/use-list-search.ts'
import { Button } from '../../../ui/button.tsx'
import { Card } from '../../../ui/card.tsx'
import { Page } from '../../../ui/page.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { ErasureDialog } from './erasure-dialog.tsx'

const SIZE = 25
type Search = { q?: string; email?: 'true' | 'false'; company?: string; page?: number }

export const nameOf = (
  person: Pick<Person, 'full_name' | 'first_name' | 'last_name' | 'email' | 'linkedin_url'>,
): string =>
  person.full_name ||
  [person.first_name, person.last_name].filter(Boolean).join(' ') ||
  person.email ||
  person.linkedin_url ||
  'Somebody'

/** Everybody whom some row of the workspace knows. */
export const PeopleListPage = () => {
  const [search, change] = useListSearch<Search>()
  const [is_erasing, setErasing] = useState(false)
  const read = useRead(
    listPeople,
    {
      search: search.q,
      has_email: search.email,
      company_id: search.company,
      limit: SIZE,
      offset: ((search.page ?? 1) - 1) * SIZE,
    },
    { keep_previous: true },
  )
  const company = useRead(getCompany, { company_id: search.company ?? '' }, { enabled: Boolean(search.company) })
  const is_filtered = Boolean(search.q || search.email || search.company)
  return (
    <Page
      title="People"
      note="One entry for each address or profile, over the rows of all datasets."
      actions={
        <>
          <Button asChild>
            <Link to="/leads/erasures">Erasures</Link>
          </Button>
          <Button icon={<Eraser aria-hidden />} onClick={() => setErasing(true)}>
            Erase a person
          </Button>
        </>
      }
    >
      <div className="flex flex-wrap gap-2">
        <SearchField label="Search people" value={search.q ?? ''} onChange={(q) => change({ q: q || undefined })} />
        <FilterSelect
          label="Address"
          all="With and without address"
          value={search.email}
          onChange={(email) => change({ email })}
          options={[
            ['true', 'With an address'],
            ['false', 'Without an address'],
          ]}
        />
        {search.company ? (
          <Button icon={<X aria-hidden />} onClick={() => change({ company: undefined })}>
            Only people of {company.data?.company_name ?? company.data?.domain ?? 'one company'}
          </Button>
        ) : null}
      </div>
      <Card>
        <Loaded read={read}>
          {(list) =>
            list.items.length ? (
              <>
                <PeopleTable people={list.items} />
                <PageTurner
                  page={search.page ?? 1}
                  pages={pagesOf(list.total, SIZE)}
                  total={list.total}
                  onTurn={(page) => change({ page })}
                />
              </>
            ) : is_filtered ? (
              <Empty title="Nobody fits">A part of a name, an address, a title, a company or a place is enough.</Empty>
            ) : (
              <Empty icon={<UsersRound aria-hidden />} title="Nobody is known yet">
                People appear with the rows of datasets, those of a large import within minutes.
              </Empty>
            )
          }
        </Loaded>
      </Card>
      {is_erasing ? <ErasureDialog onClose={() => setErasing(false)} /> : null}
    </Page>
  )
}

const PeopleTable = ({ people }: { people: Person[] }) => (
  <Table>
    <thead>
      <tr>
        <Th>Name</Th>
        <Th>Email address</Th>
        <Th className="max-md:hidden">Title</Th>
        <Th className="max-sm:hidden">Company</Th>
        <Th className="max-md:hidden">Place</Th>
        <Th className="text-right max-sm:hidden">Rows</Th>
      </tr>
    </thead>
    <tbody>
      {people.map((person) => (
        <Tr key={person.person_id}>
          <Td className="max-w-48">
            <Link
              to="/leads/people/$person_id"
              params={{ person_id: person.person_id }}
              className="block truncate font-medium hover:underline"
            >
              {nameOf(person)}
            </Link>
          </Td>
          <Td className="max-w-64 truncate text-ink-soft">{person.email ?? '–'}</Td>
          <Td className="max-w-48 truncate max-md:hidden">{person.title ?? '–'}</Td>
          <Td className="max-w-48 truncate max-sm:hidden">{person.company_name ?? person.company_domain ?? '–'}</Td>
          <Td className="max-w-40 truncate text-ink-soft max-md:hidden">
            {[person.city, person.country].filter(Boolean).join(', ') || '–'}
          </Td>
          <Td className="text-right tabular-nums max-sm:hidden">{person.row_count}</Td>
        </Tr>
      ))}
    </tbody>
  </Table>
)
