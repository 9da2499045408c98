import { sql } from 'kysely'
import type { ColumnName, LeadField } from '../../column-mapping.ts'
import type { Tx } from '../../db/transaction.ts'
import { normalizeEmailAddress } from '../../email-address.ts'
import { personKey } from '../../linkedin-url.ts'
import { profileKey } from './read-row.ts'
import { alignColumns, type CellChanges, type RowPolicy, type TableShape } from './row-policy.ts'
import { rowsByKey } from './rows-by-key.ts'

/** A row that is there: of before, or added by this very import (`is_own`). */
export type Match = {
  id: string
  dataset_id: string | null
  dataset_name: string
  row_index: number
  source_row: number | null
  is_own: boolean
  email: string | null
  linkedin_url: string | null
  /** Its cells; read only where they can change. */
  data: Record<string, unknown>
}

export type NewRow = {
  id: string
  row_index: number
  source_row: number
  email: string | null
  linkedin_url: string | null
  data: Record<string, string>
}

type Person = { email: string | null; linkedin_url: string | null }

type Scope = {
  workspace_id: string
  dataset_id: string | null
  import_id: string | null
  policy: RowPolicy
  plan: boolean
  /** The dataset's columns as the import has them; it grows while tables are appended. */
  shape: TableShape
}

export type RowMatcher = {
  /** Finds whom of the people of a batch is there; one batch after the other. */
  look: (people: Person[]) => Promise<void>
  find: (person: Person) => Match | null
  insert: (row: NewRow) => void
  change: (match: Match, cells: CellChanges) => void
  takeInserted: () => NewRow[]
  writeChanged: () => Promise<void>
  keysFor: (
    match: Match,
    columns: ColumnName[],
    table: { column_mapping: Readonly<Record<string, LeadField>> },
  ) => Promise<(string | null)[]>
  isSame: (match: Match) => (column: string, before: string, after: string) => boolean
}

/**
 * Knows who is there already, by the rule of RowPolicy. Rows of the dataset itself come before those of others, and of the
 * others those of the newest dataset. For `update` the rows that are found are locked, so that what somebody edits
 * meanwhile is neither lost nor overwritten; a plan locks nothing and keeps what it would change in a temporary table.
 */
export const createRowMatcher = async (tx: Tx, scope: Scope): Promise<RowMatcher> => {
  const { workspace_id, dataset_id, import_id, policy } = scope
  const updates = policy.duplicates === 'update'
  const overlay = scope.plan && updates
  if (overlay)
    await sql`
      create temporary table planned_rows (
        id uuid primary key, dataset_id uuid, dataset_name text, row_index integer, source_row integer, is_own boolean,
        email text, linkedin_url text, data jsonb) on commit drop`
      .execute(tx)
      .then(() => sql`create index on planned_rows (email)`.execute(tx))
      .then(() => sql`create index on planned_rows (linkedin_url)`.execute(tx))

  let byEmail = new Map<string, Match>()
  let byProfile = new Map<string, Match>()
  /** Rows without an address: they can learn one. */
  let nameless = new Map<string, Match>()
  let inserted = new Map<string, NewRow>()
  let changed = new Map<string, Match>()
  const shapes = new Map<string, TableShape>()

  const within = sql`${dataset_id === null ? sql`true` : sql`(c.dataset_id is null or c.dataset_id = ${dataset_id})`}`
  const scoped = policy.duplicates_in === 'workspace' ? sql`true` : dataset_id === null ? sql`c.is_own` : within
  const ownRow = import_id === null ? sql`false` : sql`(r.import_id is not null and r.import_id = ${import_id}::uuid)`

  /** The best row for each key. */
  const search = async (
    column: 'email' | 'linkedin_url',
    keys: string[],
    namelessOnly: boolean,
  ): Promise<Map<string, Match>> => {
    if (!keys.length) return new Map()
    const { rows } = await sql<Match & { key: string }>`
      select k.key, c.id, c.dataset_id, c.dataset_name, c.row_index, c.source_row, c.is_own, c.email, c.linkedin_url, '{}'::jsonb as data
      from unnest(${keys}::text[]) as k (key) cross join lateral (
        select c.* from (
          select r.id, r.dataset_id, null::text as dataset_name, r.row_index, r.source_row, ${ownRow} as is_own, r.email, r.linkedin_url
          from (${rowsByKey(column, workspace_id, sql`k.key`)}) r where r.removed_at is null
          ${overlay ? sql`and (select p.id from planned_rows p where p.id = r.id) is null` : sql``}
          ${
            overlay
              ? sql`union all select p.id, p.dataset_id, p.dataset_name, p.row_index, p.source_row, p.is_own, p.email, p.linkedin_url
                  from planned_rows p where p.${sql.ref(column)} = k.key`
              : sql``
          }) c
        where ${scoped} ${namelessOnly ? sql`and c.email is null` : sql``}
        order by (c.dataset_id is not distinct from ${dataset_id}::uuid) desc, c.dataset_id desc, c.row_index limit 1) c`.execute(
      tx,
    )
    return new Map(rows.map(({ key, ...match }) => [key, match]))
  }

  const nameDatasets = async (matches: Match[]): Promise<void> => {
    const ids = [
      ...new Set(matches.flatMap((m) => (m.dataset_id && m.dataset_id !== dataset_id ? [m.dataset_id] : []))),
    ]
    if (!ids.length) return
    const { rows } = await sql<{ dataset_id: string; dataset_name: string }>`
      select dataset_id, dataset_name from datasets where workspace_id = ${workspace_id} and dataset_id = any(${ids}::uuid[])`.execute(
      tx,
    )
    const names = new Map(rows.map((row) => [row.dataset_id, row.dataset_name]))
    for (const match of matches) match.dataset_name = names.get(match.dataset_id ?? '') ?? ''
  }

  /** Reads the cells of the rows that were found, holding them; one object per row, however many keys led to it. */
  const readCells = async (maps: Map<string, Match>[]): Promise<void> => {
    const found = new Map<string, Match>()
    for (const map of maps)
      for (const [key, match] of map) {
        const first = found.get(match.id)
        if (first) map.set(key, first)
        else found.set(match.id, match)
      }
    const ids = [...found.keys()]
    if (!ids.length) return
    type Cells = Pick<Match, 'id' | 'email' | 'linkedin_url' | 'data'>
    const { rows } = overlay
      ? await sql<Cells>`
          select id, email, linkedin_url, data from planned_rows where id = any(${ids}::uuid[])
          union all select id, email, linkedin_url, data from dataset_rows r
          where id = any(${ids}::uuid[]) and (select p.id from planned_rows p where p.id = r.id) is null`.execute(tx)
      : await sql<Cells>`
          select id, email, linkedin_url, data from dataset_rows where id = any(${ids}::uuid[]) order by id for update`.execute(
          tx,
        )
    for (const row of rows) Object.assign(found.get(row.id) as Match, row)
    await readShapes([...found.values()])
  }

  const readShapes = async (matches: Match[]): Promise<void> => {
    const ids = [...new Set(matches.map((match) => match.dataset_id ?? ''))].filter((id) => id && !shapes.has(id))
    if (!ids.length) return
    const { rows } = await sql<TableShape & { dataset_id: string }>`
      select dataset_id, columns, column_mapping from datasets where workspace_id = ${workspace_id} and dataset_id = any(${ids}::uuid[])`.execute(
      tx,
    )
    for (const row of rows) shapes.set(row.dataset_id, row)
  }

  const identityOf = (match: Match): { email: string | null; linkedin_url: string | null } => {
    const shape = match.dataset_id === dataset_id ? scope.shape : shapes.get(match.dataset_id ?? '')
    const identity: ReturnType<typeof identityOf> = { email: null, linkedin_url: null }
    for (const [column, field] of Object.entries(shape?.column_mapping ?? {}))
      if (field === 'email' || field === 'linkedin_url') identity[field] = column
    return identity
  }

  return {
    look: async (people) => {
      const emails = [...new Set(people.flatMap(({ email }) => (email === null ? [] : [email])))]
      const alone = [
        ...new Set(people.flatMap((p) => (p.email === null && p.linkedin_url !== null ? [p.linkedin_url] : []))),
      ]
      byEmail = await search('email', emails, false)
      byProfile = await search('linkedin_url', alone, false)
      const unmet = updates
        ? people.flatMap((p) =>
            p.email !== null && p.linkedin_url !== null && !byEmail.has(p.email) ? [p.linkedin_url] : [],
          )
        : []
      nameless = await search('linkedin_url', [...new Set(unmet)], true)
      if (updates) await readCells([byEmail, byProfile, nameless])
      else await nameDatasets([...byEmail.values(), ...byProfile.values()])
    },

    find: ({ email, linkedin_url }) => {
      if (email === null) return byProfile.get(linkedin_url ?? '') ?? null
      const known = byEmail.get(email)
      if (known) return known
      const candidate = updates && linkedin_url !== null ? nameless.get(linkedin_url) : undefined
      return candidate && candidate.email === null ? candidate : null
    },

    insert: (row) => {
      inserted.set(row.id, row)
      if (!updates) return
      // Later rows of the batch meet it like one that is stored.
      const match: Match = { ...row, dataset_id, dataset_name: '', is_own: true }
      if (row.email !== null) {
        if (!byEmail.has(row.email)) byEmail.set(row.email, match)
      } else if (row.linkedin_url !== null && !nameless.has(row.linkedin_url)) nameless.set(row.linkedin_url, match)
      if (row.linkedin_url !== null && !byProfile.has(row.linkedin_url)) byProfile.set(row.linkedin_url, match)
    },

    change: (match, cells) => {
      for (const [column, [, after]] of Object.entries(cells)) match.data[column] = after
      const identity = identityOf(match)
      if (identity.email !== null && cells[identity.email]) {
        match.email = emailOf(match.data[identity.email])
        if (match.email !== null && !byEmail.has(match.email)) byEmail.set(match.email, match)
      }
      if (identity.linkedin_url !== null && cells[identity.linkedin_url])
        match.linkedin_url = profileOf(match.data[identity.linkedin_url])
      const pending = inserted.get(match.id)
      if (pending) Object.assign(pending, { email: match.email, linkedin_url: match.linkedin_url })
      else changed.set(match.id, match)
    },

    takeInserted: () => {
      const rows = [...inserted.values()]
      inserted = new Map()
      if (overlay) for (const row of rows) changed.set(row.id, { ...row, dataset_id, dataset_name: '', is_own: true })
      return rows
    },

    writeChanged: async () => {
      const rows = [...changed.values()]
      changed = new Map()
      if (!rows.length) return
      const ids = rows.map((row) => row.id)
      const data = rows.map((row) => JSON.stringify(row.data))
      const emails = rows.map((row) => row.email)
      const profiles = rows.map((row) => row.linkedin_url)
      if (overlay) {
        await sql`delete from planned_rows where id = any(${ids}::uuid[])`.execute(tx)
        await sql`
          insert into planned_rows (id, dataset_id, dataset_name, row_index, source_row, is_own, email, linkedin_url, data)
          select u.id, u.dataset_id, '', u.row_index, u.source_row, u.is_own, u.email, u.linkedin_url, u.data::jsonb
          from unnest(${ids}::uuid[], ${rows.map((row) => row.dataset_id)}::uuid[], ${rows.map((row) => row.row_index)}::integer[],
            ${rows.map((row) => row.source_row)}::integer[], ${rows.map((row) => row.is_own)}::boolean[], ${emails}::text[], ${profiles}::text[], ${data}::text[])
            as u (id, dataset_id, row_index, source_row, is_own, email, linkedin_url, data)`.execute(tx)
        return
      }
      await sql`
        update dataset_rows r set data = u.data::jsonb, email = u.email, linkedin_url = u.linkedin_url
        from unnest(${ids}::uuid[], ${emails}::text[], ${profiles}::text[], ${data}::text[]) as u (id, email, linkedin_url, data)
        where r.id = u.id and r.workspace_id = ${workspace_id}`.execute(tx)
    },

    keysFor: async (match, columns, table) => {
      const shape = shapes.get(match.dataset_id ?? '')
      if (!shape) return columns.map(() => null)
      // Another dataset gets no new columns from a file that was meant for this one.
      const { keys, columns_added } = alignColumns(columns, table.column_mapping, shape)
      const added = new Set(columns_added)
      return keys.map((key) => (added.has(key) ? null : key))
    },

    isSame: (match) => {
      const identity = identityOf(match)
      return (column, before, after) =>
        column === identity.email
          ? emailOf(before) !== null && emailOf(before) === emailOf(after)
          : column === identity.linkedin_url && profileKey(before) === profileKey(after)
    },
  }
}

/** The address of a cell as rows are found by it, or null where it holds none. */
export const emailOf = (cell: unknown): string | null => {
  if (typeof cell !== 'string') return null
  const address = normalizeEmailAddress(cell)
  return address.ok ? address.email : null
}

export const profileOf = (cell: unknown): string | null => (typeof cell === 'string' ? personKey(cell) : null)
