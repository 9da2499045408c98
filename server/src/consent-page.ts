import { escapeHtml } from './html-text.ts'

/** What the page needs as headers: no script, no frame, nothing kept, and the code in its address goes nowhere. */
export const CONSENT_PAGE_HEADERS: Record<string, string> = {
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
main{box-sizing:border-box;width:min(30rem,calc(100% - 2rem));margin:1rem;padding:2rem;border-radius:12px;background:#fff;border:1px solid #d9d9de}
h1{margin:0 0 .75rem;font-size:1.375rem;line-height:1.25}
p{margin:0 0 1rem;overflow-wrap:anywhere}p:last-child{margin:0}
button{font:inherit;font-weight:600;padding:.75rem 1.25rem;border:0;border-radius:8px;background:#1b1b1f;color:#fff;cursor:pointer}
@media (prefers-color-scheme:dark){body{background:#131316;color:#ececf0}main{background:#1d1d21;border-color:#3a3a41}button{background:#ececf0;color:#131316}}`

const page = (title: string, content: string): string => `<!doctype html>
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

export type ConsentReturn = { state: string; code: string }

/**
 * Asks before anything is done with a consent: the link to the provider may have been sent by somebody else, who would then
 * get what the person gave. `html` is the caller's, with every text in it escaped.
 */
export const askConsentPage = (asked: {
  title: string
  html: string
  button: string
  action: string
  given: ConsentReturn
}): string =>
  page(
    asked.title,
    `${asked.html}
<p>If you do not know them, close this page: nothing is connected.</p>
<form method="post" action="${escapeHtml(asked.action)}">
<input type="hidden" name="state" value="${escapeHtml(asked.given.state)}">
<input type="hidden" name="code" value="${escapeHtml(asked.given.code)}">
<button type="submit">${escapeHtml(asked.button)}</button>
</form>`,
  )

export const consentDonePage = (title: string, html: string): string => page(title, `<p role="status">${html}</p>`)

export const consentFailedPage = (title: string, why: string, next: string): string =>
  page(title, `<p role="alert">${escapeHtml(why)}</p><p>${escapeHtml(next)}</p>`)
