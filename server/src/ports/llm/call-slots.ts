/**
 * Who may call which model now. A model takes so many calls at a time; what waits is served for the group (workspace) with the
 * fewest calls running, the longest waiting first, so that a large job of one workspace does not hold up the others. A model
 * that asked for a pause rests for all of its callers.
 */
export type CallSlots = {
  /** Resolves with what gives the place back. Rejects with the signal's reason when that comes first. */
  take: (key: string, group: string, limit: number, signal: AbortSignal) => Promise<() => void>
  rest: (key: string, ms: number) => void
  /** Milliseconds for which the model still rests. */
  restsFor: (key: string) => number
}

type Waiting = { group: string; start: () => void }
type Place = { running: Map<string, number>; total: number; limit: number; waiting: Waiting[] }

/** `now` counts milliseconds from any start. */
export const createCallSlots = (now: () => number): CallSlots => {
  const places = new Map<string, Place>()
  const resting = new Map<string, number>()

  const serve = (key: string, place: Place): void => {
    while (place.total < place.limit && place.waiting.length) {
      let best = 0
      for (const [at, { group }] of place.waiting.entries())
        if ((place.running.get(group) ?? 0) < (place.running.get(place.waiting[best]?.group ?? '') ?? 0)) best = at
      const [next] = place.waiting.splice(best, 1)
      next?.start()
    }
    if (place.total === 0 && !place.waiting.length) places.delete(key)
  }

  return {
    take: (key, group, limit, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const place: Place = places.get(key) ?? { running: new Map(), total: 0, limit, waiting: [] }
        places.set(key, place)
        // The newest word counts: an operator may have changed it since the place was made.
        place.limit = limit
        const onAbort = (): void => {
          const at = place.waiting.indexOf(entry)
          if (at >= 0) place.waiting.splice(at, 1)
          serve(key, place)
          reject(signal.reason)
        }
        const entry: Waiting = {
          group,
          start: () => {
            signal.removeEventListener('abort', onAbort)
            place.total++
            place.running.set(group, (place.running.get(group) ?? 0) + 1)
            let isBack = false
            resolve(() => {
              if (isBack) return
              isBack = true
              place.total--
              const left = (place.running.get(group) ?? 1) - 1
              if (left > 0) place.running.set(group, left)
              else place.running.delete(group)
              serve(key, place)
            })
          },
        }
        signal.addEventListener('abort', onAbort, { once: true })
        place.waiting.push(entry)
        serve(key, place)
      }),
    rest: (key, ms) => {
      // Models that are gone leave nothing behind for long.
      for (const [known, until] of resting) if (until <= now()) resting.delete(known)
      resting.set(key, Math.max(resting.get(key) ?? 0, now() + ms))
    },
    restsFor: (key) => Math.max(0, (resting.get(key) ?? 0) - now()),
  }
}
