import { bulkDeleteExtractions, listUserExtractions } from '@bavlio/sdk/operations'
import type { UserExtraction } from '@bavlio/sdk/types'
import { Link } from '@tanstack/react-router'
import { Puzzle, Sheet, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useRead, useWrite } from '../../../api/query.ts'
import { FilterSelect } from '../../../forms/filter-select.tsx'
import { PageTurner } from '../../../table/page-turner.tsx'
import { pagesOf, useListSearch } from '../../../table/use-list-search.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Card } from '../../../ui/card.tsx'
import { Confirm } from '../../../ui/confirm.tsx'
import { Page } from '../../../ui/page.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { count, sourceWords } from '../words.ts'
import { ExtractionMenu } from './extraction-menu.tsx'
import { SheetDialog } from './sheet-dialog.tsx'

const SIZE = 25
type Search = { source?: string; page?: number }
const KNOWN_SOURCES = ['LinkedIn', 'PitchBook', 'google_sheets']

/** What the browser extension brought, or was imported from a sheet; a dataset is made of it when it is wanted. */
export const ExtractionListPage = () => {
  const [search, change] = useListSearch<Search>()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [is_asking, setAsking] = useState(false)
  const [is_sheet, setSheet] = useState(false)
  const read = useRead(
    listUserExtractions,
    { source: search.source, limit: SIZE, offset: ((search.page ?? 1) - 1) * SIZE },
    { keep_previous: true },
  )
  const remove = useWrite(bulkDeleteExtractions, {
    refreshes: [listUserExtractions],
    onDone: (result) => {
      showDone(result.message)
      setChosen(new Set())
      setAsking(false)
    },
  })
  return (
    <Page
      title="Extractions"
      note="Leads from the browser extension and from sheets."
      actions={
        <Button icon={<Sheet aria-hidden />} onClick={() => setSheet(true)}>
          From Google Sheets
        </Button>
      }
    >
      <div className="flex flex-wrap items-center gap-2">
        <FilterSelect
          label="Source"
          all="Every source"
          value={search.source}
          onChange={(source) => change({ source })}
          options={KNOWN_SOURCES.map((source) => [source, sourceWords(source)])}
        />
        {chosen.size ? (
          <Button look="danger" icon={<Trash2 aria-hidden />} onClick={() => setAsking(true)} className="ml-auto">
            Delete {count(chosen.size, 'extraction')}
          </Button>
        ) : null}
      </div>
      <Card>
        <Loaded read={read}>
          {(list) =>
            list.items.length ? (
              <>
                <ExtractionTable
                  extractions={list.items}
                  chosen={chosen}
                  onChoose={(id) => {
                    const next = new Set(chosen)
                    if (!next.delete(id)) next.add(id)
                    setChosen(next)
                  }}
                />
                <PageTurner
                  page={search.page ?? 1}
                  pages={pagesOf(list.total, SIZE)}
                  total={list.total}
                  onTurn={(page) => change({ page })}
                />
              </>
            ) : (
              <Empty icon={<Puzzle aria-hidden />} title={search.source ? 'Nothing from there' : 'No extractions yet'}>
                The browser extension reads the list on a page and sends it here. The API takes the same as a file.
              </Empty>
            )
          }
        </Loaded>
      </Card>
      <Confirm
        is_open={is_asking}
        onClose={() => setAsking(false)}
        title={`Delete ${count(chosen.size, 'extraction')}`}
        description="Datasets that were made of them stay."
        action="Delete"
        is_busy={remove.isPending}
        onConfirm={() => remove.mutate({ body: { extraction_ids: [...chosen] } })}
      />
      {is_sheet ? <SheetDialog onClose={() => setSheet(false)} /> : null}
    </Page>
  )
}

const ExtractionTable = ({
  extractions,
  chosen,
  onChoose,
}: {
  extractions: UserExtraction[]
  chosen: ReadonlySet<string>
  onChoose: (id: string) => void
}) => (
  <Table>
    <thead>
      <tr>
        <Th className="w-8">
          <span className="sr-only">Select</span>
        </Th>
        <Th>Title</Th>
        <Th>Source</Th>
        <Th className="text-right">Leads</Th>
        <Th className="max-sm:hidden">State</Th>
        <Th className="max-sm:hidden">Made</Th>
        <Th>
          <span className="sr-only">Actions</span>
        </Th>
      </tr>
    </thead>
    <tbody>
      {extractions.map((item) => (
        <Tr key={item.extraction_id}>
          <Td>
            <input
              type="checkbox"
              aria-label={`Select ${item.title}`}
              checked={chosen.has(item.extraction_id)}
              onChange={() => onChoose(item.extraction_id)}
              className="size-3.5 accent-(--accent)"
            />
          </Td>
          <Td className="max-w-80">
            <Link
              to="/leads/extractions/$extraction_id"
              params={{ extraction_id: item.extraction_id }}
              className="block truncate font-medium hover:underline"
            >
              {item.title}
            </Link>
          </Td>
          <Td className="text-ink-soft">{sourceWords(item.source)}</Td>
          <Td className="text-right tabular-nums">{item.leads_count.toLocaleString()}</Td>
          <Td className="max-sm:hidden">
            {item.session_id ? <Badge tone="good">Made into a dataset</Badge> : <Badge>Waiting</Badge>}
          </Td>
          <Td className="text-ink-soft max-sm:hidden">
            <Time at={item.created_at} />
          </Td>
          <Td className="w-12 py-1 text-right">
            <ExtractionMenu extraction={item} />
          </Td>
        </Tr>
      ))}
    </tbody>
  </Table>
)
