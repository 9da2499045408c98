import { listImportChanges } from '@bavlio/sdk/operations'
import type { Import, ImportChange } from '@bavlio/sdk/types'
import { useState } from 'react'
import { useRead } from '../../../api/query.ts'
import { PageTurner } from '../../../table/page-turner.tsx'
import { pagesOf } from '../../../table/use-list-search.ts'
import { Badge, type Tone } from '../../../ui/badge.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { inputStyle } from '../../../ui/field.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'

const SIZE = 25
const ACTIONS: Record<ImportChange['action'], { words: string; tone: Tone }> = {
  insert: { words: 'Added', tone: 'good' },
  update: { words: 'Changed', tone: 'info' },
  unchanged: { words: 'As it was', tone: 'neutral' },
  duplicate: { words: 'Known already', tone: 'neutral' },
  reject: { words: 'Cannot be used', tone: 'bad' },
}

/** Row by row: of a plan all of the file, of an import that was carried out the cells that it changed. */
export const ImportChanges = ({ item }: { item: Import }) => {
  const [page, setPage] = useState(1)
  const [action, setAction] = useState<ImportChange['action'] | ''>('')
  const read = useRead(
    listImportChanges,
    { import_id: item.import_id, action: action || undefined, limit: SIZE, offset: (page - 1) * SIZE },
    { keep_previous: true },
  )
  // An import that only added rows has no cells to tell of.
  if (!item.is_plan && read.data?.total === 0 && !action) return null
  return (
    <Card>
      <CardHeader
        title={item.is_plan ? 'Row by row' : 'Cells that it changed'}
        actions={
          item.is_plan ? (
            <select
              aria-label="Kind of change"
              value={action}
              onChange={(event) => {
                setAction(event.target.value as typeof action)
                setPage(1)
              }}
              className={`${inputStyle} h-8 !w-auto pr-8`}
            >
              <option value="">Every row</option>
              {Object.entries(ACTIONS).map(([name, { words }]) => (
                <option key={name} value={name}>
                  {words}
                </option>
              ))}
            </select>
          ) : null
        }
      />
      <Loaded read={read}>
        {(list) =>
          list.items.length ? (
            <>
              <Table>
                <thead>
                  <tr>
                    <Th className="text-right">Row</Th>
                    <Th>What</Th>
                    <Th>Who</Th>
                    <Th>Cells</Th>
                  </tr>
                </thead>
                <tbody>
                  {list.items.map((change) => (
                    <Tr key={`${change.sheet_name} ${change.source_row} ${change.row_id}`}>
                      <Td className="text-right text-ink-faint tabular-nums">
                        {change.sheet_name ? `${change.sheet_name} ` : ''}
                        {change.source_row.toLocaleString()}
                      </Td>
                      <Td>
                        <Badge tone={ACTIONS[change.action].tone}>{ACTIONS[change.action].words}</Badge>
                      </Td>
                      <Td className="max-w-56 truncate">{change.email ?? '–'}</Td>
                      <Td className="min-w-72 text-ink-soft">
                        <Cells change={change} />
                      </Td>
                    </Tr>
                  ))}
                </tbody>
              </Table>
              <PageTurner page={page} pages={pagesOf(list.total, SIZE)} total={list.total} onTurn={setPage} />
            </>
          ) : (
            <Empty title="No row of this kind" />
          )
        }
      </Loaded>
    </Card>
  )
}

const Cells = ({ change }: { change: ImportChange }) => {
  if (change.message) return <span>{change.message}</span>
  if (change.changes.length)
    return (
      <ul className="flex flex-col gap-0.5">
        {change.changes.map(({ column, before, after }) => (
          <li key={column}>
            <span className="text-ink-faint">{column}: </span>
            {before === null ? null : <del className="text-bad decoration-1">{String(before)}</del>}{' '}
            <ins className="text-good no-underline">{after === null ? 'empty' : String(after)}</ins>
          </li>
        ))}
      </ul>
    )
  const values = Object.values(change.values ?? {}).filter((value) => value !== null && value !== '')
  return <span className="line-clamp-2">{values.map(String).join(' · ') || '–'}</span>
}
