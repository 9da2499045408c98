import { type ChildProcess, fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { BENCH_SECRET, createBenchDatabase, createBenchTenant } from '../../bench/bench-database.ts'
import { readConfig } from '../../src/config.ts'
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts'
import { createDeps } from '../../src/deps.ts'
import { createLogger } from '../../src/log.ts'
import { steeredClock } from '../../src/ports/clock.ts'
import { openSmtpConnection } from '../../src/ports/mail/smtp-client.ts'
import { buildWorker } from '../../src/worker.ts'
import { startDnsServer } from '../dns-server.ts'

/**
 * Senders hand in mail without a pause while the processes that take and understand it are killed with SIGKILL at random
 * moments. A message that was answered 250 is filed exactly once, with its attachment whole, and nothing is left half done.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '6' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const KILLS = Number(values.kills)
const PROCESSES = 2
const SENDERS = 6
const MESSAGES_BETWEEN = 12
const LONGEST_WAIT_MS = 3_000
/** Beyond the two minutes after which what a dead process left is taken up. */
const LATER_MS = 180_000

/** A small seeded generator (mulberry32); the operating system adds its own chance. */
let state = Number(values.seed)
const random = (): number => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const started = performance.now()
const folder = await mkdtemp(join(tmpdir(), 'bavlio-crash-'))
// As root the database runs as another user, who has to walk in here; else it would be placed elsewhere, and stay there.
await chmod(folder, 0o711)
const log = createLogger('error')
const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log })
const database = await createBenchDatabase(server.url)
await createBenchTenant(database.client, { aliases: 5 })
const dns = await startDnsServer()

const args = JSON.stringify({ database_url: database.url, secret: BENCH_SECRET, folder, dns_server: dns.server })
const listening = new Map<ChildProcess, number>()
const children = new Set<ChildProcess>()
const startProcess = (): void => {
  const child = fork(new URL('./inbound-program.ts', import.meta.url), [args], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  })
  children.add(child)
  child.on('message', ({ port }: { port: number }) => listening.set(child, port))
  child.once('exit', () => {
    children.delete(child)
    listening.delete(child)
  })
}

/** What the attachments hold: mostly one of a few, so that deliveries share contents, and now and then a new one. */
const contents = Array.from({ length: 4 }, () => randomBytes(3_000))
const letter = (subject: string): { raw: Buffer; sha256: string } => {
  const content = random() < 0.7 ? (contents[Math.floor(random() * contents.length)] as Buffer) : randomBytes(2_000)
  const base64 = content.toString('base64').replace(/.{76}/g, '$&\r\n')
  const raw = Buffer.from(
    `From: Ada <ada@people.example>\r\nTo: s1@bench.example\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@people.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello ${subject}\r\n--b\r\nContent-Type: application/octet-stream; name=a.bin\r\nContent-Disposition: attachment; filename=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64}\r\n--b--\r\n`,
  )
  return { raw, sha256: createHash('sha256').update(content).digest('hex') }
}

/** Subject of each message that was answered 250, and what its attachment holds. */
const answered = new Map<string, string>()
let offered = 0
let isOver = false
const send = async (): Promise<void> => {
  while (!isOver) {
    const ports = [...listening.values()]
    const port = ports[Math.floor(random() * ports.length)]
    if (!port) {
      await pause(20)
      continue
    }
    try {
      const session = await openSmtpConnection({ host: '127.0.0.1', port, name: 'mx.people.example', secure: 'none' })
      // A few in one session: kills meet sessions at every stage.
      for (let n = 0; n < 5 && !isOver; n++) {
        const subject = `m${++offered}`
        const { raw, sha256 } = letter(subject)
        const reply = await session.send({
          mail_from: 'ada@people.example',
          rcpt_to: `s${1 + Math.floor(random() * 5)}@bench.example`,
          raw,
        })
        if (reply.reply_code === 250) answered.set(subject, sha256)
        else break
      }
      session.close()
    } catch {
      await pause(20)
    }
  }
}

for (let n = 0; n < PROCESSES; n++) startProcess()
const senders = Array.from({ length: SENDERS }, send)
let kills = 0
while (kills < KILLS) {
  await pause(200 + random() * 400)
  // A process that has just come back is given a moment to take something, however slow the machine is.
  const enough = answered.size + MESSAGES_BETWEEN
  for (let waited = 0; answered.size < enough && waited < LONGEST_WAIT_MS; waited += 20) await pause(20)
  const victims = [...listening.keys()]
  const victim = victims[Math.floor(random() * victims.length)]
  if (!victim) continue
  listening.delete(victim)
  victim.kill('SIGKILL')
  await once(victim, 'exit')
  kills++
  startProcess()
}
isOver = true
await Promise.all(senders)
// The last ones die with whatever they have in hand, too.
for (const child of [...children]) {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  kills++
}

// A process that comes back later: what the dead ones left has been waiting for long enough.
const deps = await createDeps(
  {
    config: readConfig({
      DATABASE_URL: database.url,
      SECRET_KEY: BENCH_SECRET,
      DATA_DIR: folder,
      DNS_SERVERS: dns.server,
    }),
    database_url: database.url,
    secret_key: BENCH_SECRET,
    log,
  },
  { clock: steeredClock(new Date(Date.now() + LATER_MS)) },
)
const leftBehind = await database.client.query(
  `select count(*)::int as n from inbound_deliveries where processed_at is null`,
)
await buildWorker(deps).drain()

const filed = await database.client.query<{ subject: string; attachments: { id: string }[]; files: Buffer[] }>(
  `select i.subject, i.attachments, array(select a.sha256 from inbound_attachments a where a.inbound_email_id = i.id order by position) as files from inbound_emails i`,
)
const unfinished = await database.client.query(
  `select count(*)::int as n from inbound_deliveries where processed_at is null`,
)
const bySubject = Map.groupBy(filed.rows, ({ subject }) => subject)
const lost = [...answered.keys()].filter((subject) => !bySubject.has(subject))
const strangers = [...bySubject.keys()].filter((subject) => !/^m\d+$/.test(subject))
// A sender that did not hear our 250 may try again; ours never does, so nothing may stand here twice.
const doubled = [...bySubject].filter(([, rows]) => rows.length > 1)
const broken: string[] = []
const read = new Set<string>()
for (const [subject, sha256] of answered) {
  const files = bySubject.get(subject)?.[0]?.files.map((file) => file.toString('hex')) ?? []
  if (files.length !== 1 || files[0] !== sha256) broken.push(subject)
  else if (!read.has(sha256)) {
    read.add(sha256)
    const digest = createHash('sha256')
    try {
      for await (const chunk of await deps.storage.read(Buffer.from(sha256, 'hex'))) digest.update(chunk as Buffer)
    } catch {
      broken.push(subject)
      continue
    }
    if (digest.digest('hex') !== sha256) broken.push(subject)
  }
}
const counts = await database.client.query(
  `select count(*)::int as n from conversations c where c.inbound_count <> (select count(*) from inbound_emails i where i.conversation_id = c.id)
     or c.message_count <> c.inbound_count`,
)

const checks: [string, boolean, string][] = [
  [
    'mail was taken under fire',
    answered.size >= 5 * KILLS && kills >= KILLS,
    `${answered.size} answered, ${kills} kills`,
  ],
  [
    'no message that was answered 250 is lost',
    lost.length === 0,
    `${lost.length} of ${answered.size}: ${lost.slice(0, 3)}`,
  ],
  ['none is filed twice', doubled.length === 0 && strangers.length === 0, `${doubled.length} doubled`],
  ['every attachment is whole', broken.length === 0, `${broken.length}: ${broken.slice(0, 3)}`],
  ['nothing is left half done', unfinished.rows[0]?.n === 0, `${unfinished.rows[0]?.n} unprocessed`],
  ['the counters of conversations are a recount', counts.rows[0]?.n === 0, `${counts.rows[0]?.n} differ`],
]
await deps.close()
await dns.close()
await database.client.end()
await server.stop()
await rm(folder, { recursive: true, force: true })
for (const [name, holds, detail] of checks) console.log(`${holds ? 'ok  ' : 'FAIL'} ${name} (${detail})`)
console.log(
  `seed ${values.seed}: ${offered} offered, ${answered.size} answered 250, ${kills} kills, ${leftBehind.rows[0]?.n} left behind by the dead, ${((performance.now() - started) / 1000).toFixed(0)} s`,
)
const failed = checks.filter(([, holds]) => !holds).length
console.log(`${checks.length - failed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
