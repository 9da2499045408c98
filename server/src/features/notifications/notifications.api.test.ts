import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { transaction } from '../../db/transaction.ts'
import { raiseAlert } from './raise-alert.ts'

type Alert = { alert_id: string; title: string; is_read: boolean; read_at: string | null }
type List = { items: Alert[]; unread_count: number; total: number; has_more: boolean; next_cursor: string | null }

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

const raise = (workspace_id: string, title: string) =>
  transaction(h.deps.db, (tx) =>
    raiseAlert(tx, {
      workspace_id,
      alert_type: 'campaign_paused',
      severity: 'warning',
      title,
      message: 'Too many bounces.',
      metadata: { campaign_id: 'x' },
      now: h.clock.now(),
    }),
  )

test('alerts come newest first, unread ones unless all are asked for, and stay read from the first time on', async () => {
  const tenant = await createTenant(h)
  const ids = [await raise(tenant.workspace_id, 'one'), await raise(tenant.workspace_id, 'two')]
  const first = await h.call<Alert>('PATCH', `/api/v1/notifications/alerts/${ids[0]}/read`, { as: tenant.key })
  h.clock.advance(60_000)
  const again = await h.call<Alert>('PATCH', `/api/v1/notifications/alerts/${ids[0]}/read`, { as: tenant.key })
  assert.deepEqual([first.body.is_read, again.body.read_at], [true, first.body.read_at])
  const unread = await h.call<List>('GET', '/api/v1/notifications/alerts', { as: tenant.key })
  assert.deepEqual(
    [unread.body.items.map(({ title }) => title), unread.body.unread_count, unread.body.total],
    [['two'], 1, 1],
  )
  const all = await h.call<List>('GET', '/api/v1/notifications/alerts?unread_only=false', { as: tenant.key })
  assert.deepEqual([all.body.items.map(({ title }) => title), all.body.total], [['two', 'one'], 2])
})

test('a cursor neither repeats nor skips alerts when new ones arrive meanwhile', async () => {
  const tenant = await createTenant(h)
  for (let i = 0; i < 5; i++) await raise(tenant.workspace_id, `alert ${i}`)
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: { body: List } = await h.call<List>(
      'GET',
      `/api/v1/notifications/alerts?limit=2${cursor ? `&cursor=${cursor}` : ''}`,
      { as: tenant.key },
    )
    seen.push(...page.body.items.map(({ title }) => title))
    cursor = page.body.next_cursor
    await raise(tenant.workspace_id, 'newcomer')
  } while (cursor)
  assert.deepEqual(seen, ['alert 4', 'alert 3', 'alert 2', 'alert 1', 'alert 0'])
  assert.equal((await h.call('GET', '/api/v1/notifications/alerts?cursor=forged', { as: tenant.key })).status, 422)
  assert.equal((await h.call('GET', '/api/v1/notifications/alerts?cursor=x&offset=1', { as: tenant.key })).status, 422)
})

test('an alert of another workspace is not there', async () => {
  const [a, b] = [await createTenant(h), await createTenant(h)]
  const id = await raise(a.workspace_id, 'private')
  assert.equal((await h.call('PATCH', `/api/v1/notifications/alerts/${id}/read`, { as: b.key })).status, 404)
  const list = await h.call<List>('GET', '/api/v1/notifications/alerts', { as: b.key })
  assert.equal(list.body.total, 0)
})
