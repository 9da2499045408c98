import { useState } from 'react'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { CheckField, inputStyle } from '../../../ui/field.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { Tabs } from '../../../ui/tabs.tsx'
import { count, LEAD_FIELDS, type LeadField } from '../words.ts'
import { claimedTwice, type FileRead, type Sheet } from './read-file.ts'

/** What each column of the file holds, with what stands in it; of a workbook sheet by sheet. */
export const MapColumns = ({ read, onChange }: { read: FileRead; onChange: (read: FileRead) => void }) => {
  const [shown, setShown] = useState(() =>
    Math.max(
      0,
      read.sheets.findIndex((sheet) => sheet.is_chosen),
    ),
  )
  const sheet = read.sheets[shown]
  const change = (index: number, next: Partial<Sheet>): void =>
    onChange({ ...read, sheets: read.sheets.map((each, i) => (i === index ? { ...each, ...next } : each)) })
  if (!sheet) return null
  const mapped = Object.values(sheet.mapping).filter(Boolean).length
  return (
    <Card>
      <CardHeader
        title="Columns"
        note={`${mapped} of ${count(sheet.info.columns.length, 'column')} hold a lead field. The others are kept, and templates can use them all.`}
      />
      {read.kind === 'excel' ? (
        <div className="flex flex-col gap-3 px-4 pt-2">
          <Tabs
            label="Sheets"
            tabs={read.sheets.map((each, index) => ({
              id: String(index),
              label: `${each.name}${each.info.is_hidden ? ' (hidden)' : ''}`,
              count: each.info.row_count,
            }))}
            current={String(shown)}
            onChange={(id) => setShown(Number(id))}
          />
          <CheckField
            label={`Import ${sheet.name}`}
            hint={
              sheet.info.header_row
                ? `Row ${sheet.info.header_row} has the names of the columns.`
                : 'No row has the names of the columns.'
            }
            checked={sheet.is_chosen}
            onChange={(event) => change(shown, { is_chosen: event.target.checked })}
          />
        </div>
      ) : null}
      {(sheet.info.notices ?? []).map((notice) => (
        <Notice key={notice} title={notice} className="mx-4 mt-4" />
      ))}
      <MappingTable sheet={sheet} onChange={(mapping) => change(shown, { mapping })} />
    </Card>
  )
}

const MappingTable = ({ sheet, onChange }: { sheet: Sheet; onChange: (mapping: Sheet['mapping']) => void }) => {
  const twice = claimedTwice(sheet)
  return (
    <Table>
      <thead>
        <tr>
          <Th>Column</Th>
          <Th>Lead field</Th>
          <Th className="max-sm:hidden">In the first rows</Th>
        </tr>
      </thead>
      <tbody>
        {sheet.info.columns.map((column) => {
          const field = sheet.mapping[column] ?? null
          const samples = sheet.info.sample_data
            .map((row) => row[column])
            .filter((value) => value !== null && value !== undefined && value !== '')
            .slice(0, 3)
            .map(String)
          return (
            <Tr key={column}>
              <Td className="max-w-56">
                <span className="block truncate font-medium">{column}</span>
                {sheet.info.variables?.[column] ? (
                  <code className="block truncate font-mono text-2xs text-ink-faint">{`{{ ${sheet.info.variables[column]} }}`}</code>
                ) : null}
              </Td>
              <Td className="w-56">
                <select
                  aria-label={`Lead field of ${column}`}
                  aria-invalid={field && twice.includes(field) ? true : undefined}
                  value={field ?? ''}
                  onChange={(event) =>
                    onChange({ ...sheet.mapping, [column]: (event.target.value || null) as LeadField | null })
                  }
                  className={`${inputStyle} h-8 ${field ? '' : 'text-ink-faint'}`}
                >
                  <option value="">None</option>
                  {Object.entries(LEAD_FIELDS).map(([name, words]) => (
                    <option key={name} value={name}>
                      {words}
                    </option>
                  ))}
                </select>
              </Td>
              <Td className="max-w-96 text-ink-soft max-sm:hidden">
                <span className="block truncate">{samples.length ? samples.join(' · ') : '–'}</span>
              </Td>
            </Tr>
          )
        })}
      </tbody>
    </Table>
  )
}
