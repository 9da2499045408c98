import type pg from 'pg'
import type { Manifest, TableEntry } from './archive.ts'

/** What belongs to one database and not to its content: its own version and who is alive on it. */
const NOT_SAVED = ['schema_migrations', 'processes']
/** Filled by the migrations; a backup replaces what is there. */
export const SEEDED = ['plans']

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/**
 * The tables of a backup, parents before children, with the columns that are stored (generated ones are computed again).
 * Partitions are saved through their parent; unlogged tables hold nothing worth keeping.
 */
export const listTables = async (client: pg.ClientBase): Promise<TableEntry[]> => {
  const columns = await client.query<{ table: string; column: string }>(`
    select c.relname as table, a.attname as column
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence = 'p'
    order by c.relname, a.attnum`)
  const references = await client.query<{ child: string; parent: string }>(`
    select distinct child.relname as child, parent.relname as parent
    from pg_constraint k
    join pg_class child on child.oid = k.conrelid
    join pg_class parent on parent.oid = k.confrelid
    join pg_namespace n on n.oid = child.relnamespace and n.nspname = 'public'
    where k.contype = 'f' and k.conparentid = 0 and child.oid <> parent.oid`)
  const tables = new Map<string, string[]>()
  for (const { table, column } of columns.rows) {
    if (NOT_SAVED.includes(table)) continue
    const names = tables.get(table)
    if (names) names.push(column)
    else tables.set(table, [column])
  }
  return inOrder([...tables.keys()], references.rows).map((name) => ({ name, columns: tables.get(name) ?? [] }))
}

/** Parents before children, by name among equals. Throws when tables refer to each other in a circle. */
export const inOrder = (names: string[], references: { child: string; parent: string }[]): string[] => {
  const waiting = new Set(names)
  const ordered: string[] = []
  while (waiting.size) {
    const ready = [...waiting].filter(
      (name) => !references.some(({ child, parent }) => child === name && waiting.has(parent)),
    )
    if (!ready.length) throw new Error(`The tables ${[...waiting].join(', ')} refer to each other in a circle.`)
    for (const name of ready.sort()) {
      waiting.delete(name)
      ordered.push(name)
    }
  }
  return ordered
}

export const listPartitions = async (client: pg.ClientBase): Promise<Manifest['partitions']> => {
  const found = await client.query<{ name: string; parent: string; bound: string }>(`
    select c.relname as name, p.relname as parent, pg_get_expr(c.relpartbound, c.oid) as bound
    from pg_class c
    join pg_inherits i on i.inhrelid = c.oid
    join pg_class p on p.oid = i.inhparent
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
    where c.relispartition and c.relkind = 'r'
    order by c.relname`)
  return found.rows
}

/** The bound of a range of instants, the only kind we make; anything else in an archive is not executed. */
export const isRangeBound = (bound: string): boolean =>
  /^FOR VALUES FROM \('[0-9 :+.-]+'\) TO \('[0-9 :+.-]+'\)$/.test(bound)

export const isPlainName = (name: string): boolean => /^[a-z_][a-z0-9_]{0,62}$/.test(name)

export const listSequences = async (client: pg.ClientBase): Promise<Record<string, string>> => {
  const found = await client.query<{ name: string; value: string }>(
    `select sequencename as name, last_value::text as value from pg_sequences where schemaname = 'public' and last_value is not null order by 1`,
  )
  return Object.fromEntries(found.rows.map(({ name, value }) => [name, value]))
}
