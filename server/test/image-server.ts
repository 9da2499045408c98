import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export type ImageServer = {
  /** As EGRESS_ALLOW names it. */
  host: string
  base_url: string
  asked: { path: string; headers: IncomingHttpHeaders }[]
  close: () => Promise<void>
}

export const ONE_PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

type Served = { type?: string; body?: Buffer | string; location?: string }

/** A stranger's server of images, on a port of this machine; what it has no image for is a 404. */
export const startImageServer = async (images: Record<string, Served>): Promise<ImageServer> => {
  const asked: ImageServer['asked'] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push({ path, headers: request.headers })
    const image = images[path]
    if (image?.location) response.writeHead(302, { location: image.location }).end()
    else if (image) response.writeHead(200, { 'content-type': image.type ?? 'image/png' }).end(image.body ?? ONE_PIXEL)
    else response.writeHead(404).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    base_url: `http://${host}`,
    asked,
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
