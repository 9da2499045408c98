import { listDatasetsWithPagination } from '@bavlio/sdk/operations'
import type { DatasetSummary } from '@bavlio/sdk/types'
import { Link } from '@tanstack/react-router'
import { Database, Upload } from 'lucide-react'
import { useRead } from '../../api/query.ts'
import { entriesOf, FilterSelect } from '../../forms/filter-select.tsx'
import { SearchField } from '../../forms/search-field.tsx'
import { PageTurner } from '../../table/page-turner.tsx'
import { pagesOf, useListSearch } from '../../table/use-list-search.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty, Loaded } from '../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { DatasetMenu } from './dataset-menu.tsx'
import { DATASET_STATES, SOURCES } from './words.ts'

type Search = {
  q?: string
  source?: DatasetSummary['source_type']
  status?: DatasetSummary['status']
  archived?: boolean
  page?: number
}

const SIZE = 25

/** The tables of leads. Archived ones stand in a list of their own, from which they come back. */
export const DatasetListPage = () => {
  const [search, change] = useListSearch<Search>()
  const read = useRead(
    listDatasetsWithPagination,
    {
      search: search.q,
      source_type: search.source,
      status: search.status,
      only_archived: search.archived || undefined,
      limit: SIZE,
      offset: ((search.page ?? 1) - 1) * SIZE,
    },
    { keep_previous: true, refetch_ms: 15_000 },
  )
  const is_filtered = Boolean(search.q || search.source || search.status || search.archived)
  return (
    <Page
      title="Datasets"
      note="Tables of leads. Campaigns write to the rows of one."
      actions={
        <>
          <Button asChild>
            <Link to="/leads/imports">Imports</Link>
          </Button>
          <Button asChild>
            <Link to="/leads/sheets">Google Sheets</Link>
          </Button>
          <Button look="primary" asChild>
            <Link to="/leads/upload">
              <Upload aria-hidden />
              Upload leads
            </Link>
          </Button>
        </>
      }
    >
      <div className="flex flex-wrap gap-2">
        <SearchField label="Search datasets" value={search.q ?? ''} onChange={(q) => change({ q: q || undefined })} />
        <FilterSelect
          label="Source"
          all="Every source"
          value={search.source}
          onChange={(source) => change({ source })}
          options={entriesOf(SOURCES)}
        />
        <FilterSelect
          label="Kept or archived"
          all="In use"
          value={search.archived ? 'archived' : undefined}
          onChange={(archived) => change({ archived: archived && true })}
          options={[['archived', 'Archived']]}
        />
      </div>
      <Card>
        <Loaded read={read}>
          {(list) =>
            list.items.length ? (
              <>
                <DatasetTable datasets={list.items} />
                <PageTurner
                  page={search.page ?? 1}
                  pages={pagesOf(list.total, SIZE)}
                  total={list.total}
                  onTurn={(page) => change({ page })}
                />
              </>
            ) : is_filtered ? (
              <Empty title={search.archived ? 'Nothing is archived' : 'No dataset fits'}>
                {search.archived ? 'Datasets that are archived wait here.' : 'Another word or another source may.'}
              </Empty>
            ) : (
              <Empty
                icon={<Database aria-hidden />}
                title="No leads yet"
                action={
                  <Button look="primary" asChild>
                    <Link to="/leads/upload">Upload leads</Link>
                  </Button>
                }
              >
                A CSV file or a workbook becomes a dataset. Every import can be looked at before and undone after.
              </Empty>
            )
          }
        </Loaded>
      </Card>
    </Page>
  )
}

const DatasetTable = ({ datasets }: { datasets: DatasetSummary[] }) => (
  <Table>
    <thead>
      <tr>
        <Th>Name</Th>
        <Th className="text-right">Rows</Th>
        <Th className="text-right max-md:hidden">Columns</Th>
        <Th className="max-sm:hidden">Source</Th>
        <Th className="max-sm:hidden">State</Th>
        <Th className="max-md:hidden">Made</Th>
        <Th>
          <span className="sr-only">Actions</span>
        </Th>
      </tr>
    </thead>
    <tbody>
      {datasets.map((dataset) => (
        <Tr key={dataset.dataset_id}>
          <Td className="max-w-80">
            <Link
              to="/leads/datasets/$dataset_id"
              params={{ dataset_id: dataset.dataset_id }}
              className="block truncate font-medium hover:underline"
            >
              {dataset.dataset_name}
            </Link>
          </Td>
          <Td className="text-right tabular-nums">{dataset.row_count.toLocaleString()}</Td>
          <Td className="text-right tabular-nums max-md:hidden">{dataset.columns.length}</Td>
          <Td className="text-ink-soft max-sm:hidden">{SOURCES[dataset.source_type]}</Td>
          <Td className="max-sm:hidden">
            {dataset.archived_at ? (
              <Badge>Archived</Badge>
            ) : (
              <Badge tone={DATASET_STATES[dataset.status].tone}>{DATASET_STATES[dataset.status].words}</Badge>
            )}
          </Td>
          <Td className="text-ink-soft max-md:hidden">
            <Time at={dataset.created_at} />
          </Td>
          <Td className="w-12 py-1 text-right">
            <DatasetMenu dataset={dataset} />
          </Td>
        </Tr>
      ))}
    </tbody>
  </Table>
)
