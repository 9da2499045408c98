import { useEffect, useRef } from 'react'

/** Whether what is typed belongs to a field, or to a menu or dialog that is open. A box to tick takes no letters. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    (/^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !target.matches('input[type="checkbox"]')) ||
    target.closest('[role="dialog"], [role="menu"]') !== null)

/** One key each, without Ctrl, Alt or Meta, anywhere on the page; a field that has the focus keeps its letters. */
export const useKeys = (keys: Record<string, (() => void) | undefined>): void => {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (document.querySelector('[role="dialog"]')) return
      const act = latest.current[event.key]
      if (!act) return
      event.preventDefault()
      act()
    }
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  }, [])
}

/** A key as it is shown beside what it does. */
export const keyStyle =
  'inline-flex h-5 min-w-5 items-center justify-center rounded border border-line-strong bg-surface px-1 font-mono text-2xs text-ink-soft'
