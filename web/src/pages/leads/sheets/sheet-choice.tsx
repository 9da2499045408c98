import { getSheetInfo, listSheets } from '@bavlio/sdk/operations'
import type { SheetInfo } from '@bavlio/sdk/types'
import { useState } from 'react'
import { useRead } from '../../../api/query.ts'
import { CheckField, SelectField, TextField } from '../../../ui/field.tsx'
import { ErrorPanel, Loaded } from '../../../ui/states.tsx'
import { count } from '../words.ts'

/** The id of a sheet, given as such or as its address. */
const sheetIdOf = (text: string): string => /\/spreadsheets\/d\/([\w-]+)/.exec(text)?.[1] ?? text.trim()

type Known = { sheet_id: string; tab_names: string[] | null; header_row: number }

/** Which sheet, which tabs of it, and where the names of its columns stand. With `known` the sheet is settled. */
export const useSheetChoice = (known?: Known) => {
  const [chosen, setChosen] = useState('')
  const [written, setWritten] = useState('')
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set())
  const [header_row, setHeaderRow] = useState(String(known?.header_row ?? 1))
  const sheet_id = known?.sheet_id ?? (written ? sheetIdOf(written) : chosen)
  const info = useRead(getSheetInfo, { sheet_id }, { enabled: sheet_id !== '' })
  const isTaken = (title: string): boolean =>
    (known?.tab_names ? known.tab_names.includes(title) : true) !== toggled.has(title)
  const tabs = info.data?.tabs.map(({ title }) => title) ?? []
  const tab_names = tabs.filter(isTaken)
  return {
    is_known: known !== undefined,
    chosen,
    setChosen,
    written,
    setWritten,
    header_row,
    setHeaderRow,
    sheet_id,
    info,
    isTaken,
    toggle: (title: string): void => {
      const next = new Set(toggled)
      if (!next.delete(title)) next.add(title)
      setToggled(next)
    },
    /** Null until a sheet is read and something of it is taken. */
    choice:
      sheet_id && info.data && tab_names.length
        ? {
            sheet: info.data satisfies SheetInfo,
            tab_names,
            takes_all: tab_names.length === tabs.length,
            header_row: Math.max(1, Number(header_row) || 1),
          }
        : null,
  }
}

export const SheetFields = ({ state }: { state: ReturnType<typeof useSheetChoice> }) => {
  const sheets = useRead(listSheets, { limit: 100 }, { enabled: !state.is_known })
  const { sheet_id, info } = state
  return (
    <>
      {state.is_known ? null : (
        <>
          <Loaded read={sheets}>
            {(list) =>
              list.items.length ? (
                <SelectField
                  label="Sheet"
                  value={state.chosen}
                  disabled={state.written !== ''}
                  onChange={(event) => state.setChosen(event.target.value)}
                >
                  <option value="">Choose one</option>
                  {list.items.map((sheet) => (
                    <option key={sheet.sheet_id} value={sheet.sheet_id}>
                      {sheet.title}
                    </option>
                  ))}
                </SelectField>
              ) : (
                <p className="text-sm text-ink-soft">No sheet is listed. The address of one may still be read.</p>
              )
            }
          </Loaded>
          <TextField
            label="Address of a sheet"
            placeholder="https://docs.google.com/spreadsheets/d/…"
            autoComplete="off"
            value={state.written}
            onChange={(event) => state.setWritten(event.target.value)}
          />
        </>
      )}
      {sheet_id && info.error ? <ErrorPanel error={info.error} /> : null}
      {sheet_id && info.data ? (
        <>
          <fieldset className="flex flex-col gap-2">
            <legend className="mb-2 text-sm font-medium text-ink">Tabs</legend>
            {info.data.tabs.map((tab) => (
              <CheckField
                key={tab.tab_id}
                label={tab.title}
                hint={`${count(tab.row_count, 'row')}, ${count(tab.column_count, 'column')}`}
                checked={state.isTaken(tab.title)}
                onChange={() => state.toggle(tab.title)}
              />
            ))}
          </fieldset>
          <TextField
            label="Row with the names of the columns"
            type="number"
            min={1}
            value={state.header_row}
            onChange={(event) => state.setHeaderRow(event.target.value)}
          />
        </>
      ) : null}
    </>
  )
}
