/**
 * Whether an open or a click was made by a machine: a security gateway that fetches every link of a mail before its
 * reader sees it, a client that loads images ahead, a crawler, a script. Machine events are counted apart and never
 * change what a campaign does (DOMAIN.md, section 4).
 *
 * Nobody announces a scanner reliably, so these rules only say "machine" on evidence and otherwise believe the reader:
 * a person taken for a machine is lost from the numbers for good. Of addresses only the filtering networks that vendors
 * publish count (machine-networks.ts): many scanners moved into public clouds, where people's traffic comes from too.
 */

export type Activity = {
  user_agent: string | null | undefined
  /** Since the receiving server accepted the message, in the clock of the workspace; null when it is not known. */
  seconds_since_sent: number | null
  method: string
  /** Request headers by lower-case name. */
  headers?: Record<string, string | string[] | undefined>
  /** Name of the filtering network that the request came from; null for everybody else's. */
  network?: string | null
}

export type Click = Activity & {
  /** How many different links of the same message were clicked within the two seconds up to this click, it included. */
  links_clicked_at_once?: number
}

/** `reason` is a stable word for the event's record; a scanner's is `scanner:` and its name, a filtering network's `network:` and its name. */
export type Judgement = { is_machine: boolean; reason: string | null }

const HUMAN: Judgement = { is_machine: false, reason: null }

/** No person receives, notices and opens a mail faster than this. */
const FASTEST_OPEN_SECONDS = 2
/** A click alone proves less than several: the mail may have been open on the screen as it came. */
const FASTEST_CLICK_SECONDS = 1
const FASTEST_CLICKS_SECONDS = 2
/** So many links at once are not read, whenever it happens. */
const LINKS_NOBODY_CLICKS_AT_ONCE = 4

/** Security products that put their name into the request. Order does not matter, names do not overlap. */
const SCANNERS: readonly [name: string, pattern: RegExp][] = [
  ['barracuda', /barracuda|cuda(?:svc|link)/i],
  ['mimecast', /mimecast/i],
  ['proofpoint', /proofpoint|urldefense|ppops/i],
  [
    'microsoft',
    /safe ?links|microsoft ?defender|msdefender|bingpreview|microsoft office protocol discovery|exchange ?online ?protection/i,
  ],
  ['cisco', /ironport|cisco ?secure ?email|talos/i],
  ['trendmicro', /trend ?micro|\btmes\b|tmase/i],
  ['symantec', /symantec|messagelabs|clicktime/i],
  ['sophos', /sophos/i],
  ['fortinet', /forti(?:mail|guard|gate)/i],
  ['forcepoint', /forcepoint|websense/i],
  ['trellix', /trellix|mcafee|fireeye/i],
  ['paloalto', /palo ?alto|cortex-?xpanse|wildfire/i],
  ['checkpoint', /check ?point|avanan|harmony ?email/i],
  ['zscaler', /zscaler/i],
  ['bitdefender', /bitdefender/i],
  ['kaspersky', /kaspersky/i],
  ['eset', /\beset\b/i],
  ['vade', /vade ?(?:secure|retro)?(?:bot|\/)|hornetsecurity/i],
  ['abnormal', /abnormal ?security/i],
  ['google', /google-?safety|google web preview|apis-google/i],
  ['virustotal', /virustotal|urlscan/i],
  ['netcraft', /netcraft/i],
]

/** Programs rather than browsers: libraries, command line tools, crawlers, link previews, automated browsers. */
const PROGRAMS: readonly [name: string, pattern: RegExp][] = [
  ['headless', /headless|phantomjs|puppeteer|playwright|selenium|electron-fetch/i],
  [
    'script',
    /^(?:curl|wget|httpie|lwp|python|java|go-http|okhttp|axios|node|undici|got|ruby|php|perl|guzzle|dart|ahc|apache-httpclient|libwww|restsharp|postmanruntime|insomnia|aiohttp|winhttp|powershell)\b|python-(?:requests|urllib|httpx)|libwww-perl|apache-httpclient|go-http-client|node-fetch|windowspowershell/i,
  ],
  [
    'preview',
    /facebookexternalhit|whatsapp\/|telegrambot|slackbot|slack-imgproxy|twitterbot|linkedinbot|skypeuripreview|discordbot|embedly/i,
  ],
  // `bot` at the end of a word or before a version; "Cubot" is a maker of telephones.
  ['bot', /(?<!cu)bot(?![a-z])|crawler|spider|slurp|scanner|archiver|\+https?:\/\//i],
]

/** Image proxies of mailboxes. They hide who opens, and load when the reader does. */
const READER_PROXIES = /googleimageproxy|ggpht\.com|yahoomailproxy/i

/**
 * Judges one load of the open pixel. Apple's privacy protection loads images hours ahead with a bare `Mozilla/5.0`, and
 * that is all that tells it; Google's and Yahoo's proxies fetch for a reader, except within two seconds of delivery.
 */
export function judgeOpen(activity: Activity): Judgement {
  const request = judgeRequest(activity)
  if (request) return request
  const { seconds_since_sent: seconds } = activity
  if (seconds !== null && seconds <= FASTEST_OPEN_SECONDS) return machine('too_fast')
  return judgeAgent(activity.user_agent, true) ?? HUMAN
}

/** Judges one call of a tracked link. */
export function judgeClick(activity: Click): Judgement {
  const request = judgeRequest(activity)
  if (request) return request
  const agent = judgeAgent(activity.user_agent, false)
  if (agent) return agent
  const { seconds_since_sent: seconds, links_clicked_at_once: links = 1 } = activity
  if (links >= LINKS_NOBODY_CLICKS_AT_ONCE) return machine('many_links_at_once')
  if (seconds === null) return HUMAN
  if (links > 1 && seconds <= FASTEST_CLICKS_SECONDS) return machine('many_links_at_once')
  return seconds <= FASTEST_CLICK_SECONDS ? machine('too_fast') : HUMAN
}

function machine(reason: string): Judgement {
  return { is_machine: true, reason }
}

/** What the request itself admits: it asked for no content, or said that it only prepares for a later visit. */
function judgeRequest(activity: Activity): Judgement | null {
  const method = activity.method.toUpperCase()
  if (method === 'HEAD') return machine('head_request')
  if (method !== 'GET') return machine('not_a_visit')
  if (activity.network) return machine(`network:${activity.network}`)
  const { headers } = activity
  if (!headers) return null
  // `Sec-Purpose` is the standard (Fetch, section 3.7); the others are what Chrome, Safari and Firefox sent before.
  for (const name of ['sec-purpose', 'purpose', 'x-purpose', 'x-moz']) {
    if (/prefetch|prerender|preview/i.test(headerText(headers[name]))) return machine('prefetch')
  }
  // Not the referrer and not the proxies in `Via`: readers behind a gateway carry its name there too.
  const scanner = scannerIn(headerText(headers.from))
  if (scanner) return machine(`scanner:${scanner}`)
  return null
}

function headerText(value: string | string[] | undefined): string {
  return Array.isArray(value) ? value.join(', ') : (value ?? '')
}

function judgeAgent(userAgent: string | null | undefined, isOpen: boolean): Judgement | null {
  // Longer ones are nobody's browser, and the patterns below need not read them to the end.
  const agent = (userAgent ?? '').trim().slice(0, 1000)
  if (agent === '') return machine('empty_user_agent')
  if (isOpen && READER_PROXIES.test(agent)) return null
  const scanner = scannerIn(agent)
  if (scanner) return machine(`scanner:${scanner}`)
  for (const [name, pattern] of PROGRAMS) if (pattern.test(agent)) return machine(name)
  if (/^mozilla\/\d(?:\.\d+)?$/i.test(agent)) return machine('bare_user_agent')
  return null
}

function scannerIn(text: string): string | null {
  if (text === '') return null
  for (const [name, pattern] of SCANNERS) if (pattern.test(text)) return name
  return null
}
