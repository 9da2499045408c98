import {
  cancelChatSession,
  getChatHistory,
  listSenderProfiles,
  sendChatMessage,
  startChatSession,
} from '@bavlio/sdk/operations'
import type { ProfileChatMessage, ProfileChatResponse } from '@bavlio/sdk/types'
import { Link, useNavigate } from '@tanstack/react-router'
import { RotateCcw, SendHorizontal } from 'lucide-react'
import { useCallback, useEffect, useRef, useState } from 'react'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient } from '../../../api/query.ts'
import { currentWorkspace } from '../../../api/session.ts'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { cn } from '../../../ui/class-names.ts'
import { Facts } from '../../../ui/facts.tsx'
import { inputStyle } from '../../../ui/field.tsx'
import { Page } from '../../../ui/page.tsx'
import { ErrorPanel, LoadingRows } from '../../../ui/states.tsx'
import { showError } from '../../../ui/toast.tsx'

/** Which conversation was begun, so that leaving the page does not lose it; the server keeps what was said. */
const keptKey = (): string => `bavlio.profile-chat.${currentWorkspace() ?? 'own'}`

type Talk = { session_id: string; messages: ProfileChatMessage[]; last: ProfileChatResponse | null }

/** Question by question to a profile. An earlier answer is corrected by saying so; "skip" leaves an optional one out. */
export const ProfileChatPage = () => {
  const navigate = useNavigate()
  const [talk, setTalk] = useState<Talk | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [text, setText] = useState('')
  const [is_busy, setBusy] = useState(false)
  const end = useRef<HTMLDivElement>(null)
  const input = useRef<HTMLInputElement>(null)

  const begin = useCallback(async (): Promise<void> => {
    setError(null)
    setTalk(null)
    try {
      const kept = localStorage.getItem(keptKey())
      const messages = kept ? await getChatHistory(call, { session_id: kept }).catch(() => null) : null
      if (kept && messages?.length) return setTalk({ session_id: kept, messages, last: null })
      const first = await startChatSession(call, {})
      localStorage.setItem(keptKey(), first.session_id)
      setTalk({ session_id: first.session_id, messages: [first.message], last: first })
    } catch (problem) {
      setError(problem)
    }
  }, [])
  useEffect(() => {
    void begin()
  }, [begin])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the end comes into sight whenever something was said.
  useEffect(() => {
    void end.current?.scrollIntoView({ block: 'nearest' })
  }, [talk?.messages.length])

  const say = async (message: string): Promise<void> => {
    if (!talk || !message.trim() || is_busy) return
    const said: ProfileChatMessage = {
      role: 'user',
      content: message,
      id: crypto.randomUUID(),
      timestamp: new Date().toISOString(),
      metadata: null,
    }
    setTalk({ ...talk, messages: [...talk.messages, said] })
    setText('')
    setBusy(true)
    try {
      const answer = await sendChatMessage(call, { body: { session_id: talk.session_id, message } })
      setTalk({ ...talk, messages: [...talk.messages, said, answer.message], last: answer })
      if (answer.is_complete) {
        localStorage.removeItem(keptKey())
        await queryClient.invalidateQueries({ queryKey: keyOf(listSenderProfiles) })
      }
    } catch (problem) {
      showError(problem)
      // The conversation stands where it stood; the words come back to be sent again.
      setTalk(talk)
      setText(message)
    } finally {
      setBusy(false)
      input.current?.focus()
    }
  }
  const leave = async (then: 'again' | 'list'): Promise<void> => {
    localStorage.removeItem(keptKey())
    if (talk && !talk.last?.is_complete) await cancelChatSession(call, { session_id: talk.session_id }).catch(() => {})
    if (then === 'again') await begin()
    else await navigate({ to: '/senders/profiles' })
  }
  const last = talk?.last ?? null
  const known = Object.entries(last?.collected_data ?? {}).filter(([, value]) => value !== null && value !== '')
  return (
    <Page
      title="A profile, question by question"
      note="Say “skip” to leave a question out, correct an earlier answer by saying so, and “done” when it is enough."
      actions={
        <>
          <Button icon={<RotateCcw aria-hidden />} onClick={() => void leave('again')}>
            Begin anew
          </Button>
          <Button look="quiet" onClick={() => void leave('list')}>
            Leave it
          </Button>
        </>
      }
    >
      {error ? (
        <ErrorPanel error={error} retry={() => void begin()} />
      ) : !talk ? (
        <LoadingRows />
      ) : (
        <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
          <Card className="flex h-[min(36rem,calc(100vh-13rem))] flex-col">
            <div
              role="log"
              aria-label="Conversation"
              // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard (axe says so too).
              tabIndex={0}
              className="flex min-h-0 flex-1 flex-col gap-3 overflow-y-auto p-4"
            >
              {talk.messages.map((message) => (
                <p
                  key={message.id}
                  className={cn(
                    'max-w-[85%] rounded-xl px-3.5 py-2 text-base whitespace-pre-wrap',
                    message.role === 'user' ? 'self-end bg-accent text-on-accent' : 'self-start bg-sunken text-ink',
                  )}
                >
                  <span className="sr-only">{message.role === 'user' ? 'You: ' : 'Bavlio: '}</span>
                  {message.content}
                </p>
              ))}
              {is_busy ? <p className="self-start text-sm text-ink-faint">Thinking …</p> : null}
              <div ref={end} />
            </div>
            {last?.is_complete ? (
              <div className="flex flex-wrap items-center gap-3 border-t border-line p-4">
                <p className="mr-auto text-sm font-medium text-good">The profile is made.</p>
                {last.profile_id ? (
                  <Button look="primary" asChild>
                    <Link to="/senders/profiles/$profile_id" params={{ profile_id: last.profile_id }}>
                      Open the profile
                    </Link>
                  </Button>
                ) : null}
              </div>
            ) : (
              <form
                className="flex flex-col gap-2 border-t border-line p-3"
                onSubmit={(event) => {
                  event.preventDefault()
                  void say(text)
                }}
              >
                {last?.suggestions?.length ? (
                  <ul aria-label="Suggestions" className="flex flex-wrap gap-1.5">
                    {last.suggestions.map((suggestion) => (
                      <li key={suggestion}>
                        <Button
                          size="sm"
                          disabled={is_busy}
                          onClick={() => (suggestion === 'skip' ? void say(suggestion) : setText(suggestion))}
                        >
                          <span className="max-w-72 truncate">{suggestion}</span>
                        </Button>
                      </li>
                    ))}
                  </ul>
                ) : null}
                <div className="flex gap-2">
                  <input
                    ref={input}
                    aria-label="Your answer"
                    placeholder="Your answer"
                    autoComplete="off"
                    value={text}
                    onChange={(event) => setText(event.target.value)}
                    className={`${inputStyle} h-9`}
                  />
                  <Button
                    look="primary"
                    size="lg"
                    type="submit"
                    aria-label="Send"
                    className="h-9"
                    is_busy={is_busy}
                    disabled={!text.trim()}
                    icon={<SendHorizontal aria-hidden />}
                  />
                </div>
              </form>
            )}
          </Card>
          <Card>
            <CardHeader title="So far" />
            <div className="p-4">
              {known.length ? (
                <Facts
                  className="grid-cols-1 gap-y-1 [&_dd]:mb-2"
                  facts={known.map(([name, value]) => ({
                    name: name.replaceAll('_', ' '),
                    value: Array.isArray(value) ? value.join(', ') : String(value),
                  }))}
                />
              ) : (
                <p className="text-sm text-ink-faint">
                  {last ? 'What you say is gathered here.' : 'What was said is kept; it shows with the next answer.'}
                </p>
              )}
            </div>
          </Card>
        </div>
      )}
    </Page>
  )
}
