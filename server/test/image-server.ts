import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createEgressPolicy } from '../src/ports/egress.ts'
import { createOutboundHttp, type OutboundHttp } from '../src/ports/outbound-http.ts'

export type ImageServer = {
  /** By its name, which only `http` below looks up. */
  host: string
  base_url: string
  /** The same by its address, as EGRESS_ALLOW may name a service of the operator's own. */
  address: string
  /** Asks through the real egress policy that lists the name; only the look-up of names is the test's own. */
  http: OutboundHttp
  asked: { path: string; headers: IncomingHttpHeaders }[]
  close: () => Promise<void>
}

export const ONE_PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

const HOST = 'images.test'

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
  const { port } = server.address() as AddressInfo
  const host = `${HOST}:${port}`
  const egress = createEgressPolicy([host], async (name) => {
    if (name === HOST) return [{ address: '127.0.0.1' }]
    throw Object.assign(new Error('no such host'), { code: 'ENOTFOUND' })
  })
  const http = createOutboundHttp(egress)
  return {
    host,
    base_url: `http://${host}`,
    address: `127.0.0.1:${port}`,
    http,
    asked,
    close: async () => {
      await http.close()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
