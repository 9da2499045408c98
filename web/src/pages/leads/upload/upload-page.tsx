import { getDataset } from '@bavlio/sdk/operations'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { queryClient, useRead } from '../../../api/query.ts'
import { useListSearch } from '../../../table/use-list-search.ts'
import { Button } from '../../../ui/button.tsx'
import { Card } from '../../../ui/card.tsx'
import { DropZone } from '../../../ui/drop-zone.tsx'
import { Page } from '../../../ui/page.tsx'
import { Progress } from '../../../ui/progress.tsx'
import { showError } from '../../../ui/toast.tsx'
import { bytes, count } from '../words.ts'
import { ChooseTarget, type Target } from './choose-target.tsx'
import { MapColumns } from './map-columns.tsx'
import { claimedTwice, type FileRead, findsPeople, readFile } from './read-file.ts'
import { sendFile } from './send-file.ts'

/** From a file to rows: choose it, look at it, say what its columns are, try it or take it in. */
export const UploadPage = () => {
  const [search] = useListSearch<{ dataset?: string; page?: number }>()
  const navigate = useNavigate()
  const given = useRead(getDataset, { dataset_id: search.dataset ?? '' }, { enabled: Boolean(search.dataset) })
  const [read, setRead] = useState<FileRead | null>(null)
  const [target, setTarget] = useState<Target>({
    dataset_id: search.dataset ?? null,
    duplicates: 'skip',
    duplicates_in: 'dataset',
  })
  const [sending, setSending] = useState<{ words: string; sent: number; total: number } | null>(null)

  const look = async (file: File): Promise<void> => {
    setSending({ words: `Reading ${file.name}`, sent: 0, total: file.size })
    try {
      setRead(await readFile(file, (sent, total) => setSending({ words: `Reading ${file.name}`, sent, total })))
    } catch (error) {
      showError(error)
    } finally {
      setSending(null)
    }
  }
  const send = async (dry_run: boolean): Promise<void> => {
    if (!read) return
    const words = dry_run ? 'Sending the file for a dry run' : 'Sending the file'
    setSending({ words, sent: 0, total: read.file.size })
    try {
      const import_id = await sendFile(read, target, dry_run, (sent, total) => setSending({ words, sent, total }))
      await queryClient.invalidateQueries()
      await navigate({ to: '/leads/imports/$import_id', params: { import_id } })
    } catch (error) {
      showError(error)
      setSending(null)
    }
  }

  const chosen = read?.sheets.filter((sheet) => sheet.is_chosen) ?? []
  const problems = [
    ...(read && !chosen.length ? ['Choose a sheet.'] : []),
    ...chosen.flatMap((sheet) =>
      claimedTwice(sheet).length
        ? [`Two columns${sheet.name ? ` of ${sheet.name}` : ''} hold the same field. A field belongs to one column.`]
        : [],
    ),
    ...chosen.flatMap((sheet) =>
      findsPeople(sheet)
        ? []
        : [`No column${sheet.name ? ` of ${sheet.name}` : ''} is an email address or a LinkedIn profile.`],
    ),
  ]
  return (
    <Page
      title={given.data ? `Add rows to ${given.data.dataset_name}` : 'Upload leads'}
      note="CSV in any common spelling, or a workbook (.xlsx, .xlsm)."
    >
      {sending ? (
        <Card className="p-4">
          <Progress label={sending.words} done={sending.sent} total={sending.total} format={bytes} />
        </Card>
      ) : null}
      {read ? (
        <>
          <Card className="flex flex-wrap items-center justify-between gap-3 p-4">
            <div className="min-w-0">
              <p className="truncate text-base font-semibold text-ink">{read.file.name}</p>
              <p className="text-sm text-ink-faint">
                {bytes(read.file.size)}
                {', '}
                {read.is_beginning
                  ? 'more rows than were counted'
                  : count(
                      chosen.reduce((sum, sheet) => sum + sheet.info.row_count, 0),
                      'row',
                    )}
                {read.sheets.length > 1 ? `, ${count(read.sheets.length, 'sheet')}` : ''}
              </p>
            </div>
            <Button look="quiet" onClick={() => setRead(null)} disabled={Boolean(sending)}>
              Choose another file
            </Button>
          </Card>
          <MapColumns read={read} onChange={setRead} />
          <ChooseTarget target={target} onChange={setTarget} given={given.data ?? null} />
          <div className="sticky bottom-0 -mx-4 flex flex-wrap items-center justify-end gap-2 border-t border-line bg-page px-4 py-3 sm:-mx-8 sm:px-8">
            <p role="status" className="mr-auto text-sm text-warn">
              {problems[0]}
            </p>
            <Button disabled={problems.length > 0} is_busy={Boolean(sending)} onClick={() => void send(true)}>
              Dry run
            </Button>
            <Button
              look="primary"
              disabled={problems.length > 0}
              is_busy={Boolean(sending)}
              onClick={() => void send(false)}
            >
              Import
            </Button>
          </div>
        </>
      ) : (
        <DropZone
          title="Drop a file with leads here"
          accept=".csv,.tsv,.txt,.xlsx,.xlsm"
          onFile={(file) => void look(file)}
          is_busy={Boolean(sending)}
          className="py-24"
        >
          Columns are recognised by their names and by what stands in them. Nothing is stored before you say so.
        </DropZone>
      )}
    </Page>
  )
}
