import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import PostalMime from 'postal-mime'
import { headerOf } from './campaign-steps.ts'
import type { Harness } from './harness.ts'

export type Digests = { subject: string; text: string; html: string }

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
export const digestsOf = (parts: Digests): Digests => ({
  subject: digest(parts.subject),
  text: digest(parts.text),
  html: digest(parts.html),
})

/** The digests that an approval signed. */
export const signedDigests = (statement: string): Digests => {
  const signed = JSON.parse(statement) as Record<string, string>
  return {
    subject: signed.subject_sha256 as string,
    text: signed.text_sha256 as string,
    html: signed.html_sha256 as string,
  }
}

/** A message as somebody who received it would undo it: decoded, tracked links and pixel taken back, its own link a marker. */
export const undone = async (
  h: Harness,
  raw: Buffer,
  marker: string,
): Promise<Digests & { to: string; tracked: number }> => {
  const parsed = await PostalMime.parse(raw)
  const own = /<(https?:[^>]+)>/.exec(headerOf(raw, 'List-Unsubscribe') ?? '')?.[1] as string
  const message_id = headerOf(raw, 'Message-ID')
  const links = await sql<{ original_url: string }>`
    select l.original_url from email_links l join emails e on e.id = l.email_id where e.message_id = ${message_id} order by l.position`.execute(
    h.deps.db,
  )
  let tracked = 0
  const html = (parsed.html ?? '')
    .replaceAll('\r\n', '\n')
    .replace(/<img src="[^"]*\/t\/o\/[^"]*" width="1" height="1"[^>]*>/, '')
    .replaceAll(
      /"[^"]*\/t\/c\/[^"]*"/g,
      () => `"${(links.rows[tracked++]?.original_url ?? '').replaceAll('&', '&amp;')}"`,
    )
    .replaceAll(own.replaceAll('&', '&amp;'), marker)
  const text = (parsed.text ?? '').replaceAll('\r\n', '\n').replaceAll(own, marker)
  return {
    to: parsed.to?.[0]?.address ?? '',
    tracked,
    subject: parsed.subject ?? '',
    // A part ends with a line break that belongs to the encoding.
    text: text.replace(/\n$/, ''),
    html: html.replace(/\n$/, ''),
  }
}
