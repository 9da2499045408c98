import { createSessionFromExtraction, listDatasetsWithPagination, listUserExtractions } from '@bavlio/sdk/operations'
import { useRead, useWrite } from '../../../api/query.ts'
import { Button } from '../../../ui/button.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Time } from '../../../ui/time.tsx'

/** What the browser extension and Google Sheets brought in; taking one opens a session over it, and the session has a dataset. */
export const ExtractionSource = ({ onChoose }: { onChoose: (dataset_id: string) => void }) => {
  const read = useRead(listUserExtractions, { limit: 50 })
  const take = useWrite(createSessionFromExtraction, {
    refreshes: [listDatasetsWithPagination],
    onDone: ({ dataset_id }) => onChoose(dataset_id),
  })
  return (
    <Loaded read={read}>
      {({ items }) =>
        items.length ? (
          <ul className="max-h-72 overflow-y-auto rounded-lg border border-line">
            {items.map((extraction) => (
              <li
                key={extraction.extraction_id}
                className="flex items-center gap-3 border-b border-line px-3 py-2 last:border-0"
              >
                <span className="min-w-0 flex-1">
                  <span className="block truncate text-sm font-medium">{extraction.title}</span>
                  <span className="block text-xs text-ink-faint">
                    {extraction.source}, {extraction.leads_count.toLocaleString()} leads,{' '}
                    <Time at={extraction.created_at} />
                  </span>
                </span>
                <Button
                  size="sm"
                  is_busy={take.isPending && take.variables.extraction_id === extraction.extraction_id}
                  onClick={() => take.mutate({ extraction_id: extraction.extraction_id })}
                  aria-label={`Use ${extraction.title}`}
                >
                  Use it
                </Button>
              </li>
            ))}
          </ul>
        ) : (
          <Empty title="There are no extractions yet">
            What the browser extension collects and what comes from Google Sheets is listed here.
          </Empty>
        )
      }
    </Loaded>
  )
}
