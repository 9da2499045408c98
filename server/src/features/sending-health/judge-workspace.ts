import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { type HealthBand, type HealthVerdict, isWorse, judgeHealth } from '../../sending-health.ts'
import { withdrawCampaignQueue } from '../campaigns/withdraw-queue.ts'
import { raiseAlert } from '../notifications/raise-alert.ts'
import { type HealthRow, listHealth, listRecentMail, storeHealth } from './queries.ts'

type Judged = {
  scope: HealthRow['scope']
  scope_id: string
  name: string
  verdict: HealthVerdict
  before: HealthBand
  /** Nothing was judged before. */
  is_new: boolean
}

/** Pauses what sends under a scope that became critical. A person may resume; only a further worsening pauses again. */
const pauseCampaigns = async (tx: Tx, workspaceId: string, judged: Judged, now: Date): Promise<string[]> => {
  const reason = `Paused to protect the sending reputation of ${judged.name}: ${judged.verdict.reasons[0] ?? ''}`
  const found = await sql<{ campaign_id: string }>`
    select c.campaign_id from campaigns c
    where c.workspace_id = ${workspaceId} and c.status in ('active', 'draining')
      ${judged.scope === 'domain' ? sql`and exists (select 1 from aliases a where a.id = any(c.alias_ids) and a.domain_id = ${judged.scope_id})` : sql``}
    order by c.campaign_id for update`.execute(tx)
  for (const { campaign_id } of found.rows) {
    await sql`
      update campaigns set paused_from = status, status = 'paused', paused_reason = ${reason}, updated_at = ${now}
      where campaign_id = ${campaign_id}`.execute(tx)
    await withdrawCampaignQueue(tx, campaign_id, now)
  }
  return found.rows.map(({ campaign_id }) => campaign_id)
}

const SEVERITY = { warning: 'warning', critical: 'critical', blocked: 'critical' } as const

const act = async (tx: Tx, workspaceId: string, judged: Judged, now: Date): Promise<void> => {
  const { band, reasons } = judged.verdict
  if (band === 'unknown' || band === 'healthy' || !isWorse(band, judged.before)) return
  const paused = band === 'warning' ? [] : await pauseCampaigns(tx, workspaceId, judged, now)
  await raiseAlert(tx, {
    workspace_id: workspaceId,
    alert_type: 'system',
    severity: SEVERITY[band],
    title: `Sending health of ${judged.name}: ${band}`,
    message: [
      ...reasons,
      paused.length ? `${paused.length === 1 ? 'One campaign was' : `${paused.length} campaigns were`} paused.` : '',
      band === 'blocked'
        ? 'Nothing can be launched or resumed until the figures recover or somebody lifts the block.'
        : '',
    ]
      .filter(Boolean)
      .join(' '),
    metadata: { kind: 'sending_health', scope: judged.scope, scope_id: judged.scope_id, band, campaign_ids: paused },
    now,
  })
}

/**
 * Judges the last 7 days of a workspace and of each of its domains, and acts where a band became worse: an alert from
 * `warning` on, a pause of what sends from `critical` on, and no launch or resume while `blocked`. Returns whether anything
 * became worse. Safe to repeat: what was concluded already is not acted on again.
 */
export const judgeWorkspace = (deps: Pick<Deps, 'db'>, workspaceId: string, now: Date): Promise<boolean> =>
  transaction(deps.db, async (tx) => {
    // Whoever holds the row judges; what happens meanwhile makes a new one.
    await sql`select id from workspaces where id = ${workspaceId} for no key update`.execute(tx)
    await sql`delete from sending_health_due where workspace_id = ${workspaceId}`.execute(tx)
    const domains = await listRecentMail(tx, workspaceId, now)
    const known = new Map((await listHealth(tx, workspaceId)).map((row) => [`${row.scope} ${row.scope_id}`, row]))
    const total = { accepted: 0, hard_bounces: 0, complaints: 0 }
    for (const one of domains) {
      total.accepted += one.accepted
      total.hard_bounces += one.hard_bounces
      total.complaints += one.complaints
    }
    const judge = (scope: HealthRow['scope'], scope_id: string, name: string, mail: typeof total): Judged => {
      const before = known.get(`${scope} ${scope_id}`)
      return { scope, scope_id, name, verdict: judgeHealth(mail), before: before?.band ?? 'unknown', is_new: !before }
    }
    const all = [
      ...domains.map((one) => judge('domain', one.domain_id, one.domain, one)),
      judge('workspace', workspaceId, 'this workspace', total),
    ]
    let worse = false
    for (const judged of all) {
      // Domains that never sent need no row.
      if (judged.is_new && judged.verdict.band === 'unknown') continue
      await act(tx, workspaceId, judged, now)
      worse ||= isWorse(judged.verdict.band, judged.before) && isWorse(judged.verdict.band, 'healthy')
      const { band, reasons } = judged.verdict
      await storeHealth(tx, {
        workspace_id: workspaceId,
        scope: judged.scope,
        scope_id: judged.scope_id,
        band,
        reasons,
        now,
      })
    }
    return worse
  })
