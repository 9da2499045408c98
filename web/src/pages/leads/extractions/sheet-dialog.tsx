import { getSheetInfo, importGoogleSheetsAsExtraction, listSheets, listUserExtractions } from '@bavlio/sdk/operations'
import type { SheetInfo } from '@bavlio/sdk/types'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { describeError, useRead, useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { CheckField, SelectField, TextField } from '../../../ui/field.tsx'
import { ErrorPanel, Loaded } from '../../../ui/states.tsx'
import { count } from '../words.ts'

/** The id of a sheet, given as such or as its address. */
const sheetIdOf = (text: string): string => /\/spreadsheets\/d\/([\w-]+)/.exec(text)?.[1] ?? text.trim()

/** A sheet becomes an extraction, tab by tab; from there a dataset is made of it. */
export const SheetDialog = ({ onClose }: { onClose: () => void }) => {
  const navigate = useNavigate()
  const [chosen, setChosen] = useState('')
  const [written, setWritten] = useState('')
  const [left_out, setLeftOut] = useState<ReadonlySet<string>>(new Set())
  const [header_row, setHeaderRow] = useState('1')
  const sheets = useRead(listSheets, { limit: 100 })
  const sheet_id = written ? sheetIdOf(written) : chosen
  const info = useRead(getSheetInfo, { sheet_id }, { enabled: sheet_id !== '' })
  const take = useWrite(importGoogleSheetsAsExtraction, {
    refreshes: [listUserExtractions],
    shows_error: true,
    onDone: ({ extraction_id }) => {
      onClose()
      void navigate({ to: '/leads/extractions/$extraction_id', params: { extraction_id } })
    },
  })
  const submit = (found: SheetInfo): void => {
    const tab_names = found.tabs.map((tab) => tab.title).filter((title) => !left_out.has(title))
    take.mutate({ body: { sheet_id, tab_names, title: found.title, header_row: Math.max(1, Number(header_row) || 1) } })
  }
  const is_none = info.data?.tabs.every((tab) => left_out.has(tab.title))
  return (
    <Dialog
      is_open
      onClose={onClose}
      title="From Google Sheets"
      description="Only sheets that were shared with this program can be read."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            disabled={!sheet_id || !info.data || is_none}
            is_busy={take.isPending}
            onClick={() => info.data && submit(info.data)}
          >
            Import the sheet
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <FormFailure failure={take.error ? describeError(take.error) : null} />
        <Loaded read={sheets}>
          {(list) =>
            list.items.length ? (
              <SelectField
                label="Sheet"
                value={chosen}
                disabled={written !== ''}
                onChange={(event) => setChosen(event.target.value)}
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
          value={written}
          onChange={(event) => setWritten(event.target.value)}
        />
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
                  checked={!left_out.has(tab.title)}
                  onChange={() => {
                    const next = new Set(left_out)
                    if (!next.delete(tab.title)) next.add(tab.title)
                    setLeftOut(next)
                  }}
                />
              ))}
            </fieldset>
            <TextField
              label="Row with the names of the columns"
              type="number"
              min={1}
              value={header_row}
              onChange={(event) => setHeaderRow(event.target.value)}
            />
          </>
        ) : null}
      </div>
    </Dialog>
  )
}
