import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'

type Failure = { detail: string }
type Info = { workspace_id: string; name: string; role: string; is_personal: boolean; mode: string }

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

const join = (workspace: TestTenant, user: TestTenant, role: 'owner' | 'admin' | 'member' | 'viewer') =>
  h.deps.db
    .insertInto('workspace_members')
    .values({ workspace_id: workspace.workspace_id, user_id: user.user_id, role, created_at: h.clock.now() })
    .execute()

const member = (workspace: TestTenant, user: TestTenant) =>
  `/api/v1/workspaces/${workspace.workspace_id}/members/${user.user_id}`

test('a session lists its workspaces, the personal one first; a key knows its own only', async () => {
  const [me, friend] = [await createTenant(h), await createTenant(h)]
  await join(friend, me, 'viewer')
  const mine = await h.call<{ items: Info[] }>('GET', '/api/v1/workspaces', { as: me.session })
  assert.deepEqual(
    mine.body.items.map((item) => [item.workspace_id, item.role, item.is_personal]),
    [
      [me.workspace_id, 'owner', true],
      [friend.workspace_id, 'viewer', false],
    ],
  )
  const keys = await h.call<{ items: Info[] }>('GET', '/api/v1/workspaces', { as: me.key })
  assert.deepEqual(
    keys.body.items.map((item) => item.workspace_id),
    [me.workspace_id],
  )
  assert.equal((await h.call('GET', `/api/v1/workspaces/${friend.workspace_id}`, { as: me.key })).status, 404)
  assert.equal((await h.call('GET', `/api/v1/workspaces/${friend.workspace_id}`, { as: me.session })).status, 200)
})

test('a new workspace belongs to its creator and is acted in by naming it', async () => {
  const me = await createTenant(h)
  const made = await h.call<Info>('POST', '/api/v1/workspaces', {
    as: me.session,
    body: { name: 'Second', mode: 'live', timezone: 'Europe/Oslo' },
  })
  assert.deepEqual([made.status, made.body.role, made.body.mode, made.body.is_personal], [201, 'owner', 'live', false])
  const inside = await h.call<{ app_metadata: { workspace_id: string } }>('GET', '/api/v1/auth/me', {
    as: me.session,
    headers: { 'x-workspace-id': made.body.workspace_id },
  })
  assert.equal(inside.body.app_metadata.workspace_id, made.body.workspace_id)
})

test('every operation on a workspace is a 404 for somebody who is no member', async () => {
  const [owner, stranger] = [await createTenant(h), await createTenant(h)]
  const path = `/api/v1/workspaces/${owner.workspace_id}`
  const calls: [string, string, unknown?][] = [
    ['GET', path],
    ['GET', `${path}/settings`],
    ['PATCH', `${path}/settings`, { name: 'Mine now' }],
    ['GET', `${path}/members`],
    ['PATCH', `${path}/members/${owner.user_id}`, { role: 'viewer' }],
    ['DELETE', `${path}/members/${owner.user_id}`],
    ['DELETE', `${path}/members/${stranger.user_id}`],
    ['GET', `${path}/invitations`],
    ['POST', `${path}/invitations`, { email: 'a@example.com', role: 'admin' }],
  ]
  for (const [method, at, body] of calls) {
    const refused = await h.call<Failure>(method, at, { as: stranger.session, body })
    assert.deepEqual([method, at, refused.status], [method, at, 404])
  }
  assert.equal(
    (
      await h.call('GET', '/api/v1/auth/me', {
        as: stranger.session,
        headers: { 'x-workspace-id': owner.workspace_id },
      })
    ).status,
    404,
  )
})

test('settings change field by field, keep the rest, and refuse what is no zone and no limit', async () => {
  const me = await createTenant(h)
  const path = `/api/v1/workspaces/${me.workspace_id}/settings`
  const changed = await h.call<Record<string, unknown>>('PATCH', path, {
    as: me.key,
    body: { timezone: 'Asia/Kolkata', provider_daily_limits: { google: 500 } },
  })
  assert.equal(changed.status, 200)
  const read = await h.call<Record<string, unknown>>('GET', path, { as: me.key })
  assert.deepEqual(
    [read.body.name, read.body.timezone, read.body.provider_daily_limits],
    ['Test workspace', 'Asia/Kolkata', { google: 500 }],
  )
  const cleared = await h.call<Record<string, unknown>>('PATCH', path, { as: me.key, body: { postal_address: null } })
  assert.equal(cleared.body.postal_address, null)
  for (const body of [
    { timezone: 'Mars/Base' },
    { timezone: '+02:00' },
    { provider_daily_limits: { google: -1 } },
    { mode: 'live' },
  ])
    assert.equal((await h.call('PATCH', path, { as: me.key, body })).status, 422)
})

test('the role counts in the workspace that the path names, not in the one acted in', async () => {
  const [owner, viewer] = [await createTenant(h), await createTenant(h)]
  await join(owner, viewer, 'viewer')
  const path = `/api/v1/workspaces/${owner.workspace_id}`
  assert.equal((await h.call('PATCH', `${path}/settings`, { as: viewer.session, body: { name: 'X' } })).status, 403)
  assert.equal((await h.call('GET', `${path}/members`, { as: viewer.session })).status, 200)
  assert.equal((await h.call('GET', `${path}/members`, { as: owner.key })).status, 403)
})

test('a workspace keeps an owner, even when two owners leave at the same instant', async () => {
  const [first, second] = [await createTenant(h), await createTenant(h)]
  const made = await h.call<Info>('POST', '/api/v1/workspaces', {
    as: first.session,
    body: { name: 'Shared', mode: 'sandbox' },
  })
  const shared = { ...first, workspace_id: made.body.workspace_id }
  const alone = await h.call<Failure>('DELETE', member(shared, first), { as: first.session })
  assert.deepEqual([alone.status, alone.body.detail], [409, 'LAST_OWNER'])
  const demoted = await h.call<Failure>('PATCH', member(shared, first), { as: first.session, body: { role: 'member' } })
  assert.equal(demoted.body.detail, 'LAST_OWNER')
  await join(shared, second, 'owner')
  const both = await Promise.all([
    h.call('DELETE', member(shared, first), { as: first.session }),
    h.call('DELETE', member(shared, second), { as: second.session }),
  ])
  assert.deepEqual(both.map(({ status }) => status).sort(), [204, 409])
})

test('an admin can neither become an owner nor remove one', async () => {
  const [owner, admin] = [await createTenant(h), await createTenant(h)]
  await join(owner, admin, 'admin')
  assert.equal(
    (await h.call('PATCH', member(owner, admin), { as: admin.session, body: { role: 'owner' } })).status,
    403,
  )
  assert.equal((await h.call('DELETE', member(owner, owner), { as: admin.session })).status, 403)
  const invited = await h.call('POST', `/api/v1/workspaces/${owner.workspace_id}/invitations`, {
    as: admin.session,
    body: { email: 'x@example.com', role: 'owner' },
  })
  assert.equal(invited.status, 403)
})

test('the keys of a member who was removed stop working', async () => {
  const [owner, helper] = [await createTenant(h), await createTenant(h)]
  await join(owner, helper, 'admin')
  const headers = { 'x-workspace-id': owner.workspace_id }
  const { body } = await h.call<{ key: string }>('POST', '/api/v1/api-keys', {
    as: helper.session,
    headers,
    body: { name: 'mine' },
  })
  assert.equal((await h.call('DELETE', member(owner, helper), { as: owner.session })).status, 204)
  assert.equal((await h.call('GET', '/api/v1/auth/me', { as: body.key })).status, 401)
})

test('an invitation works once, can be taken back, and brings somebody without an account in', async () => {
  const [owner, guest] = [await createTenant(h), await createTenant(h)]
  const path = `/api/v1/workspaces/${owner.workspace_id}/invitations`
  type Made = { id: string; token: string; sent: boolean }
  const invite = (email: string) => h.call<Made>('POST', path, { as: owner.session, body: { email, role: 'member' } })
  const accept = (token: string) =>
    h.call<{ workspace_id: string }>('POST', '/api/v1/account/invitations/accept', {
      as: guest.session,
      body: { token },
    })

  const first = await invite(guest.email)
  assert.deepEqual([first.status, first.body.sent], [201, false])
  const again = await invite(guest.email)
  assert.equal((await accept(first.body.token)).status, 404, 'a new invitation replaces the old one')
  const accepted = await accept(again.body.token)
  assert.deepEqual([accepted.status, accepted.body.workspace_id], [200, owner.workspace_id])
  assert.equal((await accept(again.body.token)).status, 404)

  const withdrawn = await invite('late@example.com')
  assert.equal((await h.call('DELETE', `${path}/${withdrawn.body.id}`, { as: owner.session })).status, 204)
  assert.equal((await accept(withdrawn.body.token)).status, 404)

  const fresh = await invite('new@example.com')
  const signup = {
    email: 'new@example.com',
    password: 'a long password',
    name: 'New',
    invitation_token: fresh.body.token,
  }
  const joined = await h.call<{ access_token: string }>('POST', '/api/v1/account/signup', { body: signup })
  assert.equal(joined.status, 201, 'an invitation opens an instance that takes no new accounts')
  const seen = await h.call<{ items: Info[] }>('GET', '/api/v1/workspaces', { as: joined.body.access_token })
  assert.deepEqual(
    seen.body.items.map(({ role }) => role),
    ['owner', 'member'],
  )
  const expired = await invite('slow@example.com')
  h.clock.advance(8 * 86_400_000)
  const late = await h.call('POST', '/api/v1/account/signup', {
    body: { ...signup, email: 'slow@example.com', invitation_token: expired.body.token },
  })
  assert.equal(late.status, 404)
})
