import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const RSPAMD = ['/usr/bin/rspamd', '/usr/local/bin/rspamd'].find((path) => existsSync(path)) ?? null

export const rspamdMissing = RSPAMD ? false : 'rspamd is not installed (apt-get install rspamd)'

export type Rspamd = {
  /** Names of the symbols that rspamd gives a message. */
  judge: (raw: Buffer, envelope: { mail_from: string; rcpt_to: string; ip: string }) => Promise<Set<string>>
  stop: () => Promise<void>
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** Debian's rspamd in a folder of its own, which asks the given name server (address:port). */
export const startRspamd = async (nameServer: string): Promise<Rspamd> => {
  if (!RSPAMD) throw new Error(String(rspamdMissing))
  const folder = await mkdtemp(join(tmpdir(), 'bavlio-rspamd-'))
  const port = await freePort()
  // Its signature and policy checks alone: Debian's whole set of rules takes long to compile and asks half the internet.
  const config = `
options {
  filters = "dkim";
  url_tld = "${folder}/suffixes";
  dns { nameserver = ["master-slave:${nameServer}"]; timeout = 2s; retransmits = 3; }
  local_addrs = [];
  pidfile = "${folder}/pid";
  hs_cache_dir = "${folder}";
  history_file = "${folder}/history";
  stats_file = "${folder}/stats";
}
logging { type = "console"; level = "error"; }
worker "normal" { bind_socket = "127.0.0.1:${port}"; count = 1; }
modules { path = "/usr/share/rspamd/plugins/spf.lua"; path = "/usr/share/rspamd/plugins/dmarc.lua"; }
lua = "/usr/share/rspamd/rules/rspamd.lua";
dkim { }
spf { }
dmarc { }
actions { reject = 1000; }
group "policies" { symbols { R_DKIM_ALLOW { weight = 0; } DMARC_POLICY_ALLOW { weight = 0; } } }
`
  const configFile = join(folder, 'rspamd.conf')
  await writeFile(configFile, config)
  // The whole list of public suffixes is half a minute of compiling on a busy machine, and these messages need none of it.
  await writeFile(join(folder, 'suffixes'), 'example\ncom\n')
  await chmod(folder, 0o777)
  const asRoot = process.getuid?.() === 0
  const child = spawn(
    RSPAMD,
    [
      '--no-fork',
      ...(asRoot ? ['-u', '_rspamd', '-g', '_rspamd'] : []),
      '-c',
      configFile,
      `--var=LOCAL_CONFDIR=${folder}`,
      `--var=DBDIR=${folder}`,
      `--var=RUNDIR=${folder}`,
      `--var=LOGDIR=${folder}`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (said = `${said}${chunk}`.slice(-4000)))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await Promise.race([ended, wait(3_000).then(() => child.kill('SIGKILL'))])
    await rm(folder, { recursive: true, force: true })
  }
  for (let tries = 0; ; tries++) {
    const up = await fetch(`http://127.0.0.1:${port}/ping`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (up) break
    if (tries > 300 || child.exitCode !== null) {
      await stop()
      throw new Error(`rspamd did not start: ${said}`)
    }
    await wait(100)
  }
  return {
    judge: async (raw, { mail_from, rcpt_to, ip }) => {
      const answer = await fetch(`http://127.0.0.1:${port}/checkv2`, {
        method: 'POST',
        signal: AbortSignal.timeout(20_000),
        body: new Uint8Array(raw),
        headers: { from: mail_from, rcpt: rcpt_to, ip, helo: 'mail.sender.example', pass: 'all' },
      })
      const { symbols } = (await answer.json()) as { symbols?: Record<string, unknown> }
      if (!symbols) throw new Error(`rspamd answered ${answer.status}`)
      return new Set(Object.keys(symbols))
    },
    stop,
  }
}
