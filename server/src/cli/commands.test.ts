import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

type Ended = { code: number | null; out: string; err: string }

/** The program in a process of its own, with no setting but those given. */
const start = (args: string[], env: Record<string, string>): { child: ChildProcess; ended: Promise<Ended> } => {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, out, err })))
  return { child, ended }
}

const run = (args: string[], env: Record<string, string> = {}): Promise<Ended> => start(args, env).ended

/** The address that a server says it is ready at. */
const readyAt = async (server: { child: ChildProcess; ended: Promise<Ended> }): Promise<string> => {
  if (!server.child.stdout) throw new Error('The server has no output.')
  for await (const line of createInterface({ input: server.child.stdout }))
    if (line.startsWith('ready ')) return line.slice(6)
  throw new Error(`The server ended: ${(await server.ended).err}`)
}

describe('the program without a server', () => {
  test('help goes to stdout, and an unknown command is wrong use', async () => {
    const [help, unknown, prototype] = await Promise.all([run(['help']), run(['frobnicate']), run(['constructor'])])
    assert.equal(help.code, 0)
    assert.match(help.out, /key create --email/)
    assert.equal(unknown.code, 2)
    assert.match(unknown.err, /no command "frobnicate"/)
    assert.equal(prototype.code, 2)
  })

  test('wrong settings stop the start, all named at once, and no secret is repeated', async () => {
    const ended = await run(['start'], { PORT: '99999', LOG_LEVEL: 'loud', SECRET_KEY: 'do-not-print-me' })
    assert.equal(ended.code, 2)
    for (const name of ['PORT', 'LOG_LEVEL', 'SECRET_KEY']) assert.match(ended.err, new RegExp(name))
    assert.doesNotMatch(ended.err + ended.out, /do-not-print-me/)
  })
})

describe('the program with a server', () => {
  let folder: string
  let env: Record<string, string>
  let server: ReturnType<typeof start>
  let url: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bavlio-commands-'))
    // As root the database runs as another user, who has to walk in here.
    await chmod(folder, 0o711)
    env = { DATA_DIR: join(folder, 'data'), PORT: '0' }
    server = start(['start'], env)
    url = await readyAt(server)
  })
  after(async () => {
    server.child.kill('SIGKILL')
    await server.ended
    await rm(folder, { recursive: true, force: true })
  })

  test('accounts and keys are made beside it; the key stands alone on stdout and works at once', async () => {
    const created = await run(['user', 'create', '--email', 'Ann@example.com', '--name', 'Ann'], env)
    assert.equal(created.code, 0, created.err)
    assert.match(created.out, /^[\w-]{24}\n$/)
    const again = await run(['user', 'create', '--email', 'ann@example.com', '--name', 'Ann'], env)
    assert.equal(again.code, 1)
    const made = await run(['key', 'create', '--email', 'ann@example.com', '--scopes', 'campaigns:read'], env)
    assert.match(made.out, /^bav_live_[\w-]{43}\n$/)
    const answer = await fetch(`${url}/api/v1/campaigns/`, { headers: { authorization: `Bearer ${made.out.trim()}` } })
    assert.equal(answer.status, 200)
    await answer.arrayBuffer()
    const unknown = await run(['key', 'create', '--email', 'ann@example.com', '--scopes', 'everything'], env)
    assert.equal(unknown.code, 2)
    assert.equal(unknown.out, '')
  })

  test('a new password is printed once, logs in, and ends the old one', async () => {
    const first = await run(['user', 'reset', '--email', 'ann@example.com'], env)
    const second = await run(['user', 'reset', '--email', 'ann@example.com'], env)
    const logIn = async (password: string): Promise<number> => {
      const answer = await fetch(`${url}/api/v1/account/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'ann@example.com', password }),
      })
      await answer.arrayBuffer()
      return answer.status
    }
    assert.equal(await logIn(first.out.trim()), 401)
    assert.equal(await logIn(second.out.trim()), 200)
  })

  test('doctor finds nothing wrong', async () => {
    const ended = await run(['doctor', '--json'], env)
    assert.equal(ended.code, 0, ended.out + ended.err)
    const checks = JSON.parse(ended.out) as { name: string; state: string; finding: string }[]
    assert.match(checks.find(({ name }) => name === 'processes')?.finding ?? '', /^all \(process/)
  })

  test('a second server on the same data folder is refused, and so is a port in use', async () => {
    const second = await run(['start'], env)
    assert.equal(second.code, 1)
    assert.match(second.err, /in use by another running instance, process \d+/)
    const holder = createServer().listen(0, '127.0.0.1')
    await new Promise((done) => holder.once('listening', done))
    const { port } = holder.address() as { port: number }
    const busy = await run(['start'], { DATA_DIR: join(folder, 'other'), PORT: String(port) })
    holder.close()
    assert.equal(busy.code, 1)
    assert.match(busy.err, new RegExp(`127.0.0.1:${port}: another program has the port.*PORT`))
  })

  test('a Ctrl-C that arrives twice stops it cleanly, and the data is there after the next start', async () => {
    const boot = server
    boot.child.kill('SIGINT')
    boot.child.kill('SIGINT')
    const ended = await boot.ended
    assert.equal(ended.code, 0, ended.err)
    assert.equal(ended.err, '', 'a clean stop has nothing to warn of')
    assert.equal((await stat(join(env.DATA_DIR as string, 'secret'))).mode & 0o777, 0o600)
    const made = await run(['key', 'create', '--email', 'ann@example.com'], env)
    assert.match(made.out, /^bav_live_/, 'the account is there, and commands work without a server')
  })
})
