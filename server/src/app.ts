import type { ServerResponse } from 'node:http'
import cors from '@fastify/cors'
import multipart from '@fastify/multipart'
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify'
import type { Deps } from './deps.ts'
import { registerTracking } from './features/emails/tracking-routes.ts'
import { registerGoogleConsent } from './features/google/consent-flow.ts'
import { registerMailboxConsent } from './features/mailboxes/consent-routes.ts'
import { registerMtaSts } from './features/sending-domains/mta-sts-routes.ts'
import { asksForPage, DASHBOARD_FOLDER, registerDashboard, sendDashboard } from './features/system/dashboard-pages.ts'
import { productVersion } from './features/system/product-version.ts'
import { registerPublicPages } from './features/system/public-pages.ts'
import { createAuthenticator } from './http/authenticate.ts'
import { crossOrigin } from './http/cross-origin.ts'
import { problem } from './http/errors.ts'
import { buildOpenApi } from './http/openapi.ts'
import { answerError, registerOperations } from './http/routes.ts'
import { newId } from './ids.ts'
import { operations } from './operations.ts'

const JSON_LIMIT = 4_194_304

/** Builds the HTTP server over `deps` without listening. `dashboard` is the folder of the built dashboard, which may be missing. */
export const buildApp = async (deps: Deps, dashboard = DASHBOARD_FOLDER): Promise<FastifyInstance> => {
  const app = fastify({
    loggerInstance: deps.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => newId(),
    bodyLimit: JSON_LIMIT,
    trustProxy: deps.config.trust_proxy,
    requestTimeout: 0,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    // An address that cannot be decoded never reaches a route, and is answered in the same envelope all the same.
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
  })
  app.setErrorHandler(answerError)
  const hasDashboard = await registerDashboard(app, dashboard)
  app.setNotFoundHandler((request, reply) =>
    hasDashboard && asksForPage(request)
      ? sendDashboard(reply)
      : answerError(problem('NOT_FOUND', 'There is no such address.'), request, reply),
  )
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(/^application\/(?:[\w.+-]+\+)?json(?:;|$)/, { parseAs: 'string' }, (request, text, done) => {
    request.raw_body = text as string
    // Clients that always send the header also send it with an empty body, on a launch for instance.
    if (text === '') return done(null, undefined)
    try {
      done(null, JSON.parse(text as string))
    } catch {
      // Whoever has to sign is told about the signature first, in the words of that route.
      if ((request.routeOptions.config as { is_signed?: boolean }).is_signed) return done(null, undefined)
      done(
        problem('VALIDATION_ERROR', undefined, {
          details: [{ loc: ['body'], msg: 'is not valid JSON', type: 'json_invalid' }],
        }),
      )
    }
  })
  await app.register(multipart)
  await app.register(cors, () => crossOrigin(deps.config.cors_origins))
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  app.addHook('onResponse', async (request, reply) => {
    const operation = (request.routeOptions.config as { operation?: string } | undefined)?.operation ?? 'other'
    deps.metrics.requests.inc({ operation, status: String(reply.statusCode) })
    deps.metrics.request_seconds.observe({ operation }, reply.elapsedTime / 1000)
    request.log.debug(
      { method: request.method, operation, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'answered',
    )
  })
  // An event stream is never idle, so closing would wait for its listener for ever.
  const streams = new Set<ServerResponse>()
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (String(reply.getHeader('content-type')).startsWith('text/event-stream')) {
      streams.add(reply.raw)
      reply.raw.on('close', () => streams.delete(reply.raw))
    }
    done(null, payload)
  })
  app.addHook('preClose', async () => {
    for (const stream of streams) stream.destroy()
  })
  const authenticator = createAuthenticator(deps.db, deps.sessions.verify)
  app.addHook('onClose', () => authenticator.close())
  registerOperations(app, operations, deps, authenticator)
  registerTracking(app, deps)
  registerMtaSts(app, deps)
  registerMailboxConsent(app, deps)
  registerGoogleConsent(app, deps)
  registerPublicPages(app, deps, {
    document: () => buildOpenApi(operations, { version: productVersion() }),
    hasDashboard,
  })
  return app
}
