import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** What a program did in one turn: how long it took, and how much of the processor its own process used. */
export type Turn = { seconds: number; cpu_seconds: number }

/**
 * Programs that are compared take short turns: what else the machine has to do, or how fast it lets us be, changes within
 * seconds, and would otherwise fall upon one of them. This side waits for its turns and answers each with a Turn; an error ends
 * the program. What is prepared and examined is no part of the turn.
 */
export const takeTurns = (
  work: (count: number) => Promise<void>,
  around: { prepare?: (count: number) => Promise<void>; examine?: (count: number) => Promise<void> } = {},
): void => {
  const turn = async (count: number): Promise<Turn> => {
    await around.prepare?.(count)
    const before = process.cpuUsage()
    const started = performance.now()
    await work(count)
    const seconds = (performance.now() - started) / 1000
    const { user, system } = process.cpuUsage(before)
    await around.examine?.(count)
    return { seconds, cpu_seconds: (user + system) / 1e6 }
  }
  process.on('message', (count: number) => {
    turn(count).then(
      (done) => process.send?.(done),
      (error) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
  process.on('disconnect', () => process.exit(0))
  console.log('ready')
}

/** Gives a program of startProgram() its turn. Throws where it ends instead of answering. */
export const giveTurn = async (child: ChildProcess, count: number): Promise<Turn> => {
  const ended = new AbortController()
  const end = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`The program ended with ${code} in its turn.`)
  })
  end.catch(() => {})
  child.send(count)
  const answered = once(child, 'message', { signal: ended.signal })
  answered.catch(() => {})
  try {
    const [turn] = (await Promise.race([answered, end])) as [Turn]
    return turn
  } finally {
    ended.abort()
  }
}
