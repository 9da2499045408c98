import { Search } from 'lucide-react'
import { useEffect, useState } from 'react'
import { inputStyle } from '../ui/field.tsx'

const PAUSE_MS = 250

/** Looks while one types, once the fingers rest. */
export const SearchField = ({
  label,
  value,
  onChange,
}: {
  label: string
  value: string
  onChange: (value: string) => void
}) => {
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is typed counts; a new callback is no new word.
  useEffect(() => {
    if (text === value) return
    const timer = setTimeout(() => onChange(text), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <div className="relative w-full sm:w-72">
      <Search aria-hidden className="absolute top-2.5 left-2.5 size-4 text-ink-faint" />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={(event) => setText(event.target.value)}
        className={`${inputStyle} h-9 pl-8`}
      />
    </div>
  )
}
