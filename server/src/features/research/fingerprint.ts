import { hash } from 'node:crypto'
import type { Fact } from '../../ports/llm/port.ts'

/** SHA-256 in hex of what is known: the same whatever the order of the facts, their ids and the time of reading. */
export const digestOf = (facts: readonly Omit<Fact, 'id'>[]): string => {
  const lines = facts.map(({ about, field, text, source }) =>
    JSON.stringify([about, field, text, source.kind, source.name]),
  )
  return hash('sha256', lines.sort().join('\n'), 'hex')
}
