/** Lets work of known size begin while the sum stays within a limit; the rest waits its turn, first come, first served. */
export type ByteBudget = {
  /** Resolves when there is room; what is larger than the whole budget waits until nothing else is held. */
  take: (bytes: number) => Promise<void>
  give: (bytes: number) => void
}

export const createByteBudget = (limit: number): ByteBudget => {
  let held = 0
  const waiting: { bytes: number; go: () => void }[] = []
  const letIn = (): void => {
    for (let next = waiting[0]; next && (held === 0 || held + next.bytes <= limit); next = waiting[0]) {
      waiting.shift()
      held += next.bytes
      next.go()
    }
  }
  return {
    take: (bytes) =>
      new Promise((resolve) => {
        waiting.push({ bytes, go: resolve })
        letIn()
      }),
    give: (bytes) => {
      held -= bytes
      letIn()
    },
  }
}
