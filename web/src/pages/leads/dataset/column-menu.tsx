import { Columns3, RotateCcw } from 'lucide-react'
import type { ColumnLayout } from '../../../table/column-layout.ts'
import { Button } from '../../../ui/button.tsx'
import { ActionMenu } from '../../../ui/menu.tsx'

/** Which columns are seen here; nobody else's view changes, and neither do the rows. */
export const ColumnMenu = ({ layout, columns }: { layout: ColumnLayout; columns: string[] }) => {
  const seen = layout.getVisibleLeafColumns().length
  const hidden = columns.length - seen
  const isSeen = (id: string): boolean => layout.getColumn(id)?.getIsVisible() ?? true
  return (
    <ActionMenu
      label="Columns that are shown"
      trigger={
        <Button look={hidden ? 'plain' : 'quiet'} icon={<Columns3 aria-hidden />}>
          {hidden ? `Columns, ${hidden} hidden` : 'Columns'}
        </Button>
      }
      actions={[
        ...columns.map((id) => ({
          label: id,
          is_checked: isSeen(id),
          is_disabled: seen === 1 && isSeen(id),
          onSelect: () => layout.getColumn(id)?.toggleVisibility(),
        })),
        {
          label: 'Widths, pins and hidden columns as at first',
          icon: <RotateCcw aria-hidden />,
          onSelect: () => {
            layout.resetColumnSizing(true)
            layout.resetColumnVisibility(true)
            layout.resetColumnPinning(true)
          },
        },
      ]}
    />
  )
}
