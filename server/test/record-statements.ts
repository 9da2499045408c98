import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'

/**
 * Where STATEMENTS_DIR names a folder, each process of the suite leaves in it the text of every statement that it sent, for
 * older-postgres.ts to hold against the oldest PostgreSQL that is supported. Values are not written.
 */
const folder = process.env.STATEMENTS_DIR
if (folder) {
  const statements = new Set<string>()
  const { query } = pg.Client.prototype
  pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
    const [first] = given
    const text = typeof first === 'string' ? first : (first as { text?: unknown } | undefined)?.text
    if (typeof text === 'string') statements.add(text)
    return (query as (...all: unknown[]) => unknown).apply(this, given)
  } as typeof query
  process.on('exit', () => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${process.pid}-${Date.now()}.json`), JSON.stringify([...statements]))
  })
}
