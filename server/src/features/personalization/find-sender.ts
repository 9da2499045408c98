import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { invalid, notFound } from '../../http/errors.ts'
import { isUuid } from '../../ids.ts'
import { findSenderProfile } from '../sender-profiles/find-profile.ts'

export type Sender = { profile_id: string | null; data: Record<string, unknown> }

export const noSuchProfile = () => notFound('There is no such sender profile in this workspace.')

/**
 * Who writes: a saved profile, which wins over data in the request, else that data. Throws NOT_FOUND for a profile of nobody
 * here, and VALIDATION_ERROR where neither is given.
 */
export const findSender = async (
  db: Db,
  workspaceId: string,
  given: { sender_profile_id?: string | null; sender_data?: Record<string, unknown> | null },
): Promise<Sender> => {
  if (given.sender_profile_id) {
    const profile = await findSenderProfile(db, workspaceId, given.sender_profile_id)
    if (!profile) throw noSuchProfile()
    return { profile_id: profile.id, data: profile.sender_data.data }
  }
  if (given.sender_data) return { profile_id: null, data: given.sender_data }
  throw invalid([{ loc: ['body', 'sender_profile_id'], msg: 'is needed, or else sender_data', type: 'missing' }])
}

/** A user's default profile in a workspace, or null. */
export const findDefaultProfileId = async (db: Db, workspaceId: string, userId: string): Promise<string | null> => {
  const { rows } = await sql<{ id: string }>`
    select id from sender_profiles where workspace_id = ${workspaceId} and user_id = ${userId} and is_default`.execute(
    db,
  )
  return rows[0]?.id ?? null
}

export type LeadPlace = { dataset_id: string; row_id: string | null; column_mapping: Record<string, string> }

/**
 * The row that a lead is said to come from, for what is kept of it. A position where no row is any more gives the dataset
 * alone, because the lead itself stands in the request. Throws NOT_FOUND for a dataset of nobody here.
 */
export const findLeadPlace = async (
  db: Db,
  workspaceId: string,
  place: { dataset_id?: string | null; row_index?: number | null },
): Promise<LeadPlace | null> => {
  if (!place.dataset_id) return null
  if (!isUuid(place.dataset_id)) throw notFound('There is no such dataset in this workspace.')
  const { rows } = await sql<LeadPlace>`
    select d.dataset_id, d.column_mapping, r.id as row_id
    from datasets d left join dataset_rows r on r.dataset_id = d.dataset_id and r.removed_at is null and r.row_index = ${place.row_index ?? -1}
    where d.workspace_id = ${workspaceId} and d.dataset_id = ${place.dataset_id}`.execute(db)
  if (!rows[0]) throw notFound('There is no such dataset in this workspace.')
  return rows[0]
}
