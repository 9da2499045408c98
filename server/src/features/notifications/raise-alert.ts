import type { Tx } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import type { AlertType } from './schema.ts'

export type NewAlert = {
  workspace_id: string
  alert_type: AlertType
  severity: 'info' | 'warning' | 'critical'
  title: string
  message: string
  action_url?: string | null
  metadata?: Record<string, unknown>
  /** The workspace's present: an alert tells of something in its life. */
  now: Date
}

/** Tells the people of a workspace something, in the transaction of what happened. Returns the alert's id. */
export const raiseAlert = async (tx: Tx, alert: NewAlert): Promise<string> => {
  const alert_id = newId()
  await tx
    .insertInto('alerts')
    .values({
      alert_id,
      workspace_id: alert.workspace_id,
      alert_type: alert.alert_type,
      severity: alert.severity,
      title: alert.title,
      message: alert.message,
      action_url: alert.action_url ?? null,
      metadata: JSON.stringify(alert.metadata ?? {}),
      created_at: alert.now,
    })
    .execute()
  return alert_id
}
