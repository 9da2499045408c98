import type { Db } from '../../db/connect.ts'
import { judgeHealth } from '../../sending-health.ts'
import { listHealth, listRecentMail } from './queries.ts'

/** The figures of the last 7 days of a workspace and of each of its domains, with the band they fall in by now. */
export const readHealth = async (db: Db, workspaceId: string, now: Date) => {
  const [domains, rows] = await Promise.all([listRecentMail(db, workspaceId, now), listHealth(db, workspaceId)])
  const shown = (scopeId: string, mail: { accepted: number; hard_bounces: number; complaints: number }) => {
    const row = rows.find(({ scope_id }) => scope_id === scopeId)
    const verdict = judgeHealth(mail)
    return {
      ...verdict,
      accepted: mail.accepted,
      hard_bounces: mail.hard_bounces,
      complaints: mail.complaints,
      since: row && row.band === verdict.band ? row.since.toISOString() : null,
      lifted_until: row?.lifted_until && row.lifted_until > now ? row.lifted_until.toISOString() : null,
    }
  }
  const sum = (field: 'accepted' | 'hard_bounces' | 'complaints') =>
    domains.reduce((total, domain) => total + domain[field], 0)
  const own = { accepted: sum('accepted'), hard_bounces: sum('hard_bounces'), complaints: sum('complaints') }
  return {
    workspace: shown(workspaceId, own),
    domains: domains.map((mail) => ({
      domain_id: mail.domain_id,
      domain: mail.domain,
      ...shown(mail.domain_id, mail),
    })),
    /** What was concluded last about the workspace, which is what blocks or not; null before the first judgement. */
    concluded: rows.find(({ scope, scope_id }) => scope === 'workspace' && scope_id === workspaceId) ?? null,
  }
}
