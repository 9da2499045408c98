import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type ReceivedPost = { path: string; headers: IncomingHttpHeaders; body: string }

export type WebhookReceiver = {
  port: number
  url: string
  posts: ReceivedPost[]
  /** Decides each answer; 200 unless it is changed. */
  answer: (post: ReceivedPost, response: ServerResponse) => void
  /** Resolves when there are so many posts. */
  until: (count: number) => Promise<void>
  close: () => Promise<void>
}

/** A customer's server on loopback. Its port has to stand in EGRESS_ALLOW, which is why it starts before the harness. */
export const startReceiver = async (): Promise<WebhookReceiver> => {
  let changed = (): void => {}
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const post = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString('utf8') }
      receiver.posts.push(post)
      receiver.answer(post, response)
      changed()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const receiver: WebhookReceiver = {
    port,
    url: `http://127.0.0.1:${port}/hook`,
    posts: [],
    answer: (_post, response) => void response.end('thanks'),
    until: (count) =>
      new Promise((done) => {
        changed = () => {
          if (receiver.posts.length >= count) done()
        }
        changed()
      }),
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
  return receiver
}
