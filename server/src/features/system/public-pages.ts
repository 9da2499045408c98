import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import { QUEUE_SCHEMA } from '../../db/migrate.ts'
import type { Deps } from '../../deps.ts'
import { notFound } from '../../http/errors.ts'
import { equalSecrets } from '../../secrets.ts'
import { sendDashboard } from './dashboard-pages.ts'
import { productVersion } from './product-version.ts'

type Page = { type: string; body: string | Buffer; etag: string }

const page = (type: string, body: string | Buffer): Page => ({
  type,
  body,
  etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
})

/** Nothing from elsewhere, no inline script. The reference sets a few styles inline; those cannot run anything. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const REFERENCE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bavlio API reference</title>
<link rel="stylesheet" href="/reference/swagger-ui.css">
<link rel="stylesheet" href="/reference/reference.css">
<link rel="icon" type="image/png" href="/reference/favicon-32x32.png">
</head>
<body>
<header><strong>Bavlio</strong> API reference <a href="/openapi.json">openapi.json</a></header>
<main id="reference"></main>
<noscript>The reference needs JavaScript. The document itself is at /openapi.json.</noscript>
<script src="/reference/swagger-ui-bundle.js"></script>
<script src="/reference/reference.js"></script>
</body>
</html>
`

const REFERENCE_CSS = `body { margin: 0; background: #fff; font-family: system-ui, sans-serif; color: #1c2430 }
header { padding: 14px 24px; border-bottom: 1px solid #dfe3ea; background: #f7f8fa }
header a { float: right; color: #33507a }
.swagger-ui .info { margin: 24px 0 }
.swagger-ui .scheme-container { box-shadow: none; border-bottom: 1px solid #dfe3ea; padding: 12px 0 }
.swagger-ui, .swagger-ui .opblock-tag, .swagger-ui .info .title { font-family: system-ui, sans-serif }
`

const REFERENCE_SCRIPT = `window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'none',
  filter: true,
  persistAuthorization: false,
  validatorUrl: null,
  tryItOutEnabled: true,
})
`

const OWN_FILES = new Map<string, [type: string, body: string]>([
  ['reference.css', ['text/css; charset=utf-8', REFERENCE_CSS]],
  ['reference.js', ['text/javascript; charset=utf-8', REFERENCE_SCRIPT]],
])

const FROM_PACKAGE = new Map<string, string>([
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
  ['favicon-32x32.png', 'image/png'],
])

/** The name under which metrics count it. */
const named = (operation: string) => ({ config: { operation } as FastifyContextConfig })

/** Pages that are no operations: the document, the reference (served from here, so it works offline), metrics, the front door. */
export const registerPublicPages = (
  app: FastifyInstance,
  deps: Deps,
  { document, hasDashboard }: { document: () => object; hasDashboard: boolean },
): void => {
  const made = new Map<string, Promise<Page>>()
  const once = (key: string, make: () => Promise<Page>): Promise<Page> => {
    const known = made.get(key)
    if (known) return known
    const making = make()
    made.set(key, making)
    making.catch(() => made.delete(key))
    return making
  }

  const show = (request: FastifyRequest, reply: FastifyReply, { type, body, etag }: Page): FastifyReply => {
    reply.headers({
      etag,
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'content-security-policy': POLICY,
    })
    return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.type(type).send(body)
  }

  app.get('/openapi.json', named('openapi_document'), async (request, reply) =>
    show(
      request,
      reply,
      await once('document', async () => page('application/json; charset=utf-8', JSON.stringify(document()))),
    ),
  )

  app.get('/reference', named('reference'), async (request, reply) =>
    show(request, reply, await once('reference', async () => page('text/html; charset=utf-8', REFERENCE))),
  )

  app.get<{ Params: { file: string } }>('/reference/:file', named('reference'), async (request, reply) => {
    const { file } = request.params
    const own = OWN_FILES.get(file)
    if (own) return show(request, reply, await once(file, async () => page(...own)))
    const type = FROM_PACKAGE.get(file)
    if (!type) throw notFound('There is no such address.')
    const read = async () => page(type, await readFile(new URL(import.meta.resolve(`swagger-ui-dist/${file}`))))
    return show(request, reply, await once(file, read))
  })

  app.get('/metrics', named('metrics'), async (request, reply) => {
    if (!mayReadMetrics(request, deps.config.metrics_token)) throw notFound('There is no such address.')
    await readQueueDepth(deps)
    return reply.type(deps.metrics.registry.contentType).send(await deps.metrics.registry.metrics())
  })

  app.get('/', named('front_door'), async (request, reply) => {
    if (/text\/html/.test(request.headers.accept ?? ''))
      return hasDashboard ? sendDashboard(reply) : reply.redirect('/reference', 302)
    return reply.send({
      name: 'Bavlio',
      version: productVersion(),
      reference: '/reference',
      openapi: '/openapi.json',
      health: '/health',
    })
  })
}

/**
 * Loopback by the socket, not by request.ip: behind a proxy on this machine everybody comes from loopback, and such a request
 * is known by the headers that proxies add. Everyone else needs the token.
 */
const mayReadMetrics = (request: FastifyRequest, token: string | null): boolean => {
  const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token && given && equalSecrets(token, given)) return true
  const remote = request.socket.remoteAddress ?? ''
  const proxied = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'].some((name) => name in request.headers)
  return !proxied && /^(127\.|::1$|::ffff:127\.)/.test(remote)
}

/** Read when somebody asks, so that no timer runs for it. A database that is away leaves the last value. */
const readQueueDepth = async (deps: Deps): Promise<void> => {
  try {
    const found = await sql<{ n: number }>`
      select count(*) as n from ${sql.ref(`${QUEUE_SCHEMA}._private_jobs`)} where locked_at is null and attempts < max_attempts`.execute(
      deps.db,
    )
    deps.metrics.queue_depth.set(found.rows[0]?.n ?? 0)
  } catch (error) {
    deps.log.warn({ message: (error as Error).message }, 'metrics: the queue could not be counted')
  }
}
