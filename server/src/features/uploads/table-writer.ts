import { sql } from 'kysely'
import type { CopyIn, CopyTransaction } from '../../db/copy-transaction.ts'
import type { Tx } from '../../db/transaction.ts'

/** A table and the columns that are written, each with its type. */
export type WriteTarget = { table: string; columns: [name: string, type: string][] }

/**
 * Writes rows given as complete lines of COPY's text format. Between two writes to different tables, and after `idle`, the
 * transaction can run other statements.
 */
export type TableWriter = {
  write: (target: WriteTarget, text: string) => Promise<void>
  idle: () => Promise<void>
}

const names = (target: WriteTarget): string => target.columns.map(([name]) => name).join(', ')

/** Streams by COPY; one COPY stays open for as long as the same table is written. */
export const copyWriter = (copyInto: CopyTransaction['copyInto']): TableWriter => {
  let open: { copy: CopyIn; target: WriteTarget } | null = null
  const idle = async (): Promise<void> => {
    const { copy } = open ?? {}
    open = null
    await copy?.end()
  }
  return {
    write: async (target, text) => {
      if (open?.target !== target) {
        await idle()
        open = { copy: copyInto(`copy ${target.table} (${names(target)}) from stdin`), target }
      }
      await open?.copy.write(text)
    },
    idle,
  }
}

/** Inserts in a transaction that has no COPY: for callers that add a few thousand rows at most. */
export const insertWriter = (tx: Tx): TableWriter => ({
  write: async (target, text) => {
    const lines = text.split('\n')
    lines.pop()
    const values: (string | null)[][] = target.columns.map(() => [])
    for (const line of lines)
      for (const [index, field] of line.split('\t').entries())
        values[index]?.push(field === '\\N' ? null : unescapeField(field))
    const columns = sql.join(target.columns.map(([name]) => sql.ref(name)))
    const casts = sql.join(target.columns.map(([name, type]) => sql`${sql.ref(`given.${name}`)}::${sql.raw(type)}`))
    await sql`
      insert into ${sql.table(target.table)} (${columns})
      select ${casts} from unnest(${sql.join(values.map((column) => sql`${column}::text[]`))}) as given (${columns})`.execute(
      tx,
    )
  },
  idle: async () => {},
})

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }
const UNESCAPES: Record<string, string> = { t: '\t', n: '\n', r: '\r' }

/** Text as one field of COPY's text format. */
export const copyText = (text: string): string =>
  /[\\\t\n\r]/.test(text) ? text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] as string) : text

export const copyTextOrNull = (text: string | null): string => (text === null ? '\\N' : copyText(text))

const unescapeField = (field: string): string =>
  field.includes('\\') ? field.replace(/\\(.)/g, (_, character: string) => UNESCAPES[character] ?? character) : field

/** An array literal of PostgreSQL, each element quoted. */
export const textArray = (values: string[]): string =>
  `{${values.map((value) => `"${/["\\]/.test(value) ? value.replace(/["\\]/g, '\\$&') : value}"`).join(',')}}`
