import { sql } from 'kysely'
import { readConfig } from '../src/config.ts'
import { createDeps, type Deps } from '../src/deps.ts'
import { listLeads } from '../src/features/campaign-leads/queries.ts'
import {
  readAggregate,
  readCampaignFigures,
  readClicks,
  readStepFigures,
} from '../src/features/campaign-stats/queries.ts'
import { dispatchDue } from '../src/features/campaigns/dispatch-due.ts'
import { createLogger } from '../src/log.ts'
import type { BenchContext, Measurement } from './bench.ts'
import {
  BENCH_SECRET,
  type BenchTenant,
  createBenchCampaign,
  createBenchDatabase,
  createBenchTenant,
  insertBenchLeads,
} from './bench-database.ts'
import { median } from './median.ts'

const SIZES = [10_000, 100_000, 1_000_000]
const DUE = 500
const REPEATS = 15

const timed = async (action: () => Promise<unknown>, repeats = REPEATS): Promise<number> => {
  const times: number[] = []
  await action()
  for (let i = 0; i < repeats; i++) {
    const started = performance.now()
    await action()
    times.push(performance.now() - started)
  }
  return median(times)
}

type World = {
  deps: Deps
  tenant: BenchTenant
  campaign_id: string
  grow: (size: number) => Promise<void>
  close: () => Promise<void>
}

/** A campaign whose leads grow from measurement to measurement; all but those asked for wait for a day that never comes. */
const createWorld = async (context: BenchContext, aliases: number): Promise<World> => {
  const database = await createBenchDatabase(context.database_url)
  const tenant = await createBenchTenant(database.client, { aliases })
  const campaign_id = await createBenchCampaign(database.client, tenant)
  const config = readConfig({ DATABASE_URL: database.url, SECRET_KEY: BENCH_SECRET, DATA_DIR: context.folder })
  const deps = await createDeps({
    config,
    database_url: database.url,
    secret_key: BENCH_SECRET,
    log: createLogger('error'),
  })
  let present = 0
  return {
    deps,
    tenant,
    campaign_id,
    grow: async (size) => {
      for (; present < size; present += Math.min(100_000, size - present))
        await insertBenchLeads(database.client, tenant, campaign_id, {
          count: Math.min(100_000, size - present),
          first: 1 + present,
          due_at: new Date('2099-01-01'),
        })
      await database.client.query('vacuum analyze campaign_leads')
    },
    close: async () => {
      await deps.close()
      await database.drop()
    },
  }
}

/** The largest of the figures by size, against the smallest size. */
const growthOf = (context: BenchContext, times: number[]): Measurement => {
  context.note(SIZES.map((size, i) => `${size}: ${times[i]?.toFixed(2)} ms`).join(', '))
  return { ours: Math.max(...times), limit: times[0] ?? 0, unit: 'ms' }
}

/** One dispatcher tick with 10,000, 100,000 and 1,000,000 leads, of which the same 500 are due on 500 aliases. */
export const measureTickGrowth = async (context: BenchContext): Promise<Measurement> => {
  const world = await createWorld(context, DUE)
  try {
    const now = new Date()
    const times: number[] = []
    for (const size of SIZES) {
      await world.grow(size)
      const runs: number[] = []
      for (let run = 0; run <= REPEATS; run++) {
        await sql`delete from emails`.execute(world.deps.db)
        await sql`update aliases set next_free_at = null`.execute(world.deps.db)
        await sql`update campaign_leads set next_action_at = ${new Date(now.getTime() - 60_000)} where campaign_id = ${world.campaign_id} and row_index <= ${DUE}`.execute(
          world.deps.db,
        )
        const started = performance.now()
        const queued = await dispatchDue(world.deps, world.tenant.workspace_id, now)
        if (run) runs.push(performance.now() - started)
        if (queued !== DUE) throw new Error(`${queued} of ${DUE} due leads were queued`)
      }
      times.push(median(runs))
    }
    return growthOf(context, times)
  } finally {
    await world.close()
  }
}

/** The 10,000th page of leads by cursor against the first, with 50 on a page and 1,000,000 leads. */
export const measurePageGrowth = async (context: BenchContext): Promise<Measurement> => {
  const world = await createWorld(context, 10)
  try {
    await world.grow(1_000_000)
    const filter = { workspace_id: world.tenant.workspace_id, campaign_id: world.campaign_id }
    const page = (after: string | null) => ({
      limit: 50,
      offset: 0,
      after: after === null ? null : [after],
      page: 1,
      page_size: 50,
    })
    const far = await sql<{
      id: string
    }>`select campaign_lead_id as id from campaign_leads where campaign_id = ${world.campaign_id} order by campaign_lead_id offset ${9_999 * 50 - 1} limit 1`.execute(
      world.deps.db,
    )
    const first = await timed(() => listLeads(world.deps.db, filter, page(null)), 60)
    const deep = await timed(() => listLeads(world.deps.db, filter, page(far.rows[0]?.id ?? '')), 60)
    context.note(`first page ${first.toFixed(2)} ms, 10,000th ${deep.toFixed(2)} ms`)
    return { ours: deep, limit: first, unit: 'ms' }
  } finally {
    await world.close()
  }
}

/** The four statistics calls together, with 10,000 to 1,000,000 leads that were all written to. */
export const measureStatsGrowth = async (context: BenchContext): Promise<Measurement> => {
  const world = await createWorld(context, 10)
  try {
    const { deps, tenant, campaign_id } = world
    const times: number[] = []
    for (const size of SIZES) {
      await world.grow(size)
      await sql`
        insert into emails (id, workspace_id, user_id, campaign_id, campaign_lead_id, step, variant_label, alias_id, domain_id, from_email, to_email, receiving_provider, status,
          due_at, created_at, updated_at)
        select gen_random_uuid(), l.workspace_id, ${tenant.user_id}, l.campaign_id, l.campaign_lead_id, 1, 'A', l.alias_id, ${tenant.domain_id}, 's@bench.example', l.email, 'x', 'queued', ${new Date()}, ${new Date()}, ${new Date()}
        from campaign_leads l where l.campaign_id = ${campaign_id} and not exists (select 1 from emails e where e.campaign_lead_id = l.campaign_lead_id)`.execute(
        deps.db,
      )
      await sql`update emails set status = 'delivered', sent_at = due_at, delivered_at = due_at where status = 'queued'`.execute(
        deps.db,
      )
      times.push(
        await timed(async () => {
          await readCampaignFigures(deps.db, tenant.workspace_id, campaign_id)
          await readStepFigures(deps.db, tenant.workspace_id, campaign_id)
          await readAggregate(deps.db, tenant.workspace_id)
          await readClicks(deps.db, tenant.workspace_id, campaign_id)
        }, 60),
      )
    }
    return growthOf(context, times)
  } finally {
    await world.close()
  }
}
