import { answerInboxThread, cancelEmail, getInboxThread, mailUploadAttachments } from '@bavlio/sdk/operations'
import type { InboxThreadDetail } from '@bavlio/sdk/types'
import { Paperclip, Send, X } from 'lucide-react'
import { type Ref, useEffect, useRef, useState } from 'react'
import { call } from '../../api/call.ts'
import { keyOf, queryClient } from '../../api/query.ts'
import { Button } from '../../ui/button.tsx'
import { TextArea } from '../../ui/field.tsx'
import { showDone, showError } from '../../ui/toast.tsx'
import { markThread, refreshInbox } from './use-thread-actions.ts'

/** How long an answer can be called back. */
const UNDO_SECONDS = 10

type File_ = { id: string; name: string }

const keyOfDraft = (id: string): string => `bavlio.answer.${id}`

/** What was begun is there again after another thread was looked at. */
const useDraft = (id: string): [string, (text: string) => void] => {
  const [text, setText] = useState(() => sessionStorage.getItem(keyOfDraft(id)) ?? '')
  return [
    text,
    (next) => {
      setText(next)
      if (next) sessionStorage.setItem(keyOfDraft(id), next)
      else sessionStorage.removeItem(keyOfDraft(id))
    },
  ]
}

export const Composer = ({
  thread,
  fieldRef,
  onDone,
}: {
  thread: InboxThreadDetail
  fieldRef: Ref<HTMLDivElement>
  /** After an answer that took the thread out of the inbox. */
  onDone: () => void
}) => {
  const { thread_id } = thread
  const [text, setText] = useDraft(thread_id)
  const [files, setFiles] = useState<File_[]>([])
  const [is_busy, setBusy] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const to = thread.person_email
  const is_away = useRef(false)
  useEffect(() => {
    is_away.current = false
    return () => {
      is_away.current = true
    }
  }, [])

  const attach = async (chosen: File[]): Promise<void> => {
    if (!chosen.length) return
    setBusy(true)
    try {
      const { attachments } = await mailUploadAttachments(call, { body: { files: chosen } })
      setFiles((known) => [...known, ...attachments.map(({ id, filename }) => ({ id, name: filename ?? 'File' }))])
    } catch (error) {
      showError(error)
    }
    setBusy(false)
  }

  const send = async (mark_done: boolean): Promise<void> => {
    const body = text.trim()
    if (!body || is_busy) return
    setBusy(true)
    try {
      const email = await answerInboxThread(call, {
        thread_id,
        body: { body, delay_seconds: UNDO_SECONDS, mark_done, attachment_ids: files.map(({ id }) => id) },
      })
      setText('')
      setFiles([])
      showDone(`Answer to ${to} leaves in ${UNDO_SECONDS} s.`, () => void callBack(email.id, body, mark_done))
      if (mark_done) onDone()
    } catch (error) {
      showError(error)
    }
    void queryClient.invalidateQueries({ queryKey: keyOf(getInboxThread, { thread_id }) })
    refreshInbox()
    if (!is_away.current) setBusy(false)
  }

  const callBack = async (email_id: string, body: string, was_done: boolean): Promise<void> => {
    try {
      await cancelEmail(call, { email_id })
      sessionStorage.setItem(keyOfDraft(thread_id), body)
      if (!is_away.current) setText(body)
      if (was_done) await markThread(thread, { is_done: false })
      void queryClient.invalidateQueries({ queryKey: keyOf(getInboxThread, { thread_id }) })
      refreshInbox()
      showDone('The answer was called back. Its text is in the field.')
    } catch (error) {
      showError(error)
    }
  }

  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        void send(false)
      }}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: Ctrl+Enter in the field does what the button does. */}
      <div
        ref={fieldRef}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault()
            void send(event.shiftKey)
          }
          if (event.key === 'Escape') (event.target as HTMLElement).blur()
        }}
      >
        <TextArea
          label={`Answer ${to}`}
          is_label_hidden
          placeholder={`Answer ${thread.person_name ?? to}`}
          rows={text ? 6 : 2}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      {files.length ? (
        <ul aria-label="Files that go along" className="flex flex-wrap gap-2">
          {files.map((file) => (
            <li key={file.id}>
              <Button size="sm" onClick={() => setFiles(files.filter(({ id }) => id !== file.id))}>
                <span className="sr-only">Leave out</span>
                <span className="max-w-52 truncate">{file.name}</span>
                <X aria-hidden />
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
      <div className="flex flex-wrap items-center gap-2">
        <Button
          type="submit"
          look="primary"
          is_busy={is_busy}
          disabled={!text.trim()}
          icon={<Send aria-hidden />}
          title="Ctrl+Enter"
        >
          Send
        </Button>
        <Button disabled={!text.trim() || is_busy} onClick={() => void send(true)} title="Ctrl+Shift+Enter">
          Send and mark done
        </Button>
        <Button
          look="quiet"
          size="icon"
          aria-label="Attach files"
          title="Attach files"
          icon={<Paperclip aria-hidden />}
          onClick={() => input.current?.click()}
        />
        <input
          ref={input}
          type="file"
          multiple
          aria-label="Files to attach"
          tabIndex={-1}
          className="hidden"
          onChange={(event) => {
            const chosen = [...(event.target.files ?? [])]
            event.target.value = ''
            void attach(chosen)
          }}
        />
        <span className="ml-auto text-xs text-ink-faint">From {thread.alias_email ?? 'the thread’s alias'}</span>
      </div>
    </form>
  )
}
