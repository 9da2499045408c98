import { addSuppression, deleteSuppression, listSuppression } from '@bavlio/sdk/operations'
import type { SuppressionEntry } from '@bavlio/sdk/types'
import { Ban, Plus, Upload } from 'lucide-react'
import { useState } from 'react'
import { useRead, useWrite } from '../../../api/query.ts'
import { entriesOf, FilterSelect } from '../../../forms/filter-select.tsx'
import { SearchField } from '../../../forms/search-field.tsx'
import { PageTurner } from '../../../table/page-turner.tsx'
import { useListSearch } from '../../../table/use-list-search.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Card } from '../../../ui/card.tsx'
import { Page } from '../../../ui/page.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { REASONS } from '../words.ts'
import { AddSuppressionDialog, ImportDialog, LiftDialog } from './suppression-dialogs.tsx'

type Search = {
  q?: string
  reason?: SuppressionEntry['reason']
  kind?: SuppressionEntry['kind']
  lifted?: boolean
  page?: number
}

const KINDS: Record<SuppressionEntry['kind'], string> = { address: 'Address', domain: 'Domain', hash: 'Erased person' }

/** Who is never written to. One list for campaigns and single messages alike. */
export const SuppressionListPage = () => {
  const [search, change] = useListSearch<Search>()
  const [open, setOpen] = useState<'add' | 'import' | SuppressionEntry | null>(null)
  const read = useRead(
    listSuppression,
    {
      search: search.q,
      reason: search.reason,
      kind: search.kind,
      include_released: search.lifted,
      page: search.page ?? 1,
      page_size: 25,
    },
    { keep_previous: true },
  )
  const add = useWrite(addSuppression, { refreshes: [listSuppression] })
  const lift = useWrite(deleteSuppression, { refreshes: [listSuppression] })
  const onLift = (entry: SuppressionEntry): void => {
    // What a person asked for is not lifted by a click: it takes a note.
    if (entry.reason === 'unsubscribed' || entry.reason === 'complained') {
      setOpen(entry)
      return
    }
    lift.mutate(
      { entry_id: entry.entry_id },
      {
        onSuccess: () =>
          showDone(`${entry.email} can be written to again`, () =>
            add.mutate({
              body: {
                email: entry.email ?? '',
                reason: entry.reason,
                note: entry.note,
                ...(entry.kind === 'domain' ? { kind: 'domain' as const } : {}),
              },
            }),
          ),
      },
    )
  }
  const is_filtered = Boolean(search.q || search.reason || search.kind)
  return (
    <Page
      title="Suppression"
      note="Nothing is sent to who stands here, by no campaign and no single message."
      actions={
        <>
          <Button icon={<Upload aria-hidden />} onClick={() => setOpen('import')}>
            Import a list
          </Button>
          <Button look="primary" icon={<Plus aria-hidden />} onClick={() => setOpen('add')}>
            Add
          </Button>
        </>
      }
    >
      <div className="flex flex-wrap gap-2">
        <SearchField label="Search addresses" value={search.q ?? ''} onChange={(q) => change({ q: q || undefined })} />
        <FilterSelect
          label="Reason"
          all="Every reason"
          value={search.reason}
          onChange={(reason) => change({ reason })}
          options={entriesOf(REASONS).map(([reason, { words }]) => [reason, words])}
        />
        <FilterSelect
          label="Kind"
          all="Every kind"
          value={search.kind}
          onChange={(kind) => change({ kind })}
          options={entriesOf(KINDS)}
        />
        <FilterSelect
          label="In force or lifted"
          all="In force"
          value={search.lifted ? 'lifted' : undefined}
          onChange={(lifted) => change({ lifted: lifted && true })}
          options={[['lifted', 'Lifted ones too']]}
        />
      </div>
      <Card>
        <Loaded read={read}>
          {(list) =>
            list.items.length ? (
              <>
                <Entries entries={list.items} onLift={onLift} />
                <PageTurner
                  page={list.page}
                  pages={list.total_pages}
                  total={list.total}
                  onTurn={(page) => change({ page })}
                />
              </>
            ) : is_filtered ? (
              <Empty title="No entry fits">Another word or another reason may.</Empty>
            ) : (
              <Empty icon={<Ban aria-hidden />} title="Nobody is suppressed">
                Who unsubscribes, complains or bounces comes here by itself. Lists from elsewhere can be imported.
              </Empty>
            )
          }
        </Loaded>
      </Card>
      {open === 'add' ? <AddSuppressionDialog onClose={() => setOpen(null)} /> : null}
      {open === 'import' ? <ImportDialog onClose={() => setOpen(null)} /> : null}
      {open && typeof open === 'object' ? <LiftDialog entry={open} onClose={() => setOpen(null)} /> : null}
    </Page>
  )
}

const Entries = ({ entries, onLift }: { entries: SuppressionEntry[]; onLift: (entry: SuppressionEntry) => void }) => (
  <Table>
    <thead>
      <tr>
        <Th>Who</Th>
        <Th>Reason</Th>
        <Th className="max-sm:hidden">Kind</Th>
        <Th className="max-md:hidden">Note</Th>
        <Th className="max-sm:hidden">Since</Th>
        <Th>
          <span className="sr-only">Actions</span>
        </Th>
      </tr>
    </thead>
    <tbody>
      {entries.map((entry) => (
        <Tr key={entry.entry_id}>
          <Td className="max-w-64 max-sm:max-w-44">
            <span className="block truncate font-medium">{entry.email ?? 'An erased person'}</span>
          </Td>
          <Td>
            {entry.released_at ? (
              <Badge>Lifted</Badge>
            ) : (
              <Badge tone={REASONS[entry.reason].tone}>{REASONS[entry.reason].words}</Badge>
            )}
          </Td>
          <Td className="text-ink-soft max-sm:hidden">{KINDS[entry.kind]}</Td>
          <Td className="max-w-64 truncate text-ink-soft max-md:hidden" title={entry.note ?? undefined}>
            {entry.note ?? '–'}
          </Td>
          <Td className="text-ink-soft max-sm:hidden">
            <Time at={entry.created_at} />
          </Td>
          <Td className="w-16 py-1 text-right">
            {entry.kind === 'hash' || entry.released_at ? null : (
              <Button look="quiet" size="sm" aria-label={`Lift ${entry.email}`} onClick={() => onLift(entry)}>
                Lift
              </Button>
            )}
          </Td>
        </Tr>
      ))}
    </tbody>
  </Table>
)
