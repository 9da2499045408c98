import type { z } from 'zod'
import { type Detail, invalid } from '../../http/errors.ts'
import { findUnstorable, problemsOf } from '../../http/request-body.ts'
import { Metadata, PageUrls } from './schema.ts'

/** What an upload says of itself, whichever way it came. */
export type ExtractionFacts = {
  title?: string
  source?: string
  source_host?: string
  page_urls?: string[]
  metadata?: Record<string, unknown>
}

/** Reads the two fields of a form that are JSON texts. Throws VALIDATION_ERROR with every problem of both. */
export const readFormFacts = (fields: {
  title?: string
  source?: string
  source_host?: string
  page_urls?: string
  metadata?: string
}): ExtractionFacts => {
  const problems: Detail[] = []
  const read = <T>(name: 'page_urls' | 'metadata', schema: z.ZodType<T>): T | undefined => {
    const text = fields[name]
    if (text === undefined || text.trim() === '') return undefined
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      problems.push({ loc: ['body', name], msg: 'is not valid JSON', type: 'json_invalid' })
      return undefined
    }
    problems.push(...findUnstorable(value, ['body', name]))
    const result = schema.safeParse(value)
    if (result.success) return result.data
    problems.push(
      ...problemsOf(result.error, 'body').map(({ loc, ...rest }) => ({
        ...rest,
        loc: ['body', name, ...loc.slice(1)],
      })),
    )
    return undefined
  }
  const page_urls = read('page_urls', PageUrls)
  const metadata = read('metadata', Metadata)
  if (problems.length) throw invalid(problems)
  const { title, source, source_host } = fields
  return { title, source, source_host, page_urls, metadata }
}

/**
 * Title, source and metadata of a new extraction: what was said, else what follows from it. A file's name stands for a title
 * where nothing else does; the day is the workspace's.
 */
export const describeExtraction = (
  facts: ExtractionFacts,
  file: { filename: string } | null,
  now: Date,
): { title: string; source: string; metadata: Record<string, unknown> } => {
  const host = facts.source_host?.trim() || (facts.page_urls?.[0] ? new URL(facts.page_urls[0]).hostname : null)
  const source = facts.source?.trim() || host?.slice(0, 100) || 'upload'
  const filename =
    file?.filename
      .replace(/^.*[/\\]/, '')
      .replaceAll(/\p{Cc}+/gu, ' ')
      .trim() || null
  const fromName = filename?.replace(/\.\w{2,6}$/, '').trim()
  const title =
    facts.title?.trim() ||
    (host ? `${host} ${day(now)}` : fromName || `${source} ${day(now)}`).slice(0, 255).toWellFormed()
  return {
    title,
    source,
    metadata: {
      ...facts.metadata,
      ...(host ? { source_host: host } : {}),
      ...(facts.page_urls?.length ? { page_urls: facts.page_urls } : {}),
      ...(filename ? { filename: filename.slice(0, 255).toWellFormed() } : {}),
    },
  }
}

const day = (now: Date): string => now.toISOString().slice(0, 10)
