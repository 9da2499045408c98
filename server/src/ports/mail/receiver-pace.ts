/**
 * How fast and how wide each receiver is written to. A receiver is the domain that its MX hosts share, so that the many names
 * of one provider count together. Concurrency begins modestly, grows by one for each full turn that went well, and is halved
 * when the receiver asks to slow down; one that says 421 is left alone for a pause that doubles while it keeps saying so.
 */
export type ReceiverPaces = {
  /** A place at the receiver, soon; or how long to leave it alone. */
  take: (receiver: string) => Promise<Place | { held_ms: number; why: string }>
  close: () => void
}

/** One message's turn at a receiver. Give it back once, whatever happened. */
export type Place = { done: (how: TurnOutcome) => void }

export type TurnOutcome =
  | { kind: 'fine' }
  /** Nothing was learned about the receiver as a whole: an address unknown, a fault of one host. */
  | { kind: 'neutral' }
  /** It asked to slow down. `rest` also leaves it alone, for the time it named if it named one. */
  | { kind: 'slow_down'; rest: boolean; asked_ms: number | null; why: string }

/** What is worth remembering beyond this process. */
export type StoredPace = {
  concurrency: number
  interval_ms: number
  rest_until: Date | null
  rest_ms: number
  reason: string | null
}

export type PaceStore = {
  load: (receiver: string) => Promise<StoredPace | null>
  save: (receiver: string, pace: StoredPace) => Promise<void>
}

export type PaceOptions = {
  /** Messages this process can have in hand at one time, over all receivers. */
  lanes: number
  /** The system's time; rests are read against it. */
  now: () => Date
  store: PaceStore
  /** A fault of the store is no reason not to send. */
  onStoreError?: (error: unknown) => void
  /** Steady time in milliseconds for how long a turn took. */
  steady?: () => number
}

const FIRST_CONCURRENCY = 4
const LOWEST_CONCURRENCY = 1
/** A lane waits this long for a place before its message is put back. */
const PATIENCE_MS = 1_000
/** A turn longer than this is slow: the receiver gets no wider, and one that is this slow all the time gets narrower. */
const SLOW_TURN_MS = 5_000
const TARPIT_TURN_MS = 15_000
const FIRST_REST_MS = 30_000
const LONGEST_REST_MS = 30 * 60_000
/** What a receiver may ask for with "try again in …". */
const LONGEST_ASKED_MS = 60 * 60_000
const FIRST_INTERVAL_MS = 250
const LONGEST_INTERVAL_MS = 30_000
const SHORTEST_HOLD_MS = 1_000
const LONGEST_HOLD_MS = 60_000
/** Other processes' lessons are read again after this long. */
const FRESH_MS = 30_000
const MOST_RECEIVERS = 5_000

type Waiter = { wake: () => void; timer: NodeJS.Timeout }

type Pace = {
  concurrency: number
  interval_ms: number
  next_at: number
  rest_until: number
  rest_ms: number
  reason: string | null
  /** Turns under way, by when they began; the oldest tells of a receiver that hangs. */
  turns: Map<number, number>
  waiting: Waiter[]
  turn_ms: number
  /** Turns begun before the last halving say nothing against the new width. */
  turn_number: number
  halved_at: number
  /** When the last message that was put back has its turn, at the present speed. */
  horizon: number
  loaded_at: number
  loading: Promise<void> | null
}

export const createReceiverPaces = (options: PaceOptions): ReceiverPaces => {
  const steady = options.steady ?? (() => performance.now())
  const widest = Math.max(1, options.lanes)
  const paces = new Map<string, Pace>()
  let closed = false

  const fresh = (): Pace => ({
    concurrency: Math.min(FIRST_CONCURRENCY, widest),
    interval_ms: 0,
    next_at: 0,
    rest_until: 0,
    rest_ms: 0,
    reason: null,
    turns: new Map(),
    waiting: [],
    turn_ms: 0,
    turn_number: 0,
    halved_at: -1,
    horizon: 0,
    loaded_at: Number.NEGATIVE_INFINITY,
    loading: null,
  })

  const paceOf = (receiver: string): Pace => {
    const known = paces.get(receiver)
    if (known) return known
    if (paces.size >= MOST_RECEIVERS)
      for (const [name, pace] of paces) if (pace.turns.size === 0 && pace.waiting.length === 0) paces.delete(name)
    const pace = fresh()
    paces.set(receiver, pace)
    return pace
  }

  const learn = (receiver: string, pace: Pace): Promise<void> => {
    const at = options.now().getTime()
    if (at - pace.loaded_at < FRESH_MS) return Promise.resolve()
    pace.loading ??= options.store
      .load(receiver)
      .then(
        (stored) => {
          if (!stored) return
          const until = stored.rest_until?.getTime() ?? 0
          // Only what is stricter than what this process knows: it may have learned more since.
          if (until > pace.rest_until) {
            pace.rest_until = until
            pace.rest_ms = stored.rest_ms
            pace.reason = stored.reason
          }
          if (pace.turn_number === 0) {
            pace.concurrency = Math.min(Math.max(stored.concurrency, LOWEST_CONCURRENCY), widest)
            pace.interval_ms = stored.interval_ms
          }
        },
        (error) => options.onStoreError?.(error),
      )
      .finally(() => {
        pace.loaded_at = options.now().getTime()
        pace.loading = null
      })
    return pace.loading
  }

  const keep = (receiver: string, pace: Pace): void => {
    options.store
      .save(receiver, {
        concurrency: pace.concurrency,
        interval_ms: Math.round(pace.interval_ms),
        rest_until: pace.rest_until > 0 ? new Date(pace.rest_until) : null,
        rest_ms: pace.rest_ms,
        reason: pace.reason,
      })
      .catch((error) => options.onStoreError?.(error))
  }

  const hold = (pace: Pace, expected_ms: number, why: string): { held_ms: number; why: string } => {
    const at = options.now().getTime()
    const spacing = Math.max(pace.interval_ms, pace.turn_ms / Math.max(1, pace.concurrency))
    pace.horizon = Math.max(pace.horizon, at + expected_ms) + spacing
    return { held_ms: Math.min(Math.max(pace.horizon - at, SHORTEST_HOLD_MS), LONGEST_HOLD_MS), why }
  }

  const finish = (receiver: string, pace: Pace, turn: number, how: TurnOutcome): void => {
    const began = pace.turns.get(turn)
    if (began === undefined) return
    pace.turns.delete(turn)
    const took = steady() - began
    pace.turn_ms = pace.turn_ms === 0 ? took : pace.turn_ms * 0.8 + took * 0.2
    if (how.kind === 'slow_down') slowDown(receiver, pace, turn, how)
    else if (how.kind === 'fine') {
      if (took < SLOW_TURN_MS) pace.concurrency = Math.min(pace.concurrency + 1 / pace.concurrency, widest)
      pace.interval_ms = pace.interval_ms > 20 ? pace.interval_ms * 0.95 : 0
      if (pace.rest_ms > 0 && pace.rest_until <= options.now().getTime()) {
        pace.rest_ms = 0
        pace.rest_until = 0
        pace.reason = null
        keep(receiver, pace)
      }
    }
    if (took > TARPIT_TURN_MS) pace.concurrency = Math.max(LOWEST_CONCURRENCY, pace.concurrency * 0.75)
    next(pace)
  }

  const slowDown = (
    receiver: string,
    pace: Pace,
    turn: number,
    how: Extract<TurnOutcome, { kind: 'slow_down' }>,
  ): void => {
    const at = options.now().getTime()
    // Several turns under way hear the same at the same time; together they count once.
    if (turn > pace.halved_at) {
      pace.concurrency = Math.max(LOWEST_CONCURRENCY, pace.concurrency / 2)
      pace.halved_at = pace.turn_number
      if (how.rest) {
        pace.interval_ms = Math.min(Math.max(pace.interval_ms * 2, FIRST_INTERVAL_MS), LONGEST_INTERVAL_MS)
        pace.rest_ms = Math.min(pace.rest_ms > 0 ? pace.rest_ms * 2 : FIRST_REST_MS, LONGEST_REST_MS)
      }
    }
    if (how.rest) {
      const asked = Math.min(how.asked_ms ?? 0, LONGEST_ASKED_MS)
      pace.rest_until = Math.max(pace.rest_until, at + Math.max(pace.rest_ms, asked))
    }
    pace.reason = how.why
    keep(receiver, pace)
  }

  /** Wakes whoever waits, one for each place that is free. */
  const next = (pace: Pace): void => {
    let places = Math.floor(pace.concurrency) - pace.turns.size
    while (places-- > 0) {
      const waiter = pace.waiting.shift()
      if (!waiter) return
      clearTimeout(waiter.timer)
      waiter.wake()
    }
  }

  const begin = (receiver: string, pace: Pace): Place => {
    const turn = ++pace.turn_number
    pace.turns.set(turn, steady())
    pace.next_at = Math.max(pace.next_at, options.now().getTime()) + pace.interval_ms
    return { done: (how) => finish(receiver, pace, turn, how) }
  }

  const take: ReceiverPaces['take'] = async (receiver) => {
    const pace = paceOf(receiver)
    await learn(receiver, pace)
    const deadline = steady() + PATIENCE_MS
    for (;;) {
      const at = options.now().getTime()
      if (pace.rest_until > at) {
        const left = pace.rest_until - at
        return { ...hold(pace, left, pace.reason ?? ''), held_ms: Math.max(left, SHORTEST_HOLD_MS) }
      }
      const places = Math.floor(pace.concurrency) - pace.turns.size
      const pause = Math.max(0, pace.next_at - at)
      if (places > 0 && pause === 0) return begin(receiver, pace)
      const oldest = pace.turns.values().next().value
      const turn_ms = Math.max(pace.turn_ms, oldest === undefined ? 0 : steady() - oldest)
      const expected = Math.max(pause, places > 0 ? 0 : ((pace.waiting.length + 1) * turn_ms) / pace.concurrency)
      const patience = deadline - steady()
      if (closed || expected > PATIENCE_MS || patience <= 0)
        return hold(pace, expected, pace.reason ?? 'all places at the receiver are taken')
      await new Promise<void>((resolve) => {
        const waiter: Waiter = {
          wake: resolve,
          timer: setTimeout(
            () => {
              pace.waiting = pace.waiting.filter((one) => one !== waiter)
              resolve()
            },
            Math.max(1, Math.min(patience, pause > 0 ? pause : patience)),
          ),
        }
        pace.waiting.push(waiter)
      })
    }
  }

  return {
    take,
    close: () => {
      closed = true
      for (const pace of paces.values())
        for (const waiter of pace.waiting.splice(0)) {
          clearTimeout(waiter.timer)
          waiter.wake()
        }
    },
  }
}
