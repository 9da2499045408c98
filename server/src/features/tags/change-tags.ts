import { type RawBuilder, sql } from 'kysely'
import { type Db, violatedConstraint } from '../../db/connect.ts'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { getTag, noSuchTag, type TagReader, type TagRow } from './read-tags.ts'
import type { TagCreate, TagUpdate } from './schema.ts'

const taken = async <T>(name: string | undefined, write: () => Promise<T>): Promise<T> => {
  try {
    return await write()
  } catch (error) {
    if (violatedConstraint(error) === 'tags_named')
      throw problem('ALREADY_EXISTS', `This workspace has a tag or folder named ${name} already.`)
    throw error
  }
}

/** Names are compared without regard to case, over tags and folders alike. Throws ALREADY_EXISTS. */
export const createTag = (deps: Pick<Deps, 'db'>, who: TagReader, body: TagCreate, now: Date): Promise<TagRow> =>
  taken(body.name, () =>
    transaction(deps.db, async (tx) => {
      const id = newId()
      await sql`
        insert into tags (id, workspace_id, user_id, name, type, description, color, icon, sort_order, is_pinned, created_at, updated_at)
        values (${id}, ${who.workspace_id}, ${who.user_id}, ${body.name}, ${body.type}, ${body.description ?? null}, ${body.color ?? null}, ${body.icon ?? null},
          ${body.sort_order ?? 0}, ${body.is_pinned ?? false}, ${now}, ${now})`.execute(tx)
      return getTag(tx, who, id)
    }),
  )

const lockTag = async (db: Db, workspaceId: string, id: string): Promise<{ system_name: string | null }> => {
  const { rows } = await sql<{ system_name: string | null }>`
    select system_name from tags where workspace_id = ${workspaceId} and id = ${id} for update`.execute(db)
  if (!rows[0]) throw noSuchTag()
  return rows[0]
}

/** Inbox and Sent keep their name and type; how they look is free. Throws NOT_FOUND, ALREADY_EXISTS and CONFLICT. */
export const changeTag = (
  deps: Pick<Deps, 'db'>,
  who: TagReader,
  id: string,
  body: TagUpdate,
  now: Date,
): Promise<TagRow> =>
  taken(body.name, () =>
    transaction(deps.db, async (tx) => {
      const { system_name } = await lockTag(tx, who.workspace_id, id)
      if (system_name && (body.name !== undefined || body.type !== undefined))
        throw problem('CONFLICT', 'The folders Inbox and Sent keep their name and type.')
      const given = Object.entries(body).filter(([, value]) => value !== undefined)
      const columns: RawBuilder<unknown>[] = [...given, ['updated_at', now] as const].map(
        ([name, value]) => sql`${sql.ref(name)} = ${value}`,
      )
      await sql`update tags set ${sql.join(columns)} where id = ${id}`.execute(tx)
      return getTag(tx, who, id)
    }),
  )

/** Takes the tag off every message with it. Throws NOT_FOUND, and CONFLICT for Inbox and Sent. */
export const deleteTag = (deps: Pick<Deps, 'db'>, workspaceId: string, id: string): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const { system_name } = await lockTag(tx, workspaceId, id)
    if (system_name) throw problem('CONFLICT', 'The folders Inbox and Sent always exist.')
    await sql`delete from tags where id = ${id}`.execute(tx)
  })
