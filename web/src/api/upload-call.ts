import { type Call, createClient } from '@bavlio/sdk'
import { accessToken, currentWorkspace } from './session.ts'

/** What `fetch` does, with word of how much has gone up: fetch itself tells nothing before the answer. */
const fetchWithProgress =
  (onProgress: (sent: number, total: number) => void): typeof fetch =>
  (input, init) =>
    new Promise((done, fail) => {
      const request = new XMLHttpRequest()
      request.open(init?.method ?? 'GET', String(input))
      request.responseType = 'blob'
      new Headers(init?.headers).forEach((value, name) => {
        request.setRequestHeader(name, value)
      })
      request.upload.onprogress = (event) => onProgress(event.loaded, event.total)
      request.onload = () => {
        const headers = new Headers()
        for (const line of request.getAllResponseHeaders().trim().split('\r\n')) {
          const colon = line.indexOf(':')
          if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim())
        }
        const has_body = ![204, 205, 304].includes(request.status)
        done(new Response(has_body ? request.response : null, { status: request.status, headers }))
      }
      request.onerror = () => fail(new TypeError('The connection was lost.'))
      request.onabort = () => fail(new DOMException('The upload was stopped.', 'AbortError'))
      init?.signal?.addEventListener('abort', () => request.abort(), { once: true })
      request.send((init?.body ?? null) as XMLHttpRequestBodyInit | null)
    })

/** The SDK's client for operations that send a file. An upload that broke off is not begun anew by itself. */
export const uploadCall = (onProgress: (sent: number, total: number) => void): Call =>
  createClient({
    credential: accessToken,
    workspace_id: currentWorkspace,
    fetch: fetchWithProgress(onProgress),
    retries: 0,
  })
