import { listImports } from '@bavlio/sdk/operations'
import type { Import, ImportSummary } from '@bavlio/sdk/types'
import { Link } from '@tanstack/react-router'
import { FileUp } from 'lucide-react'
import { useRead } from '../../../api/query.ts'
import { entriesOf, FilterSelect } from '../../../forms/filter-select.tsx'
import { PageTurner } from '../../../table/page-turner.tsx'
import { pagesOf, useListSearch } from '../../../table/use-list-search.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Card } from '../../../ui/card.tsx'
import { Page } from '../../../ui/page.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { IMPORT_STATES } from '../words.ts'

const SIZE = 25
type Search = { status?: Import['status']; dataset?: string; page?: number }

/** Every file that was read into a dataset, and dry runs that wait to be carried out. */
export const ImportListPage = () => {
  const [search, change] = useListSearch<Search>()
  const read = useRead(
    listImports,
    { status: search.status, dataset_id: search.dataset, limit: SIZE, offset: ((search.page ?? 1) - 1) * SIZE },
    { keep_previous: true, refetch_ms: 5_000 },
  )
  return (
    <Page
      title="Imports"
      note="What was read from files, and what can be taken back."
      actions={
        <Button look="primary" asChild>
          <Link to="/leads/upload">Upload leads</Link>
        </Button>
      }
    >
      <div className="flex flex-wrap gap-2">
        <FilterSelect
          label="State"
          all="Every state"
          value={search.status}
          onChange={(status) => change({ status })}
          options={entriesOf(IMPORT_STATES).map(([status, { words }]) => [status, words])}
        />
      </div>
      <Card>
        <Loaded read={read}>
          {(list) =>
            list.items.length ? (
              <>
                <ImportTable imports={list.items} />
                <PageTurner
                  page={search.page ?? 1}
                  pages={pagesOf(list.total, SIZE)}
                  total={list.total}
                  onTurn={(page) => change({ page })}
                />
              </>
            ) : (
              <Empty icon={<FileUp aria-hidden />} title={search.status ? 'No import fits' : 'No imports yet'}>
                Each file that is uploaded stands here with what became of its rows.
              </Empty>
            )
          }
        </Loaded>
      </Card>
    </Page>
  )
}

const ImportTable = ({ imports }: { imports: ImportSummary[] }) => (
  <Table>
    <thead>
      <tr>
        <Th>File</Th>
        <Th>State</Th>
        <Th className="text-right">Added</Th>
        <Th className="text-right max-sm:hidden">Changed</Th>
        <Th className="text-right max-sm:hidden">Left out</Th>
        <Th className="max-sm:hidden">When</Th>
      </tr>
    </thead>
    <tbody>
      {imports.map((item) => (
        <Tr key={item.import_id}>
          <Td className="max-w-80">
            <Link
              to="/leads/imports/$import_id"
              params={{ import_id: item.import_id }}
              className="block truncate font-medium hover:underline"
            >
              {item.filename ?? 'Rows without a file'}
            </Link>
          </Td>
          <Td>
            <Badge tone={IMPORT_STATES[item.status].tone}>{IMPORT_STATES[item.status].words}</Badge>
          </Td>
          <Td className="text-right tabular-nums">{item.rows_imported.toLocaleString()}</Td>
          <Td className="text-right tabular-nums max-sm:hidden">{item.rows_updated.toLocaleString()}</Td>
          <Td className="text-right tabular-nums max-sm:hidden">
            {(item.rows_rejected + item.rows_duplicate).toLocaleString()}
          </Td>
          <Td className="text-ink-soft max-sm:hidden">
            <Time at={item.created_at} />
          </Td>
        </Tr>
      ))}
    </tbody>
  </Table>
)
