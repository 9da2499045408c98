import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { workspaceNow } from '../../ports/clock.ts'
import { GREETING_PATH, trackingGreeting } from '../../tracking-greeting.ts'
import { UNSUBSCRIBE_PAGE_HEADERS, type UnsubscribePage, unsubscribePage } from '../../unsubscribe-page.ts'
import { clickPosition, unsubscribeSubject } from './link-builder.ts'
import { createActivityTracker, type Visit } from './track-activity.ts'
import { unsubscribeRecipient } from './unsubscribe-recipient.ts'

/** A transparent GIF of one pixel, the smallest image every mail client shows. */
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
const NOT_KEPT = {
  'cache-control': 'no-store, no-cache, must-revalidate, private, max-age=0',
  'x-robots-tag': 'noindex, nofollow',
}
const FORM_LIMIT = 65_536

type Addressed = FastifyRequest<{ Params: { token: string } }>

const visitOf = (request: FastifyRequest, email_id: string, position: number | null): Visit => ({
  email_id,
  position,
  method: request.method,
  user_agent: request.headers['user-agent'] ?? null,
  ip: request.ip,
  headers: request.headers,
})

/** `a…@example.com`: enough for the reader to know it, too little to give the address away with a forwarded link. */
const hint = (email: string): string => {
  const at = email.lastIndexOf('@')
  return `${email.slice(0, 1)}…${email.slice(at)}`
}

type Subject = {
  workspace_id: string
  email_id: string
  email: string
  sender_name: string | null
  unsubscribed: boolean
  clock_offset_ms: number
  clock_frozen_at: Date | null
}

/** Whom an unsubscribe token is about: the message's row while it exists, then what the token itself carries. */
const findSubject = async (deps: Deps, token: string): Promise<Subject | null> => {
  const proof = deps.mail_tokens.verify('unsubscribe', token)
  if (!proof) return null
  const carried = unsubscribeSubject(proof.extra)
  // A message may have gone to several people; the token says whose link it is.
  const found = await sql<Subject>`
    select e.workspace_id, e.id as email_id, coalesce(${carried?.email ?? null}, e.to_email) as email, coalesce(a.display_name, d.domain) as sender_name,
      coalesce((select r.unsubscribed_at is not null from email_recipients r where r.email_id = e.id and r.address = ${carried?.email ?? null}),
        e.unsubscribed_at is not null) as unsubscribed, w.clock_offset_ms, w.clock_frozen_at
    from emails e join workspaces w on w.id = e.workspace_id
    left join aliases a on a.id = e.alias_id left join sending_domains d on d.id = e.domain_id
    where e.id = ${proof.email_id}`.execute(deps.db)
  if (found.rows[0]) return found.rows[0]
  if (!carried) return null
  const workspace = await sql<{ clock_offset_ms: number; clock_frozen_at: Date | null }>`
    select clock_offset_ms, clock_frozen_at from workspaces where id = ${carried.workspace_id}`.execute(deps.db)
  return workspace.rows[0]
    ? { ...carried, ...workspace.rows[0], email_id: proof.email_id, sender_name: null, unsubscribed: false }
    : null
}

/**
 * The addresses that stand in mail: the open pixel, tracked links, the unsubscribe page. They need no log-in and set no
 * cookie; the signed token in the path is the only right to anything.
 */
export const registerTracking = (app: FastifyInstance, deps: Deps): void => {
  const tracker = createActivityTracker(deps)

  app.get(GREETING_PATH, async (request, reply) =>
    reply
      .headers(NOT_KEPT)
      .type('text/plain; charset=utf-8')
      .send(trackingGreeting(deps.secrets.keys('mail-tokens'), request.hostname.replace(/:\d+$/, ''))),
  )

  app.get('/t/o/:token', async (request: Addressed, reply) => {
    const proof = deps.mail_tokens.verify('open', request.params.token.replace(/\.gif$/, ''))
    // The picture comes whatever happens: a broken image in somebody's mail helps nobody.
    if (proof)
      await tracker
        .record(visitOf(request, proof.email_id, null))
        .catch((error) => request.log.error({ err: error }, 'an open was not recorded'))
    return reply
      .code(proof ? 200 : 404)
      .headers(NOT_KEPT)
      .type('image/gif')
      .send(PIXEL)
  })

  app.get('/t/c/:token', async (request: Addressed, reply) => {
    const proof = deps.mail_tokens.verify('click', request.params.token)
    const position = clickPosition(proof?.extra)
    const { url } =
      proof && position !== null ? await tracker.record(visitOf(request, proof.email_id, position)) : { url: null }
    if (!url)
      return reply
        .code(404)
        .headers(NOT_KEPT)
        .type('text/plain; charset=utf-8')
        .send('This link does not lead anywhere any more.\n')
    return reply
      .code(302)
      .headers({ ...NOT_KEPT, location: new URL(url).href, 'referrer-policy': 'no-referrer' })
      .send()
  })

  app.register(async (scope) => {
    // One-click requests come as a form or as multipart (RFC 8058 §3.1); what they say is the same every time, so the body
    // is taken off the wire and not read.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: FORM_LIMIT }, (_request, body, done) =>
      done(null, body),
    )

    const page = (reply: FastifyReply, status: number, shown: UnsubscribePage) =>
      reply.code(status).headers(UNSUBSCRIBE_PAGE_HEADERS).send(unsubscribePage(shown))
    const unknown: UnsubscribePage = { state: 'unknown', action_url: '', address_hint: null, sender_name: null }

    scope.get('/u/:token', async (request: Addressed, reply) => {
      const subject = await findSubject(deps, request.params.token)
      if (!subject) return page(reply, 404, unknown)
      return page(reply, 200, {
        state: subject.unsubscribed ? 'done' : 'ask',
        action_url: `/u/${request.params.token}`,
        address_hint: hint(subject.email),
        sender_name: subject.sender_name,
      })
    })

    scope.post('/u/:token', async (request: Addressed, reply) => {
      const subject = await findSubject(deps, request.params.token)
      if (!subject) return page(reply, 404, unknown)
      const body = Buffer.isBuffer(request.body) ? request.body.toString('latin1') : ''
      // The page posts the same words as a mail client; only a browser says where the form stood.
      const oneClick = /One-Click/i.test(body) && !request.headers['sec-fetch-site'] && !request.headers.origin
      await transaction(deps.db, (tx) =>
        unsubscribeRecipient(tx, {
          workspace_id: subject.workspace_id,
          email_id: subject.email_id,
          email: subject.email,
          via: oneClick ? 'one_click' : 'link',
          now: workspaceNow(subject, deps.clock.now()),
        }),
      )
      return page(reply, 200, {
        state: 'done',
        action_url: '',
        address_hint: hint(subject.email),
        sender_name: subject.sender_name,
      })
    })
  })
}
