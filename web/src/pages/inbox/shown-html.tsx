import { downloadInboundAttachment } from '@bavlio/sdk/operations'
import { useEffect, useRef, useState } from 'react'
import { call } from '../../api/call.ts'

/** Where the server leaves the mail's own images: their download, which wants the log-in that a frame does not have. */
const OWN_IMAGE = /src="\/api\/v1\/bavimail\/inbound-emails\/([0-9a-f-]{36})\/attachments\/([0-9a-f-]{36})"/g
const MOST_IMAGES = 20
const MOST_BYTES = 3_000_000

const asDataUrl = (blob: Blob): Promise<string> =>
  new Promise((done, fail) => {
    const reader = new FileReader()
    reader.onload = () => done(String(reader.result))
    reader.onerror = () => fail(reader.error)
    reader.readAsDataURL(blob)
  })

const withOwnImages = async (html: string, signal: AbortSignal): Promise<string> => {
  const images = new Map<string, string>()
  for (const [source, email_id, index] of html.matchAll(OWN_IMAGE)) {
    if (images.size >= MOST_IMAGES || images.has(source) || !email_id || !index) continue
    try {
      const answer = await downloadInboundAttachment(call, { email_id, index }, { signal })
      const blob = await answer.blob()
      images.set(source, blob.size <= MOST_BYTES && /^image\//.test(blob.type) ? `src="${await asDataUrl(blob)}"` : '')
    } catch {
      images.set(source, '')
    }
  }
  return html.replace(OWN_IMAGE, (source) => images.get(source) ?? '')
}

const pageOf = (
  html: string,
): string => `<!doctype html><html lang=""><head><meta charset="utf-8"><title>Message</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<style>html{color-scheme:light}body{margin:0;padding:12px 14px;background:#fff;color:#18181b;font:14px/1.55 system-ui,sans-serif;overflow-wrap:anywhere}
img{max-width:100%;height:auto}table{max-width:100%}blockquote{margin:0 0 0 .6em;padding-left:.8em;border-left:2px solid #d2d2d8;color:#52525b}</style>
</head><body>${html}</body></html>`

/**
 * A stranger's HTML, in a frame in which nothing can run. Three fences: the server has cleaned it, the frame allows no script,
 * and its policy loads nothing but the mail's own images. The frame keeps our origin only so that its height can be read.
 */
export const ShownHtml = ({ html, title }: { html: string; title: string }) => {
  const frame = useRef<HTMLIFrameElement>(null)
  const [page, setPage] = useState<string | null>(() => (html.search(OWN_IMAGE) < 0 ? pageOf(html) : null))
  const [height, setHeight] = useState(120)
  useEffect(() => {
    const aborter = new AbortController()
    if (html.search(OWN_IMAGE) < 0) setPage(pageOf(html))
    else
      void withOwnImages(html, aborter.signal).then((whole) => {
        if (!aborter.signal.aborted) setPage(pageOf(whole))
      })
    return () => aborter.abort()
  }, [html])
  const [body, setBody] = useState<HTMLElement | null>(null)
  // Its height follows its width, and the images in it.
  useEffect(() => {
    if (!body) return
    const observer = new ResizeObserver(() => setHeight(Math.min(4_000, body.scrollHeight + 2)))
    observer.observe(body)
    return () => observer.disconnect()
  }, [body])
  if (page === null) return <p className="text-sm text-ink-faint">Loading the images of the message…</p>
  return (
    <iframe
      ref={frame}
      title={title}
      srcDoc={page}
      sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
      referrerPolicy="no-referrer"
      onLoad={() => setBody(frame.current?.contentDocument?.body ?? null)}
      style={{ height }}
      className="w-full rounded-lg border border-line bg-white"
    />
  )
}
