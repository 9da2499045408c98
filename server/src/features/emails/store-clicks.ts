import Bowser from 'bowser'
import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'

export type ClickToStore = {
  email_id: string
  workspace_id: string
  position: number
  clicked_at: Date
  user_agent: string | null
  ip_address: string
  referer: string | null
  is_bot: boolean
  bot_reason: string | null
}

type Device = { device_type: string | null; browser_name: string | null; os_name: string | null }

const LONGEST = 500

const clean = (text: string | null): string | null =>
  text?.replaceAll('\0', '').slice(0, LONGEST).toWellFormed() || null

/** What a browser says it is; nulls for what says nothing that is known. Never throws. */
export const readDevice = (userAgent: string | null): Device => {
  if (!userAgent?.trim()) return { device_type: null, browser_name: null, os_name: null }
  const { browser, os, platform } = Bowser.parse(userAgent.slice(0, LONGEST))
  return { device_type: platform.type ?? null, browser_name: browser.name ?? null, os_name: os.name ?? null }
}

/**
 * Writes down clicks one by one, in their order. The first that a person makes on a link of a message says so; of several
 * that are stored together only the first of each link is asked about.
 */
export const storeClicks = async (tx: Tx, clicks: readonly ClickToStore[]): Promise<void> => {
  if (!clicks.length) return
  const seen = new Set<string>()
  const rows = clicks.map((click) => {
    const link = `${click.email_id}:${click.position}`
    const may_be_first = !click.is_bot && !seen.has(link)
    if (!click.is_bot) seen.add(link)
    const user_agent = clean(click.user_agent)
    return { id: newId(), ...click, ...readDevice(user_agent), user_agent, referer: clean(click.referer), may_be_first }
  })
  await sql`
    insert into email_clicks (id, workspace_id, email_id, position, clicked_at, user_agent, ip_address, referer, device_type, browser_name, os_name,
      is_first_click, is_bot, bot_reason)
    select c.id, c.workspace_id, c.email_id, c.position, c.clicked_at, c.user_agent, c.ip_address, c.referer, c.device_type, c.browser_name, c.os_name,
      c.may_be_first and not exists (
        select 1 from email_clicks k where k.email_id = c.email_id and k.position = c.position and not k.is_bot), c.is_bot, c.bot_reason
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as c (id uuid, workspace_id uuid, email_id uuid, position smallint, clicked_at timestamptz,
      user_agent text, ip_address text, referer text, device_type text, browser_name text, os_name text, may_be_first boolean, is_bot boolean, bot_reason text)`.execute(
    tx,
  )
}
