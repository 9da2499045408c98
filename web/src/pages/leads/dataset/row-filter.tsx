import type { DatasetRowFilter } from '@bavlio/sdk/types'
import { ListFilter, Plus, X } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useEffect, useState } from 'react'
import { Button } from '../../../ui/button.tsx'
import { inputStyle } from '../../../ui/field.tsx'

type Condition = DatasetRowFilter['conditions'][number]

const OPERATORS: Record<Exclude<Condition['operator'], 'in' | 'not_in'>, string> = {
  contains: 'contains',
  not_contains: 'does not contain',
  equals: 'is',
  not_equals: 'is not',
  starts_with: 'begins with',
  ends_with: 'ends with',
  is_empty: 'is empty',
  is_not_empty: 'is not empty',
  greater: 'is more than',
  greater_or_equal: 'is at least',
  less: 'is less than',
  less_or_equal: 'is at most',
}
const takesValue = (operator: string): boolean => operator !== 'is_empty' && operator !== 'is_not_empty'

/** Of the address; conditions over columns that are gone by now are left out. */
export const filterFrom = (text: string | undefined, columns: string[]): DatasetRowFilter | null => {
  try {
    const filter = text ? (JSON.parse(text) as DatasetRowFilter) : null
    if (!filter) return null
    return { ...filter, conditions: filter.conditions.filter(({ column }) => columns.includes(column)) }
  } catch {
    return null
  }
}

/** A condition that still lacks its value narrows nothing. */
const isWhole = (condition: Condition): boolean =>
  !takesValue(condition.operator) || String(condition.value ?? '').trim() !== ''

/** Conditions over columns. The list follows when the panel closes or Enter is pressed. */
export const FilterBar = ({
  columns,
  filter,
  onChange,
}: {
  columns: string[]
  filter: DatasetRowFilter | null
  onChange: (filter: DatasetRowFilter | null) => void
}) => {
  const [is_open, setOpen] = useState(false)
  const [draft, setDraft] = useState<DatasetRowFilter>({ match: 'all', conditions: [] })
  const first = columns[0] ?? ''
  // biome-ignore lint/correctness/useExhaustiveDependencies: the draft begins anew each time the panel opens.
  useEffect(() => {
    if (is_open)
      setDraft(
        filter?.conditions.length
          ? filter
          : { match: 'all', conditions: [{ column: first, operator: 'contains', value: '' }] },
      )
  }, [is_open])
  const set = (index: number, next: Partial<Condition>): void =>
    setDraft((now) => ({
      ...now,
      conditions: now.conditions.map((condition, i) => (i === index ? { ...condition, ...next } : condition)),
    }))
  const apply = (): void => {
    const conditions = draft.conditions.filter(isWhole)
    onChange(conditions.length ? { ...draft, conditions } : null)
    setOpen(false)
  }
  const active = filter?.conditions.length ?? 0
  return (
    <Popover.Root open={is_open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button look={active ? 'plain' : 'quiet'} icon={<ListFilter aria-hidden />}>
          {active ? `Filter (${active})` : 'Filter'}
        </Button>
      </Popover.Trigger>
      {active ? (
        <Button look="quiet" size="sm" icon={<X aria-hidden />} onClick={() => onChange(null)}>
          Clear
        </Button>
      ) : null}
      <Popover.Portal>
        <Popover.Content
          align="start"
          sideOffset={6}
          aria-label="Filter"
          className="z-40 w-[min(38rem,calc(100vw-2rem))] rounded-xl border border-line bg-raised p-4 shadow-raised focus:outline-none"
        >
          <form
            className="flex flex-col gap-3"
            onSubmit={(event) => {
              event.preventDefault()
              apply()
            }}
          >
            {draft.conditions.length > 1 ? (
              <select
                aria-label="Which conditions have to hold"
                value={draft.match ?? 'all'}
                onChange={(event) => setDraft({ ...draft, match: event.target.value as 'all' | 'any' })}
                className={`${inputStyle} h-8 !w-auto self-start pr-8`}
              >
                <option value="all">All of these hold</option>
                <option value="any">One of these holds</option>
              </select>
            ) : null}
            {draft.conditions.map((condition, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: conditions have nothing else to be told apart by.
              <div key={index} className="flex flex-wrap items-center gap-2 sm:flex-nowrap">
                <select
                  aria-label={`Column of condition ${index + 1}`}
                  value={condition.column}
                  onChange={(event) => set(index, { column: event.target.value })}
                  className={`${inputStyle} h-8`}
                >
                  {columns.map((column) => (
                    <option key={column}>{column}</option>
                  ))}
                </select>
                <select
                  aria-label={`Comparison of condition ${index + 1}`}
                  value={condition.operator}
                  onChange={(event) => set(index, { operator: event.target.value as Condition['operator'] })}
                  className={`${inputStyle} h-8`}
                >
                  {Object.entries(OPERATORS).map(([operator, words]) => (
                    <option key={operator} value={operator}>
                      {words}
                    </option>
                  ))}
                </select>
                <input
                  aria-label={`Value of condition ${index + 1}`}
                  disabled={!takesValue(condition.operator)}
                  value={takesValue(condition.operator) ? String(condition.value ?? '') : ''}
                  onChange={(event) => set(index, { value: event.target.value })}
                  className={`${inputStyle} h-8`}
                />
                <Button
                  look="quiet"
                  size="icon"
                  aria-label={`Remove condition ${index + 1}`}
                  icon={<X aria-hidden />}
                  onClick={() => setDraft({ ...draft, conditions: draft.conditions.filter((_, i) => i !== index) })}
                />
              </div>
            ))}
            <div className="flex justify-between gap-2">
              <Button
                look="quiet"
                size="sm"
                icon={<Plus aria-hidden />}
                onClick={() =>
                  setDraft({
                    ...draft,
                    conditions: [...draft.conditions, { column: first, operator: 'contains', value: '' }],
                  })
                }
              >
                Condition
              </Button>
              <Button look="primary" size="sm" type="submit">
                Apply
              </Button>
            </div>
          </form>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
