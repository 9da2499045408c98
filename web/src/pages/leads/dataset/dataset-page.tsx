import { getDataset } from '@bavlio/sdk/operations'
import type { DatasetRow, DatasetSummary } from '@bavlio/sdk/types'
import { Link, useParams } from '@tanstack/react-router'
import { Columns3, FileUp, GitMerge, Plus, Sheet, Trash2, Upload } from 'lucide-react'
import { useState } from 'react'
import { useRead } from '../../../api/query.ts'
import { SearchField } from '../../../forms/search-field.tsx'
import { useColumnLayout } from '../../../table/column-layout.ts'
import { DataGrid, type GridRow, type GridSelection } from '../../../table/data-grid.tsx'
import { useListSearch } from '../../../table/use-list-search.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { ActionMenu } from '../../../ui/menu.tsx'
import { Page } from '../../../ui/page.tsx'
import { Empty, ErrorPanel, Loaded, LoadingRows } from '../../../ui/states.tsx'
import { DatasetMenu } from '../dataset-menu.tsx'
import { SyncDialog } from '../sheets/sync-dialog.tsx'
import { count, SOURCES } from '../words.ts'
import { AddColumnDialog } from './column-dialogs.tsx'
import { ColumnHead } from './column-head.tsx'
import { ColumnMenu } from './column-menu.tsx'
import { MergeDialog } from './merge-dialog.tsx'
import { RowDialog } from './row-dialog.tsx'
import { FilterBar, filterFrom } from './row-filter.tsx'
import { SelectionBar } from './selection-bar.tsx'
import { useCellEdit } from './use-cell-edit.ts'
import { useDatasetRows } from './use-dataset-rows.ts'

export type RowSearch = {
  q?: string
  filter?: string
  sort?: string
  order?: 'asc' | 'desc'
  as?: 'text' | 'number'
  removed?: boolean
  page?: number
}

export const DatasetPage = () => {
  const { dataset_id } = useParams({ strict: false }) as { dataset_id: string }
  const read = useRead(getDataset, { dataset_id })
  return (
    <Loaded
      read={read}
      loading={
        <Page title="Dataset" is_wide>
          <LoadingRows rows={12} />
        </Page>
      }
    >
      {(dataset) => <Rows key={dataset_id} dataset={dataset} />}
    </Loaded>
  )
}

type Open = 'column' | 'row' | 'merge' | 'sheet' | null

const Rows = ({ dataset }: { dataset: DatasetSummary }) => {
  const { dataset_id } = dataset
  const [search, change] = useListSearch<RowSearch>()
  const [selection, setSelection] = useState<GridSelection>(new Set())
  const [open, setOpen] = useState<Open>(null)
  const filter = filterFrom(search.filter, dataset.columns)
  const sort = search.sort && dataset.columns.includes(search.sort) ? search.sort : undefined
  const rows = useDatasetRows({
    dataset_id,
    search: search.q,
    filter: filter?.conditions.length ? JSON.stringify(filter) : undefined,
    sort,
    order: sort ? search.order : undefined,
    sort_as: sort ? search.as : undefined,
    removed: search.removed || undefined,
  })
  const layout = useColumnLayout(
    dataset_id,
    dataset.columns.map((id) => ({ id, width: widthFor(id, dataset.column_mapping?.[id]) })),
  )
  const onEdit = useCellEdit(dataset_id, rows)
  const look = (next: Partial<RowSearch>): void => {
    setSelection(new Set())
    change(next)
  }
  const is_filtered = Boolean(search.q || filter?.conditions.length)
  return (
    <div className="flex h-full flex-col">
      <div className="flex flex-col gap-3 border-b border-line px-4 py-4 sm:px-6">
        <header className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
          <div className="min-w-0">
            <PageTitle name={dataset.dataset_name} />
            <p className="flex flex-wrap items-center gap-x-3 text-sm text-ink-faint">
              <Link to="/leads/datasets" className="hover:underline">
                Datasets
              </Link>
              <span>{count(dataset.row_count, 'row')}</span>
              <span>{count(dataset.columns.length, 'column')}</span>
              <span>{SOURCES[dataset.source_type]}</span>
              {dataset.archived_at ? <Badge>Archived</Badge> : null}
            </p>
          </div>
          <div className="flex flex-wrap items-center gap-2">
            <ActionMenu
              label="Add"
              trigger={<Button icon={<Plus aria-hidden />}>Add</Button>}
              actions={[
                { label: 'Row', icon: <Plus aria-hidden />, onSelect: () => setOpen('row') },
                { label: 'Column', icon: <Columns3 aria-hidden />, onSelect: () => setOpen('column') },
                { label: 'Rows of another dataset', icon: <GitMerge aria-hidden />, onSelect: () => setOpen('merge') },
                { label: 'Rows of a Google sheet', icon: <Sheet aria-hidden />, onSelect: () => setOpen('sheet') },
              ]}
            />
            <Button asChild>
              <Link to="/leads/upload" search={{ dataset: dataset_id } as never}>
                <Upload aria-hidden />
                Add a file
              </Link>
            </Button>
            <Button asChild className="max-sm:hidden">
              <Link to="/leads/imports" search={{ dataset: dataset_id } as never}>
                <FileUp aria-hidden />
                Imports
              </Link>
            </Button>
            <DatasetMenu dataset={dataset} />
          </div>
        </header>
        <div className="flex flex-wrap items-center gap-2">
          <SearchField label="Search every cell" value={search.q ?? ''} onChange={(q) => look({ q: q || undefined })} />
          <FilterBar
            columns={dataset.columns}
            filter={filter}
            onChange={(next) => look({ filter: next ? JSON.stringify(next) : undefined })}
          />
          <Button
            look={search.removed ? 'plain' : 'quiet'}
            aria-pressed={Boolean(search.removed)}
            icon={<Trash2 aria-hidden />}
            onClick={() =>
              look({ removed: search.removed ? undefined : true, q: undefined, filter: undefined, sort: undefined })
            }
          >
            Removed rows
          </Button>
          <ColumnMenu layout={layout} columns={dataset.columns} />
          <p role="status" className="ml-auto text-xs text-ink-faint tabular-nums">
            {foundWords(rows, is_filtered, Boolean(search.removed))}
          </p>
        </div>
      </div>
      {rows.error ? (
        <ErrorPanel error={rows.error} retry={rows.refresh} />
      ) : rows.is_loaded && rows.row_count === 0 && !rows.is_looking ? (
        search.removed ? (
          <Empty title="No row was removed">Rows that are taken out wait here and can be brought back.</Empty>
        ) : is_filtered ? (
          <Empty title="No row fits">Another word or another condition may.</Empty>
        ) : (
          <Empty title="No rows">Add a file, or rows one by one.</Empty>
        )
      ) : (
        <DataGrid
          label={`Rows of ${dataset.dataset_name}`}
          className="min-h-0 flex-1"
          columns={dataset.columns.map((column) => ({
            id: column,
            label: column,
            ...(sort === column ? { sorted: search.order ?? 'asc' } : {}),
            head: (
              <ColumnHead
                dataset={dataset}
                column={column}
                search={search}
                onSort={(order, as) => look({ sort: order ? column : undefined, order, as })}
                layout={layout}
                onChanged={rows.refresh}
              />
            ),
          }))}
          layout={layout}
          row_count={rows.row_count}
          rowAt={(index) => shownAs(rows.rowAt(index))}
          onSeen={rows.onSeen}
          selection={selection}
          onSelect={setSelection}
          {...(search.removed ? {} : { onEdit })}
        />
      )}
      <SelectionBar
        dataset={dataset}
        selection={selection}
        search={search}
        filter={filter}
        total={rows.total}
        onDone={() => {
          setSelection(new Set())
          rows.refresh()
        }}
        onClear={() => setSelection(new Set())}
      />
      {open === 'column' ? (
        <AddColumnDialog dataset={dataset} onClose={() => setOpen(null)} onDone={rows.refresh} />
      ) : null}
      {open === 'row' ? <RowDialog dataset={dataset} onClose={() => setOpen(null)} onDone={rows.refresh} /> : null}
      {open === 'sheet' ? <SyncDialog dataset={dataset} onClose={() => setOpen(null)} onDone={rows.refresh} /> : null}
      {open === 'merge' ? <MergeDialog dataset={dataset} onClose={() => setOpen(null)} onDone={rows.refresh} /> : null}
    </div>
  )
}

const shownRows = new WeakMap<DatasetRow, GridRow>()
/** The same object for the same row, by which the table knows that nothing of it changed. */
const shownAs = (row: DatasetRow | null): GridRow | null => {
  if (!row) return null
  const shown = shownRows.get(row) ?? {
    id: row.row_id,
    number: (row.row_index + 1).toLocaleString(),
    cells: row.cells,
  }
  shownRows.set(row, shown)
  return shown
}

const PageTitle = ({ name }: { name: string }) => {
  document.title = `${name} · Bavlio`
  return <h1 className="truncate text-xl font-semibold tracking-tight text-ink">{name}</h1>
}

const widthFor = (column: string, field: string | undefined): number =>
  field === 'email' || field === 'linkedin_url' || field === 'website'
    ? 240
    : Math.min(280, Math.max(150, column.length * 9 + 60))

const foundWords = (
  rows: { total: number | null; row_count: number; is_exact: boolean; is_looking: boolean; is_line: boolean },
  is_filtered: boolean,
  is_removed: boolean,
): string => {
  if (!rows.is_line) return ''
  const found =
    rows.is_exact && rows.total !== null
      ? count(rows.total, 'row')
      : `At least ${count(Math.max(rows.total ?? 0, rows.row_count), 'row')}`
  const words = is_removed ? `${found} removed` : is_filtered ? `${found} found` : found
  return rows.is_looking ? `${words}, looking on …` : words
}
