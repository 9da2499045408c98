/**
 * Lets callers that arrive together share one piece of work, such as one commit: what comes while a batch runs makes up the
 * next batch, so a lone caller waits for nobody and a crowd costs few commits. `run` answers in the order of its items;
 * when it throws, every caller of that batch hears the error.
 */
export const createBatcher = <Item, Result>(
  run: (items: Item[]) => Promise<Result[]>,
  options: { max: number },
): { add: (item: Item) => Promise<Result>; idle: () => Promise<void> } => {
  type Waiting = { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }
  let waiting: Waiting[] = []
  let loop: Promise<void> | null = null

  const drain = async (): Promise<void> => {
    while (waiting.length) {
      const batch = waiting.slice(0, options.max)
      waiting = waiting.slice(options.max)
      try {
        const results = await run(batch.map(({ item }) => item))
        for (const [at, { resolve }] of batch.entries()) resolve(results[at] as Result)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    loop = null
  }

  return {
    add: (item) =>
      new Promise<Result>((resolve, reject) => {
        waiting.push({ item, resolve, reject })
        // Whoever arrives in the same turn of the event loop joins the first batch.
        loop ??= new Promise<void>((next) => setImmediate(next)).then(drain)
      }),
    idle: async () => {
      while (loop) await loop
    },
  }
}
