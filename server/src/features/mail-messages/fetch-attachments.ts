import { basename } from 'node:path'
import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import { type Detail, invalid, problem } from '../../http/errors.ts'
import { EgressRefused } from '../../ports/egress.ts'
import { safeFilename, safeMediaType } from '../attachments/attachment-name.ts'
import { urlProblem } from '../webhooks/webhook-url.ts'

export type LinkedAttachment = { path: string; filename?: string; content_type?: string }

export type FetchedAttachment = { filename: string; mime_type: string; content: Buffer }

const TIMEOUT_MS = 15_000
const REDIRECTS = 3

/** The name in Content-Disposition (RFC 6266), else the last part of the address. */
const nameOf = (headers: Record<string, string>, address: string): string => {
  const said = headers['content-disposition'] ?? ''
  const extended = /filename\*\s*=\s*utf-8''([^;\s]+)/i.exec(said)?.[1]
  const plain = /filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(said)
  const last = basename(new URL(address).pathname)
  for (const text of [extended, last])
    try {
      if (text && (text === extended || !plain)) return decodeURIComponent(text)
    } catch {
      // What cannot be decoded is no name.
    }
  return (plain?.[1]?.replace(/\\(.)/g, '$1') ?? plain?.[2] ?? last) || 'attachment'
}

/**
 * Reads files that a message names by their https address, each through the egress policy, at each redirect anew, and no
 * larger than an attachment may be. Every address that cannot be had is named, with the reason, in one VALIDATION_ERROR;
 * nothing is stored. Throws LIVE_WORKSPACE_ONLY in a sandbox, which reaches no real server. Must not run in a transaction.
 */
export const fetchAttachments = async (
  deps: Pick<Deps, 'http' | 'config'>,
  workspace: Pick<Workspace, 'mode'>,
  given: readonly { index: number; attachment: LinkedAttachment }[],
): Promise<Map<number, FetchedAttachment>> => {
  const fetched = new Map<number, FetchedAttachment>()
  if (!given.length) return fetched
  if (workspace.mode === 'sandbox')
    throw problem(
      'LIVE_WORKSPACE_ONLY',
      'A sandbox fetches nothing from the network: upload the file, or send its content, instead of its path.',
    )
  const problems: Detail[] = []
  const refuse = (index: number, msg: string, type: string): void =>
    void problems.push({ loc: ['body', 'attachments', index, 'path'], msg, type })
  const each = Math.min(deps.config.attachments.max_bytes, deps.config.messages.max_bytes)
  for (const { index, attachment } of given) {
    const wrong = urlProblem(attachment.path, deps.config.egress_allow)
    if (wrong) {
      refuse(index, wrong, 'url_invalid')
      continue
    }
    try {
      const answer = await deps.http.request(attachment.path, {
        timeout_ms: TIMEOUT_MS,
        max_response_bytes: each,
        max_redirects: REDIRECTS,
      })
      if (answer.status !== 200) refuse(index, `answered ${answer.status} instead of the file`, 'url_unreadable')
      else if (answer.truncated) refuse(index, `is larger than ${each} bytes`, 'file_too_large')
      else
        fetched.set(index, {
          filename: safeFilename(attachment.filename ?? nameOf(answer.headers, answer.url)),
          mime_type: safeMediaType(attachment.content_type ?? answer.headers['content-type']),
          content: answer.body,
        })
    } catch (error) {
      // What a connection says may tell of the network here, so only its kind goes out.
      if (error instanceof EgressRefused) refuse(index, 'does not lead to the public internet', 'url_not_public')
      else if ((error as Error).name === 'TimeoutError')
        refuse(index, `took longer than ${TIMEOUT_MS / 1000} s`, 'url_timeout')
      else refuse(index, 'cannot be reached', 'url_unreachable')
    }
  }
  if (problems.length) throw invalid(problems)
  return fetched
}
