/**
 * The only place that reads the time. Two clocks exist (DOMAIN.md §2): the system's, for tokens, rate limits, idempotency,
 * leases and ids; and the workspace's, for everything a campaign waits for. A live workspace's clock is the system's; a
 * sandbox's is the system's plus an offset, or a fixed instant while it is being advanced.
 */
export type Clock = { now: () => Date }

export type WorkspaceClockRow = { clock_offset_ms: number; clock_frozen_at: Date | null }

export const systemNowMs = (): number => Date.now()

export const systemClock: Clock = { now: () => new Date(Date.now()) }

/** A clock for tests: stands still until told otherwise. */
export const steeredClock = (start: Date): Clock & { set: (at: Date) => void; advance: (ms: number) => void } => {
  let at = start.getTime()
  return {
    now: () => new Date(at),
    set: (to) => {
      at = to.getTime()
    },
    advance: (ms) => {
      at += ms
    },
  }
}

/** The workspace's present, from its row and the system's present. */
export const workspaceNow = (workspace: WorkspaceClockRow, system: Date): Date =>
  workspace.clock_frozen_at ?? new Date(system.getTime() + workspace.clock_offset_ms)
