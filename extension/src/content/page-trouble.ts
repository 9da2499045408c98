import { shownText } from './page-text.ts'

const CHALLENGE_FRAMES =
  'iframe[src*="recaptcha/api2/bframe"], iframe[src*="hcaptcha.com"][src*="challenge"], iframe[src*="challenges.cloudflare.com"], #challenge-form, #cf-challenge-running, [data-callback*="captcha" i] iframe, form[action*="captcha" i], img[src*="captcha" i], input[name*="captcha" i]'
const CHALLENGE_TITLE =
  /just a moment|attention required|are you (?:a )?(?:human|robot)|security check|access denied|verify (?:you|that you)|unusual traffic/i
const CHALLENGE_TEXT =
  /unusual traffic|verify (?:that )?you are (?:a )?human|are you a robot|complete the security check|too many requests|rate limit exceeded/i
/** Longer pages are pages: an article may well speak of robots. */
const SHORT_PAGE = 3_000

/**
 * Why a page should be left alone, in words for the person, or null. A page that answered with an error, or that asks whether it
 * talks to a human, is where reading stops; nothing tries to get past it.
 */
export const pageTrouble = (page: Document): string | null => {
  const [entry] = page.defaultView?.performance.getEntriesByType('navigation') ?? []
  const status = (entry as PerformanceNavigationTiming | undefined)?.responseStatus ?? 0
  if (status === 429) return 'The site says that it was asked too often (429). Leave it alone for a while.'
  if (status >= 400) return `The site answered with an error (${status}).`
  const text = page.body ? shownText(page.body) : ''
  const isChallenge =
    [...page.querySelectorAll(CHALLENGE_FRAMES)].some((element) => element.checkVisibility()) ||
    CHALLENGE_TITLE.test(page.title) ||
    (text.length < SHORT_PAGE && CHALLENGE_TEXT.test(text))
  return isChallenge
    ? 'The site asks whether you are human. Answer it on the page yourself, then open this again.'
    : null
}
