/** One event of a stream; `data` is parsed where it is JSON, else the text (HTML Standard, section 9.2.6). */
export type ServerEvent = { event: string; data: unknown; id: string | null }

/** Reads a stream of events to its end. Leaving the loop early closes the connection. */
export async function* readEvents(response: Response): AsyncGenerator<ServerEvent, void, undefined> {
  if (!response.body) return
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  let event = 'message'
  let id: string | null = null
  let data: string[] = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      // A carriage return at the end may be the first half of a line break.
      const text = rest + value
      const usable = text.endsWith('\r') ? text.slice(0, -1) : text
      const lines = usable.split(/\r\n|\r|\n/)
      rest = (lines.pop() ?? '') + text.slice(usable.length)
      for (const line of lines) {
        if (line === '') {
          if (data.length) yield { event, data: parsed(data.join('\n')), id }
          event = 'message'
          data = []
          continue
        }
        const colon = line.indexOf(':')
        const field = colon === -1 ? line : line.slice(0, colon)
        const content = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
        if (field === 'data') data.push(content)
        else if (field === 'event') event = content
        else if (field === 'id') id = content
      }
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
