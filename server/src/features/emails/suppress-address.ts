import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'

export type SuppressRequest = {
  workspace_id: string
  email: string
  reason: 'unsubscribed' | 'bounced' | 'complained'
  source: string
  campaign_id: string | null
  now: Date
}

/** Puts an address on the workspace's list. One that stands there already keeps its first reason. */
export const suppressAddress = async (tx: Tx, request: SuppressRequest): Promise<void> => {
  await sql`
    insert into suppressions (entry_id, workspace_id, kind, email, reason, source, campaign_id, created_at)
    values (${newId()}, ${request.workspace_id}, 'address', ${request.email.toLowerCase()}, ${request.reason}, ${request.source}, ${request.campaign_id}, ${request.now})
    on conflict (workspace_id, kind, email) where released_at is null and email is not null do nothing`.execute(tx)
}
