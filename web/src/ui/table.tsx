import { type ComponentProps, useEffect, useRef, useState } from 'react'
import { cn } from './class-names.ts'

/** Tables of at most a page; the virtual table for datasets is table/data-grid.tsx. */
export const Table = ({ className, ...props }: ComponentProps<'table'>) => {
  const box = useRef<HTMLDivElement>(null)
  const [is_cut, setCut] = useState(false)
  useEffect(() => {
    const element = box.current
    if (!element) return
    const look = (): void => setCut(element.scrollWidth > element.clientWidth)
    const observer = new ResizeObserver(look)
    observer.observe(element)
    if (element.firstElementChild) observer.observe(element.firstElementChild)
    return () => observer.disconnect()
  }, [])
  // What is cut off has to be reached by the arrow keys too; a table that fits is no stop for Tab.
  const reached = is_cut ? { tabIndex: 0, role: 'region', 'aria-label': 'Table, scrolls sideways' } : {}
  return (
    <div ref={box} className="relative overflow-x-auto focus-visible:-outline-offset-2" {...reached}>
      <table className={cn('w-full border-collapse text-sm', className)} {...props} />
    </div>
  )
}

export const Th = ({ className, ...props }: ComponentProps<'th'>) => (
  <th
    scope="col"
    className={cn(
      'border-b border-line px-3 py-2 text-left text-xs font-medium whitespace-nowrap text-ink-faint first:pl-4 last:pr-4 sm:px-4',
      className,
    )}
    {...props}
  />
)

export const Td = ({ className, ...props }: ComponentProps<'td'>) => (
  <td className={cn('px-3 py-2.5 align-middle text-ink first:pl-4 last:pr-4 sm:px-4', className)} {...props} />
)

export const Tr = ({ className, ...props }: ComponentProps<'tr'>) => (
  <tr className={cn('border-b border-line last:border-0 hover:bg-sunken/60', className)} {...props} />
)
