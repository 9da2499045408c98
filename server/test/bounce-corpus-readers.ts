import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { classifyMessage } from '../src/features/inbound/classify-message.ts'
import { parseMessage } from '../src/features/inbound/parse-message.ts'
import type { CorpusReading } from './bounce-corpus.ts'

/** Only dates without a year depend on it, and none of them is asked for here. */
const READ_AT = Temporal.Instant.from('2026-08-01T00:00:00Z')

/** What this product makes of a raw message, in the words of the corpus. */
export const readAsOurs = async (raw: Uint8Array): Promise<CorpusReading> => {
  const found = classifyMessage(await parseMessage(raw), { now: READ_AT, to_unsubscribe_address: false })
  if (found.kind === 'complaint') return { kind: 'complaint', found: [] }
  if (found.kind !== 'bounce' && found.kind !== 'delivery_notice') return { kind: 'other', found: [] }
  const action = found.kind === 'bounce' ? 'failed' : 'delayed'
  const reports = found.reports.filter((report) => report.action === action)
  if (reports.length === 0) return { kind: 'other', found: [] }
  return { kind: found.kind === 'bounce' ? 'bounce' : 'delayed', found: reports }
}

/** Sisimai's words for the reasons where they differ from ours by more than an underscore. `onhold` is its "do not know". */
const SISIMAI_REASONS: Readonly<Record<string, string>> = {
  userunknown: 'user_unknown',
  mailboxfull: 'mailbox_full',
  hostunknown: 'host_unknown',
  hasmoved: 'has_moved',
  notaccept: 'not_accepting',
  suspend: 'suspended',
  onhold: 'undefined',
  networkerror: 'network_error',
  systemerror: 'system_error',
  systemfull: 'system_full',
  mailererror: 'mailer_error',
  syntaxerror: 'protocol_error',
  norelaying: 'no_relaying',
  toomanyconn: 'rate_limited',
  mesgtoobig: 'message_too_big',
  exceedlimit: 'message_too_big',
  contenterror: 'content_error',
  virusdetected: 'virus_detected',
  spamdetected: 'spam_detected',
  policyviolation: 'policy_violation',
  securityerror: 'authentication_failure',
}

type SisimaiLine = { path: string; found: { recipient: string; reason: string; action: string }[] }

export const isSisimaiInstalled = (): boolean => spawnSync('perl', ['-MSisimai', '-e', '1']).status === 0

export const sisimaiVersion = (): string =>
  execFileSync('perl', ['-MSisimai', '-e', 'print Sisimai->version'], { encoding: 'utf8' })

/** What Debian's Sisimai makes of the messages of a folder, by name, in the words of the corpus. */
export const readAsSisimai = (folder: string, names: readonly string[]): Map<string, CorpusReading> => {
  const script = fileURLToPath(new URL('fixtures/bounces/sisimai.pl', import.meta.url))
  const answer = execFileSync('perl', [script], {
    input: `${names.map((name) => join(folder, name)).join('\n')}\n`,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  const readings = new Map<string, CorpusReading>()
  answer
    .trimEnd()
    .split('\n')
    .forEach((line, at) => {
      const { found } = JSON.parse(line) as SisimaiLine
      const failed = found.filter(
        ({ reason, action }) => action !== 'delayed' && !['vacation', 'feedback', 'delivered'].includes(reason),
      )
      const kind = failed.length
        ? ('bounce' as const)
        : found.some(({ reason }) => reason === 'feedback')
          ? ('complaint' as const)
          : found.some(({ action }) => action === 'delayed')
            ? ('delayed' as const)
            : ('other' as const)
      const named = failed.map(({ recipient, reason }) => ({ recipient, reason: SISIMAI_REASONS[reason] ?? reason }))
      readings.set(names[at] as string, { kind, found: named })
    })
  return readings
}
