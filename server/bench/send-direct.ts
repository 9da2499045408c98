import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { BenchContext, Measurement } from './bench.ts'
import { createBenchCampaign, createBenchDatabase, createBenchTenant, insertBenchLeads } from './bench-database.ts'
import { runProgram, startProgram } from './child-process.ts'
import { median } from './median.ts'

const MESSAGES = 6_000
const ROUNDS = 3
/** As large as ours are on the wire, with both parts and the signature. */
const MESSAGE_BYTES = 5_000
const SESSIONS = 20

const run = promisify(execFile)
/** One of Postfix's own test programs, or null where it is not installed. */
const findProgram = async (name: string): Promise<string | null> => {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin']
  for (const folder of folders.filter(Boolean)) {
    const path = `${folder}/${name}`
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path
  }
  return null
}

const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const greets = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('data', () => resolve(true)).once('error', () => resolve(false))
    socket.once('data', () => socket.end('QUIT\r\n'))
  })

/** Postfix's sink, which takes everything and is faster than whoever writes to it. As root it runs as nobody. */
const startSink = async (program: string): Promise<{ port: number; stop: () => Promise<void> }> => {
  const port = await freePort()
  const as = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn(program, [...as, `127.0.0.1:${port}`, '1000'], { stdio: 'ignore' })
  const gone = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill()
    await gone
  }
  for (let tries = 0; !(await greets(port)); tries++) {
    if (tries > 50 || child.exitCode !== null) {
      await stop()
      throw new Error('smtp-sink did not start')
    }
    await pause(50)
  }
  return { port, stop }
}

/**
 * Messages a second direct to MX, from queued rows on: look-up of MX, address and policy of 5,000 domains, pace of the
 * receiver, session pool, and all that `send` measures; against Postfix's smtp-source, which writes a ready message of the
 * same size over as many sessions to the same smtp-sink, and has nothing to look up, write, sign or store. The two take
 * turns, so that both see the same machine.
 */
export const measureSendDirect = async (context: BenchContext): Promise<Measurement | null> => {
  const [source, sinkProgram] = [await findProgram('smtp-source'), await findProgram('smtp-sink')]
  if (!source || !sinkProgram) {
    context.note('left out: smtp-source and smtp-sink (Debian package postfix) are not installed')
    return null
  }
  const database = await createBenchDatabase(context.database_url)
  const sink = await startSink(sinkProgram)
  const zone = await startProgram('./mx-zone.ts')
  try {
    const tenant = await createBenchTenant(database.client, { aliases: 10 })
    const ours: number[] = []
    const limit: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const campaign = await createBenchCampaign(database.client, tenant)
      await insertBenchLeads(database.client, tenant, campaign, {
        count: MESSAGES,
        first: 1 + round * MESSAGES,
        due_at: null,
      })
      await database.client.query(
        `insert into emails (id, workspace_id, user_id, campaign_id, campaign_lead_id, step, variant_label, alias_id, domain_id, from_email, to_email, receiving_provider, status, due_at, created_at, updated_at)
         select gen_random_uuid(), workspace_id, $2, campaign_id, campaign_lead_id, 1, 'A', alias_id, $3, 's1@bench.example', email, receiving_provider, 'queued', $4, $4, $4
         from campaign_leads where campaign_id = $1`,
        [campaign, tenant.user_id, tenant.domain_id, new Date()],
      )
      await database.client.query('analyze')
      const args = {
        database_url: database.url,
        workspace_id: tenant.workspace_id,
        sink_port: sink.port,
        messages: MESSAGES,
        folder: context.folder,
        dns_server: zone.line,
      }
      ours.push((await runProgram<{ per_second: number }>('./send-ours.ts', [JSON.stringify(args)])).per_second)
      const started = performance.now()
      const options = ['-d', '-s', `${SESSIONS}`, '-m', `${MESSAGES}`, '-l', `${MESSAGE_BYTES}`]
      await run(source, [...options, '-f', 'b@bench.example', '-t', 'p@company.example', `127.0.0.1:${sink.port}`])
      limit.push(MESSAGES / ((performance.now() - started) / 1000))
      context.note(
        `round ${round + 1}: ours ${Math.round(ours.at(-1) ?? 0)}, smtp-source ${Math.round(limit.at(-1) ?? 0)} messages/s`,
      )
    }
    return { ours: median(ours), limit: median(limit), unit: 'messages/s' }
  } finally {
    await sink.stop()
    await zone.stop()
    await database.drop()
  }
}
