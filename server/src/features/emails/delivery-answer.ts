import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import type { DeliveryVerdict } from '../../delivery-verdict.ts'
import type { DeliveryReply } from '../../ports/mail/port.ts'
import { raiseAlert } from '../notifications/raise-alert.ts'

const MINUTE_MS = 60_000
/** Waits after the first, second, … deferral (RFC 5321 §4.5.4.1 asks for at least 30 minutes in general; greylisting for less). */
const BACK_OFF_MINUTES = [10, 30, 60, 120, 240, 480]
/** A server that names a time is asked a little after it, and after some tries not sooner than any other. */
const HINT_MARGIN_MS = 15_000
const HINTS_BELIEVED = 3

/** For so long a message is tried, whoever composed it. */
export const GIVE_UP_MS = 72 * 3_600_000

/** How long a deferred message waits, after so many tries before this one and with what the server asked for. */
export const waitAfter = (attempts: number, asked_ms: number | null): number => {
  const usual = (BACK_OFF_MINUTES[attempts] ?? 480) * MINUTE_MS
  if (asked_ms === null) return usual
  const asked = Math.max(asked_ms + HINT_MARGIN_MS, MINUTE_MS)
  return attempts < HINTS_BELIEVED ? asked : Math.max(asked, usual)
}

/** The server's own words as they are kept; a cut must not leave half a character, which JSON cannot hold. */
const answerText = (reply: DeliveryReply): string | null => reply.text?.slice(0, 1_000).toWellFormed() ?? null

/** The server's own answer, whatever it means, as it is kept with the message. */
export const replyColumns = (reply: DeliveryReply) => ({
  smtp_code: reply.reply_code ?? null,
  smtp_enhanced: reply.enhanced_code ?? null,
  smtp_text: answerText(reply),
})

/** The answer as it is kept with the message: the server's own words, and plain ones. */
export const answerColumns = (reply: DeliveryReply, verdict: DeliveryVerdict) => ({
  ...replyColumns(reply),
  error_message: verdict.message,
  cause: verdict.cause,
  advice: verdict.advice,
})

/** The server's own answer, and which server it was, for the timeline. */
export const replyFacts = (reply: DeliveryReply) => ({
  code: reply.reply_code ?? null,
  ...(reply.enhanced_code ? { enhanced_code: reply.enhanced_code } : {}),
  text: answerText(reply),
  ...(reply.host ? { host: reply.host } : {}),
})

/** The same with what it means. */
export const answerFacts = (reply: DeliveryReply, verdict: DeliveryVerdict) => ({
  reason: verdict.reason,
  ...replyFacts(reply),
  cause: verdict.cause,
  ...(verdict.advice ? { advice: verdict.advice } : {}),
})

/** A known reply on which somebody should act. That one small server is busy is none; that a large provider limits us is. */
export const isAlarming = (verdict: DeliveryVerdict): boolean =>
  verdict.action === 'pause_domain' ||
  verdict.action === 'fix_dns' ||
  (verdict.action === 'slow_down' && verdict.provider !== null && verdict.provider !== 'any')

type RefusedSender = {
  workspace_id: string
  alias_id: string
  domain_id: string
  from_email: string
  campaign_id: string | null
}

/** Tells the workspace once: while the alert is unread, the same reply to the same alias, or of the same kind from the same provider, is no news. */
export const alertOnce = async (tx: Tx, sender: RefusedSender, verdict: DeliveryVerdict, now: Date): Promise<void> => {
  const { provider, action, reason } = verdict
  const known = await sql`
    select 1 from alerts where workspace_id = ${sender.workspace_id} and alert_type = 'system' and read_at is null
      and ((metadata->>'alias_id' = ${sender.alias_id} and metadata->>'reason' = ${reason})
        or (metadata->>'domain_id' = ${sender.domain_id} and metadata->>'provider' = ${provider} and metadata->>'action' = ${action}))
    limit 1`.execute(tx)
  if (known.rows.length) return
  const isPassing = verdict.outcome === 'retry'
  await raiseAlert(tx, {
    workspace_id: sender.workspace_id,
    alert_type: 'system',
    severity: action === 'slow_down' ? 'info' : 'warning',
    title: `Mail from ${sender.from_email} is ${isPassing ? 'put off' : 'refused'}`,
    message: [verdict.message, verdict.advice].filter(Boolean).join(' '),
    metadata: {
      alias_id: sender.alias_id,
      domain_id: sender.domain_id,
      campaign_id: sender.campaign_id,
      reason,
      ...(provider ? { provider, action } : {}),
    },
    now,
  })
}
