import { execFile, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { ImapFlow } from 'imapflow'

/** Where Debian puts it; a PATH of an ordinary user does not hold /usr/sbin. */
const DOVECOT = ['/usr/sbin/dovecot', '/usr/local/sbin/dovecot'].find((path) => existsSync(path)) ?? null

/** For the tests that need it: false, or the sentence that says why they are skipped. */
export const dovecotMissing = DOVECOT ? false : 'dovecot is not installed (apt-get install dovecot-imapd)'

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

export type TestCertificate = { ca: string; cert: string; key: string }

/** A certificate for localhost that only these tests trust. */
export const makeCertificate = async (): Promise<TestCertificate> => {
  const folder = mkdtempSync(join(tmpdir(), 'bavlio-cert-'))
  try {
    await promisify(execFile)('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
      ...['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')],
    ])
    const cert = readFileSync(join(folder, 'cert.pem'), 'utf8')
    return { ca: cert, cert, key: readFileSync(join(folder, 'key.pem'), 'utf8') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export type Dovecot = {
  port: number
  start: () => Promise<void>
  /** Ends every session at once, as a machine that dies would. */
  kill: () => Promise<void>
  /** Settles once the server knows it. */
  setPassword: (user: string, password: string) => Promise<void>
  /** Puts a message into a folder, as a delivery agent does. */
  deliver: (user: string, password: string, raw: string, folder?: string) => Promise<void>
  /** What a folder holds, by an ordinary client. */
  list: (user: string, password: string, folder: string) => Promise<{ raw: string; flags: string[] }[]>
  /** Forgets the numbers of a folder, so that its UIDVALIDITY changes; only while it is stopped. */
  renumber: (user: string) => void
  log: () => string
  close: () => Promise<void>
}

const NOBODY = 65_534

/**
 * A real dovecot in a temporary folder, on a free port of loopback, with a Maildir for each user. As root it runs as nobody,
 * because dovecot refuses to serve mail as root. `token_info_url` is asked whose an access token is.
 */
export const startDovecot = async (options: {
  certificate: TestCertificate
  users: Record<string, string>
  token_info_url?: string
  /** Extensions not to offer. */
  without?: string[]
}): Promise<Dovecot> => {
  if (!DOVECOT) throw new Error('dovecot is not installed')
  const asRoot = process.getuid?.() === 0
  const user = asRoot ? 'nobody' : execFileSync('id', ['-un']).toString().trim()
  const group = execFileSync('id', ['-gn', user]).toString().trim()
  const dir = mkdtempSync(join(tmpdir(), 'dovecot-'))
  chmodSync(dir, 0o755)
  const port = await freePort()
  const passwords = new Map(Object.entries(options.users))
  const path = (...parts: string[]): string => join(dir, ...parts)
  const writeUsers = (): void =>
    writeFileSync(path('users'), [...passwords].map(([name, password]) => `${name}:{PLAIN}${password}\n`).join(''))
  writeUsers()
  writeFileSync(path('cert.pem'), options.certificate.cert)
  writeFileSync(path('key.pem'), options.certificate.key)
  for (const folder of ['run', 'state', 'mail']) mkdirSync(path(folder))
  if (options.token_info_url)
    writeFileSync(
      path('oauth2.conf'),
      `tokeninfo_url = ${options.token_info_url}\nintrospection_mode =\nusername_attribute = email\nactive_attribute = active\nactive_value = true\n`,
    )
  writeFileSync(
    path('dovecot.conf'),
    `protocols = imap
listen = 127.0.0.1
base_dir = ${path('run')}
state_dir = ${path('state')}
log_path = ${path('log')}
auth_verbose = yes
auth_failure_delay = 0
auth_username_format = %Lu
default_internal_user = ${user}
default_internal_group = ${group}
default_login_user = ${user}
first_valid_uid = 1
ssl = required
ssl_cert = <${path('cert.pem')}
ssl_key = <${path('key.pem')}
auth_mechanisms = plain login${options.token_info_url ? ' xoauth2 oauthbearer' : ''}
${options.without ? `imap_capability = IMAP4rev1 SASL-IR LITERAL+ UIDPLUS LIST-EXTENDED SPECIAL-USE` : ''}
mail_location = maildir:${path('mail')}/%u
passdb {
  driver = passwd-file
  args = ${path('users')}
}
${options.token_info_url ? `passdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = ${path('oauth2.conf')}\n}` : ''}
userdb {
  driver = static
  args = uid=${user} gid=${group} home=${path('mail')}/%u
}
namespace inbox {
  inbox = yes
  mailbox Junk {
    auto = create
    special_use = \\Junk
  }
  mailbox Sent {
    auto = create
    special_use = \\Sent
  }
}
service imap-login {
  chroot =
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = ${port}
    ssl = yes
  }
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap {
  process_limit = 64
}
service stats {
  chroot =
}
`,
  )
  if (asRoot) {
    const own = (folder: string): void => {
      chownSync(folder, NOBODY, NOBODY)
      for (const entry of readdirSync(folder, { withFileTypes: true }))
        if (entry.isDirectory()) own(join(folder, entry.name))
        else chownSync(join(folder, entry.name), NOBODY, NOBODY)
    }
    own(dir)
  }
  let running: ReturnType<typeof spawn> | null = null
  const client = (name: string, password: string): ImapFlow =>
    new ImapFlow({
      host: 'localhost',
      port,
      secure: true,
      auth: { user: name, pass: password },
      tls: { ca: options.certificate.ca },
      logger: false,
      disableAutoIdle: true,
    })
  const withClient = async <T>(name: string, password: string, work: (imap: ImapFlow) => Promise<T>): Promise<T> => {
    const imap = client(name, password)
    imap.on('error', () => {})
    await imap.connect()
    try {
      return await work(imap)
    } finally {
      await imap.logout().catch(() => imap.close())
    }
  }
  const log = (): string => (existsSync(path('log')) ? readFileSync(path('log'), 'utf8') : '')

  const start = async (): Promise<void> => {
    const child = spawn(DOVECOT, ['-F', '-c', path('dovecot.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: dir,
      detached: true,
      ...(asRoot ? { uid: NOBODY, gid: NOBODY } : {}),
    })
    running = child
    let said = ''
    child.stderr?.on('data', (chunk) => {
      said += chunk
    })
    const ended = new Promise<never>((_resolve, reject) =>
      child.once('exit', (code) => reject(new Error(`dovecot ended (${code}): ${said} ${log().slice(-2000)}`))),
    )
    ended.catch(() => {})
    const listening = async (): Promise<void> => {
      for (;;) {
        const answered = await new Promise<boolean>((resolve) => {
          const socket = connect({ host: 'localhost', port, ca: options.certificate.ca, servername: 'localhost' })
          socket
            .once('data', () => resolve(true))
            .once('error', () => resolve(false))
            .once('close', () => resolve(false))
          socket.once('data', () => socket.destroy())
        })
        if (answered) return
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
    await Promise.race([listening(), ended])
  }

  const kill = async (): Promise<void> => {
    const child = running
    running = null
    if (!child?.pid || child.exitCode !== null) return
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    // The master, and with it the group of login and mail processes that it began.
    process.kill(-child.pid, 'SIGKILL')
    await gone
  }

  await start()
  return {
    port,
    start,
    kill,
    setPassword: async (name, password) => {
      passwords.set(name, password)
      writeUsers()
      // It looks at the file once a second at most.
      while (!(await withClient(name, password, async () => true).catch(() => false)))
        await new Promise((resolve) => setTimeout(resolve, 100))
    },
    deliver: (name, password, raw, folder = 'INBOX') =>
      withClient(name, password, async (imap) => {
        if (!(await imap.append(folder, Buffer.from(raw.replace(/\r?\n/g, '\r\n'))))) throw new Error('not appended')
      }),
    list: (name, password, folder) =>
      withClient(name, password, async (imap) => {
        const box = await imap.mailboxOpen(folder, { readOnly: true })
        if (!box.exists) return []
        const found = await imap.fetchAll('1:*', { source: true, flags: true })
        return found.map(({ source, flags }) => ({ raw: source?.toString('utf8') ?? '', flags: [...(flags ?? [])] }))
      }),
    renumber: (name) => {
      for (const file of readdirSync(path('mail', name))) {
        if (!file.startsWith('dovecot')) continue
        const known = path('mail', name, file)
        if (file !== 'dovecot-uidlist') rmSync(known, { recursive: true, force: true })
        else {
          // Its first line holds the version, UIDVALIDITY, the next UID and an id; the lines of messages go.
          const head = readFileSync(known, 'utf8').split('\n')[0] as string
          writeFileSync(known, `${head.replace(/ V(\d+) N\d+/, (_all, v: string) => ` V${Number(v) + 1} N1`)}\n`)
        }
      }
    },
    log,
    close: async () => {
      await kill()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
