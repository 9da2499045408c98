import { StopError } from '../stop-error.ts'

/** The demo uses the product as any client would: over HTTP, with a session or a key. */
export type ApiClient = {
  call: <T>(method: string, path: string, body?: unknown) => Promise<T>
  upload: <T>(
    path: string,
    filename: string,
    content: Uint8Array<ArrayBuffer>,
    fields?: Record<string, string>,
  ) => Promise<T>
}

export const createApiClient = (baseUrl: string, credential: string | null, signal: AbortSignal): ApiClient => {
  const send = async <T>(
    method: string,
    path: string,
    init: { body?: string | FormData; headers?: Record<string, string> },
  ): Promise<T> => {
    const answer = await fetch(baseUrl + path, {
      method,
      headers: { ...(credential ? { authorization: `Bearer ${credential}` } : {}), ...init.headers },
      body: init.body,
      signal,
    })
    const text = await answer.text()
    if (!answer.ok) throw new StopError(`The demo got ${answer.status} from ${method} ${path}: ${text.slice(0, 600)}`)
    return (text ? JSON.parse(text) : undefined) as T
  }
  return {
    call: (method, path, body) =>
      send(
        method,
        path,
        body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
      ),
    upload: (path, filename, content, fields = {}) => {
      const form = new FormData()
      for (const [name, value] of Object.entries(fields)) form.append(name, value)
      form.append('file', new Blob([content], { type: 'text/csv' }), filename)
      return send('POST', path, { body: form })
    },
  }
}
