import {
  archiveADataset,
  copyDataset,
  downloadDatasetInSpecifiedFormat,
  getDataset,
  listDatasetsWithPagination,
  restoreAnArchivedDataset,
  updateDatasetMetadata,
} from '@bavlio/sdk/operations'
import type { DatasetSummary } from '@bavlio/sdk/types'
import { Archive, ArchiveRestore, Copy, Download, Pencil } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { useWrite } from '../../api/query.ts'
import { FormFailure } from '../../forms/form-failure.tsx'
import { useOperationForm } from '../../forms/use-operation-form.ts'
import { saveFile } from '../../lib/save-file.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { ActionMenu, type MenuAction } from '../../ui/menu.tsx'
import { showDone, showError } from '../../ui/toast.tsx'

const FORMATS = [
  ['csv', 'CSV'],
  ['excel', 'Excel'],
  ['json', 'JSON'],
] as const

const download = async (dataset: DatasetSummary, format: 'csv' | 'excel' | 'json'): Promise<void> => {
  showDone(`Preparing ${dataset.dataset_name}`)
  try {
    const file = await downloadDatasetInSpecifiedFormat(call, { dataset_id: dataset.dataset_id, format })
    await saveFile(file, `${dataset.dataset_name}.${format === 'excel' ? 'xlsx' : format}`)
  } catch (error) {
    showError(error)
  }
}

/** What can be done with a whole dataset; the same in the list and on its own page. */
export const DatasetMenu = ({ dataset, more = [] }: { dataset: DatasetSummary; more?: MenuAction[] }) => {
  const [open, setOpen] = useState<'rename' | 'copy' | null>(null)
  const { dataset_id } = dataset
  const refreshes = [listDatasetsWithPagination, getDataset]
  const restore = useWrite(restoreAnArchivedDataset, {
    refreshes,
    onDone: () => showDone(`${dataset.dataset_name} is in use again`, () => archive.mutate({ dataset_id })),
  })
  const archive = useWrite(archiveADataset, {
    refreshes,
    onDone: () => showDone(`${dataset.dataset_name} is archived`, () => restore.mutate({ dataset_id })),
  })
  return (
    <>
      <ActionMenu
        label={`Actions for ${dataset.dataset_name}`}
        actions={[
          ...more,
          { label: 'Rename', icon: <Pencil aria-hidden />, onSelect: () => setOpen('rename') },
          { label: 'Copy', icon: <Copy aria-hidden />, onSelect: () => setOpen('copy') },
          ...FORMATS.map(([format, words]) => ({
            label: `Download as ${words}`,
            icon: <Download aria-hidden />,
            onSelect: () => void download(dataset, format),
          })),
          dataset.archived_at
            ? {
                label: 'Take out of the archive',
                icon: <ArchiveRestore aria-hidden />,
                onSelect: () => restore.mutate({ dataset_id }),
              }
            : { label: 'Archive', icon: <Archive aria-hidden />, onSelect: () => archive.mutate({ dataset_id }) },
        ]}
      />
      {open ? <NameDialog dataset={dataset} purpose={open} onClose={() => setOpen(null)} /> : null}
    </>
  )
}

const NameDialog = ({
  dataset,
  purpose,
  onClose,
}: {
  dataset: DatasetSummary
  purpose: 'rename' | 'copy'
  onClose: () => void
}) => {
  const { dataset_id } = dataset
  const refreshes = [listDatasetsWithPagination, getDataset]
  const rename = useWrite(updateDatasetMetadata, { refreshes, shows_error: true })
  const copy = useWrite(copyDataset, { refreshes, shows_error: true })
  const form = useOperationForm({
    values: { dataset_name: purpose === 'rename' ? dataset.dataset_name : `${dataset.dataset_name} (copy)` },
    submit: async ({ dataset_name }) => {
      if (purpose === 'rename') await rename.mutateAsync({ dataset_id, body: { dataset_name } })
      else {
        const { message } = await copy.mutateAsync({ dataset_id, body: { dataset_name } })
        showDone(message)
      }
      onClose()
    },
  })
  return (
    <Dialog
      is_open
      onClose={onClose}
      title={purpose === 'rename' ? 'Rename the dataset' : 'Copy the dataset'}
      description={purpose === 'rename' ? 'The rows stay as they are.' : 'All its rows, as rows of a new dataset.'}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="dataset-name" is_busy={form.formState.isSubmitting}>
            {purpose === 'rename' ? 'Rename' : 'Copy'}
          </Button>
        </>
      }
    >
      <form id="dataset-name" onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <FormFailure failure={form.failure} />
        <TextField
          label="Name"
          autoComplete="off"
          error={form.errorOf('dataset_name')}
          {...form.register('dataset_name')}
        />
      </form>
    </Dialog>
  )
}
