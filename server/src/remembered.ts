export type Remembering<Given extends unknown[]> = {
  /** Answers that are kept; with one more all are forgotten, which costs less than to know the oldest. */
  most?: number
  /** Characters of the longest question whose answer is kept. */
  longest?: number
  /** Two questions with the same key have the same answer; by default their JSON. */
  keyOf?: (...given: Given) => string
}

/**
 * Answers once what is asked again and again with the same words, such as what a prompt says or which columns a list has. An
 * answer is not to be changed, and is never undefined.
 */
export const remembered = <Given extends unknown[], Value>(
  make: (...given: Given) => Value,
  { most = 50, longest = 20_000, keyOf = (...given) => JSON.stringify(given) }: Remembering<Given> = {},
): ((...given: Given) => Value) => {
  const known = new Map<string, Value>()
  return (...given) => {
    const key = keyOf(...given)
    const answer = known.get(key)
    if (answer !== undefined) return answer
    const made = make(...given)
    if (key.length > longest) return made
    if (known.size >= most) known.clear()
    known.set(key, made)
    return made
  }
}

/** For questions that are one text. */
export const itself = (text: string): string => text
