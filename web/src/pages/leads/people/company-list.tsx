import { listCompanies } from '@bavlio/sdk/operations'
import { Link } from '@tanstack/react-router'
import { Building2 } from 'lucide-react'
import { useRead } from '../../../api/query.ts'
import { SearchField } from '../../../forms/search-field.tsx'
import { PageTurner } from '../../../table/page-turner.tsx'
import { pagesOf, useListSearch } from '../../../table/use-list-search.ts'
import { Card } from '../../../ui/card.tsx'
import { Page } from '../../../ui/page.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'

const SIZE = 25
const MOST_COUNTED = 10_000

/** Companies of which somebody is known; each leads to its people. */
export const CompanyListPage = () => {
  const [search, change] = useListSearch<{ q?: string; page?: number }>()
  const page = search.page ?? 1
  const read = useRead(
    listCompanies,
    { search: search.q, limit: SIZE, offset: (page - 1) * SIZE },
    { keep_previous: true },
  )
  return (
    <Page title="Companies" note="One entry for each domain that rows name or that a business address tells.">
      <SearchField label="Search companies" value={search.q ?? ''} onChange={(q) => change({ q: q || undefined })} />
      <Card>
        <Loaded read={read}>
          {(list) =>
            list.items.length ? (
              <>
                <Table>
                  <thead>
                    <tr>
                      <Th>Company</Th>
                      <Th>Domain</Th>
                      <Th className="text-right">People</Th>
                      <Th className="max-sm:hidden">Known since</Th>
                    </tr>
                  </thead>
                  <tbody>
                    {list.items.map((company) => (
                      <Tr key={company.company_id}>
                        <Td className="max-w-56">
                          <Link
                            to="/leads/people"
                            search={{ company: company.company_id } as never}
                            className="block truncate font-medium hover:underline"
                          >
                            {company.company_name ?? company.domain}
                          </Link>
                        </Td>
                        <Td className="max-w-56 truncate text-ink-soft">{company.domain}</Td>
                        <Td className="text-right tabular-nums">
                          {company.people_count > MOST_COUNTED
                            ? `More than ${MOST_COUNTED.toLocaleString()}`
                            : company.people_count.toLocaleString()}
                        </Td>
                        <Td className="text-ink-soft max-sm:hidden">
                          <Time at={company.created_at} clock="system" />
                        </Td>
                      </Tr>
                    ))}
                  </tbody>
                </Table>
                <PageTurner
                  page={page}
                  pages={pagesOf(list.total, SIZE)}
                  total={list.total}
                  onTurn={(next) => change({ page: next })}
                />
              </>
            ) : search.q ? (
              <Empty title="No company fits">A part of the name or of the domain is enough.</Empty>
            ) : (
              <Empty icon={<Building2 aria-hidden />} title="No company is known yet">
                Companies appear with the rows of datasets, those of a large import within minutes.
              </Empty>
            )
          }
        </Loaded>
      </Card>
    </Page>
  )
}
