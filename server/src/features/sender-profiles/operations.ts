import { z } from 'zod'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { answer, defineOperation, type Operation } from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { cutPage, nextLink, readPage } from '../../http/pagination.ts'
import { isUuid } from '../../ids.ts'
import { findSenderProfile, saveSenderProfile } from './find-profile.ts'
import { countPrompts, deleteProfile, deletePrompt, findDefaultProfile, listProfiles, listPrompts } from './queries.ts'
import { changePrompt, createPrompt, lockProfile } from './save-prompt.ts'
import {
  NamedPrompt,
  NamedPromptCreateRequest,
  NamedPromptList,
  NamedPromptUpdateRequest,
  ProfileListQuery,
  ProfileParams,
  ProfileSearchQuery,
  PromptListQuery,
  PromptParams,
  SenderProfile,
  SenderProfileCreateRequest,
  SenderProfileUpdateRequest,
} from './schema.ts'
import { updateProfile } from './update-profile.ts'

const tag = 'sender-profiles'
const noProfile = () => notFound('There is no such sender profile in this workspace.')
const noPrompt = () => notFound('This profile has no prompt of that name.')

const listSenderProfiles = defineOperation({
  id: 'list_sender_profiles',
  method: 'GET',
  path: '/api/v1/sender-profiles/',
  tag,
  summary: 'List sender profiles',
  description: 'The workspace’s profiles, newest first. A user owns five at most.',
  access: 'sender_profiles:read',
  impact: 'read',
  query: ProfileListQuery,
  responses: { 200: z.array(SenderProfile) },
  handle: async ({ workspace, query, query_given, url }, deps) => {
    const page = readPage(query, query_given, { size: 100, key: [z.uuid()] })
    const rows = await listProfiles(deps.db, { workspace_id: workspace.workspace_id, search: null }, page)
    const { items, next_cursor } = cutPage(rows, page, (row) => [row.id])
    return answer(200, items, nextLink(url, next_cursor))
  },
})

const createSenderProfile = defineOperation({
  id: 'create_sender_profile',
  method: 'POST',
  path: '/api/v1/sender-profiles/',
  tag,
  summary: 'Create a sender profile',
  description:
    'Stores a named description of who is writing. sender_data takes any fields. Five profiles per user at most; the sixth is refused. Marking one as default takes the mark off the previous default.',
  access: 'sender_profiles:write',
  impact: 'write',
  body: SenderProfileCreateRequest,
  responses: { 201: SenderProfile },
  errors: ['PROFILE_LIMIT_REACHED'],
  handle: ({ workspace, principal, body, now }, deps) =>
    transaction(deps.db, (tx) =>
      saveSenderProfile(tx, {
        workspace_id: workspace.workspace_id,
        user_id: principal.user_id,
        profile_name: body.profile_name,
        sender_data: body.sender_data,
        description: body.description ?? null,
        is_default: body.is_default,
        now,
      }),
    ),
})

const getDefaultSenderProfile = defineOperation({
  id: 'get_default_sender_profile',
  method: 'GET',
  path: '/api/v1/sender-profiles/default/',
  tag,
  summary: 'Default sender profile',
  description: 'The caller’s default profile, or null when none is marked.',
  access: 'sender_profiles:read',
  impact: 'read',
  responses: { 200: SenderProfile.nullable() },
  handle: ({ workspace, principal }, deps) => findDefaultProfile(deps.db, workspace.workspace_id, principal.user_id),
})

const searchSenderProfiles = defineOperation({
  id: 'search_sender_profiles',
  method: 'GET',
  path: '/api/v1/sender-profiles/search/',
  tag,
  summary: 'Search sender profiles',
  description: 'Part of the profile name, without regard to case.',
  access: 'sender_profiles:read',
  impact: 'read',
  query: ProfileSearchQuery,
  responses: { 200: z.array(SenderProfile) },
  handle: async ({ workspace, query, query_given, url }, deps) => {
    const page = readPage(query, query_given, { size: 100, key: [z.uuid()] })
    const rows = await listProfiles(deps.db, { workspace_id: workspace.workspace_id, search: query.query }, page)
    const { items, next_cursor } = cutPage(rows, page, (row) => [row.id])
    return answer(200, items, nextLink(url, next_cursor))
  },
})

const getSenderProfile = defineOperation({
  id: 'get_sender_profile',
  method: 'GET',
  path: '/api/v1/sender-profiles/{profile_id}',
  tag,
  summary: 'Read a sender profile',
  access: 'sender_profiles:read',
  impact: 'read',
  params: ProfileParams,
  responses: { 200: SenderProfile },
  errors: ['VALIDATION_ERROR'],
  handle: async ({ workspace, params }, deps) => {
    const profile = await findSenderProfile(deps.db, workspace.workspace_id, params.profile_id)
    if (!profile) throw noProfile()
    return profile
  },
})

const updateSenderProfile = defineOperation({
  id: 'update_sender_profile',
  method: 'PUT',
  path: '/api/v1/sender-profiles/{profile_id}',
  tag,
  summary: 'Change a sender profile',
  description:
    'Partial in spite of the verb: only the fields sent are changed. sender_data, when sent, replaces the stored facts; named prompts stay unless it holds prompts.',
  access: 'sender_profiles:write',
  impact: 'write',
  params: ProfileParams,
  body: SenderProfileUpdateRequest,
  responses: { 200: SenderProfile },
  handle: async ({ workspace, params, body, now }, deps) => {
    const profile = await updateProfile(deps, workspace.workspace_id, params.profile_id, body, now)
    if (!profile) throw noProfile()
    return profile
  },
})

const deleteSenderProfile = defineOperation({
  id: 'delete_sender_profile',
  method: 'DELETE',
  path: '/api/v1/sender-profiles/{profile_id}',
  tag,
  summary: 'Delete a sender profile',
  description: 'Named prompts included.',
  access: 'sender_profiles:write',
  impact: 'destructive',
  params: ProfileParams,
  responses: { 204: null },
  handle: async ({ workspace, params }, deps) => {
    const known = isUuid(params.profile_id) && (await deleteProfile(deps.db, workspace.workspace_id, params.profile_id))
    if (!known) throw noProfile()
  },
})

const listNamedPrompts = defineOperation({
  id: 'list_named_prompts',
  method: 'GET',
  path: '/api/v1/sender-profiles/{profile_id}/prompts',
  tag,
  summary: 'List named prompts',
  description: 'The prompts saved on the profile, the most recently saved first.',
  access: 'sender_profiles:read',
  impact: 'read',
  params: ProfileParams,
  query: PromptListQuery,
  responses: { 200: NamedPromptList },
  handle: async ({ workspace, params, query, query_given }, deps) => {
    const page = readPage(query, query_given, { size: 50, key: [z.iso.datetime(), z.string().max(100)] })
    const profile = await findSenderProfile(deps.db, workspace.workspace_id, params.profile_id)
    if (!profile) throw noProfile()
    const rows = await listPrompts(deps.db, profile.id, page)
    return {
      profile_id: profile.id,
      ...cutPage(rows, page, (row) => [row.updated_at.toISOString(), row.name]),
      total: await countPrompts(deps.db, profile.id),
    }
  },
})

/** Runs `work` in a transaction that holds the profile's lock, so that saves of one profile follow each other. */
const onProfile = <T>(deps: Deps, workspaceId: string, profileId: string, work: (tx: Tx) => Promise<T>): Promise<T> =>
  transaction(deps.db, async (tx) => {
    if (!isUuid(profileId) || !(await lockProfile(tx, workspaceId, profileId))) throw noProfile()
    return work(tx)
  })

const createNamedPrompt = defineOperation({
  id: 'create_named_prompt',
  method: 'POST',
  path: '/api/v1/sender-profiles/{profile_id}/prompts',
  tag,
  summary: 'Save a named prompt',
  description: 'Adds a prompt under a new name. A name already used on this profile gives 409, a reserved one 422.',
  access: 'sender_profiles:write',
  impact: 'write',
  params: ProfileParams,
  body: NamedPromptCreateRequest,
  responses: { 201: NamedPrompt },
  errors: ['ALREADY_EXISTS', 'RESERVED_NAME'],
  handle: ({ workspace: { workspace_id }, params: { profile_id }, body, now }, deps) =>
    onProfile(deps, workspace_id, profile_id, (tx) => createPrompt(tx, { workspace_id, profile_id, now, ...body })),
})

const updateNamedPrompt = defineOperation({
  id: 'update_named_prompt',
  method: 'PATCH',
  path: '/api/v1/sender-profiles/{profile_id}/prompts/{name}',
  tag,
  summary: 'Change a named prompt',
  description:
    'Renames the prompt, rewrites its text, or both; at least one must be sent. Saving moves it to the front of the most-recently-saved order that decides the effective prompt.',
  access: 'sender_profiles:write',
  impact: 'write',
  params: PromptParams,
  body: NamedPromptUpdateRequest,
  responses: { 200: NamedPrompt },
  errors: ['ALREADY_EXISTS', 'RESERVED_NAME'],
  handle: ({ workspace: { workspace_id }, params: { profile_id, name }, body, now }, deps) =>
    onProfile(deps, workspace_id, profile_id, async (tx) => {
      const changes = { new_name: body.name ?? null, prompt: body.prompt ?? null }
      const prompt = await changePrompt(tx, { workspace_id, profile_id, now, name, ...changes })
      if (!prompt) throw noPrompt()
      return prompt
    }),
})

const deleteNamedPrompt = defineOperation({
  id: 'delete_named_prompt',
  method: 'DELETE',
  path: '/api/v1/sender-profiles/{profile_id}/prompts/{name}',
  tag,
  summary: 'Delete a named prompt',
  description: 'Campaigns that copied its text are not touched.',
  access: 'sender_profiles:write',
  impact: 'destructive',
  params: PromptParams,
  responses: { 204: null },
  handle: ({ workspace: { workspace_id }, params: { profile_id, name } }, deps) =>
    onProfile(deps, workspace_id, profile_id, async (tx) => {
      if (!(await deletePrompt(tx, workspace_id, profile_id, name))) throw noPrompt()
    }),
})

export const operations: Operation[] = [
  listSenderProfiles,
  createSenderProfile,
  getDefaultSenderProfile,
  searchSenderProfiles,
  getSenderProfile,
  updateSenderProfile,
  deleteSenderProfile,
  listNamedPrompts,
  createNamedPrompt,
  updateNamedPrompt,
  deleteNamedPrompt,
]
