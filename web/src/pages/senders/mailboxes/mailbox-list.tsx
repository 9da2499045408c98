import { deleteMailbox, listMailboxes, testMailbox, updateMailbox } from '@bavlio/sdk/operations'
import type { Mailbox, MailboxTest } from '@bavlio/sdk/types'
import { KeyRound, Mails, Pause, Pencil, Play, Plus, Stethoscope, Unplug } from 'lucide-react'
import { useState } from 'react'
import { useRead, useWrite } from '../../../api/query.ts'
import { useWorkspace } from '../../../api/use-workspace.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Card } from '../../../ui/card.tsx'
import { Confirm } from '../../../ui/confirm.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { Facts } from '../../../ui/facts.tsx'
import { ActionMenu } from '../../../ui/menu.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { Page } from '../../../ui/page.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { MAILBOX_STATES, rampCap } from '../words.ts'
import { ConnectDialog } from './connect-dialog.tsx'
import { MailboxDialog, ReconnectDialog } from './mailbox-dialogs.tsx'

type Open =
  | { what: 'connect' }
  | { what: 'edit' | 'reconnect' | 'disconnect'; mailbox: Mailbox }
  | { what: 'tested'; mailbox: Mailbox; result: MailboxTest }

/** People's own mailboxes as senders: sent through by SMTP, answers read by IMAP. */
export const MailboxListPage = () => {
  const [open, setOpen] = useState<Open | null>(null)
  const read = useRead(listMailboxes, {}, { refetch_ms: 15_000 })
  const close = (): void => setOpen(null)
  const remove = useWrite(deleteMailbox, {
    refreshes: [listMailboxes],
    onDone: () => {
      showDone('The mailbox is disconnected')
      close()
    },
  })
  const is_sandbox = useWorkspace()?.mode === 'sandbox'
  const connect = is_sandbox ? null : (
    <Button look="primary" icon={<Plus aria-hidden />} onClick={() => setOpen({ what: 'connect' })}>
      Connect a mailbox
    </Button>
  )
  return (
    <Page
      title="Mailboxes"
      note="Mailboxes of your own, at Google, Microsoft or elsewhere, as senders."
      actions={connect}
    >
      {is_sandbox ? (
        <Notice title="A sandbox connects no mailbox">
          It reaches no real server. In a live workspace mailboxes are connected here; a sandbox sends from aliases.
        </Notice>
      ) : null}
      <Card>
        <Loaded read={read}>
          {(list) =>
            list.items.length ? (
              <Table>
                <thead>
                  <tr>
                    <Th>Address</Th>
                    <Th>State</Th>
                    <Th className="text-right max-sm:hidden">Sent today</Th>
                    <Th className="max-md:hidden">Ramp-up</Th>
                    <Th className="max-md:hidden">Last read</Th>
                    <Th>
                      <span className="sr-only">Actions</span>
                    </Th>
                  </tr>
                </thead>
                <tbody>
                  {list.items.map((mailbox) => (
                    <MailboxRow key={mailbox.id} mailbox={mailbox} onOpen={setOpen} />
                  ))}
                </tbody>
              </Table>
            ) : (
              <Empty icon={<Mails aria-hidden />} title="No mailbox is connected" action={connect}>
                Campaigns can send from a mailbox as they do from an alias. Older mail in it is never looked at.
              </Empty>
            )
          }
        </Loaded>
      </Card>
      {open?.what === 'connect' ? <ConnectDialog onClose={close} /> : null}
      {open?.what === 'edit' ? <MailboxDialog mailbox={open.mailbox} onClose={close} /> : null}
      {open?.what === 'reconnect' ? <ReconnectDialog mailbox={open.mailbox} onClose={close} /> : null}
      {open?.what === 'tested' ? <TestedDialog mailbox={open.mailbox} result={open.result} onClose={close} /> : null}
      {open?.what === 'disconnect' ? (
        <Confirm
          is_open
          onClose={close}
          title={`Disconnect ${open.mailbox.email}`}
          description="Its credentials are erased. What was sent and received stays."
          action="Disconnect"
          is_busy={remove.isPending}
          onConfirm={() => remove.mutate({ mailbox_id: open.mailbox.id })}
        />
      ) : null}
    </Page>
  )
}

const MailboxRow = ({ mailbox, onOpen }: { mailbox: Mailbox; onOpen: (open: Open) => void }) => {
  const mailbox_id = mailbox.id
  const update = useWrite(updateMailbox, { refreshes: [listMailboxes] })
  const test = useWrite(testMailbox, { onDone: (result) => onOpen({ what: 'tested', mailbox, result }) })
  const state = MAILBOX_STATES[mailbox.status]
  const pause = (paused: boolean): void =>
    update.mutate(
      { mailbox_id, body: { paused } },
      { onSuccess: () => showDone(paused ? 'The mailbox is paused' : 'The mailbox goes on', () => pause(!paused)) },
    )
  return (
    <Tr>
      <Td className="max-w-72">
        <span className="block truncate font-medium">{mailbox.email}</span>
        {mailbox.last_error ? <span className="block truncate text-xs text-bad">{mailbox.last_error}</span> : null}
      </Td>
      <Td>
        <Badge tone={state.tone}>{state.words}</Badge>
      </Td>
      <Td className="text-right tabular-nums max-sm:hidden">
        {mailbox.sent_today} of {mailbox.daily_limit}
      </Td>
      <Td className="text-ink-soft max-md:hidden">
        {mailbox.ramp_start && mailbox.ramp_step
          ? `${rampCap(mailbox.ramp_start, mailbox.ramp_step, mailbox.daily_limit, 0)} on the first day, ${mailbox.ramp_step} more each`
          : 'None'}
      </Td>
      <Td className="text-ink-soft max-md:hidden">
        <Time at={mailbox.last_synced_at} />
      </Td>
      <Td className="w-12 py-1 text-right">
        <ActionMenu
          label={`Actions for ${mailbox.email}`}
          actions={[
            { label: 'Change', icon: <Pencil aria-hidden />, onSelect: () => onOpen({ what: 'edit', mailbox }) },
            {
              label: 'Try the log-ins',
              icon: <Stethoscope aria-hidden />,
              onSelect: () => test.mutate({ mailbox_id }),
            },
            mailbox.status === 'paused'
              ? { label: 'Go on', icon: <Play aria-hidden />, onSelect: () => pause(false) }
              : { label: 'Pause', icon: <Pause aria-hidden />, onSelect: () => pause(true) },
            ...(mailbox.auth_kind === 'password'
              ? [
                  {
                    label: 'New password',
                    icon: <KeyRound aria-hidden />,
                    onSelect: () => onOpen({ what: 'reconnect' as const, mailbox }),
                  },
                ]
              : []),
            {
              label: 'Disconnect',
              icon: <Unplug aria-hidden />,
              is_dangerous: true,
              onSelect: () => onOpen({ what: 'disconnect', mailbox }),
            },
          ]}
        />
      </Td>
    </Tr>
  )
}

const TestedDialog = ({ mailbox, result, onClose }: { mailbox: Mailbox; result: MailboxTest; onClose: () => void }) => (
  <Dialog is_open onClose={onClose} title={mailbox.email} description="What happened when both log-ins were tried.">
    <Facts
      facts={[
        { name: 'Sending (SMTP)', value: <Verdict is_ok={result.smtp.ok} problem={result.smtp.problem} /> },
        { name: 'Reading (IMAP)', value: <Verdict is_ok={result.imap.ok} problem={result.imap.problem} /> },
        {
          name: 'Tells of new mail',
          value: result.imap.idle === null ? '–' : result.imap.idle ? 'At once' : 'When asked',
        },
        { name: 'Folder of sent mail', value: result.imap.sent_folder },
        { name: 'Folder of junk', value: result.imap.junk_folder },
      ]}
    />
  </Dialog>
)

const Verdict = ({ is_ok, problem }: { is_ok: boolean; problem: string | null }) => (
  <span className="flex flex-wrap items-center gap-2">
    <Badge tone={is_ok ? 'good' : 'bad'}>{is_ok ? 'Works' : 'Failed'}</Badge>
    {problem ? <span className="text-ink-soft">{problem}</span> : null}
  </span>
)
