import { inputStyle } from '../../../ui/field.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { LEAD_FIELDS, type LeadField, type Mapping } from './lead-fields.ts'

/** Which column holds what, with the first values beside it, so that a wrong guess is seen. */
export const ColumnMapping = ({
  columns,
  mapping,
  samples,
  is_locked,
  onChange,
}: {
  columns: string[]
  mapping: Mapping
  /** Column to value, row by row. */
  samples: Record<string, unknown>[]
  is_locked: boolean
  onChange: (column: string, field: LeadField | null) => void
}) => (
  <div className="max-h-96 overflow-y-auto rounded-lg border border-line">
    <Table>
      <thead className="sticky top-0 z-10 bg-surface">
        <tr>
          <Th>Column</Th>
          <Th className="w-52">Holds</Th>
          <Th>First values</Th>
        </tr>
      </thead>
      <tbody>
        {columns.map((column) => (
          <Tr key={column}>
            <Td className="max-w-48 truncate py-1.5 font-medium" title={column}>
              {column}
            </Td>
            <Td className="py-1.5">
              <select
                aria-label={`What ${column} holds`}
                disabled={is_locked}
                value={mapping[column] ?? ''}
                onChange={(event) => onChange(column, (event.target.value || null) as LeadField | null)}
                className={`${inputStyle} h-8 min-w-44 pr-7 text-sm ${mapping[column] ? '' : '!text-ink-faint'}`}
              >
                <option value="">Its own name only</option>
                {LEAD_FIELDS.map(({ id, label }) => (
                  <option key={id} value={id}>
                    {label}
                  </option>
                ))}
              </select>
            </Td>
            <Td className="max-w-72 truncate py-1.5 text-ink-soft">
              {samples
                .map((row) => row[column])
                .filter((value) => value !== null && value !== undefined && value !== '')
                .slice(0, 3)
                .map(String)
                .join(' · ') || <span className="text-ink-faint">empty</span>}
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  </div>
)
