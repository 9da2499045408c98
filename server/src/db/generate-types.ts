import pg from 'pg'

const SCALARS: Record<string, string> = {
  uuid: 'string',
  text: 'string',
  varchar: 'string',
  bytea: 'Buffer',
  bool: 'boolean',
  int2: 'number',
  int4: 'number',
  int8: 'number',
  float4: 'number',
  float8: 'number',
  numeric: 'number',
  timestamptz: 'Date',
  date: 'string',
  jsonb: 'Json',
  json: 'Json',
  tsvector: 'string',
}

/** Kysely's picture of the migrated schema, as the text of db/types.ts: what the driver gives, and what may be left out on insert. */
export const generateTypes = async (url: string): Promise<string> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const columns = await client.query<{
      table: string
      column: string
      type: string
      nullable: boolean
      defaulted: boolean
    }>(`
      select c.relname as table, a.attname as column, t.typname as type, not a.attnotnull as nullable, a.atthasdef as defaulted
      from pg_attribute a
      join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p') and not c.relispartition
      join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
      join pg_type t on t.oid = a.atttypid
      where a.attnum > 0 and not a.attisdropped
      order by c.relname, a.attnum`)
    const tables = new Map<string, string[]>()
    for (const { table, column, type, nullable, defaulted } of columns.rows) {
      const array = type.startsWith('_')
      const scalar = SCALARS[array ? type.slice(1) : type]
      if (!scalar) throw new Error(`${table}.${column} has the type ${type}, which generate-types.ts does not know.`)
      const read = `${scalar}${array ? '[]' : ''}${nullable ? ' | null' : ''}`
      const lines = tables.get(table) ?? []
      // A generated JSON column is one type of its own: kysely does not look inside Generated for a ColumnType.
      const isJson = scalar === 'Json' && !array
      lines.push(`    ${column}: ${defaulted ? (isJson ? 'GeneratedJson' : `Generated<${read}>`) : read}`)
      tables.set(table, lines)
    }
    return [
      '// Generated from the migrated schema by `npm run generate`; never edited by hand.',
      "import type { ColumnType, Generated } from 'kysely'",
      '',
      '// biome-ignore lint/suspicious/noExplicitAny: what stands in a JSON column is known by the query that reads it.',
      'type Json = ColumnType<any, string, string>',
      '// biome-ignore lint/suspicious/noExplicitAny: as above.',
      'type GeneratedJson = ColumnType<any, string | undefined, string>',
      '',
      'export type Tables = {',
      ...[...tables].flatMap(([table, lines]) => [`  ${table}: {`, ...lines, '  }']),
      '}',
      '',
    ].join('\n')
  } finally {
    await client.end()
  }
}
