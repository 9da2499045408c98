import type { ComponentProps } from 'react'
import { cn } from './class-names.ts'

/** Tables of at most a page; the virtual table for datasets is table/data-grid.tsx. */
export const Table = ({ className, ...props }: ComponentProps<'table'>) => (
  <div className="relative overflow-x-auto">
    <table className={cn('w-full border-collapse text-sm', className)} {...props} />
  </div>
)

export const Th = ({ className, ...props }: ComponentProps<'th'>) => (
  <th
    scope="col"
    className={cn(
      'border-b border-line px-4 py-2 text-left text-xs font-medium whitespace-nowrap text-ink-faint',
      className,
    )}
    {...props}
  />
)

export const Td = ({ className, ...props }: ComponentProps<'td'>) => (
  <td className={cn('px-4 py-2.5 align-middle text-ink', className)} {...props} />
)

export const Tr = ({ className, ...props }: ComponentProps<'tr'>) => (
  <tr className={cn('border-b border-line last:border-0 hover:bg-sunken/60', className)} {...props} />
)
