import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Activity, type Click, judgeClick, judgeOpen } from './machine-activity.ts'

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36'
const GOOGLE = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)'
const seen = (rest: Partial<Activity>): Activity => ({
  user_agent: CHROME,
  seconds_since_sent: 600,
  method: 'GET',
  ...rest,
})
const open = (rest: Partial<Activity>) => judgeOpen(seen(rest)).reason
const click = (rest: Partial<Click>) => judgeClick({ ...seen({}), ...rest }).reason

test('people with browsers and mail clients are people', () => {
  const agents = [
    CHROME,
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
    'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.0',
    'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0.17)',
    'Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Edg/143.0 OutlookMobile',
  ]
  for (const user_agent of agents) {
    assert.deepEqual(judgeOpen(seen({ user_agent })), { is_machine: false, reason: null }, user_agent)
    assert.deepEqual(judgeClick(seen({ user_agent })), { is_machine: false, reason: null }, user_agent)
  }
})

test('whoever comes from a filtering network is a machine, whatever it calls itself', () => {
  assert.equal(open({ network: 'mimecast' }), 'network:mimecast')
  assert.equal(click({ network: 'listed' }), 'network:listed')
  assert.equal(click({ network: null }), null)
})

test('scanners, programs and nameless agents are machines, with the reason', () => {
  const cases: [agent: string | null, reason: string][] = [
    [null, 'empty_user_agent'],
    ['  ', 'empty_user_agent'],
    ['Mozilla/5.0', 'bare_user_agent'],
    ['Barracuda Sentinel (EE)', 'scanner:barracuda'],
    ['Mozilla/5.0 Mimecast-URL-Protect', 'scanner:mimecast'],
    ['proofpoint-urldefense/1.0', 'scanner:proofpoint'],
    ['Mozilla/5.0 (compatible; Microsoft Defender SafeLinks)', 'scanner:microsoft'],
    [`${CHROME} BingPreview/1.0b`, 'scanner:microsoft'],
    ['Cisco IronPort', 'scanner:cisco'],
    ['FortiGuard/1', 'scanner:fortinet'],
    ['Mozilla/5.0 (X11) AppleWebKit/537.36 HeadlessChrome/120.0', 'headless'],
    ['curl/8.5.0', 'script'],
    ['Wget/1.21', 'script'],
    ['python-requests/2.31', 'script'],
    ['Python/3.12 aiohttp/3.9', 'script'],
    ['Go-http-client/2.0', 'script'],
    ['node', 'script'],
    ['AHC/2.1', 'script'],
    ['facebookexternalhit/1.1', 'preview'],
    ['Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)', 'preview'],
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'bot'],
    ['SomeCrawler 1', 'bot'],
  ]
  for (const [user_agent, reason] of cases) {
    assert.equal(open({ user_agent }), reason, String(user_agent))
    assert.equal(click({ user_agent }), reason, String(user_agent))
  }
})

test('an image proxy of a mailbox stands for its reader, except right after delivery', () => {
  for (const user_agent of [GOOGLE, 'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html']) {
    assert.equal(open({ user_agent, seconds_since_sent: 30 }), null)
    assert.equal(open({ user_agent, seconds_since_sent: null }), null)
    assert.equal(open({ user_agent, seconds_since_sent: 1.5 }), 'too_fast')
  }
})

test('requests that ask for nothing or prepare for later are machines, whoever makes them', () => {
  const cases: [rest: Partial<Activity>, reason: string][] = [
    [{ method: 'HEAD' }, 'head_request'],
    [{ method: 'head' }, 'head_request'],
    [{ method: 'OPTIONS' }, 'not_a_visit'],
    [{ headers: { purpose: 'prefetch' } }, 'prefetch'],
    [{ headers: { 'sec-purpose': 'prefetch;prerender' } }, 'prefetch'],
    [{ headers: { 'x-moz': 'prefetch' } }, 'prefetch'],
    [{ headers: { 'x-purpose': ['preview', 'x'] } }, 'prefetch'],
    [{ headers: { from: 'scanner@mimecast.example' } }, 'scanner:mimecast'],
  ]
  for (const [rest, reason] of cases) {
    assert.equal(open(rest), reason)
    assert.equal(click(rest), reason)
  }
})

test('a reader behind a gateway stays a reader', () => {
  const headers = {
    referer: 'https://eur01.safelinks.protection.outlook.com/',
    via: '1.1 zscaler',
    accept: 'text/html',
  }
  assert.equal(click({ headers }), null)
  assert.equal(open({ headers }), null)
})

test('what no person can do in the time is a machine, and a minute later it is a person', () => {
  const cases: [seconds: number | null, links: number | undefined, reason: string | null][] = [
    [0, undefined, 'too_fast'],
    [1, 1, 'too_fast'],
    [1.5, 1, null],
    [1.5, 2, 'many_links_at_once'],
    [2, 3, 'many_links_at_once'],
    [60, 3, null],
    [60, 4, 'many_links_at_once'],
    [null, 1, null],
    [null, 5, 'many_links_at_once'],
  ]
  for (const [seconds_since_sent, links_clicked_at_once, reason] of cases) {
    assert.equal(
      click({ seconds_since_sent, links_clicked_at_once }),
      reason,
      `${seconds_since_sent} s, ${links_clicked_at_once}`,
    )
  }
  assert.equal(open({ seconds_since_sent: 2 }), 'too_fast')
  assert.equal(open({ seconds_since_sent: 2.1 }), null)
})

test('an endless user agent is judged at once', () => {
  const start = performance.now()
  for (const part of ['a ', 'bo', 'vade ', 'mozilla/5']) open({ user_agent: part.repeat(500_000) })
  assert.ok(performance.now() - start < 200)
})
