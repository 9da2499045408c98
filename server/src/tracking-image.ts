/** Hosts whose images in mail have no other purpose than to tell of an opening. */
const HOSTS =
  /(?:^|\.)(?:mailtrack\.io|mailfoogae\.appspot\.com|emltrk\.com|t\.yesware\.com|t\.signaux\.[a-z]{2,4}|t\.sidekickopen\d*\.com|track\.mixmax\.com|email\.mixmax\.com|tracking\.cirrusinsight\.com|getnotify\.com|bl-1\.com|r\.superhuman\.com|open\.convertkit-mail\d*\.com|pixel\.monitor1\.returnpath\.net|pixel\.app\.returnpath\.net|trk\.klaviyomail\.com|google-analytics\.com|doubleclick\.net|facebook\.com\/tr|pstmrk\.it|cl\.exct\.net|t\.contactmonkey\.com|boxbe\.com|mailstat\.us|opens\.responder\.co\.il|spymail\.co|web-tracking|trackapp\.io|trackedmail\.com|salesforceiq\.com|tinyletterapp\.com|list-manage\.com|awstrack\.me)$/i
/** Paths under which mailing services serve their pixels, on whatever host of their customers'. */
const PATHS =
  /\/(?:wf\/open|track\/open|e\/o\/|e2t\/o\/|trk\/open|tracking\/(?:open|pixel)|email\/?open|open\.(?:aspx|php|gif)|mo\/|q\/[\w~-]{20,}|i0\/|on\.jsp|o\.gif|pixel\.(?:gif|png)|px\.(?:gif|png)|beacon\.(?:gif|png)|1x1\.(?:gif|png)|spacer\.gif|blank\.gif|imp\?|api\/mailings\/opened|t\/o\/|ss\/o\/|opens?\/[\w=-]{16,})/i

const isTiny = (given: string | undefined): boolean => given !== undefined && /^\s*(?:0|1)(?:\.\d+)?(?:px)?\s*$/i.test(given)

/**
 * Whether an image only tells that it was loaded: of at most one pixel in either direction, hidden, or at an address known
 * for that. Images of the message itself never are. A list of addresses is never complete; the size catches most others.
 */
export const isTrackingImage = (attributes: Record<string, string | undefined>): boolean => {
  const { src = '', width, height, style = '' } = attributes
  if (/^\s*cid:/i.test(src)) return false
  if (isTiny(width) || isTiny(height)) return true
  if (/(?:^|;)\s*(?:max-)?(?:width|height)\s*:\s*[01](?:\.\d+)?(?:px|pt|em|%)?\s*(?:!important\s*)?(?:;|$)/i.test(style)) return true
  if (/(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?)\s*(?:!important\s*)?(?:;|$)/i.test(style))
    return true
  if (!URL.canParse(src)) return false
  const { hostname, pathname, search } = new URL(src)
  return HOSTS.test(hostname) || PATHS.test(`${pathname}${search}`)
}
