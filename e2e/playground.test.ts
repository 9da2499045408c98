import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createWrittenCampaign, prospects } from '../server/test/playground-steps.ts'
import { assertAccessible, type Dashboard, noBrowser, startDashboard, whenAccepted } from './dashboard.ts'

type Leads = { items: { campaign_lead_id: string; approved_steps: number[] }[] }

describe('the playground in the dashboard', { skip: noBrowser }, () => {
  let d: Dashboard
  before(async () => {
    d = await startDashboard()
  })
  after(() => d?.close())

  test('drafts are written, read, edited and approved by keyboard and by rule', async () => {
    const { page, h, tenant } = d
    const { campaign_id } = await createWrittenCampaign(h, tenant, { rows: prospects(6) })
    await d.open(`/campaigns/${campaign_id}/playground`)
    await page.getByText('No drafts yet').waitFor()
    await assertAccessible(page, 'the empty playground')
    await page.getByLabel('Leads', { exact: true }).fill('5')
    await whenAccepted(page, /playground\/generate$/, () => page.getByRole('button', { name: 'Write drafts' }).click())
    const rows = page.getByRole('list', { name: 'Leads with drafts' }).getByRole('button')
    await page.getByRole('progressbar', { name: 'Writing' }).waitFor()
    await rows.nth(4).waitFor()
    const before = await rows.nth(4).boundingBox()
    await h.worker.drain()
    await page.getByText('0 approved, 5 to review').waitFor()
    assert.deepEqual(await rows.nth(4).boundingBox(), before, 'no row moved while the texts came in')
    await page.getByRole('heading', { name: 'Facts used' }).waitFor()
    await page.getByRole('heading', { name: /Quality/ }).waitFor()
    await assertAccessible(page, 'the playground with drafts')

    const current = () => page.locator('[aria-current="true"]').textContent()
    const first = await current()
    await page.keyboard.press('j')
    assert.notEqual(await current(), first)
    await page.keyboard.press('k')
    assert.equal(await current(), first)

    await page.keyboard.press('e')
    await page.getByLabel('Subject').fill('A plainer question')
    await assertAccessible(page, 'a draft being edited')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('heading', { name: 'A plainer question' }).waitFor()
    await page.getByRole('button', { name: 'Show what changed' }).click()
    await page.locator('ins', { hasText: 'plainer' }).waitFor()
    await assertAccessible(page, 'the comparison')

    await page.keyboard.press('a')
    await page.getByText('1 approved, 4 to review').waitFor()
    assert.notEqual(await current(), first, 'the next one is shown')
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText('0 approved, 5 to review').waitFor()

    await rows.nth(1).click()
    await page.keyboard.press('e')
    await page.getByLabel('Text', { exact: true }).fill('Dear {{ name }}, TODO: write something about [company].')
    await page.getByRole('button', { name: 'Save the edit' }).click()
    await page.getByRole('button', { name: 'Show what changed' }).waitFor()
    await page.getByRole('button', { name: 'Approve by rule' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('4 pass').waitFor()
    await dialog.getByText('1 do not:', { exact: false }).waitFor()
    await assertAccessible(page, 'the rule')
    await dialog.getByRole('button', { name: 'Approve 4' }).click()
    await page.getByText('4 approved, 1 to review').waitFor()
    const leads = await h.call<Leads>('GET', `/api/v1/campaigns/${campaign_id}/leads`, { as: tenant.key })
    assert.equal(leads.body.items.filter(({ approved_steps }) => approved_steps.includes(1)).length, 4)
    await page.setViewportSize({ width: 360, height: 800 })
    await page.getByRole('button', { name: 'Draft', exact: true }).click()
    await page.getByRole('heading', { name: 'Facts used' }).waitFor()
    assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'it fits on a phone')
    await assertAccessible(page, 'the playground on a phone')
    await page.setViewportSize({ width: 1440, height: 900 })
    assert.deepEqual(d.complaints, [])
  })

  test('the next batch goes on where the last one ended, earlier ones are opened again, and withdrawn approvals come back', async () => {
    const { page, h, tenant } = d
    const { campaign_id } = await createWrittenCampaign(h, tenant, { rows: prospects(30), steps: [{}, {}] })
    await d.open(`/campaigns/${campaign_id}/playground`)
    const rows = page.getByRole('list', { name: 'Leads with drafts' }).getByRole('button')
    const write = async (count: number): Promise<void> => {
      await page.getByLabel('Leads', { exact: true }).fill(String(count))
      await whenAccepted(page, /playground\/generate$/, () =>
        page.getByRole('button', { name: 'Write drafts' }).click(),
      )
      await page.getByRole('progressbar', { name: 'Writing' }).waitFor()
      await h.worker.drain()
      await page.getByRole('progressbar', { name: 'Writing' }).waitFor({ state: 'detached' })
    }
    await write(4)
    await page.getByText('0 approved, 4 to review').waitFor()
    const place = await rows.nth(3).boundingBox()
    await write(20)
    await page.getByText('0 approved, 24 to review').waitFor()
    assert.deepEqual(await rows.nth(3).boundingBox(), place, 'those before stay where they were')
    assert.ok(
      await page.evaluate('document.documentElement.scrollHeight <= innerHeight'),
      'the columns scroll, the page does not',
    )

    await page.getByText('Batches so far (2)').click()
    const batches = page.getByRole('list', { name: 'Batches' }).getByRole('button')
    await batches.nth(1).getByText('4 of 4 written').waitFor()
    await assertAccessible(page, 'the batches')
    await batches.nth(1).click()
    await page.getByText('0 approved, 4 to review').waitFor()
    assert.match(page.url(), /batch=/, 'a link brings the batch back')
    await page.getByRole('button', { name: 'Show all' }).click()
    await page.getByText('0 approved, 24 to review').waitFor()

    // What is approved is not what the newest draft says, so only the record of the approval can bring it back.
    await page.keyboard.press('e')
    await page.getByLabel('Subject').fill('A plainer question')
    await rows.nth(3).click()
    await rows.nth(0).click()
    await page.keyboard.press('e')
    assert.equal(await page.getByLabel('Subject').inputValue(), 'A plainer question', 'what was typed is kept')
    await page.getByRole('button', { name: 'Save the edit' }).focus()
    await page.keyboard.press('a')
    await page.getByRole('button', { name: 'Save the edit' }).click()
    await page.getByRole('heading', { name: 'A plainer question' }).waitFor()
    await page.getByText('0 approved, 24 to review').waitFor()
    await page.keyboard.press('a')
    await page.getByText('1 approved, 23 to review').waitFor()
    await page.keyboard.press('a')
    await page.getByText('2 approved, 22 to review').waitFor()
    type Texts = { items: { campaign_lead_id: string; approved_steps: number[] }[] }
    const approved = async (): Promise<string[]> => {
      const leads = await h.call<Texts>('GET', `/api/v1/campaigns/${campaign_id}/leads?limit=100`, { as: tenant.key })
      return leads.body.items.filter((lead) => lead.approved_steps.length).map((lead) => lead.campaign_lead_id)
    }
    // The page answers before the server does; each toast says that it has.
    await page
      .getByText(/^Approved for/)
      .nth(1)
      .waitFor({ state: 'attached' })
    const before = await approved()
    assert.equal(before.length, 2)
    await page.getByRole('button', { name: 'Actions for the approvals' }).click()
    await page.getByRole('menuitem', { name: 'Withdraw all 2 approvals' }).click()
    await page.getByText('2 approvals withdrawn').waitFor()
    await page.getByText('0 approved, 24 to review').waitFor()
    assert.deepEqual(await approved(), [])
    await h.call('PATCH', `/api/v1/campaigns/${campaign_id}/playground/drafts/${await draftOf(before[0] ?? '')}`, {
      as: tenant.key,
      body: { subject: 'Other words meanwhile' },
    })
    const undo = page
      .getByRole('listitem')
      .filter({ hasText: '2 approvals withdrawn' })
      .getByRole('button', { name: 'Undo' })
    await undo.click()
    await page.getByText('2 approved, 22 to review').waitFor()
    assert.deepEqual(await approved(), before)
    const again = await h.call<{ subject: string; source: string }>(
      'POST',
      `/api/v1/campaigns/${campaign_id}/personalize`,
      {
        as: tenant.key,
        body: { campaign_lead_id: before[0], step_index: 1 },
      },
    )
    assert.deepEqual([again.body.source, again.body.subject], ['approved', 'A plainer question'])

    await rows.nth(0).click()
    await page.getByRole('button', { name: 'More for this lead' }).click()
    await page.getByRole('menuitem', { name: 'Withdraw every step of this lead' }).click()
    await page.getByText('1 approved, 23 to review').waitFor()
    assert.deepEqual(d.complaints, [])

    async function draftOf(lead_id: string): Promise<string> {
      const found = await h.deps.db
        .selectFrom('campaign_drafts')
        .select('draft_id')
        .where('campaign_lead_id', '=', lead_id)
        .executeTakeFirstOrThrow()
      return found.draft_id
    }
  })

  test('a batch can be cancelled while it is being written', async () => {
    const { page, h, tenant } = d
    const { campaign_id } = await createWrittenCampaign(h, tenant, { rows: prospects(3) })
    await d.open(`/campaigns/${campaign_id}/playground`)
    await whenAccepted(page, /playground\/generate$/, () => page.getByRole('button', { name: 'Write drafts' }).click())
    await page.getByRole('button', { name: 'Cancel the rest' }).click()
    await page.getByText('Cancelled before it was written').waitFor()
    await h.worker.drain()
    await page.getByText('0 approved, 0 to review').waitFor()
  })
})
