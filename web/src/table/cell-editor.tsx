import { useEffect, useRef, useState } from 'react'

/** Enter keeps and goes down, Tab keeps and goes aside, Escape leaves the cell as it was. */
export const CellEditor = ({
  label,
  value,
  onDone,
}: {
  label: string
  value: string
  onDone: (value: string | null, move?: { row: number; column: number }) => void
}) => {
  const [text, setText] = useState(value)
  const input = useRef<HTMLInputElement>(null)
  // Leaving the field after Enter or Escape must not count a second time.
  const is_done = useRef(false)
  const finish = (...args: Parameters<typeof onDone>): void => {
    if (is_done.current) return
    is_done.current = true
    onDone(...args)
  }
  useEffect(() => {
    input.current?.focus({ preventScroll: true })
    input.current?.setSelectionRange(value.length, value.length)
  }, [value])
  return (
    <input
      ref={input}
      aria-label={label}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => finish(text)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') finish(text, { row: 1, column: 0 })
        else if (event.key === 'Tab') finish(text, { row: 0, column: event.shiftKey ? -1 : 1 })
        else if (event.key === 'Escape') finish(null)
        else return
        event.preventDefault()
      }}
      className="absolute inset-0 z-10 w-full bg-raised px-3 text-ink shadow-[inset_0_0_0_2px_var(--accent)] focus-visible:outline-none"
    />
  )
}
