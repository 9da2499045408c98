import { listErasures } from '@bavlio/sdk/operations'
import type { Erasure } from '@bavlio/sdk/types'
import { Eraser } from 'lucide-react'
import { useRead } from '../../../api/query.ts'
import { PageTurner } from '../../../table/page-turner.tsx'
import { pagesOf, useListSearch } from '../../../table/use-list-search.ts'
import { Badge, type Tone } from '../../../ui/badge.tsx'
import { Card } from '../../../ui/card.tsx'
import { Page } from '../../../ui/page.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { fieldWords } from '../words.ts'

const SIZE = 25
const STATES: Record<Erasure['status'], { words: string; tone: Tone }> = {
  queued: { words: 'Waiting', tone: 'info' },
  running: { words: 'Running', tone: 'info' },
  completed: { words: 'Done', tone: 'good' },
  failed: { words: 'Failed', tone: 'bad' },
}

/** The proof of each erasure. It names nobody: a hash stands for the address. */
export const ErasureListPage = () => {
  const [search, change] = useListSearch<{ page?: number }>()
  const read = useRead(
    listErasures,
    { limit: SIZE, offset: ((search.page ?? 1) - 1) * SIZE },
    { keep_previous: true, refetch_ms: 5_000 },
  )
  return (
    <Page title="Erasures" note="What was erased at a person’s request, and at whose hand.">
      <Card>
        <Loaded read={read}>
          {(list) =>
            list.items.length ? (
              <>
                <Table>
                  <thead>
                    <tr>
                      <Th>Hash of the address</Th>
                      <Th>State</Th>
                      <Th>Removed</Th>
                      <Th className="max-sm:hidden">Note</Th>
                      <Th className="max-sm:hidden">Asked</Th>
                    </tr>
                  </thead>
                  <tbody>
                    {list.items.map((erasure) => (
                      <Tr key={erasure.erasure_id}>
                        <Td className="max-w-40 truncate font-mono text-xs" title={erasure.subject_hash ?? undefined}>
                          {erasure.subject_hash?.slice(0, 16) ?? '–'}
                        </Td>
                        <Td>
                          <Badge tone={STATES[erasure.status].tone}>{STATES[erasure.status].words}</Badge>
                        </Td>
                        <Td className="max-w-80 text-ink-soft">{removedWords(erasure)}</Td>
                        <Td className="max-w-48 truncate max-sm:hidden">{erasure.note ?? '–'}</Td>
                        <Td className="text-ink-soft max-sm:hidden">
                          <Time at={erasure.created_at} />
                        </Td>
                      </Tr>
                    ))}
                  </tbody>
                </Table>
                <PageTurner
                  page={search.page ?? 1}
                  pages={pagesOf(list.total, SIZE)}
                  total={list.total}
                  onTurn={(page) => change({ page })}
                />
              </>
            ) : (
              <Empty icon={<Eraser aria-hidden />} title="Nobody was erased">
                A person who asks to be forgotten is erased from their page, or by address from the list of people.
              </Empty>
            )
          }
        </Loaded>
      </Card>
    </Page>
  )
}

const removedWords = ({ removed }: Erasure): string =>
  Object.entries(removed)
    .filter(([, n]) => n > 0)
    .map(([what, n]) => `${fieldWords(what)}: ${n.toLocaleString()}`)
    .join(', ') || '–'
