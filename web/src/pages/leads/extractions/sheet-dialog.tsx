import { importGoogleSheetsAsExtraction, listUserExtractions } from '@bavlio/sdk/operations'
import { useNavigate } from '@tanstack/react-router'
import { describeError, useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { SheetFields, useSheetChoice } from '../sheets/sheet-choice.tsx'

/** A sheet becomes an extraction, tab by tab; from there a dataset is made of it. */
export const SheetDialog = ({ onClose }: { onClose: () => void }) => {
  const navigate = useNavigate()
  const state = useSheetChoice()
  const { choice } = state
  const take = useWrite(importGoogleSheetsAsExtraction, {
    refreshes: [listUserExtractions],
    shows_error: true,
    onDone: ({ extraction_id }) => {
      onClose()
      void navigate({ to: '/leads/extractions/$extraction_id', params: { extraction_id } })
    },
  })
  return (
    <Dialog
      is_open
      onClose={onClose}
      title="From Google Sheets"
      description="Only sheets that were shared with this program can be read."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            disabled={!choice}
            is_busy={take.isPending}
            onClick={() =>
              choice &&
              take.mutate({
                body: {
                  sheet_id: choice.sheet.sheet_id,
                  tab_names: choice.tab_names,
                  title: choice.sheet.title,
                  header_row: choice.header_row,
                },
              })
            }
          >
            Import the sheet
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <FormFailure failure={take.error ? describeError(take.error) : null} />
        <SheetFields state={state} />
      </div>
    </Dialog>
  )
}
