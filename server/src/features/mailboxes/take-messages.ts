import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { processInboundJob } from '../inbound/jobs.ts'
import type { ChosenMessage } from './choose-messages.ts'
import type { MailboxRow } from './mailbox-row.ts'

const storable = (text: string): string => text.replaceAll('\0', '').toWellFormed().slice(0, 1000)

/**
 * Hands messages from a mailbox to the same pipeline that the listener feeds, in the transaction that notes how far the
 * folder has been read. Whose they are is said by the row itself, because an address of Gmail or of an office belongs to no
 * domain that is ours. A message that was taken before adds nothing. Returns how many were new.
 */
export const takeMessages = async (
  tx: Tx,
  mailbox: Pick<MailboxRow, 'id' | 'alias_id' | 'email'>,
  chosen: ChosenMessage[],
  now: Date,
): Promise<number> => {
  const delivery_ids: string[] = []
  for (const message of chosen) {
    const { numAffectedRows } = await sql`
      insert into mailbox_taken (mailbox_id, digest, taken_at) values (${mailbox.id}, ${message.digest}, ${now}) on conflict do nothing`.execute(
      tx,
    )
    if (!numAffectedRows) continue
    const id = newId()
    await sql`
      insert into inbound_deliveries (id, mail_from, rcpt_to, raw, received_at, alias_id)
      values (${id}, ${storable(message.mail_from)}, ${mailbox.email}, ${message.raw}, ${now}, ${mailbox.alias_id})`.execute(
      tx,
    )
    delivery_ids.push(id)
  }
  if (delivery_ids.length) await enqueue(tx, processInboundJob, { delivery_ids })
  return delivery_ids.length
}
