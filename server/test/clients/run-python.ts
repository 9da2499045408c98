/**
 * Runs both lines of the public Python client, as they are published, against the whole product:
 * `node server/test/clients/run-python.ts`, or with 0.1 or 1.0 behind it that line alone. It needs python3 and a package index,
 * or Pythons that have the clients already in BAVIMAIL_PYTHON (0.1) and BAVIMAIL_PYTHON_1 (1.0); without either it says so and
 * skips that line. Ends with 1 when a call does not do what a client expects.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SignJWT } from 'jose'
import nodemailer from 'nodemailer'
import { systemClock } from '../../src/ports/clock.ts'
import { worldGreeting } from '../../src/world-greeting.ts'
import { createTenant } from '../builders.ts'
import { type Harness, startHarness } from '../harness.ts'
import { createSender } from '../outgoing.ts'

const INTEGRATION = { id: 'example-crm', secret: 'c3'.repeat(32) }

type Line = { name: string; folder: string; given: string | undefined }

const LINES: Line[] = [
  { name: '0.1', given: process.env.BAVIMAIL_PYTHON },
  { name: '1.0', given: process.env.BAVIMAIL_PYTHON_1 },
].map((line) => ({ ...line, folder: fileURLToPath(new URL(`./python-${line.name}/`, import.meta.url)) }))

type Ended = { code: number; output: string }

const run = async (command: string, args: string[], env: Record<string, string> = {}): Promise<Ended> => {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  return new Promise((done) => {
    child.on('error', (error) => done({ code: 127, output: error.message }))
    child.on('close', (code) => done({ code: code ?? 1, output }))
  })
}

/** A Python with the client in it, or why there is none. */
const findPython = async (line: Line, venv: string): Promise<{ python: string } | { missing: string }> => {
  if (line.given) return { python: line.given }
  const made = await run('python3', ['-m', 'venv', venv])
  if (made.code !== 0) return { missing: `python3 with venv is not here (${made.output.trim().slice(0, 200)})` }
  const python = join(venv, 'bin', 'python')
  const requirements = join(line.folder, 'requirements.txt')
  const installed = await run(python, [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '-r',
    requirements,
  ])
  if (installed.code === 0) return { python }
  return { missing: `the package index has no bavimail (${installed.output.trim().slice(-300)})` }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** A letter from outside with a file, to an alias that keeps raw messages. */
const sendLetter = async (h: Harness, workspaceId: string, to: string): Promise<void> => {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: h.deps.address.inbound_smtp_port ?? 0,
    name: worldGreeting(h.deps.secrets.key('mail-tokens'), workspaceId),
    secure: false,
    ignoreTLS: true,
  })
  await transport.sendMail({
    from: 'Ada Lovelace <ada@people.example>',
    to,
    cc: 'Carol <carol@people.example>',
    subject: 'With a file',
    text: 'Hello from outside.\n\nWe grow carrots.',
    html: '<p>Hello from outside.</p><p>We grow carrots.</p>',
    attachments: [{ filename: 'offer.pdf', content: '%PDF-1.4 test', contentType: 'application/pdf' }],
  })
  transport.close()
}

const runLine = async (line: Line): Promise<number> => {
  const temporary = await mkdtemp(join(tmpdir(), 'bavlio-python-'))
  try {
    const found = await findPython(line, join(temporary, 'venv'))
    if ('missing' in found) {
      console.log(`skipped ${line.name}: ${found.missing}`)
      return 0
    }
    const hookPort = await freePort()
    const h = await startHarness({
      env: {
        INTEGRATIONS: `${INTEGRATION.id}:${INTEGRATION.secret}:Example CRM`,
        EGRESS_ALLOW: `127.0.0.1:${hookPort}`,
      },
      overrides: { clock: systemClock },
    })
    try {
      await h.worker.start()
      const tenant = await createTenant(h)
      const inbox = await createSender(h, tenant, undefined, 'inbox')
      await h.call('PUT', `/mail/v1/aliases/${inbox.alias_id}`, {
        as: tenant.key,
        body: { raw_mime_retention_enabled: true },
      })
      await sendLetter(h, tenant.workspace_id, inbox.full_email)
      const assertion = await new SignJWT({ iss: INTEGRATION.id, sub: 'customer-1', name: 'Grace Hopper' })
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime('1h')
        .sign(Buffer.from(INTEGRATION.secret, 'hex'))
      const { code, output } = await run(found.python, [join(line.folder, 'every_call.py')], {
        BAVLIO_MAIL_URL: `${h.base_url}/mail/v1`,
        BAVLIO_API_KEY: tenant.key,
        BAVLIO_INBOX_ALIAS: inbox.alias_id,
        BAVLIO_HOOK_PORT: String(hookPort),
        BAVLIO_INTEGRATION_ID: INTEGRATION.id,
        BAVLIO_INTEGRATION_SECRET: INTEGRATION.secret,
        BAVLIO_USER_ASSERTION: assertion,
      })
      console.log(output.trim())
      return code
    } finally {
      await h.worker.stop()
      await h.close()
    }
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

const main = async (wanted: string | undefined): Promise<number> => {
  const lines = LINES.filter(({ name }) => wanted === undefined || name === wanted)
  if (!lines.length)
    throw new Error(`There is no line ${wanted}; there are ${LINES.map(({ name }) => name).join(' and ')}.`)
  let worst = 0
  for (const line of lines) worst = Math.max(worst, await runLine(line))
  return worst
}

process.exitCode = await main(process.argv[2])
