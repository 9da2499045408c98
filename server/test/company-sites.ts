import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createEgressPolicy } from '../src/ports/egress.ts'
import { createOutboundHttp, type OutboundHttp } from '../src/ports/outbound-http.ts'

export type SiteRequest = { host: string; path: string; agent: string; started_ms: number; ended_ms: number | null }

export type Page = string | ((request: IncomingMessage, response: ServerResponse) => void)

export type CompanySites = {
  port: number
  /** Where a host's site begins. */
  url: (host: string, path?: string) => string
  /** Puts pages under their paths; a text is a page of HTML. What is not there is 404. */
  host: (host: string, pages: Record<string, Page>) => void
  requests: SiteRequest[]
  paths: (host: string) => string[]
  /** What EGRESS_ALLOW has to hold: each host by its name. */
  allow: string
  /** Names lead to this server, those below `private.test` to a private address. Everything else does not exist. */
  http: OutboundHttp
  close: () => Promise<void>
}

/**
 * Sites of companies, all on one real HTTP server on loopback. It starts before the harness, because its port has to stand in
 * EGRESS_ALLOW; only the look-up of names is the test's own.
 */
export const startCompanySites = async (hosts: readonly string[]): Promise<CompanySites> => {
  const pages = new Map<string, Record<string, Page>>()
  const requests: SiteRequest[] = []
  const server = createServer((request, response) => {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '')
    const path = request.url ?? '/'
    const entry: SiteRequest = {
      host,
      path,
      agent: request.headers['user-agent'] ?? '',
      started_ms: performance.now(),
      ended_ms: null,
    }
    requests.push(entry)
    response.on('close', () => {
      entry.ended_ms = performance.now()
    })
    const page = pages.get(host)?.[path]
    if (page === undefined)
      return void response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>')
    if (typeof page === 'function') return page(request, response)
    const type = path.endsWith('.txt') ? 'text/plain' : 'text/html; charset=utf-8'
    response.writeHead(200, { 'content-type': type }).end(page)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const allow = hosts.map((host) => `${host}:${port}`)
  const egress = createEgressPolicy(allow, async (name) => {
    if (name.endsWith('private.test')) return [{ address: '10.0.0.7' }]
    if (hosts.includes(name)) return [{ address: '127.0.0.1' }]
    throw Object.assign(new Error('no such host'), { code: 'ENOTFOUND' })
  })
  const http = createOutboundHttp(egress)
  return {
    port,
    url: (host, path = '/') => `http://${host}:${port}${path}`,
    host: (host, given) => void pages.set(host, given),
    requests,
    paths: (host) => requests.filter((request) => request.host === host).map(({ path }) => path),
    allow: allow.join(','),
    http,
    close: async () => {
      await http.close()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
