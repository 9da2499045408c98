import { deleteSheetSync, listSheetSyncs } from '@bavlio/sdk/operations'
import type { SheetSync } from '@bavlio/sdk/types'
import { Link } from '@tanstack/react-router'
import { RefreshCw, Settings2, Sheet, Unlink } from 'lucide-react'
import { useState } from 'react'
import { useRead, useWrite } from '../../../api/query.ts'
import { PageTurner } from '../../../table/page-turner.tsx'
import { pagesOf, useListSearch } from '../../../table/use-list-search.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Card } from '../../../ui/card.tsx'
import { ActionMenu } from '../../../ui/menu.tsx'
import { Page } from '../../../ui/page.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { showDone, showError } from '../../../ui/toast.tsx'
import { GoogleAccount } from './google-account.tsx'
import { everyWords, runSync, syncWords } from './run-sync.ts'
import { SyncDialog } from './sync-dialog.tsx'

const SIZE = 25

/** Sheets that datasets follow, and the Google account that reads them. */
export const SheetListPage = () => {
  const [search, change] = useListSearch<{ page?: number }>()
  const page = search.page ?? 1
  const read = useRead(
    listSheetSyncs,
    { limit: SIZE, offset: (page - 1) * SIZE },
    { keep_previous: true, refetch_ms: 15_000 },
  )
  return (
    <Page title="Google Sheets" note="Datasets that follow a sheet: its new rows and changed cells are brought in.">
      <GoogleAccount />
      <Card>
        <Loaded read={read}>
          {(list) =>
            list.items.length ? (
              <>
                <SyncTable syncs={list.items} />
                <PageTurner
                  page={page}
                  pages={pagesOf(list.total, SIZE)}
                  total={list.total}
                  onTurn={(next) => change({ page: next })}
                />
              </>
            ) : (
              <Empty
                icon={<Sheet aria-hidden />}
                title="No dataset follows a sheet"
                action={
                  <Button asChild>
                    <Link to="/leads/datasets">Choose a dataset</Link>
                  </Button>
                }
              >
                Open a dataset and add rows from Google Sheets; it can follow the sheet from then on.
              </Empty>
            )
          }
        </Loaded>
      </Card>
    </Page>
  )
}

const SyncTable = ({ syncs }: { syncs: SheetSync[] }) => (
  <Table>
    <thead>
      <tr>
        <Th>Sheet</Th>
        <Th>Dataset</Th>
        <Th className="max-md:hidden">Again</Th>
        <Th className="max-sm:hidden">Last time</Th>
        <Th>
          <span className="sr-only">Actions</span>
        </Th>
      </tr>
    </thead>
    <tbody>
      {syncs.map((sync) => (
        <SyncRow key={sync.sync_id} sync={sync} />
      ))}
    </tbody>
  </Table>
)

const SyncRow = ({ sync }: { sync: SheetSync }) => {
  const [is_busy, setBusy] = useState(false)
  const [is_open, setOpen] = useState(false)
  const end = useWrite(deleteSheetSync, {
    refreshes: [listSheetSyncs],
    onDone: () => showDone(`${sync.dataset_name} does not follow ${sync.title} any more; its rows stay`),
  })
  const again = async (): Promise<void> => {
    setBusy(true)
    try {
      const result = await runSync(sync.sheet_id, { dataset_id: sync.dataset_id })
      showDone(`${sync.title}: ${syncWords(result)}`)
    } catch (error) {
      showError(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Tr>
      <Td className="max-w-56">
        <span className="block truncate font-medium">{sync.title}</span>
        <span className="block truncate text-xs text-ink-faint">
          {sync.tab_names ? sync.tab_names.join(', ') : 'Every tab'}
        </span>
      </Td>
      <Td className="max-w-56">
        <Link
          to="/leads/datasets/$dataset_id"
          params={{ dataset_id: sync.dataset_id }}
          className="block truncate font-medium hover:underline"
        >
          {sync.dataset_name}
        </Link>
      </Td>
      <Td className="text-ink-soft max-md:hidden">
        {everyWords(sync.every_minutes)}
        {sync.due_at ? (
          <span className="block text-xs text-ink-faint">
            next <Time at={sync.due_at} />
          </span>
        ) : null}
      </Td>
      <Td className="max-w-64 max-sm:hidden">
        {sync.last_error ? (
          <>
            <Badge tone="bad">Failed</Badge>
            <span className="block text-xs text-ink-soft wrap-anywhere">{sync.last_error}</span>
          </>
        ) : (
          <Time at={sync.last_synced_at} />
        )}
        {sync.last_result && !sync.last_error ? (
          <span className="block text-xs text-ink-faint">{syncWords(sync.last_result)}</span>
        ) : null}
      </Td>
      <Td>
        <div className="flex justify-end gap-1">
          <Button
            size="sm"
            aria-label={`Synchronise ${sync.title} now`}
            is_busy={is_busy}
            icon={<RefreshCw aria-hidden />}
            onClick={() => void again()}
          >
            <span className="max-sm:hidden">Synchronise</span>
          </Button>
          <ActionMenu
            label={`Actions for ${sync.title}`}
            actions={[
              { label: 'Change how it follows', icon: <Settings2 aria-hidden />, onSelect: () => setOpen(true) },
              {
                label: 'Follow it no more',
                icon: <Unlink aria-hidden />,
                is_dangerous: true,
                onSelect: () => end.mutate({ sync_id: sync.sync_id }),
              },
            ]}
          />
        </div>
        {is_open ? (
          <SyncDialog dataset={sync} sync={sync} onClose={() => setOpen(false)} onDone={() => undefined} />
        ) : null}
      </Td>
    </Tr>
  )
}
