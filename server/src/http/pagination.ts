import { z } from 'zod'
import { invalid } from './errors.ts'

/**
 * Three styles on every list (DOMAIN.md §9): page/page_size where the contract has them, limit/offset, and cursor + limit.
 * A cursor is the sort key and id of the last row, so rows that arrive meanwhile neither repeat nor hide others; an offset
 * gives a total order only. Mixing styles is refused.
 */
export const cursorParam = z.string().max(1000).optional().describe('Opaque position from next_cursor.')

export const limitParam = (max: number) =>
  z.coerce.number().int().min(1).max(max).optional().describe('Rows per page; with cursor or offset.')

export const offsetParam = z.coerce.number().int().min(0).optional().describe('Rows to skip.')

export const listParams = (max: number) => ({ limit: limitParam(max), offset: offsetParam, cursor: cursorParam })

export const pageParams = (size: number, max: number) => ({
  page: z.coerce.number().int().min(1).default(1).describe('Page number, counted from 1.'),
  page_size: z.coerce.number().int().min(1).max(max).default(size).describe('Items on a page.'),
})

export type PageQuery = {
  page?: number
  page_size?: number
  limit?: number | null
  offset?: number | null
  cursor?: string | null
}

export type PageRequest = { limit: number; offset: number; after: CursorKey | null; page: number; page_size: number }

export type CursorKey = (string | number | null)[]

export const encodeCursor = (key: CursorKey): string => Buffer.from(JSON.stringify(key)).toString('base64url')

const decodeCursor = (cursor: string, length: number): CursorKey | null => {
  try {
    const key = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    const plain = Array.isArray(key) && key.every((part) => part === null || ['string', 'number'].includes(typeof part))
    return plain && key.length === length && !JSON.stringify(key).includes('\\u0000') ? key : null
  } catch {
    return null
  }
}

/**
 * Reads which page is wanted. `keyLength` is how many values the list's cursor holds and `keyShape` checks them, so that a
 * forged cursor is a 422 and never reaches SQL. Throws VALIDATION_ERROR for mixed styles and bad cursors.
 */
export const readPage = (
  query: PageQuery,
  given: ReadonlySet<string>,
  options: { size: number; key: z.ZodType[] },
): PageRequest => {
  const styles = [
    given.has('page') || given.has('page_size') ? 'page' : null,
    given.has('offset') ? 'offset' : null,
    given.has('cursor') ? 'cursor' : null,
  ].filter((style) => style !== null)
  if (styles.length > 1 || (styles[0] === 'page' && given.has('limit')))
    throw invalid([
      {
        loc: ['query'],
        msg: 'use one of page and page_size, limit and offset, or limit and cursor',
        type: 'mixed_pagination',
      },
    ])
  const limit =
    query.limit ?? (given.has('page') || given.has('page_size') ? query.page_size : undefined) ?? options.size
  if (given.has('cursor')) {
    const key = decodeCursor(query.cursor ?? '', options.key.length)
    if (!key?.every((part, i) => options.key[i]?.safeParse(part).success))
      throw invalid([
        { loc: ['query', 'cursor'], msg: 'is not a position that this list gave out', type: 'cursor_invalid' },
      ])
    return { limit, offset: 0, after: key, page: 1, page_size: limit }
  }
  const offset = query.offset ?? ((query.page ?? 1) - 1) * limit
  return {
    limit,
    offset,
    after: null,
    page: Math.min(Number.MAX_SAFE_INTEGER, Math.floor(offset / limit) + 1),
    page_size: limit,
  }
}

/** Cuts the row that was read to know whether more follow. Queries ask for limit + 1. */
export const cutPage = <Row>(
  rows: Row[],
  page: PageRequest,
  keyOf: (row: Row) => CursorKey,
): { items: Row[]; has_more: boolean; next_cursor: string | null } => {
  const has_more = rows.length > page.limit
  const items = has_more ? rows.slice(0, page.limit) : rows
  const last = items.at(-1)
  return { items, has_more, next_cursor: has_more && last ? encodeCursor(keyOf(last)) : null }
}

/** The envelope of the contract's page/page_size lists. */
export const pageEnvelope = <Row>(rows: Row[], page: PageRequest, total: number, keyOf: (row: Row) => CursorKey) => ({
  ...cutPage(rows, page, keyOf),
  total,
  page: page.page,
  page_size: page.page_size,
  total_pages: Math.ceil(total / page.page_size),
})

/** Fields of that envelope, for response schemas. */
export const pageFields = {
  total: z.int().min(0).describe('Exact to 10,000; beyond that from counters.'),
  page: z.int().min(1),
  page_size: z.int().min(1),
  total_pages: z.int().min(0),
  has_more: z.boolean().describe('More rows follow.'),
  next_cursor: z.string().nullable().describe('Pass as cursor for the next page; null on the last one.'),
}

export const cursorFields = {
  total: pageFields.total,
  has_more: pageFields.has_more,
  next_cursor: pageFields.next_cursor,
}

/** `Link: <…>; rel="next"` (RFC 8288) for the lists that the contract has as bare arrays. */
export const nextLink = (url: string, nextCursor: string | null): Record<string, string> => {
  if (!nextCursor) return {}
  const [path, search] = url.split('?')
  const query = new URLSearchParams(search)
  query.delete('offset')
  query.set('cursor', nextCursor)
  return { link: `<${path}?${query}>; rel="next"` }
}
