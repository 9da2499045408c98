/**
 * The page behind the unsubscribe link. Opening it changes nothing, because scanners open every link of a mail; the
 * button posts (RFC 8058, section 3.1 asks the same of mail clients). One file, no scripts, no outside assets, so it
 * works everywhere and tells nobody that it was opened.
 */
import { escapeHtml } from './html-text.ts'

export type UnsubscribePage = {
  /** `ask` shows the button, `done` confirms, `unknown` is for a link whose token does not verify. */
  state: 'ask' | 'done' | 'unknown'
  /** Where the button posts to; not used in the other states. */
  action_url: string
  /** The address, shortened so that a forwarded link does not give it away (`a…@example.com`); null hides it. */
  address_hint: string | null
  sender_name: string | null
}

/** What the page needs as headers: no script can run, no other site can frame it and no search engine keeps it. */
export const UNSUBSCRIBE_PAGE_HEADERS: Record<string, string> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow',
  'x-content-type-options': 'nosniff',
}

const STYLE = `:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.5 system-ui,sans-serif;background:#f6f6f7;color:#1b1b1f}
main{box-sizing:border-box;width:min(28rem,calc(100% - 2rem));margin:1rem;padding:2rem;border-radius:12px;background:#fff;border:1px solid #d9d9de}
h1{margin:0 0 .75rem;font-size:1.375rem;line-height:1.25}
p{margin:0 0 1rem;overflow-wrap:anywhere}p:last-child{margin:0}
button{font:inherit;font-weight:600;padding:.75rem 1.25rem;border:0;border-radius:8px;background:#1b1b1f;color:#fff;cursor:pointer}
button:focus-visible{outline:3px solid #2f6fed;outline-offset:2px}
@media (prefers-color-scheme:dark){body{background:#131316;color:#ececf0}main{background:#1d1d21;border-color:#3a3a41}button{background:#ececf0;color:#131316}}`

/** The whole page. Every text is escaped; `action_url` that is neither http(s) nor a path of this server is refused. */
export function unsubscribePage(page: UnsubscribePage): string {
  const who = page.address_hint?.trim() ? `<strong>${escapeHtml(page.address_hint.trim())}</strong>` : 'This address'
  const sender = page.sender_name?.trim() ? escapeHtml(page.sender_name.trim()) : 'this sender'
  switch (page.state) {
    case 'ask': {
      if (!/^(?:https?:\/\/|\/(?!\/))/i.test(page.action_url)) {
        throw new TypeError(
          `The action of the unsubscribe page must be an http(s) URL or a path, not "${page.action_url}".`,
        )
      }
      return document(
        'Unsubscribe',
        `<p>${who} will get no more mail from ${sender}.</p>
<form method="post" action="${escapeHtml(page.action_url)}">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<button type="submit">Unsubscribe</button>
</form>`,
      )
    }
    case 'done':
      return document(
        'You are unsubscribed',
        `<p role="status">${who} will get no more mail from ${sender}.</p>
<p>Nothing else is needed. You can close this page.</p>`,
      )
    case 'unknown':
      return document(
        'This link does not work',
        `<p>It may have been cut off on its way. Please open the link from the mail itself, or answer the mail with the word “unsubscribe”.</p>`,
      )
  }
}

function document(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex,nofollow">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`
}
