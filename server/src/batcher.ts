/**
 * Lets callers that arrive together share one piece of work, such as one commit: what comes while a batch runs makes up the
 * next batch, so a lone caller waits for nobody and a crowd costs few commits. `run` answers in the order of its items;
 * when it throws, every caller of that batch hears the error. With `gather` a batch waits for company: until there are
 * `enough` items, or so many milliseconds have passed, or somebody waits for idle().
 */
export const createBatcher = <Item, Result>(
  run: (items: Item[]) => Promise<Result[]>,
  options: { max: number; gather?: { enough: number; ms: number } },
): { add: (item: Item) => Promise<Result>; idle: () => Promise<void> } => {
  type Waiting = { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }
  const { max, gather } = options
  let waiting: Waiting[] = []
  let loop: Promise<void> | null = null
  let hurry = (): void => {}
  let idlers = 0

  const company = (enough: number, ms: number): Promise<void> | void => {
    if (waiting.length >= enough || idlers > 0) return
    return new Promise((next) => {
      const timer = setTimeout(next, ms)
      hurry = () => {
        clearTimeout(timer)
        next()
      }
    })
  }

  const drain = async (): Promise<void> => {
    while (waiting.length) {
      if (gather) await company(gather.enough, gather.ms)
      const batch = waiting.slice(0, max)
      waiting = waiting.slice(max)
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
        if (gather && waiting.length >= gather.enough) hurry()
        // Whoever arrives in the same turn of the event loop joins the first batch.
        loop ??= new Promise<void>((next) => setImmediate(next)).then(drain)
      }),
    idle: async () => {
      idlers++
      hurry()
      while (loop) await loop
      idlers--
    },
  }
}
