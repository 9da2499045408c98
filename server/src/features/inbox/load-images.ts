import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import { problem } from '../../http/errors.ts'
import type { OutboundHttp } from '../../ports/outbound-http.ts'
import { displayHtml, stripTracking } from '../../safe-html.ts'
import { ownImages } from '../conversations/shown-body.ts'
import { findReceivedHtml } from './queries.ts'
import { countRemoteImages } from './read-messages.ts'

const MOST_IMAGES = 40
const MOST_BYTES_EACH = 3 * 1024 * 1024
/** Of all images of a message together, which are answered in one piece. */
const MOST_BYTES = 10 * 1024 * 1024
const AT_ONCE = 4
const EACH_MS = 10_000
const ALL_MS = 20_000
const REDIRECTS = 3

/** Formats that hold nothing but points of colour. SVG may carry scripts and load further files. */
const RASTER = /^image\/(?:png|jpe?g|gif|webp|avif|bmp)$/

/** Nothing of the reader goes along: no cookie, no referrer, no browser's name. Null where it is no image that may be shown. */
const fetchImage = async (http: OutboundHttp, address: string, signal: AbortSignal): Promise<string | null> => {
  try {
    const { username, password } = new URL(address)
    if (username || password) return null
    const answer = await http.request(address, {
      headers: { accept: 'image/avif,image/webp,image/png,image/jpeg,image/gif,image/bmp' },
      timeout_ms: EACH_MS,
      max_response_bytes: MOST_BYTES_EACH,
      max_redirects: REDIRECTS,
      signal,
    })
    const type = (answer.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
    if (answer.status !== 200 || answer.truncated || !answer.body.length || !RASTER.test(type)) return null
    return `data:${type};base64,${answer.body.toString('base64')}`
  } catch {
    // Whatever a stranger's server does, the message is shown without that image.
    return null
  }
}

const fetchImages = async (http: OutboundHttp, addresses: readonly string[]): Promise<Map<string, string>> => {
  const fetched = new Map<string, string>()
  const waiting = addresses.slice(0, MOST_IMAGES)
  const signal = AbortSignal.timeout(ALL_MS)
  let held = 0
  const work = async (): Promise<void> => {
    for (let address = waiting.shift(); address !== undefined && !signal.aborted; address = waiting.shift()) {
      const image = held < MOST_BYTES ? await fetchImage(http, address, signal) : null
      if (image === null || held + image.length > MOST_BYTES) continue
      held += image.length
      fetched.set(address, image)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return fetched
}

/**
 * The HTML of a received message with its images from elsewhere inside it. Only addresses that stand in the stored message are
 * asked, each through the egress policy for strangers' addresses; images that do nothing but tell of the reading are not. Throws NOT_FOUND, and
 * LIVE_WORKSPACE_ONLY where a sandbox would have to reach a real server. Must not run in a transaction.
 */
export const loadImages = async (deps: Pick<Deps, 'db' | 'guest_http'>, workspace: Workspace, emailId: string) => {
  const message = await findReceivedHtml(deps.db, workspace.workspace_id, emailId)
  if (!message) throw problem('NOT_FOUND', 'There is no such received message.')
  const html = message.body_html
  const show = (remote_images: (address: string) => string | null): string | null =>
    html === null
      ? null
      : displayHtml(html, {
          strip_tracking: true,
          remote_images,
          inline_image: ownImages(emailId, message.attachments),
        })
  const addresses = new Set<string>()
  const bare = show((address) => {
    addresses.add(address)
    return null
  })
  if (addresses.size && workspace.mode === 'sandbox')
    throw problem('LIVE_WORKSPACE_ONLY', 'A sandbox reaches no real server, so it loads no images from elsewhere.')
  const images = await fetchImages(deps.guest_http, [...addresses])
  return {
    email_id: emailId,
    body_html: images.size ? show((address) => images.get(address) ?? null) : bare,
    loaded: images.size,
    not_loaded: addresses.size - images.size,
    trackers: html === null ? 0 : countRemoteImages(html) - countRemoteImages(stripTracking(html)),
  }
}
