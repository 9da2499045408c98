import { listDatasetsWithPagination } from '@bavlio/sdk/operations'
import type { DatasetSummary } from '@bavlio/sdk/types'
import { useState } from 'react'
import { useRead } from '../../../api/query.ts'
import { SearchField } from '../../../forms/search-field.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Time } from '../../../ui/time.tsx'

const SOURCES: Record<DatasetSummary['source_type'], string> = {
  csv: 'CSV file',
  excel: 'Workbook',
  google_sheets: 'Google Sheets',
  extraction: 'Extraction',
  linkedin_search: 'LinkedIn search',
  lead_finder: 'Lead finder',
  email_finder: 'E-mail finder',
  api: 'API',
}

/** The datasets of the workspace, those of sessions among them. */
export const DatasetSource = ({ chosen, onChoose }: { chosen: string | null; onChoose: (id: string) => void }) => {
  const [search, setSearch] = useState('')
  const read = useRead(listDatasetsWithPagination, { search: search || undefined, limit: 50 }, { keep_previous: true })
  return (
    <div className="flex flex-col gap-3">
      <SearchField label="Search datasets" value={search} onChange={setSearch} />
      <Loaded read={read}>
        {({ items, total }) =>
          items.length ? (
            <>
              <ul className="max-h-72 overflow-y-auto rounded-lg border border-line">
                {items.map((dataset) => (
                  <li key={dataset.dataset_id} className="border-b border-line last:border-0">
                    <label className="flex cursor-pointer items-center gap-3 px-3 py-2 hover:bg-sunken/60 has-checked:bg-accent-soft/50">
                      <input
                        type="radio"
                        name="dataset"
                        className="size-4 accent-(--accent)"
                        checked={dataset.dataset_id === chosen}
                        onChange={() => onChoose(dataset.dataset_id)}
                      />
                      <span className="min-w-0 flex-1">
                        <span className="block truncate text-sm font-medium">{dataset.dataset_name}</span>
                        <span className="block text-xs text-ink-faint">
                          {SOURCES[dataset.source_type]}
                          {dataset.session_id ? ', from a session' : ''}, <Time at={dataset.created_at} />
                        </span>
                      </span>
                      <span className="text-sm text-ink-soft tabular-nums">
                        {dataset.row_count.toLocaleString()} rows
                      </span>
                    </label>
                  </li>
                ))}
              </ul>
              {total > items.length ? (
                <p className="text-xs text-ink-faint">
                  The newest {items.length} of {total.toLocaleString()}; search for the others.
                </p>
              ) : null}
            </>
          ) : (
            <Empty title={search ? 'No dataset fits' : 'There is no dataset yet'}>
              {search ? 'Another word may.' : 'Load a file instead; it becomes one.'}
            </Empty>
          )
        }
      </Loaded>
    </div>
  )
}
