import { ChevronLeft, ChevronRight } from 'lucide-react'
import { Button } from '../ui/button.tsx'

/** Below a list of several pages. */
export const PageTurner = ({
  page,
  pages,
  total,
  onTurn,
}: {
  page: number
  pages: number
  total: number
  onTurn: (page: number) => void
}) =>
  pages > 1 ? (
    <nav
      aria-label="Pages of the list"
      className="flex items-center justify-between gap-4 border-t border-line px-4 py-2"
    >
      <p className="text-xs text-ink-faint tabular-nums">
        Page {page.toLocaleString()} of {pages.toLocaleString()}, {total.toLocaleString()} in all
      </p>
      <div className="flex gap-1">
        <Button
          look="quiet"
          size="sm"
          disabled={page <= 1}
          onClick={() => onTurn(page - 1)}
          icon={<ChevronLeft aria-hidden />}
        >
          Back
        </Button>
        <Button look="quiet" size="sm" disabled={page >= pages} onClick={() => onTurn(page + 1)}>
          Next
          <ChevronRight aria-hidden />
        </Button>
      </div>
    </nav>
  ) : null
