import { cn } from '../ui/class-names.ts'
import { inputStyle } from '../ui/field.tsx'

/** What an object has under each of its keys, which the type of Object.entries() forgets. */
export const entriesOf = <Key extends string, Value>(object: Record<Key, Value>): [Key, Value][] =>
  Object.entries(object) as [Key, Value][]

/** A choice above a list, of what it shows. */
export const FilterSelect = <Value extends string>({
  label,
  all,
  value,
  onChange,
  options,
}: {
  label: string
  /** Words of the choice that leaves nothing out, which comes first and is undefined; without them one is always chosen. */
  all?: string
  value: Value | undefined
  onChange: (value: Value | undefined) => void
  /** Value and words of each. */
  options: (readonly [Value, string])[]
}) => (
  <select
    aria-label={label}
    value={value ?? ''}
    onChange={(event) => onChange((event.target.value || undefined) as Value | undefined)}
    className={cn(inputStyle, 'h-9 !w-auto max-w-60 pr-8')}
  >
    {all === undefined ? null : <option value="">{all}</option>}
    {options.map(([option, words]) => (
      <option key={option} value={option}>
        {words}
      </option>
    ))}
  </select>
)
