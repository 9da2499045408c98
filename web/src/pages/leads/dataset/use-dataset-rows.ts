import { listDatasetRows } from '@bavlio/sdk/operations'
import type { DatasetRow } from '@bavlio/sdk/types'
import { useCallback, useEffect, useReducer, useRef } from 'react'
import { call } from '../../../api/call.ts'

const PAGE = 200
/** Pages that are kept; the farthest from what is in sight go first. */
const KEPT = 60
/** While the scrollbar is drawn along, only where it rests is asked for. */
const REST_MS = 60

export type RowQuery = {
  dataset_id: string
  search?: string | undefined
  filter?: string | undefined
  sort?: string | undefined
  order?: 'asc' | 'desc' | undefined
  sort_as?: 'text' | 'number' | undefined
  removed?: boolean | undefined
}

type Store = {
  pages: Map<number, DatasetRow[]>
  /** Of each page where the next one begins, which is quicker than counting from the front. */
  cursors: Map<number, string>
  loading: Map<number, AbortController>
  total: number | null
  is_exact: boolean
  /** Rows that came one page after the other, where only that way leads through the list. */
  line: { rows: DatasetRow[]; cursor: string | null; has_more: boolean; is_loading: boolean }
  error: unknown
  seen: [number, number]
}

const empty = (): Store => ({
  pages: new Map(),
  cursors: new Map(),
  loading: new Map(),
  total: null,
  is_exact: true,
  line: { rows: [], cursor: null, has_more: true, is_loading: false },
  error: null,
  seen: [0, 60],
})

/**
 * The rows of a dataset as the table asks for them. All rows by position: any place can be jumped to. With a filter, a search or
 * another order, the list is read from its front, page after page, since only then the server need not look at all of it.
 */
export const useDatasetRows = (query: RowQuery) => {
  const key = JSON.stringify(query)
  const is_line = Boolean(query.search || query.filter || query.sort || query.removed)
  const [, draw] = useReducer((n: number) => n + 1, 0)
  const store = useRef<Store>(empty())
  const generation = useRef(0)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)

  const loadPage = useCallback(
    async (page: number): Promise<void> => {
      const now = store.current
      const mine = generation.current
      const aborter = new AbortController()
      now.loading.set(page, aborter)
      const cursor = now.cursors.get(page - 1)
      try {
        const found = await listDatasetRows(
          call,
          { ...JSON.parse(key), limit: PAGE, ...(cursor ? { cursor } : { offset: page * PAGE }) },
          { signal: aborter.signal },
        )
        if (mine !== generation.current) return
        now.pages.set(page, found.items)
        if (found.next_cursor) now.cursors.set(page, found.next_cursor)
        now.total = found.total ?? now.total
        now.error = null
        const middle = Math.floor(now.seen[0] / PAGE)
        while (now.pages.size > KEPT) {
          const farthest = [...now.pages.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle))[0]
          if (farthest === undefined) break
          now.pages.delete(farthest)
        }
      } catch (error) {
        if (mine === generation.current && !aborter.signal.aborted) now.error = error
      } finally {
        if (now.loading.get(page) === aborter) now.loading.delete(page)
        if (mine === generation.current) draw()
      }
    },
    [key],
  )

  const loadLine = useCallback(async (): Promise<void> => {
    const now = store.current
    const mine = generation.current
    if (now.line.is_loading || !now.line.has_more) return
    now.line.is_loading = true
    draw()
    try {
      const found = await listDatasetRows(call, {
        ...JSON.parse(key),
        limit: PAGE,
        ...(now.line.cursor ? { cursor: now.line.cursor } : {}),
      })
      if (mine !== generation.current) return
      now.line = {
        rows: [...now.line.rows, ...found.items],
        cursor: found.next_cursor,
        has_more: found.has_more && found.next_cursor !== null,
        is_loading: false,
      }
      if (found.total !== null) {
        now.total = found.total
        now.is_exact = found.total_is_exact
      }
      if (!now.line.has_more) {
        now.total = now.line.rows.length
        now.is_exact = true
      }
      now.error = null
    } catch (error) {
      if (mine !== generation.current) return
      now.error = error
      now.line.is_loading = false
      now.line.has_more = false
    }
    draw()
    // A page may be short, even empty, and be followed by others.
    if (now.line.has_more && now.line.rows.length < now.seen[1] + 50) void loadLine()
  }, [key])

  const load = useCallback((): void => {
    const now = store.current
    const [first, last] = now.seen
    if (is_line) {
      if (last + 50 >= now.line.rows.length) void loadLine()
      return
    }
    const from = Math.max(0, Math.floor((first - 40) / PAGE))
    const to = Math.floor((last + 40) / PAGE)
    for (const [page, aborter] of now.loading) if (page < from || page > to) aborter.abort()
    for (let page = from; page <= to; page++)
      if (!now.pages.has(page) && !now.loading.has(page) && (now.total === null || page * PAGE < now.total))
        void loadPage(page)
  }, [is_line, loadLine, loadPage])

  const refresh = useCallback((): void => {
    generation.current++
    for (const aborter of store.current.loading.values()) aborter.abort()
    const { seen, total } = store.current
    store.current = { ...empty(), seen, total: is_line ? null : total }
    load()
    draw()
  }, [is_line, load])

  // biome-ignore lint/correctness/useExhaustiveDependencies: another list is asked for when the query is another.
  useEffect(() => {
    store.current.seen = [0, 60]
    refresh()
    return () => {
      generation.current++
      clearTimeout(timer.current)
      for (const aborter of store.current.loading.values()) aborter.abort()
    }
  }, [key])

  const onSeen = useCallback(
    (first: number, last: number): void => {
      store.current.seen = [first, last]
      clearTimeout(timer.current)
      timer.current = setTimeout(load, REST_MS)
    },
    [load],
  )
  const rowAt = useCallback(
    (index: number): DatasetRow | null =>
      is_line
        ? (store.current.line.rows[index] ?? null)
        : (store.current.pages.get(Math.floor(index / PAGE))?.[index % PAGE] ?? null),
    [is_line],
  )
  const find = useCallback((rowId: string): DatasetRow | null => {
    for (const rows of [store.current.line.rows, ...store.current.pages.values()]) {
      const row = rows.find((each) => each.row_id === rowId)
      if (row) return row
    }
    return null
  }, [])
  /** Shows a row as it is about to be, or as the server has it. */
  const replace = useCallback((row: DatasetRow): void => {
    for (const rows of [store.current.line.rows, ...store.current.pages.values()]) {
      const at = rows.findIndex((each) => each.row_id === row.row_id)
      if (at >= 0) rows[at] = row
    }
    draw()
  }, [])

  const now = store.current
  const row_count = is_line ? now.line.rows.length : (now.total ?? 0)
  return {
    onSeen,
    rowAt,
    find,
    replace,
    refresh,
    row_count,
    total: now.total,
    is_exact: now.is_exact,
    is_line,
    is_looking: is_line ? now.line.is_loading : now.loading.size > 0,
    is_loaded: is_line ? !now.line.is_loading || now.line.rows.length > 0 : now.total !== null,
    error: now.error,
  }
}
