import { fastify } from 'fastify'
import pg from 'pg'

/** The limit for playground-status.ts: a bare Fastify route that reads the rows of a batch by their index and sends them. Prints its address. */
const args = JSON.parse(process.argv[2] ?? '{}') as { database_url: string }
const pool = new pg.Pool({ connectionString: args.database_url, max: 10 })
const app = fastify()
app.get<{ Querystring: { batch_id: string } }>('/status', async ({ query }) => {
  const { rows } = await pool.query({
    name: 'batch',
    text: 'select campaign_lead_id, status, batch_id, error, completed_at, subject_preview from campaign_drafts where batch_id = $1 order by draft_id',
    values: [query.batch_id],
  })
  return { per_lead: rows }
})
console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
process.on('disconnect', () => process.exit(0))
