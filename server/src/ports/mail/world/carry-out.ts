import { Agent, request } from 'node:http'
import type { Config } from '../../../config.ts'
import type { Logger } from '../../../log.ts'
import type { Secrets } from '../../../secrets.ts'
import { worldGreeting } from '../../../world-greeting.ts'
import type { MailConnection } from '../port.ts'
import { openSmtpConnection } from '../smtp-client.ts'
import { pick, type ReactionKind } from './people.ts'
import type { Letter } from './read-letter.ts'
import {
  type Answer,
  type Answered,
  writeAbsence,
  writeBounce,
  writeComplaint,
  writeReply,
  writeUnsubscribe,
} from './write-answers.ts'

export type ReactionPayload = { person: string; urls: string[] } | { person: string; mail_from: string; letter: Letter }

export type ReactionRow = {
  id: string
  workspace_id: string
  due_at: Date
  kind: ReactionKind
  payload: ReactionPayload
}

export type Carrier = { carryOut: (rows: ReactionRow[]) => Promise<number>; close: () => void }

type CarrierOptions = {
  log: Logger
  secrets: Pick<Secrets, 'key'>
  config: Pick<Config, 'inbound_smtp'>
  address: { local_url: string; inbound_smtp_port: number | null }
}

/** Where our inbound listener is: in this process, or, where another one holds it, on the port of the settings. */
export const listenerPort = ({ address, config }: Pick<CarrierOptions, 'address' | 'config'>): number | null =>
  address.inbound_smtp_port ?? (config.inbound_smtp.port || null)

const HTTP_AT_ONCE = 32
const SMTP_AT_ONCE = 6
const TIMEOUT_MS = 20_000
/** Sessions to the listener are kept between two stops of an advancing clock and then let go. */
const IDLE_MS = 1_500

const BROWSERS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0',
] as const

const SCANNERS = [
  'Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b',
  'Mozilla/5.0 (compatible; Barracuda Sentinel (EE))',
  'Mozilla/5.0 (compatible; proofpoint-urldefense)',
  'Mozilla/5.0',
] as const

/** Runs `work` over all items, at most `atOnce` at a time, in order. */
const inLanes = async <T>(items: T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> => {
  const waiting = items.values()
  const lane = async (): Promise<void> => {
    for (const item of waiting) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane))
}

/** Where a link of our mail leads inside this machine. Other addresses are never visited: the world has no way out. */
export const localAddress = (url: string, localUrl: string): string | null => {
  const path = /\/(?:t\/[oc]|u)\/[^/?#]+$/.exec(URL.canParse(url) ? new URL(url).pathname : '')?.[0]
  return path ? localUrl + path : null
}

const answerFor = (kind: ReactionKind, answered: Answered): Answer | null => {
  switch (kind) {
    case 'reply':
      return writeReply(answered)
    case 'auto_reply':
      return writeAbsence(answered)
    case 'bounce_dsn':
      return writeBounce(answered, 'hard')
    case 'soft_bounce_dsn':
      return writeBounce(answered, 'soft')
    case 'complaint_arf':
      return writeComplaint(answered)
    case 'unsubscribe_mail':
      return writeUnsubscribe(answered)
    default:
      return null
  }
}

/** Does what people decided to do: visits links over HTTP and writes mail to our own inbound listener, for real. */
export const createCarrier = (options: CarrierOptions): Carrier => {
  const { log, address } = options
  const agent = new Agent({ keepAlive: true, maxSockets: HTTP_AT_ONCE })
  const idle = new Map<string, MailConnection[]>()
  let letGo: NodeJS.Timeout | null = null

  const visit = (url: string, userAgent: string, method: 'GET' | 'POST'): Promise<boolean> =>
    new Promise((resolve) => {
      const target = localAddress(url, address.local_url)
      if (!target) return resolve(false)
      const body = method === 'POST' ? 'List-Unsubscribe=One-Click' : undefined
      const headers = {
        'user-agent': userAgent,
        ...(body
          ? { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) }
          : {}),
      }
      const call = request(target, { agent, method, headers, timeout: TIMEOUT_MS }, (response) => {
        response.resume()
        response.on('end', () => resolve((response.statusCode ?? 500) < 400))
        response.on('error', () => resolve(false))
      })
      call.on('timeout', () => call.destroy(new Error('timeout')))
      call.on('error', (error) => {
        log.warn({ message: error.message }, 'a visit of the local mail world failed')
        resolve(false)
      })
      call.end(body)
    })

  const visitAll = async ({ kind, payload }: ReactionRow): Promise<boolean> => {
    if (!('urls' in payload)) return false
    const { person, urls } = payload
    const agentOf = kind === 'scan' ? pick(SCANNERS, person, 'scanner') : pick(BROWSERS, person, 'browser')
    let done = false
    for (const url of urls) done = (await visit(url, agentOf, kind === 'unsubscribe_link' ? 'POST' : 'GET')) || done
    return done
  }

  const releaseLater = (): void => {
    if (letGo) clearTimeout(letGo)
    letGo = setTimeout(() => {
      for (const sessions of idle.values()) for (const session of sessions) session.close()
      idle.clear()
    }, IDLE_MS)
    letGo.unref()
  }

  const borrow = async (workspaceId: string): Promise<MailConnection> => {
    const sessions = idle.get(workspaceId) ?? []
    for (let session = sessions.pop(); session; session = sessions.pop()) if (session.alive) return session
    const port = listenerPort(options)
    if (port === null) throw new Error('there is no inbound listener')
    return openSmtpConnection({
      host: '127.0.0.1',
      port,
      name: worldGreeting(options.secrets.key('mail-tokens'), workspaceId),
      secure: 'none',
    })
  }

  const giveBack = (workspaceId: string, session: MailConnection): void => {
    if (!session.alive) return
    const sessions = idle.get(workspaceId)
    if (sessions) sessions.push(session)
    else idle.set(workspaceId, [session])
  }

  const post = async (row: ReactionRow): Promise<boolean> => {
    const { payload } = row
    if (!('letter' in payload)) return false
    const answer = answerFor(row.kind, {
      letter: payload.letter,
      mail_from: payload.mail_from,
      person: payload.person,
      at: row.due_at,
    })
    if (!answer) return false
    // One more try on a fresh session: the listener may have closed the one that was kept.
    for (let attempt = 1; attempt <= 2; attempt++) {
      try {
        const session = await borrow(row.workspace_id)
        const said = await session.send(answer)
        giveBack(row.workspace_id, session)
        if (said.reply_code) {
          if (said.reply_code >= 400)
            log.warn(
              { kind: row.kind, code: said.reply_code, text: said.text },
              'the listener did not take a letter of the local mail world',
            )
          return said.reply_code < 400
        }
        // Once the text was sent nobody knows whether it was taken, and nobody answers twice.
        if (said.phase === 'final') return false
      } catch (error) {
        log.warn({ message: (error as Error).message }, 'the local mail world cannot reach the inbound listener')
      }
    }
    return false
  }

  return {
    carryOut: async (rows) => {
      let acted = 0
      const visits = rows.filter(({ payload }) => 'urls' in payload)
      const letters = rows.filter(({ payload }) => 'letter' in payload)
      // A click comes after the open of the same mail, also when both are due at the same stop of the clock.
      const first = visits.filter(({ kind }) => kind === 'scan' || kind === 'open')
      const then = visits.filter(({ kind }) => kind === 'click' || kind === 'unsubscribe_link')
      for (const part of [first, then])
        await inLanes(part, HTTP_AT_ONCE, async (row) => {
          if (await visitAll(row)) acted++
        })
      await inLanes(letters, SMTP_AT_ONCE, async (row) => {
        if (await post(row)) acted++
      })
      releaseLater()
      return acted
    },
    close: () => {
      if (letGo) clearTimeout(letGo)
      for (const sessions of idle.values()) for (const session of sessions) session.close()
      idle.clear()
      agent.destroy()
    },
  }
}
