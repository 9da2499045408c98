import { createTemplate, deleteTemplate, listTemplates } from '@bavlio/sdk/operations'
import type { Template } from '@bavlio/sdk/types'
import { Link } from '@tanstack/react-router'
import { Copy, FileText, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useRead, useWrite } from '../../../api/query.ts'
import { PageTurner } from '../../../table/page-turner.tsx'
import { useListSearch } from '../../../table/use-list-search.ts'
import { Button } from '../../../ui/button.tsx'
import { Card } from '../../../ui/card.tsx'
import { Confirm } from '../../../ui/confirm.tsx'
import { ActionMenu } from '../../../ui/menu.tsx'
import { Page } from '../../../ui/page.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { showDone } from '../../../ui/toast.tsx'

/** Texts that steps of campaigns point at. */
export const TemplateListPage = () => {
  const [search, change] = useListSearch<{ page?: number }>()
  const [removing, setRemoving] = useState<Template | null>(null)
  const read = useRead(listTemplates, { page: search.page ?? 1, page_size: 25 }, { keep_previous: true })
  const copy = useWrite(createTemplate, {
    refreshes: [listTemplates],
    onDone: ({ name }) => showDone(`${name} is made`),
  })
  const remove = useWrite(deleteTemplate, {
    refreshes: [listTemplates],
    onDone: () => {
      showDone(`${removing?.name} is deleted`)
      setRemoving(null)
    },
  })
  const add = (
    <Button look="primary" asChild>
      <Link to="/senders/templates/new">
        <Plus aria-hidden />
        New template
      </Link>
    </Button>
  )
  return (
    <Page title="Templates" note="Subjects and bodies with variables that each lead fills." actions={add}>
      <Card>
        <Loaded read={read}>
          {(list) =>
            list.items.length ? (
              <>
                <Table>
                  <thead>
                    <tr>
                      <Th>Name</Th>
                      <Th className="max-sm:hidden">Subject</Th>
                      <Th className="max-sm:hidden">Changed</Th>
                      <Th>
                        <span className="sr-only">Actions</span>
                      </Th>
                    </tr>
                  </thead>
                  <tbody>
                    {list.items.map((template) => (
                      <Tr key={template.template_id}>
                        <Td className="max-w-72">
                          <Link
                            to="/senders/templates/$template_id"
                            params={{ template_id: template.template_id }}
                            className="block truncate font-medium hover:underline"
                          >
                            {template.name}
                          </Link>
                        </Td>
                        <Td className="max-w-96 truncate text-ink-soft max-sm:hidden">
                          {template.content.subject || 'Goes on in the thread'}
                        </Td>
                        <Td className="text-ink-soft max-sm:hidden">
                          <Time at={template.updated_at} />
                        </Td>
                        <Td className="w-12 py-1 text-right">
                          <ActionMenu
                            label={`Actions for ${template.name}`}
                            actions={[
                              {
                                label: 'Copy',
                                icon: <Copy aria-hidden />,
                                onSelect: () =>
                                  copy.mutate({ body: { name: `${template.name} (copy)`, content: template.content } }),
                              },
                              {
                                label: 'Delete',
                                icon: <Trash2 aria-hidden />,
                                is_dangerous: true,
                                onSelect: () => setRemoving(template),
                              },
                            ]}
                          />
                        </Td>
                      </Tr>
                    ))}
                  </tbody>
                </Table>
                <PageTurner
                  page={list.page}
                  pages={list.total_pages}
                  total={list.total}
                  onTurn={(page) => change({ page })}
                />
              </>
            ) : (
              <Empty icon={<FileText aria-hidden />} title="No templates yet" action={add}>
                A template is written once and reads differently for each lead. Steps of campaigns point at it.
              </Empty>
            )
          }
        </Loaded>
      </Card>
      <Confirm
        is_open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Delete ${removing?.name ?? ''}`}
        description="Steps that use it stay, without a text."
        action="Delete"
        is_busy={remove.isPending}
        onConfirm={() => removing && remove.mutate({ template_id: removing.template_id })}
      />
    </Page>
  )
}
