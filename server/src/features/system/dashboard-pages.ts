import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Where the dashboard lies once it is built; see web/build.ts. */
export const DASHBOARD_FOLDER = fileURLToPath(new URL('../../../../web/dist', import.meta.url))

/** Nothing from elsewhere and no inline script. Charts and menus place themselves by inline styles, which run nothing. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "frame-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** Beginnings of addresses that belong to machines; what is missing there is a 404 in the one envelope. */
const NOT_PAGES = /^\/(?:api|mail|docs|reference|metrics|health|ready|t|u|c|o)(?:\/|$)|\.[a-z0-9]{1,5}$/i

/**
 * Serves the dashboard: its files, and its one page for whatever a browser asks for as a page. Answers whether it is there; an
 * instance without it (an API of its own, a test) serves everything else all the same.
 */
export const registerDashboard = async (app: FastifyInstance, folder: string): Promise<boolean> => {
  if (!existsSync(join(folder, 'index.html'))) return false
  await app.register(fastifyStatic, {
    root: folder,
    index: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      // Names under assets/ hold a digest of the content; the page itself is asked for again each time.
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
      reply.header('x-content-type-options', 'nosniff')
      reply.header('content-security-policy', POLICY)
      reply.header('referrer-policy', 'same-origin')
    },
  })
  return true
}

/** Whether a request that no route knows is a browser's for a page of the dashboard. */
export const asksForPage = (request: FastifyRequest): boolean =>
  request.method === 'GET' &&
  /text\/html/.test(request.headers.accept ?? '') &&
  !NOT_PAGES.test(request.url.split('?')[0] ?? '')

export const sendDashboard = (reply: FastifyReply): FastifyReply => reply.sendFile('index.html')
