import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { transaction } from '../../db/transaction.ts'
import { captureCredits, grantCredits, holdCredits, readBalance, releaseCredits } from './ledger.ts'

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

const DAY = 86_400_000
const now = () => h.clock.now()
const inDays = (days: number): Date => new Date(now().getTime() + days * DAY)

const paying = () => createTenant(h, { plan: 'free' })
const grant = (workspace_id: string, credits: number, expires_at: Date | null = null, name = 'Pack') =>
  transaction(h.deps.db, (tx) =>
    grantCredits(tx, { workspace_id, name, package_type: 'top_up', credits, expires_at, now: now() }),
  )
const hold = (workspace_id: string, credits: number) =>
  transaction(h.deps.db, (tx) => holdCredits(tx, { workspace_id, operation_type: 'email_find', credits, now: now() }))
const capture = (hold_id: string, credits?: number) =>
  transaction(h.deps.db, (tx) => captureCredits(tx, { hold_id, credits, description: 'Found', now: now() }))
const release = (hold_id: string) => transaction(h.deps.db, (tx) => releaseCredits(tx, { hold_id, now: now() }))
const balance = (workspace_id: string) => readBalance(h.deps.db, workspace_id, now())

test('twenty holds at the same instant never set aside more than there is', async () => {
  const { workspace_id } = await paying()
  await grant(workspace_id, 70)
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => hold(workspace_id, 10)))
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 7)
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'INSUFFICIENT_CREDITS')
  const after = await balance(workspace_id)
  assert.deepEqual([after.reserved_credits, after.available_credits, after.used_credits], [70, 0, 0])
})

test('twenty holds on a workspace without any package all fail', async () => {
  const { workspace_id } = await paying()
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => hold(workspace_id, 1)))
  assert.ok(outcomes.every(({ status }) => status === 'rejected'))
})

test('credits come from the package that expires first, across packages, to the last one', async () => {
  const { workspace_id } = await paying()
  await grant(workspace_id, 10, null, 'for ever')
  await grant(workspace_id, 10, inDays(30), 'month')
  await grant(workspace_id, 10, inDays(5), 'soon')
  await capture(await hold(workspace_id, 15))
  const { packages, available_credits } = await balance(workspace_id)
  assert.deepEqual(
    packages.map(({ name, used_credits }) => [name, used_credits]),
    [
      ['soon', 10],
      ['month', 5],
      ['for ever', 0],
    ],
  )
  assert.equal(available_credits, 15)
  const entries = await h.deps.db
    .selectFrom('credit_entries')
    .select(['kind', 'credits'])
    .where('workspace_id', '=', workspace_id)
    .execute()
  assert.equal(
    entries.reduce((sum, entry) => sum + entry.credits, 0),
    15,
    'the entries add up to what is left',
  )
})

test('capturing less gives the rest back; capturing or releasing again changes nothing', async () => {
  const { workspace_id } = await paying()
  await grant(workspace_id, 10)
  const first = await hold(workspace_id, 8)
  assert.equal(await capture(first, 3), 3)
  assert.equal(await capture(first, 8), 0)
  await release(first)
  const second = await hold(workspace_id, 7)
  await release(second)
  assert.equal(await capture(second), 0)
  const after = await balance(workspace_id)
  assert.deepEqual([after.used_credits, after.reserved_credits, after.available_credits], [3, 0, 7])
})

test('one hold captured and released at the same instant is settled once', async () => {
  const { workspace_id } = await paying()
  await grant(workspace_id, 10)
  const held = await hold(workspace_id, 10)
  await Promise.all([capture(held), release(held), capture(held)])
  const after = await balance(workspace_id)
  assert.equal(after.reserved_credits, 0)
  assert.ok(after.used_credits === 10 || after.used_credits === 0)
})

test('a package that has expired pays no new hold, but still honours one made before', async () => {
  const { workspace_id } = await paying()
  await grant(workspace_id, 10, inDays(1))
  const held = await hold(workspace_id, 4)
  h.clock.advance(2 * DAY)
  await assert.rejects(hold(workspace_id, 1), { code: 'INSUFFICIENT_CREDITS' })
  assert.equal(await capture(held), 4)
})

test('fractions and negative numbers of credits are refused', async () => {
  const { workspace_id } = await paying()
  for (const credits of [0.5, -1, Number.NaN]) await assert.rejects(hold(workspace_id, credits), /whole numbers/)
})

test('the self-hosted plan is never short, and its use is written down all the same', async () => {
  const tenant = await createTenant(h)
  await capture(await hold(tenant.workspace_id, 1_000_000))
  const { status, body } = await h.call<Record<string, unknown>>('GET', '/api/v1/credits/balance', { as: tenant.key })
  assert.deepEqual([status, body.unlimited, body.used_credits, body.tier], [200, true, 1_000_000, 'self_hosted'])
})

test('the balance shows packages and what is held', async () => {
  const tenant = await paying()
  await grant(tenant.workspace_id, 100)
  await hold(tenant.workspace_id, 30)
  const { body } = await h.call<Record<string, unknown>>('GET', '/api/v1/credits/balance', { as: tenant.session })
  assert.deepEqual(
    [body.total_credits, body.used_credits, body.reserved_credits, body.available_credits, body.tier],
    [100, 0, 30, 70, 'free'],
  )
  assert.equal((body.current_package as { remaining_credits: number }).remaining_credits, 100)
})
