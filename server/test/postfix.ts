import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
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
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './dovecot.ts'
import { zooCertificate } from './smtp-zoo.ts'

/** Where Debian puts it; a PATH of an ordinary user does not hold /usr/sbin. */
const POSTFIX = ['/usr/sbin/postfix', '/usr/local/sbin/postfix'].find((path) => existsSync(path)) ?? null

/** For the tests that need it: false, or the sentence that says why they are skipped. */
export const postfixMissing =
  POSTFIX === null
    ? 'postfix is not installed (apt-get install postfix)'
    : process.getuid?.() !== 0 && 'postfix has to be started as root, which this is not'

export type Postfix = {
  port: number
  /** What was delivered to an address, as it was stored: Return-Path, Delivered-To and Received on top, lines ending in LF. */
  stored: (address: string) => string[]
  /** Asked about every recipient; what it returns is an action of access(5), such as `dunno` or `defer_if_permit …`. */
  policy: (recipient: string) => string
  log: () => string
  close: () => Promise<void>
}

/** The services that a server needs which receives and delivers to its own mailboxes; nothing chrooted. */
const services = (port: number): string => `
127.0.0.1:${port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`

/** A policy server (SMTPD_POLICY_README): attributes line by line, an empty line, one action. */
const startPolicyServer = async (decide: (recipient: string) => string) => {
  const server = createServer((socket) => {
    let text = ''
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      text += chunk.toString()
      for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
        const recipient = /^recipient=(.*)$/m.exec(text.slice(0, end))?.[1] ?? ''
        text = text.slice(end + 2)
        socket.write(`action=${decide(recipient)}\n\n`)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return server
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

/** A real Postfix of its own in a temporary folder, on a free port of loopback, that takes mail for the addresses given and no other. */
export const startPostfix = async (options: { host: string; domain: string; users: string[] }): Promise<Postfix> => {
  const folder = mkdtempSync(join(tmpdir(), 'bavlio-postfix-'))
  const port = await freePort()
  const state: Pick<Postfix, 'policy'> = { policy: () => 'dunno' }
  const policy = await startPolicyServer((recipient) => postfix.policy(recipient))
  // Its own user has to reach every parent.
  chmodSync(folder, 0o755)
  const [uid = 0, gid = 0] = ['-u', '-g'].map((flag) =>
    Number(execFileSync('id', [flag, 'postfix'], { encoding: 'utf8' })),
  )
  for (const name of ['etc', 'queue', 'data', 'mail']) mkdirSync(join(folder, name), { mode: 0o755 })
  for (const name of ['data', 'mail']) chownSync(join(folder, name), uid, gid)
  const { key, cert } = zooCertificate()
  writeFileSync(join(folder, 'etc', 'key.pem'), key, { mode: 0o600 })
  writeFileSync(join(folder, 'etc', 'cert.pem'), cert)
  const users = options.users.map((user) => `${user}@${options.domain} ${user}/\n`).join('')
  writeFileSync(join(folder, 'etc', 'users'), users)
  writeFileSync(join(folder, 'etc', 'master.cf'), services(port))
  const settings: Record<string, string> = {
    compatibility_level: '3.6',
    queue_directory: join(folder, 'queue'),
    data_directory: join(folder, 'data'),
    maillog_file: join(folder, 'log'),
    maillog_file_prefixes: folder,
    myhostname: options.host,
    inet_interfaces: '127.0.0.1',
    mydestination: '',
    mynetworks: '',
    alias_maps: '',
    smtpd_peername_lookup: 'no',
    virtual_mailbox_domains: options.domain,
    virtual_mailbox_base: join(folder, 'mail'),
    virtual_mailbox_maps: `texthash:${join(folder, 'etc', 'users')}`,
    virtual_minimum_uid: '1',
    virtual_uid_maps: `static:${uid}`,
    virtual_gid_maps: `static:${gid}`,
    smtpd_tls_security_level: 'may',
    smtpd_tls_cert_file: join(folder, 'etc', 'cert.pem'),
    smtpd_tls_key_file: join(folder, 'etc', 'key.pem'),
    smtpd_tls_received_header: 'yes',
    smtpd_recipient_restrictions: `reject_unauth_destination, check_policy_service inet:127.0.0.1:${(policy.address() as AddressInfo).port}`,
  }
  const text = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`)
  writeFileSync(join(folder, 'etc', 'main.cf'), text.join(''))
  const log = (): string => (existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : '')

  // In the foreground, so that it ends with its process and no other instance is ever touched.
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', MAIL_CONFIG: join(folder, 'etc') }
  const child = spawn(POSTFIX as string, ['-c', join(folder, 'etc'), 'start-fg'], { stdio: 'ignore', env })
  const gone = once(child, 'exit')
  const postfix: Postfix = Object.assign(state, {
    port,
    stored: (address: string) => {
      const inbox = join(folder, 'mail', address.slice(0, address.lastIndexOf('@')), 'new')
      return existsSync(inbox) ? readdirSync(inbox).map((name) => readFileSync(join(inbox, name), 'utf8')) : []
    },
    log,
    close: async () => {
      if (child.exitCode === null) {
        child.kill('SIGTERM')
        await gone
      }
      await new Promise((resolve) => policy.close(resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  })
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries > 100 || child.exitCode !== null) {
      const said = log()
      await postfix.close()
      throw new Error(`postfix did not start: ${said}`)
    }
    await pause(100)
  }
  return postfix
}
