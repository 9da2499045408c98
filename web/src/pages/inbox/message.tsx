import {
  cancelEmail,
  downloadInboundAttachment,
  getInboundEmailRaw,
  getInboxThread,
  loadInboxMessageImages,
  mailDownloadAttachment,
} from '@bavlio/sdk/operations'
import type { InboxMessage, InboxMessageImages } from '@bavlio/sdk/types'
import { ChevronDown, ChevronRight, Download, Image as ImageIcon, ImageOff, Paperclip, ShieldAlert } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { useWrite } from '../../api/query.ts'
import { useWorkspace } from '../../api/use-workspace.ts'
import { saveFile } from '../../lib/save-file.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { cn } from '../../ui/class-names.ts'
import { Time } from '../../ui/time.tsx'
import { showDone, showError } from '../../ui/toast.tsx'
import { LinkedText } from './linked-text.tsx'
import { ShownHtml } from './shown-html.tsx'
import { KINDS } from './words.ts'

const SENT: Record<string, { words: string; tone: Tone } | undefined> = {
  queued: { words: 'Sending', tone: 'info' },
  scheduled: { words: 'Scheduled', tone: 'info' },
  sending: { words: 'Sending', tone: 'info' },
  bounced: { words: 'Bounced', tone: 'bad' },
  failed: { words: 'Failed', tone: 'bad' },
}

const size = (bytes: number): string =>
  bytes < 1_000
    ? `${bytes} B`
    : bytes < 1_000_000
      ? `${Math.round(bytes / 1_000)} kB`
      : `${(bytes / 1_000_000).toFixed(1)} MB`

/** One message of a thread; older ones are folded to a line. What was newly written stands first, the whole is one click away. */
export const Message = ({ message, is_open_first }: { message: InboxMessage; is_open_first: boolean }) => {
  const [is_open, setOpen] = useState(is_open_first)
  const is_ours = message.direction === 'outbound'
  const name = message.from_name ?? message.from_email
  const text = message.reply_text ?? message.body_text ?? ''
  return (
    <article
      aria-label={`${is_ours ? 'Sent' : 'Received'} by ${name}`}
      className={cn('rounded-xl border', is_ours ? 'border-line bg-page' : 'border-line-strong bg-surface')}
    >
      <header>
        <button
          type="button"
          aria-expanded={is_open}
          onClick={() => setOpen(!is_open)}
          className="flex w-full items-center gap-3 rounded-xl px-4 py-2.5 text-left focus-visible:-outline-offset-2"
        >
          <span className="text-ink-faint [&_svg]:size-4">
            {is_open ? <ChevronDown aria-hidden /> : <ChevronRight aria-hidden />}
          </span>
          <span className="min-w-0 flex-1">
            <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
              <span className="truncate text-sm font-medium text-ink">{name}</span>
              {message.step ? (
                <span className="text-xs text-ink-faint">
                  Step {message.step}
                  {message.variant_label ? `, variant ${message.variant_label}` : ''}
                </span>
              ) : null}
              <MessageBadge message={message} />
            </span>
            {is_open ? (
              <span className="block truncate text-xs text-ink-faint">
                {message.from_email} to {message.to_emails.join(', ')}
                {message.cc_emails.length ? `, copy to ${message.cc_emails.join(', ')}` : ''}
              </span>
            ) : (
              <span className="block truncate text-xs text-ink-faint">{text.replace(/\s+/g, ' ').slice(0, 160)}</span>
            )}
          </span>
          <span className="text-xs text-ink-faint">
            <Time at={message.at} />
          </span>
        </button>
      </header>
      {is_open ? <MessageBody message={message} text={text} /> : null}
    </article>
  )
}

const MessageBadge = ({ message }: { message: InboxMessage }) => {
  const sent = SENT[message.status]
  if (sent) return <Badge tone={sent.tone}>{sent.words}</Badge>
  const kind = message.kind && message.kind !== 'human_reply' ? KINDS[message.kind] : null
  if (kind) return <Badge tone={kind.tone}>{kind.words}</Badge>
  if (message.open_count > 0)
    return <span className="text-xs text-ink-faint">Opened{message.click_count > 0 ? ' and clicked' : ''}</span>
  return null
}

const MessageBody = ({ message, text }: { message: InboxMessage; text: string }) => {
  const [shows_whole, setWhole] = useState(false)
  const images = useWrite(loadInboxMessageImages)
  const is_cut = message.reply_text !== null && message.reply_text.trim() !== (message.body_text ?? '').trim()
  const has_whole = Boolean(message.body_html) || is_cut
  const html = shows_whole || !text ? (images.data?.body_html ?? message.body_html) : null
  const files = message.attachments.filter(({ is_inline }) => !is_inline)
  return (
    <div className="flex flex-col gap-3 px-4 pb-4 sm:pl-11">
      {message.authenticity === 'fail' ? (
        <p className="flex items-start gap-2 rounded-md bg-warn-soft px-3 py-2 text-xs text-warn [&_svg]:mt-0.5 [&_svg]:size-3.5 [&_svg]:shrink-0">
          <ShieldAlert aria-hidden />
          This message could not be proven to come from {message.from_email}.
        </p>
      ) : null}
      {message.error ? <p className="rounded-md bg-bad-soft px-3 py-2 text-xs text-bad">{message.error}</p> : null}
      {html ? (
        <ShownHtml html={html} title={`Message of ${message.from_email}`} />
      ) : (
        <LinkedText text={shows_whole ? (message.body_text ?? text) : text} />
      )}
      {html && message.blocked_images > 0 ? (
        <Images
          count={message.blocked_images}
          loaded={images.data}
          is_busy={images.isPending}
          onLoad={() => images.mutate({ email_id: message.id })}
        />
      ) : null}
      {files.length ? (
        <ul aria-label="Attachments" className="flex flex-wrap gap-2">
          {files.map((file) => (
            <li key={file.id}>
              <Button
                size="sm"
                icon={<Paperclip aria-hidden />}
                onClick={() => void download(message, file.id, file.filename)}
              >
                <span className="sr-only">Download</span>
                <span className="max-w-52 truncate">{file.filename ?? 'Attachment'}</span>
                <span className="text-ink-faint">{size(file.size_bytes)}</span>
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
      <div className="flex flex-wrap gap-1">
        {has_whole && text ? (
          <Button
            look="quiet"
            size="sm"
            className="-ml-2.5"
            aria-pressed={shows_whole}
            onClick={() => setWhole(!shows_whole)}
          >
            {shows_whole ? 'Show only what is new' : message.direction === 'inbound' ? 'Show original' : 'Show as sent'}
          </Button>
        ) : null}
        {message.has_original ? (
          <Button look="quiet" size="sm" icon={<Download aria-hidden />} onClick={() => void downloadRaw(message)}>
            Source
          </Button>
        ) : null}
        {message.status === 'scheduled' && message.direction === 'outbound' && !message.step ? (
          <CancelButton id={message.id} />
        ) : null}
      </div>
    </div>
  )
}

const many = (count: number, one: string, more: string): string =>
  count === 1 ? `One ${one}` : `${count.toLocaleString()} ${more}`

/** What of the message's images from elsewhere is shown, and the way to load them: whoever serves them learns of it. */
const Images = ({
  count,
  loaded,
  is_busy,
  onLoad,
}: {
  count: number
  loaded: InboxMessageImages | undefined
  is_busy: boolean
  onLoad: () => void
}) => {
  const is_sandbox = useWorkspace()?.mode === 'sandbox'
  const told = loaded
    ? [
        ...(loaded.loaded ? [`${many(loaded.loaded, 'image', 'images')} loaded.`] : []),
        ...(loaded.not_loaded ? [`${many(loaded.not_loaded, 'image', 'images')} could not be loaded.`] : []),
        ...(loaded.trackers
          ? [
              `${many(loaded.trackers, 'tracking pixel stays', 'tracking pixels stay')} out, which would only tell that you read this.`,
            ]
          : []),
      ]
    : [
        `${many(count, 'image', 'images')} from elsewhere not loaded, so that nobody learns that you read this.`,
        ...(is_sandbox ? ['A sandbox reaches no real server.'] : []),
      ]
  return (
    <div role="status" className="flex items-start gap-2 text-xs text-ink-faint">
      <span className="flex h-7 items-center [&_svg]:size-3.5">
        {loaded?.loaded ? <ImageIcon aria-hidden /> : <ImageOff aria-hidden />}
      </span>
      <div className="flex min-h-7 min-w-0 flex-1 flex-wrap items-center gap-x-2 py-0.5">
        <span>{told.join(' ')}</span>
        {is_sandbox || (loaded && !loaded.not_loaded) ? null : (
          <Button look="quiet" size="sm" className="-ml-2.5" is_busy={is_busy} onClick={onLoad}>
            {loaded ? 'Try again' : 'Load images'}
          </Button>
        )}
      </div>
    </div>
  )
}

const CancelButton = ({ id }: { id: string }) => {
  const cancel = useWrite(cancelEmail, {
    refreshes: [getInboxThread],
    onDone: () => showDone('The message will not be sent.'),
  })
  return (
    <Button look="quiet" size="sm" is_busy={cancel.isPending} onClick={() => cancel.mutate({ email_id: id })}>
      Do not send
    </Button>
  )
}

const download = async (message: InboxMessage, id: string, filename: string | null): Promise<void> => {
  try {
    const answer =
      message.direction === 'inbound'
        ? await downloadInboundAttachment(call, { email_id: message.id, index: id })
        : await mailDownloadAttachment(call, { attachment_id: id })
    await saveFile(answer, filename ?? 'attachment')
  } catch (error) {
    showError(error)
  }
}

const downloadRaw = async (message: InboxMessage): Promise<void> => {
  try {
    await saveFile(await getInboundEmailRaw(call, { email_id: message.id }), `${message.id}.eml`)
  } catch (error) {
    showError(error)
  }
}
