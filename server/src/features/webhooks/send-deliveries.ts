import { createBatcher } from '../../batcher.ts'
import type { Deps } from '../../deps.ts'
import { EgressRefused } from '../../ports/egress.ts'
import type { Tick } from '../../queue/define-job.ts'
import { signedHeaders } from '../../webhook-signature.ts'
import { type ClaimedDelivery, claimDeliveries, findDue, LEASE_MS } from './claim-deliveries.ts'
import { readRetryAfter } from './delivery-schedule.ts'
import { openSecrets } from './endpoint-secret.ts'
import { receiveMailEvent } from './receive-event.ts'
import { recordTries, type TryOutcome } from './record-deliveries.ts'
import { verificationText } from './verification.ts'

export type SenderDeps = Pick<Deps, 'db' | 'clock' | 'http' | 'secrets' | 'log' | 'config' | 'metrics'>

export type WebhookSender = {
  tick: Tick
  /** Resolves when nothing is in hand any more. */
  idle: () => Promise<void>
}

/** Of connecting, sending and reading the answer together. */
const TRY_MS = 10_000
/** How many posts an endpoint gets at the same time, and how many are claimed for it: the next are at hand while more are fetched. */
const PER_ENDPOINT = 10
const CLAIMED_PER_ENDPOINT = 2 * PER_ENDPOINT
/** One that has waited longer since its claim is left to whoever takes it when its lease ends: its try might outlive it. */
const LONGEST_WAIT_MS = LEASE_MS - TRY_MS - 5_000
const RESPONSE_READ_BYTES = 16_384
const RESPONSE_KEPT_BYTES = 1_024
/** How long one run of the tick goes on before it lets the worker look whether it should stop. */
const RUN_MS = 1_000
const LOOK_AGAIN_MS = 20

/** Names for what goes wrong before there is an answer; texts of unexpected errors stay in the log. */
const ERRORS: Record<string, string> = {
  ENOTFOUND: 'The host name does not exist.',
  EAI_AGAIN: 'The host name could not be looked up.',
  ECONNREFUSED: 'The connection was refused.',
  ECONNRESET: 'The connection was cut.',
  UND_ERR_SOCKET: 'The connection was cut.',
  UND_ERR_CONNECT_TIMEOUT: 'There was no connection in time.',
  ETIMEDOUT: 'There was no connection in time.',
  EHOSTUNREACH: 'The host cannot be reached.',
  ENETUNREACH: 'The host cannot be reached.',
  CERT_HAS_EXPIRED: 'The certificate has expired.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The certificate is self-signed.',
  SELF_SIGNED_CERT_IN_CHAIN: 'The certificate is signed by nobody known.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'The certificate is signed by nobody known.',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'The certificate is signed by nobody known.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate is for another host.',
  EPROTO: 'TLS failed.',
}

const describeError = (error: unknown): string => {
  if (error instanceof EgressRefused) return 'The address does not lead to the public internet.'
  const { name, code, cause } = error as { name?: string; code?: string; cause?: { code?: string } }
  if (name === 'TimeoutError' || name === 'AbortError') return `There was no answer within ${TRY_MS / 1000} seconds.`
  return ERRORS[code ?? ''] ?? ERRORS[cause?.code ?? ''] ?? `The request failed (${code ?? cause?.code ?? 'unknown'}).`
}

/** One POST, signed with the system's time. Every way it can end is an outcome; nothing is thrown. */
const tryOnce = async (deps: SenderDeps, delivery: ClaimedDelivery): Promise<TryOutcome> => {
  const at = deps.clock.now()
  const started = performance.now()
  const ended = (rest: Partial<TryOutcome>): TryOutcome => ({
    delivery,
    at,
    duration_ms: Math.round(performance.now() - started),
    response_status: null,
    response_body: null,
    error: null,
    retry_after_ms: null,
    random: Math.random(),
    ...rest,
  })
  try {
    const secrets = openSecrets(deps.secrets, delivery.endpoint_id, delivery, at)
    const body = delivery.kind === 'verification' ? verificationText(deps.secrets, delivery) : delivery.body
    if (body === null) return ended({ error: 'The event is kept no longer.' })
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'Bavlio-Webhooks/1.0',
      'x-webhook-endpoint-id': delivery.endpoint_id,
      'x-webhook-delivery-id': delivery.id,
      // What a sandbox's embedded world did must not pass for real.
      'x-webhook-mode': delivery.mode,
      'x-webhook-attempt': String(delivery.attempts + 1),
      ...signedHeaders(secrets, delivery.event_id, Math.floor(at.getTime() / 1000), body),
    }
    const answer = delivery.is_internal
      ? await receiveMailEvent(deps, { headers, body })
      : await deps.http.request(delivery.url, {
          method: 'POST',
          headers,
          body,
          timeout_ms: TRY_MS,
          max_response_bytes: RESPONSE_READ_BYTES,
          max_redirects: 0,
        })
    return ended({
      response_status: answer.status,
      response_body: textOf(
        'body' in answer && Buffer.isBuffer(answer.body) ? answer.body : Buffer.from(JSON.stringify(answer.body)),
      ),
      error: answer.status >= 200 && answer.status < 300 ? null : `It answered ${answer.status}.`,
      retry_after_ms: 'headers' in answer ? readRetryAfter(answer.headers['retry-after'], at) : null,
    })
  } catch (error) {
    return ended({ error: describeError(error) })
  }
}

/** The beginning of an answer as text that a column can hold. */
const textOf = (body: Buffer): string | null =>
  body.subarray(0, RESPONSE_KEPT_BYTES).toString('utf8').replaceAll('\0', '').toWellFormed() || null

/** What this process holds of an endpoint's deliveries. */
type Hand = {
  trying: number
  waiting: { delivery: ClaimedDelivery; claimed: number }[]
  /** Outcomes on their way to the database: until they are there, nobody else can know that the endpoint is failing. */
  recording: number
  is_failing: boolean
}

/**
 * Sends what is due, at least once each: claimed with a lease, sent outside any transaction, recorded. A process that dies in
 * between leaves a delivery that is due again when the lease ends, with the same event id and the same bytes. No order is
 * promised. Waits are by the system's clock: receivers live in it, and so do the signatures they check, also when the events
 * of a sandbox are dated by a steered clock.
 *
 * A slow or silent receiver holds up nobody: each has a few places of its own, one while it is failing, and all that are
 * failing together have no more than half of this process's.
 */
export const createWebhookSender = (deps: SenderDeps): WebhookSender => {
  const most = deps.config.webhooks.connections
  const inHand = new Map<string, Hand>()
  const running = new Set<Promise<void>>()
  /** Claimed and not tried yet, or being tried. */
  let held = 0
  let trying = 0
  /** Places that became free since the last look for more. */
  let freed = 0
  /** While more is looked for, what the database said may be older than what a hand knows, so no hand is forgotten. */
  let isLooking = false
  let wake = (): void => {}
  const records = createBatcher(
    async (outcomes: TryOutcome[]) => {
      await recordTries(deps, outcomes)
      return outcomes
    },
    { max: 200 },
  )

  const forgetIdle = (endpointId: string, hand: Hand): void => {
    if (!isLooking && !hand.trying && !hand.waiting.length && !hand.recording) inHand.delete(endpointId)
  }

  const release = (endpointId: string, hand: Hand): void => {
    held--
    freed++
    forgetIdle(endpointId, hand)
    // A look for every place that becomes free would cost more than the deliveries.
    if (freed >= PER_ENDPOINT || held === 0) wake()
  }

  const handle = async (delivery: ClaimedDelivery, hand: Hand): Promise<void> => {
    hand.recording++
    try {
      const outcome = await tryOnce(deps, delivery)
      // Its place is free for the next while the outcome is being written down.
      hand.trying--
      trying--
      hand.is_failing = outcome.error !== null
      startNext(delivery.endpoint_id, hand)
      release(delivery.endpoint_id, hand)
      deps.metrics.webhook_tries.inc({ outcome: outcome.error === null ? 'delivered' : 'failed' })
      await records.add(outcome)
    } catch (error) {
      // Unrecorded, it is due again when its lease ends.
      deps.log.warn({ delivery_id: delivery.id, message: (error as Error).message }, 'a webhook try was not recorded')
    } finally {
      hand.recording--
      forgetIdle(delivery.endpoint_id, hand)
    }
  }

  /** Tries what waits for an endpoint as far as it and this process have places: one while it is failing. */
  const startNext = (endpointId: string, hand: Hand): void => {
    while (hand.waiting.length && trying < most && hand.trying < (hand.is_failing ? 1 : PER_ENDPOINT)) {
      const next = hand.waiting.shift() as Hand['waiting'][number]
      if (performance.now() - next.claimed > LONGEST_WAIT_MS) {
        release(endpointId, hand)
        continue
      }
      hand.trying++
      trying++
      const done: Promise<void> = handle(next.delivery, hand).finally(() => {
        running.delete(done)
        if (!running.size) wake()
      })
      running.add(done)
    }
  }

  /** Takes as much as there is room for. Returns how many were taken. */
  const topUp = async (): Promise<number> => {
    for (const [id, hand] of inHand) startNext(id, hand)
    const free = 2 * most - held
    // Outcomes that pile up unrecorded would be tried again by somebody else when their leases end.
    if (free <= 0 || trying >= most || running.size > 10 * most) return 0
    freed = 0
    const busy = new Map([...inHand].map(([id, { trying, waiting }]) => [id, trying + waiting.length]))
    const failing = [...inHand].reduce((sum, [id, { is_failing }]) => sum + (is_failing ? (busy.get(id) ?? 0) : 0), 0)
    const now = deps.clock.now()
    let room = Math.max(0, Math.ceil(most / 2) - failing)
    let claimed: ClaimedDelivery[]
    isLooking = true
    try {
      // A failing one that finds no room must not hide a healthy one behind it, so more are looked at than taken.
      const due = await findDue(deps.db, { now, limit: 2 * most, per_endpoint: CLAIMED_PER_ENDPOINT, busy })
      const chosen = due.filter(({ is_failing }) => !is_failing || room-- > 0).slice(0, free)
      const failingIds = new Set(chosen.filter(({ is_failing }) => is_failing).map(({ endpoint_id }) => endpoint_id))
      claimed = await claimDeliveries(
        deps.db,
        chosen.map(({ id }) => id),
        now,
      )
      const at = performance.now()
      for (const delivery of claimed) {
        const { endpoint_id } = delivery
        const hand = inHand.get(endpoint_id) ?? {
          trying: 0,
          waiting: [],
          recording: 0,
          is_failing: failingIds.has(endpoint_id),
        }
        inHand.set(endpoint_id, hand)
        hand.waiting.push({ delivery, claimed: at })
        held++
      }
    } finally {
      isLooking = false
      for (const [id, hand] of inHand) forgetIdle(id, hand)
    }
    for (const [id, hand] of inHand) startNext(id, hand)
    return claimed.length
  }

  const run = async (): Promise<boolean> => {
    const started = performance.now()
    let found = false
    do {
      const taken = await topUp()
      if (taken) found = true
      if (!running.size) break
      await new Promise<void>((done) => {
        const timer = setTimeout(done, LOOK_AGAIN_MS)
        wake = () => {
          clearTimeout(timer)
          done()
        }
      })
    } while (performance.now() - started < RUN_MS)
    return found || running.size > 0
  }

  return {
    tick: { name: 'webhook_deliveries', every_ms: 200, run },
    idle: async () => {
      while (running.size) await Promise.all(running)
    },
  }
}
