import type { WholeAnswer } from '../outbound-fetch.ts'

/** Header fields by their names in lower case, as HTTP has them (RFC 9110 §5.1), without what Headers checks of each. */
class ReadHeaders extends Map<string, string> {
  override get(name: string): string | undefined {
    return super.get(name.toLowerCase())
  }
  override has(name: string): boolean {
    return super.has(name.toLowerCase())
  }
}

/** A body of one piece, read by a reader. */
const bodyOf = (content: Uint8Array) => ({
  getReader: () => {
    let rest: Uint8Array | undefined = content.length ? content : undefined
    return {
      read: async () => {
        const value = rest
        rest = undefined
        return { done: value === undefined, value }
      },
      cancel: async () => {
        rest = undefined
      },
      releaseLock: () => {},
    }
  },
  cancel: async () => {},
})

/**
 * An answer as the SDK's providers read it: its status, its header fields, its body by a reader. A Response of the platform
 * makes a stream of an answer that is here already, which takes as long as all that a provider does with it.
 */
export const wholeResponse = ({ status, headers, content, url }: WholeAnswer): Response =>
  ({
    ok: status >= 200 && status < 300,
    status,
    statusText: '',
    url,
    headers: new ReadHeaders(Object.entries(headers)),
    body: bodyOf(content),
    text: async () => content.toString('utf8'),
    json: async () => JSON.parse(content.toString('utf8')),
  }) as unknown as Response
