import { ImapFlow, type ImapFlowOptions, type ListResponse } from 'imapflow'
import type { EgressPolicy } from '../egress.ts'
import { type FolderRole, type MailboxAccount, MailboxFault, type MailboxSession } from './port.ts'

const CONNECT_MS = 20_000
const GREETING_MS = 15_000
/** Longest silence of the server outside IDLE. */
const SILENCE_MS = 60_000
/** IDLE is given up and begun again: servers drop it after 10 to 30 minutes (RFC 2177 §3). */
const IDLE_MS = 540_000
/** One FETCH of headers; together they must not hold much memory. */
const HEADS_AT_ONCE = 50

/** Names by which folders without a special-use mark are known (RFC 6154 came late, and some servers never followed). */
const KNOWN_NAMES: Record<Exclude<FolderRole, 'inbox'>, RegExp> = {
  junk: /^(?:junk(?: ?e-?mail)?|spam|bulk(?: mail)?|unerwünscht|courrier indésirable|correo no deseado|posta indesiderata)$/i,
  sent: /^(?:sent(?: items| messages| mail)?|gesendet(?:e (?:objekte|elemente))?|envoyés|éléments envoyés|enviados|elementos enviados|posta inviata|verzonden(?: items)?)$/i,
}
const SPECIAL_USE: Record<Exclude<FolderRole, 'inbox'>, string> = { junk: '\\Junk', sent: '\\Sent' }

type Failure = Error & {
  code?: string
  authenticationFailed?: boolean
  serverResponseCode?: string
  response?: unknown
  responseText?: string
  oauthError?: { status?: string }
  tlsFailed?: boolean
  reason?: string
}

/** A log-in that was not judged: it may succeed later with the same credentials (RFC 5530). */
const LATER_CODES = new Set(['UNAVAILABLE', 'INUSE', 'LIMIT', 'SERVERBUG', 'OVERQUOTA', 'THROTTLED'])
const LATER_TEXT = /\b(?:try again|temporar|too many|unavailable|rate|throttl|simultaneous|timed? ?out|internal)/i
const TLS_CODES = /^(?:ERR_(?:TLS|SSL|OSSL)|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO|HOSTNAME_MISMATCH)/

/** What a server says is shown, cut, and never with what we sent. */
const said = (text: unknown): string => {
  const line = typeof text === 'string' ? text.replace(/\s+/g, ' ').trim() : ''
  const words = line.replace(/^\S+ (?:NO|BAD) (?:\[[^\]]*\] ?)?/, '').slice(0, 300)
  return words === '' ? '' : ` The server says: ${words}`
}

const faultOf = (error: unknown, account: MailboxAccount): MailboxFault => {
  if (error instanceof MailboxFault) return error
  const failure = error as Failure
  const place = `${account.host}:${account.port}`
  if (failure.code === 'EGRESS_REFUSED') return new MailboxFault('EGRESS', failure.message)
  if (failure.authenticationFailed) {
    const text = typeof failure.response === 'string' ? failure.response : failure.responseText
    const later = failure.serverResponseCode
      ? LATER_CODES.has(failure.serverResponseCode)
      : LATER_TEXT.test(text ?? '') || text === undefined
    return later
      ? new MailboxFault('AUTH_LATER', `The IMAP server ${place} cannot take a log-in now.${said(text)}`)
      : new MailboxFault('AUTH', `The IMAP server ${place} refused the log-in of ${account.login.user}.${said(text)}`)
  }
  if (failure.tlsFailed || TLS_CODES.test(failure.code ?? ''))
    return new MailboxFault('TLS', `No encrypted connection to ${place} (${failure.code ?? failure.message}).`)
  if (
    /^E[A-Z]+$|^(?:NoConnection|ClosedAfterConnect|CONNECT_TIMEOUT|GREETING_TIMEOUT|UPGRADE_TIMEOUT)/.test(
      failure.code ?? '',
    )
  )
    return new MailboxFault(
      'NETWORK',
      `No connection to the IMAP server ${place} (${failure.code}).${said(failure.reason)}`,
    )
  return new MailboxFault(
    'PROTOCOL',
    `The IMAP server ${place} did not do as asked.${said(failure.responseText ?? failure.message)}`,
  )
}

const folderOf = (list: ListResponse[], role: Exclude<FolderRole, 'inbox'>): string | undefined => {
  const usable = list.filter((folder) => !folder.flags.has('\\Noselect') && !folder.flags.has('\\NonExistent'))
  // What the server marks wins; imapflow's own guess by name is not asked, so that one list of names is enough.
  const marked = usable.find((folder) => folder.flags.has(SPECIAL_USE[role]))
  return (marked ?? usable.find((folder) => KNOWN_NAMES[role].test(folder.name)))?.path
}

/**
 * An IMAP session by imapflow. The name is resolved once, through the egress policy, and the address that was checked is
 * the one that is connected to; the certificate must still be the name's. Nothing is ever logged by the library: its log
 * would hold other people's mail.
 */
export const openImapSession = async (account: MailboxAccount, egress: EgressPolicy): Promise<MailboxSession> => {
  const fault = (error: unknown): MailboxFault => faultOf(error, account)
  const address = await egress.resolve(account.host, account.port).catch((error) => {
    throw fault(error)
  })
  const { login } = account
  const options: ImapFlowOptions & { doSTARTTLS?: boolean } = {
    host: address,
    port: account.port,
    servername: account.host,
    secure: account.security === 'tls',
    ...(account.security === 'starttls' ? { doSTARTTLS: true } : {}),
    auth:
      'password' in login
        ? { user: login.user, pass: login.password }
        : { user: login.user, accessToken: login.access_token },
    clientInfo: { name: 'Bavlio' },
    tls: { minVersion: 'TLSv1.2' },
    logger: false,
    emitLogs: false,
    disableAutoIdle: true,
    maxIdleTime: IDLE_MS,
    missingIdleCommand: 'STATUS',
    connectionTimeout: CONNECT_MS,
    greetingTimeout: GREETING_MS,
    socketTimeout: SILENCE_MS,
  }
  const client = new ImapFlow(options)
  let alive = true
  let changed = false
  let wake: (() => void) | null = null
  const notice = (): void => {
    changed = true
    wake?.()
  }
  // An 'error' without a listener would end the process; the call that is under way rejects with it as well.
  client.on('error', () => {
    alive = false
    wake?.()
  })
  client.on('close', () => {
    alive = false
    wake?.()
  })
  client.on('exists', notice)

  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!alive) throw new MailboxFault('NETWORK', `The connection to ${account.host}:${account.port} is closed.`)
    try {
      return await work()
    } catch (error) {
      alive = false
      client.close()
      throw fault(error)
    }
  }
  await guarded(() => client.connect())

  /** Searches that find nothing answer with an empty list; `false` is imapflow's word for a refusal. */
  const search = async (query: Parameters<ImapFlow['search']>[0]): Promise<number[]> => {
    const found = await client.search(query, { uid: true })
    if (found === false || found === undefined)
      throw new MailboxFault('PROTOCOL', `${account.host} refused to search the mailbox.`)
    return found.sort((a, b) => a - b)
  }
  let opened: string | null = null
  const select = async (path: string) => {
    // What arrives from here on is news; what came before is in the answer.
    changed = false
    const box = await client.mailboxOpen(path, { readOnly: true })
    opened = box.path
    return box
  }

  return {
    get alive() {
      return alive && client.usable
    },
    extensions: {
      idle: client.capabilities.has('IDLE'),
      condstore: client.enabled.has('CONDSTORE') || client.capabilities.has('CONDSTORE'),
    },
    folders: () =>
      guarded(async () => {
        const list = await client.list()
        const junk = folderOf(list, 'junk')
        const sent = folderOf(list, 'sent')
        return { inbox: 'INBOX', ...(junk ? { junk } : {}), ...(sent ? { sent } : {}) }
      }),
    open: (path) =>
      guarded(async () => {
        const box = await select(path)
        return {
          uid_validity: Number(box.uidValidity),
          uid_next: box.uidNext,
          highest_modseq: box.highestModseq === undefined || box.noModseq ? null : Number(box.highestModseq),
        }
      }),
    // `n:*` names the last message even where its UID is below n (RFC 3501 §6.4.8).
    uidsAfter: (uid) => guarded(async () => (await search({ uid: `${uid + 1}:*` })).filter((found) => found > uid)),
    uidsSince: (date) => guarded(() => search({ since: date })),
    heads: (uids) =>
      guarded(async () => {
        const heads = []
        for (let at = 0; at < uids.length; at += HEADS_AT_ONCE) {
          const range = uids.slice(at, at + HEADS_AT_ONCE).join(',')
          const query = { uid: true, size: true, internalDate: true, headers: true }
          for (const found of await client.fetchAll(range, query, { uid: true }))
            heads.push({
              uid: found.uid,
              size: found.size ?? 0,
              internal_date: new Date(found.internalDate ?? 0),
              headers: found.headers ?? Buffer.alloc(0),
            })
        }
        return heads.sort((a, b) => a.uid - b.uid)
      }),
    source: (uid, max_bytes) =>
      guarded(async () => {
        const found = await client.fetchOne(String(uid), { source: { start: 0, maxLength: max_bytes } }, { uid: true })
        return found ? (found.source ?? null) : null
      }),
    holds: (path, message_id) =>
      guarded(async () => {
        const known = await client.status(path, { messages: true }).catch(() => null)
        if (!known) return false
        await select(path)
        return (await search({ header: { 'message-id': message_id } })).length > 0
      }),
    append: (path, raw, date) =>
      guarded(async () => {
        // Flags are held against those of the folder that is open, and one that is open for reading takes none.
        if (opened !== null) await client.mailboxClose()
        opened = null
        const file = () => client.append(path, raw, ['\\Seen'], date)
        const filed = await file().catch(async (error: Failure) => {
          if (error.serverResponseCode !== 'TRYCREATE') throw error
          await client.mailboxCreate(path)
          return file()
        })
        if (!filed) throw new MailboxFault('PROTOCOL', `${account.host} did not file the message.`)
      }),
    wait: (ms, signal) =>
      guarded(async () => {
        if (changed || signal.aborted || opened === null) return
        await new Promise<void>((resolve, reject) => {
          const settle = (): void => {
            clearTimeout(timer)
            signal.removeEventListener('abort', settle)
            wake = null
            if (alive) resolve()
            else reject(Object.assign(new Error('closed'), { code: 'NoConnection' }))
          }
          const timer = setTimeout(settle, ms)
          signal.addEventListener('abort', settle, { once: true })
          wake = settle
          // It ends by itself when the server ends it, and by the next command otherwise.
          client.idle().then(settle, settle)
        })
      }),
    close: async () => {
      if (!alive) return client.close()
      alive = false
      const late = setTimeout(() => client.close(), 2_000)
      await client.logout().catch(() => {})
      clearTimeout(late)
      client.close()
    },
  }
}
