import { getExtractionInfo } from '@bavlio/sdk/operations'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useRead } from '../../../api/query.ts'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Facts } from '../../../ui/facts.tsx'
import { Page } from '../../../ui/page.tsx'
import { Empty, Loaded, LoadingRows } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { formatDateTime } from '../../../ui/time.tsx'
import { bytes, sourceWords } from '../words.ts'
import { ExtractionMenu, useMakeDataset } from './extraction-menu.tsx'

/** An extraction with its first leads, as they were on the page. */
export const ExtractionPage = () => {
  const { extraction_id } = useParams({ strict: false }) as { extraction_id: string }
  const navigate = useNavigate()
  const read = useRead(getExtractionInfo, { extraction_id })
  const make = useMakeDataset()
  return (
    <Loaded
      read={read}
      loading={
        <Page title="Extraction">
          <LoadingRows />
        </Page>
      }
    >
      {(item) => {
        const pages = Array.isArray(item.metadata.page_urls) ? item.metadata.page_urls.map(String) : []
        const columns = item.columns.slice(0, 12)
        return (
          <Page
            title={item.title}
            note={sourceWords(item.source)}
            actions={
              <>
                <ExtractionMenu extraction={item} onDeleted={() => void navigate({ to: '/leads/extractions' })} />
                <Button look="primary" is_busy={make.isPending} onClick={() => make.mutate({ extraction_id })}>
                  {item.session_id ? 'Make another dataset' : 'Make a dataset'}
                </Button>
              </>
            }
          >
            <Card className="p-4">
              <Facts
                facts={[
                  { name: 'Leads', value: item.leads_count.toLocaleString() },
                  { name: 'Columns', value: item.columns.join(', ') || '–' },
                  ...(item.sheets?.length ? [{ name: 'Sheets', value: item.sheets.join(', ') }] : []),
                  ...(pages.length ? [{ name: 'Found on', value: pages.slice(0, 5).join(', ') }] : []),
                  { name: 'Size', value: item.file_size_bytes ? bytes(item.file_size_bytes) : '–' },
                  { name: 'Made', value: formatDateTime(item.created_at) },
                ]}
              />
            </Card>
            <Card>
              <CardHeader title="The first leads" />
              {item.sample_data?.length ? (
                <Table>
                  <thead>
                    <tr>
                      {columns.map((column) => (
                        <Th key={column}>{column}</Th>
                      ))}
                    </tr>
                  </thead>
                  <tbody>
                    {item.sample_data.map((row, index) => (
                      // biome-ignore lint/suspicious/noArrayIndexKey: leads of an extraction have no id.
                      <Tr key={index}>
                        {columns.map((column) => (
                          <Td key={column} className="max-w-60 truncate">
                            {textOf(row, column)}
                          </Td>
                        ))}
                      </Tr>
                    ))}
                  </tbody>
                </Table>
              ) : (
                <Empty title="No leads in it" />
              )}
            </Card>
          </Page>
        )
      }}
    </Loaded>
  )
}

/** Leads come as they were stored: columns under columnValues, nested or flat, or plain. */
const textOf = (row: Record<string, unknown>, column: string): string => {
  const nested = row.columnValues as Record<string, unknown> | undefined
  const value = row[column] ?? row[`columnValues.${column}`] ?? nested?.[column]
  return value === null || value === undefined || value === ''
    ? '–'
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)
}
