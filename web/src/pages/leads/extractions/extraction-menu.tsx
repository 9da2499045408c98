import {
  createSessionFromExtraction,
  deleteExtraction,
  downloadExtraction,
  getExtractionInfo,
  listDatasetsWithPagination,
  listUserExtractions,
  renameExtraction,
} from '@bavlio/sdk/operations'
import type { UserExtraction } from '@bavlio/sdk/types'
import { useNavigate } from '@tanstack/react-router'
import { Database, Download, Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../../api/call.ts'
import { useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { saveFile } from '../../../lib/save-file.ts'
import { Button } from '../../../ui/button.tsx'
import { Confirm } from '../../../ui/confirm.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { TextField } from '../../../ui/field.tsx'
import { ActionMenu } from '../../../ui/menu.tsx'
import { showDone, showError } from '../../../ui/toast.tsx'
import { count } from '../words.ts'

/** Makes a dataset of an extraction and goes there; a second time makes another one. */
export const useMakeDataset = () => {
  const navigate = useNavigate()
  return useWrite(createSessionFromExtraction, {
    refreshes: [listUserExtractions, getExtractionInfo, listDatasetsWithPagination],
    onDone: ({ dataset_id, leads_count }) => {
      showDone(`A dataset of ${count(leads_count, 'lead')} is made`)
      void navigate({ to: '/leads/datasets/$dataset_id', params: { dataset_id } })
    },
  })
}

type Named = Pick<UserExtraction, 'extraction_id' | 'title'>

export const ExtractionMenu = ({ extraction, onDeleted }: { extraction: Named; onDeleted?: () => void }) => {
  const { extraction_id, title } = extraction
  const [open, setOpen] = useState<'rename' | 'delete' | null>(null)
  const make = useMakeDataset()
  const remove = useWrite(deleteExtraction, {
    refreshes: [listUserExtractions],
    onDone: () => {
      showDone(`${title} is deleted`)
      setOpen(null)
      onDeleted?.()
    },
  })
  const download = (format: 'csv' | 'excel' | 'json') => (): void =>
    void downloadExtraction(call, { extraction_id, format })
      .then((file) => saveFile(file, `${title}.${format === 'excel' ? 'xlsx' : format}`))
      .catch(showError)
  return (
    <>
      <ActionMenu
        label={`Actions for ${title}`}
        actions={[
          { label: 'Make a dataset', icon: <Database aria-hidden />, onSelect: () => make.mutate({ extraction_id }) },
          { label: 'Rename', icon: <Pencil aria-hidden />, onSelect: () => setOpen('rename') },
          { label: 'Download as CSV', icon: <Download aria-hidden />, onSelect: download('csv') },
          { label: 'Download as Excel', icon: <Download aria-hidden />, onSelect: download('excel') },
          { label: 'Download as JSON', icon: <Download aria-hidden />, onSelect: download('json') },
          { label: 'Delete', icon: <Trash2 aria-hidden />, is_dangerous: true, onSelect: () => setOpen('delete') },
        ]}
      />
      {open === 'rename' ? <RenameDialog extraction={extraction} onClose={() => setOpen(null)} /> : null}
      <Confirm
        is_open={open === 'delete'}
        onClose={() => setOpen(null)}
        title={`Delete ${title}`}
        description="Datasets that were made of it stay."
        action="Delete"
        is_busy={remove.isPending}
        onConfirm={() => remove.mutate({ extraction_id })}
      />
    </>
  )
}

const RenameDialog = ({ extraction, onClose }: { extraction: Named; onClose: () => void }) => {
  const rename = useWrite(renameExtraction, { refreshes: [listUserExtractions, getExtractionInfo], shows_error: true })
  const form = useOperationForm({
    values: { title: extraction.title },
    submit: async (body) => {
      await rename.mutateAsync({ extraction_id: extraction.extraction_id, body })
      onClose()
    },
  })
  return (
    <Dialog
      is_open
      onClose={onClose}
      title="Rename the extraction"
      description="What was extracted stays as it is."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="title" is_busy={form.formState.isSubmitting}>
            Rename
          </Button>
        </>
      }
    >
      <form id="title" onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <FormFailure failure={form.failure} />
        <TextField label="Title" autoComplete="off" error={form.errorOf('title')} {...form.register('title')} />
      </form>
    </Dialog>
  )
}
