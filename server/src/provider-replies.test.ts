import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bounceReasons } from './bounce-reason.ts'
import { judgeDelivery } from './delivery-verdict.ts'
import { explainReply, knownReplies, retryHint } from './provider-replies.ts'

/** `code enhanced text`, with `-` for no enhanced code; who speaks; why; what follows. */
const samples: [reply: string, provider: string, reason: string, action: string][] = [
  [
    '550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient’s email address for typos. gsmtp',
    'google',
    'user_unknown',
    'suppress',
  ],
  [
    '550 5.2.1 The email account that you tried to reach is inactive. For more information, go to https://support.google.com/mail/?p=DisabledUser - gsmtp',
    'google',
    'suspended',
    'none',
  ],
  [
    '450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered. - gsmtp',
    'google',
    'rate_limited',
    'none',
  ],
  [
    '452 4.2.2 The recipient’s inbox is out of storage space. Please direct the recipient to https://support.google.com/mail/?p=OverQuotaTemp - gsmtp',
    'google',
    'mailbox_full',
    'none',
  ],
  [
    '550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to https://support.google.com/a/answer/166852 - gsmtp',
    'google',
    'rate_limited',
    'slow_down',
  ],
  [
    '550 5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM. - gsmtp',
    'google',
    'authentication_failure',
    'fix_dns',
  ],
  [
    '550 5.7.26 Unauthenticated email from acme.example is not accepted due to domain’s DMARC policy. - gsmtp',
    'google',
    'authentication_failure',
    'fix_dns',
  ],
  [
    '421 4.7.27 Your email has been rate limited because SPF authentication didn’t pass for this message. - gsmtp',
    'google',
    'authentication_failure',
    'fix_dns',
  ],
  [
    '550 5.7.30 This mail has been blocked because DKIM does not pass. - gsmtp',
    'google',
    'authentication_failure',
    'fix_dns',
  ],
  [
    '421 4.7.32 Your email has been rate limited because the From: header isn’t aligned with either SPF or DKIM. - gsmtp',
    'google',
    'authentication_failure',
    'fix_dns',
  ],
  [
    '550 5.7.25 The IP address sending this message does not have a PTR record setup. - gsmtp',
    'google',
    'requires_ptr',
    'fix_dns',
  ],
  [
    '421 4.7.29 Your email has been rate limited because this message wasn’t sent over a TLS connection. - gsmtp',
    'google',
    'failed_starttls',
    'none',
  ],
  [
    '421 4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your SPF domain. - gsmtp',
    'google',
    'rate_limited',
    'slow_down',
  ],
  [
    '550 5.7.1 Gmail has detected that this message is suspicious due to the very low reputation of the sending domain. - gsmtp',
    'google',
    'bad_reputation',
    'pause_domain',
  ],
  [
    '421 4.7.0 Our system has detected that this message is suspicious due to the very low reputation of the sending IP address. - gsmtp',
    'google',
    'bad_reputation',
    'pause_domain',
  ],
  [
    '550 5.7.1 Our system has detected that this message is likely unsolicited mail. To reduce the amount of spam sent to Gmail, this message has been blocked. - gsmtp',
    'google',
    'spam_detected',
    'pause_domain',
  ],
  [
    '550 5.7.1 The IP you’re using to send mail is not authorized to send email directly to our servers. - gsmtp',
    'google',
    'blocked',
    'none',
  ],
  [
    '552 5.7.0 This message was blocked because its content presents a potential security issue. - gsmtp',
    'google',
    'virus_detected',
    'none',
  ],
  ['552 5.3.4 Your message exceeded Google’s message size limits. - gsmtp', 'google', 'message_too_big', 'none'],
  [
    '550 5.7.1 Messages missing a valid address in From: header, or having no From: header, are not accepted. - gsmtp',
    'google',
    'not_compliant_rfc',
    'none',
  ],
  ['421 4.7.0 Try again later, closing connection. (EHLO) - gsmtp', 'google', 'rate_limited', 'slow_down'],
  [
    '550 5.7.1 The group you tried to contact may not exist, or you may not have permission to post messages to it. - gsmtp',
    'google',
    'filtered',
    'none',
  ],

  [
    '550 5.7.515 Access denied, sending domain ACME.EXAMPLE does not meet the required authentication level.',
    'microsoft',
    'authentication_failure',
    'fix_dns',
  ],
  [
    '550 5.7.509 Access denied, sending domain acme.example does not pass DMARC verification and has a DMARC policy of reject.',
    'microsoft',
    'authentication_failure',
    'fix_dns',
  ],
  [
    '550 5.7.23 The message was rejected because of Sender Policy Framework violation',
    'microsoft',
    'authentication_failure',
    'fix_dns',
  ],
  [
    '550 5.7.1 Unfortunately, messages from [192.0.2.1] weren’t sent. Please contact your Internet service provider since part of their network is on our block list (S3140).',
    'microsoft',
    'blocked',
    'pause_domain',
  ],
  [
    '451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation. (S775)',
    'microsoft',
    'rate_limited',
    'slow_down',
  ],
  [
    '451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (AS77712)',
    'microsoft',
    'rate_limited',
    'slow_down',
  ],
  [
    '421 - RP-001 The mail server IP connecting to Outlook.com server has exceeded the rate limit allowed.',
    'microsoft',
    'rate_limited',
    'slow_down',
  ],
  [
    '550 5.7.606 Access denied, banned sending IP [192.0.2.1]. To request removal from this list please visit https://sender.office.com/',
    'microsoft',
    'blocked',
    'pause_domain',
  ],
  ['550 - SC-001 (BAY004) Mail rejected by Outlook.com for policy reasons.', 'microsoft', 'blocked', 'pause_domain'],
  [
    '550 5.4.1 Recipient address rejected: Access denied. [AS(201806281) EX.eop-EUR.prod.protection.outlook.com]',
    'microsoft',
    'user_unknown',
    'suppress',
  ],
  [
    '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
    'microsoft',
    'user_unknown',
    'suppress',
  ],
  [
    '550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302). [EX.eop.outlook.com]',
    'microsoft',
    'user_unknown',
    'suppress',
  ],
  [
    '550 5.2.122 The recipient has exceeded their limit for the number of messages they can receive per hour.',
    'microsoft',
    'rate_limited',
    'none',
  ],
  [
    '550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required for delivery',
    'microsoft',
    'filtered',
    'none',
  ],
  [
    '550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy',
    'microsoft',
    'policy_violation',
    'none',
  ],
  ['550 5.7.705 Access denied, tenant has exceeded threshold', 'microsoft', 'blocked', 'pause_domain'],
  ['550 5.1.8 Access denied, bad outbound sender AS(42004)', 'microsoft', 'blocked', 'pause_domain'],
  ['550 5.7.64 TenantAttribution; Relay Access Denied', 'microsoft', 'no_relaying', 'none'],
  [
    '554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded',
    'microsoft',
    'mailbox_full',
    'none',
  ],
  [
    '550 5.7.512 Access denied, message must be RFC 5322 section 3.6.2 compliant and include a valid From address',
    'microsoft',
    'not_compliant_rfc',
    'none',
  ],
  ['451 4.3.2 Temporary server error. Please try again later. PRX2', 'microsoft', 'system_error', 'none'],
  ['550 5.4.14 Hop count exceeded - possible mail loop ATTR34', 'microsoft', 'system_error', 'none'],

  [
    '421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes',
    'yahoo',
    'rate_limited',
    'slow_down',
  ],
  [
    '421 4.7.1 [TS03] All messages from 192.0.2.1 will be permanently deferred; Retrying will NOT succeed.',
    'yahoo',
    'blocked',
    'pause_domain',
  ],
  [
    '553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus’s list',
    'yahoo',
    'blocked',
    'pause_domain',
  ],
  [
    '554 - delivery error: dd This user doesn’t have a yahoo.com account (ann@yahoo.com) [0] - mta1007.mail.bf1.yahoo.com',
    'yahoo',
    'user_unknown',
    'suppress',
  ],
  ['554 - This mailbox is disabled (554.30)', 'yahoo', 'suspended', 'none'],
  [
    '554 5.7.9 Message not accepted for policy reasons. See https://senders.yahooinc.com/error-codes',
    'yahoo',
    'authentication_failure',
    'fix_dns',
  ],
  ['451 - Message temporarily deferred - [GL01]', 'yahoo', 'rate_limited', 'none'],
  ['552 5.2.2 user over quota, yahoo.com', 'yahoo', 'mailbox_full', 'none'],
  ['554 - (RTR:BL) https://postmaster.info.aol.com/errors/554rtrbl.html', 'aol', 'blocked', 'slow_down'],

  [
    '554 5.7.1 [CS01] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137',
    'apple',
    'policy_violation',
    'pause_domain',
  ],
  [
    '554 5.7.1 Your message was rejected due to acme.example’s DMARC policy. See https://support.apple.com/mail',
    'apple',
    'authentication_failure',
    'fix_dns',
  ],
  ['550 5.1.6 unknown or illegal alias: ann@icloud.com', 'apple', 'user_unknown', 'suppress'],

  [
    '554 - gmx.net (mxgmx016) Nemesis ESMTP Service not available. No SMTP service. Bad DNS PTR resource record. For explanation visit https://postmaster.gmx.net/en/error-messages',
    'gmx',
    'requires_ptr',
    'fix_dns',
  ],
  [
    '554 - web.de (mxweb111) Nemesis ESMTP Service not available. No SMTP service. IP address is black listed.',
    'gmx',
    'blocked',
    'pause_domain',
  ],
  [
    '554 - Transaction failed. Reject due to policy restrictions. For explanation visit https://postmaster.gmx.net/en/error-messages?ip=192.0.2.1',
    'gmx',
    'policy_violation',
    'pause_domain',
  ],
  [
    '421 - gmx.net (mxgmx103) Nemesis ESMTP Service not available. Service not available, try again later',
    'gmx',
    'rate_limited',
    'slow_down',
  ],
  [
    '554 - IP=192.0.2.1 - A problem occurred. (Ask your postmaster for help or to contact tosa@rx.t-online.de to clarify.)',
    't-online',
    'blocked',
    'pause_domain',
  ],

  [
    '550 - spam message rejected. Please visit http://help.mail.ru/notspam-support/id?c=abc or report details to abuse@corp.mail.ru',
    'mail.ru',
    'spam_detected',
    'pause_domain',
  ],
  [
    '451 - Ratelimit exceeded, see https://help.mail.ru/developers/mailing_rules',
    'mail.ru',
    'rate_limited',
    'slow_down',
  ],
  [
    '550 - Message was not accepted -- invalid mailbox. Local mailbox ann@mail.ru is unavailable: user not found',
    'mail.ru',
    'user_unknown',
    'suppress',
  ],
  [
    '554 5.7.1 [2] Message rejected under suspicion of SPAM; https://ya.cc/1IrBc 1590',
    'yandex',
    'spam_detected',
    'pause_domain',
  ],
  ['550 5.7.1 Policy rejection on the target address', 'yandex', 'policy_violation', 'none'],
  [
    '451 4.7.1 Sorry, the service is currently unavailable. Please come back later.',
    'yandex',
    'rate_limited',
    'slow_down',
  ],

  [
    '550 - Mailbox not found. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000728',
    'qq',
    'user_unknown',
    'suppress',
  ],
  [
    '550 - Domain frequency limited. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000725',
    'qq',
    'rate_limited',
    'slow_down',
  ],
  [
    '550 - Mail content denied. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000726',
    'qq',
    'spam_detected',
    'pause_domain',
  ],
  ['554 - DT:SPM 163 mx10,QMCowECpA0qTiftV', 'netease', 'policy_violation', 'slow_down'],
  [
    '554 - IP is rejected, please see http://mail.163.com/help/help_spam_16.htm?ip=192.0.2.1',
    'netease',
    'policy_violation',
    'slow_down',
  ],

  [
    '550 5.7.0 Blocked - see https://support.proofpoint.com/dnsbl-lookup.cgi?ip=192.0.2.1',
    'proofpoint',
    'blocked',
    'pause_domain',
  ],
  [
    '550 - Rejected by header based Anti-Spoofing policy: ann@acme.example - https://community.mimecast.com/docs/DOC-1369#550',
    'mimecast',
    'authentication_failure',
    'none',
  ],
  [
    '550 - Administrative prohibition - envelope blocked - https://community.mimecast.com/docs/DOC-1369#550 [x]',
    'mimecast',
    'filtered',
    'none',
  ],
  [
    '550 - csi.mimecast.org Poor Reputation Sender. - https://community.mimecast.com/docs/DOC-1369#550',
    'mimecast',
    'bad_reputation',
    'pause_domain',
  ],
  [
    '451 - Internal resources are temporarily unavailable - https://community.mimecast.com/docs/DOC-1369#451',
    'mimecast',
    'rate_limited',
    'slow_down',
  ],
  [
    '550 - Invalid Recipient - https://community.mimecast.com/docs/DOC-1369#550 [abc]',
    'mimecast',
    'user_unknown',
    'suppress',
  ],
  [
    '554 - Service unavailable; Client host [mail.acme.example] blocked using Barracuda Reputation; http://www.barracudanetworks.com/reputation/?r=1&ip=192.0.2.1',
    'barracuda',
    'blocked',
    'pause_domain',
  ],
  ['550 - permanent failure for one or more recipients (ann@there.example:blocked)', 'barracuda', 'filtered', 'none'],
  [
    '554 - Your access to this mail system has been rejected due to the sending MTA’s poor reputation. If you believe that this is in error, please contact the intended recipient.',
    'cisco',
    'bad_reputation',
    'pause_domain',
  ],
  [
    '550 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using Trend Micro RBL+. Please see http://www.mail-abuse.com/cgi-bin/lookup?ip_address=192.0.2.1',
    'trend_micro',
    'bad_reputation',
    'pause_domain',
  ],
  [
    '553 - Message filtered. Refer to the Troubleshooting page at http://www.symanteccloud.com/troubleshooting for more information. (#5.7.1)',
    'symantec',
    'filtered',
    'none',
  ],
  ['550 - rejected: Sophos reputation block', 'sophos', 'filtered', 'none'],
  ['550 5.7.1 This email has been blocked by FortiGuard - AntiSpam', 'fortinet', 'spam_detected', 'none'],
  [
    '550 5.7.1 Client host blocked; CSI, see https://csi.cloudmark.com/en/reset/?ip=192.0.2.1',
    'cloudmark',
    'blocked',
    'pause_domain',
  ],
  ['550 - High probability of spam (SpamExperts)', 'spamexperts', 'spam_detected', 'none'],
  ['554 5.7.1 rejected by Hornetsecurity Spam and Malware Protection', 'hornetsecurity', 'filtered', 'none'],

  [
    '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; Error: open resolver; https://check.spamhaus.org/returnc/pub/192.0.2.53/',
    'spamhaus',
    'system_error',
    'none',
  ],
  ['550 5.7.1 Client host [192.0.2.1] blocked using pbl.spamhaus.org', 'spamhaus', 'blocked', 'pause_domain'],
  ['554 5.7.1 Sender address rejected: blocked using dbl.spamhaus.org', 'spamhaus', 'blocked', 'pause_domain'],
  [
    '554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1',
    'spamhaus',
    'blocked',
    'pause_domain',
  ],
  ['550 - Blocked - see https://www.spamcop.net/bl.shtml?192.0.2.1', 'spamcop', 'blocked', 'pause_domain'],
  ['554 5.7.1 Client host blocked using combined.mail.abusix.zone', 'abusix', 'blocked', 'pause_domain'],
  ['550 5.7.1 Your ISP 192.0.2.1 is UCEPROTECT-Level2 listed', 'uceprotect', 'blocked', 'none'],
  ['550 5.7.1 This message contains a URL listed by multi.surbl.org', 'surbl', 'spam_detected', 'pause_domain'],
  ['554 5.7.1 blocked using dnsbl.sorbs.net', 'sorbs', 'blocked', 'none'],
  ['550 - SPAMRATS IP Addresses See: http://www.spamrats.com/bl?192.0.2.1', 'spamrats', 'requires_ptr', 'fix_dns'],
  ['554 5.7.1 Listed in PSBL, see http://psbl.org/listing?ip=192.0.2.1', 'psbl', 'blocked', 'pause_domain'],
  ['554 5.7.1 blocked by ivmSIP - see http://dnsbl.invaluement.com', 'invaluement', 'blocked', 'pause_domain'],
  ['554 5.7.1 rejected, low score at senderscore.org', 'validity', 'bad_reputation', 'pause_domain'],
  [
    '550 - Sorry 192.0.2.1 is blacklisted at http://www.backscatterer.org/?ip=192.0.2.1',
    'backscatterer',
    'blocked',
    'none',
  ],

  [
    '554 - resimta-po-15v.sys.comcast.net Comcast BL000001 Blocked for spam. Please see http://postmaster.comcast.net/smtp-error-codes.php#BL000001',
    'comcast',
    'blocked',
    'slow_down',
  ],
  ['550 5.1.1 Not our Customer', 'comcast', 'user_unknown', 'suppress'],
  [
    '553 5.3.0 flph818 DNSBL:RBL 521 192.0.2.1 is blocked. DNSRBL: Blocked for abuse. See http://att.net/blocks',
    'att',
    'blocked',
    'pause_domain',
  ],
  ['554 - 192.0.2.1 has been blocked. AUP#In-1310', 'charter', 'blocked', 'slow_down'],
  ['421 - 192.0.2.1 cxthrt Too many sessions; throttled', 'cox', 'blocked', 'slow_down'],
  ['550 5.2.0 Mail rejete. Mail rejected. OFR_506 [506]', 'orange', 'blocked', 'slow_down'],
  [
    '550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]',
    'orange',
    'user_unknown',
    'suppress',
  ],
  [
    '550 5.5.0 Service refuse. Veuillez verifier votre configuration. service refused, please check your configuration LPN007_510',
    'laposte',
    'policy_violation',
    'slow_down',
  ],
  [
    '421 - Too many spams from your IP (192.0.2.1), please visit http://postmaster.free.fr/',
    'free.fr',
    'blocked',
    'slow_down',
  ],
  ['550 5.7.1 blocked by policy, see https://postmaster.libero.it policy', 'libero', 'policy_violation', 'slow_down'],
  [
    '421 4.3.2 Your IP is blocked, see https://mail.naver.com spam guide at naver.com',
    'naver',
    'spam_detected',
    'slow_down',
  ],
  ['554 5.7.1 Email rejected by Zoho policy', 'zoho', 'policy_violation', 'none'],
  [
    '554 - Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address.',
    'amazon',
    'suppressed',
    'none',
  ],
  ['454 - Throttling failure: Maximum sending rate exceeded.', 'amazon', 'rate_limited', 'slow_down'],
  [
    '554 - Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: ann@acme.example',
    'amazon',
    'policy_violation',
    'pause_domain',
  ],

  ['550 5.7.25 Reverse lookup failed', 'any', 'requires_ptr', 'fix_dns'],
  ['550 5.7.22 No valid author-matched signature', 'any', 'authentication_failure', 'fix_dns'],
  [
    '450 4.2.0 Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help',
    'any',
    'rate_limited',
    'none',
  ],
  ['421 4.7.0 mx.there.example Error: too many connections from 192.0.2.1', 'any', 'rate_limited', 'slow_down'],
  ['450 4.7.1 Sending rate of your server is too high, throttled by policyd', 'any', 'rate_limited', 'slow_down'],
  ['450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]', 'any', 'requires_ptr', 'fix_dns'],
  ['504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname', 'any', 'protocol_error', 'fix_dns'],
  ['550 - Rejected due to the DMARC policy of the sender', 'any', 'authentication_failure', 'fix_dns'],
  ['550 - DKIM signature missing or broken', 'any', 'authentication_failure', 'fix_dns'],
  [
    '550 - SPF check failed: 192.0.2.1 is not allowed to send mail from acme.example',
    'any',
    'authentication_failure',
    'fix_dns',
  ],
  ['554 - Newly registered domain, try later', 'any', 'bad_reputation', 'pause_domain'],
  ['450 4.1.8 <ann@acme.example>: Sender address rejected: Domain not found', 'any', 'rejected', 'fix_dns'],
  ['554 5.7.1 Service unavailable; client host listed in our local RBL', 'any', 'blocked', 'pause_domain'],
  ['554 - This message looks like spam (score of 9.3)', 'any', 'spam_detected', 'pause_domain'],
  ['550 - Virus found: Eicar', 'any', 'virus_detected', 'pause_domain'],
  ['552 - Message size exceeds fixed maximum message size', 'any', 'message_too_big', 'none'],
  ['550 - Bad sender reputation', 'any', 'bad_reputation', 'pause_domain'],
  ['553 5.6.7 Address includes non-ASCII characters', 'any', 'content_error', 'none'],
]

const read = (sample: string) => {
  const [, code = '', enhanced = '', text = ''] = /^(\d{3}) (\S+) (.*)$/s.exec(sample) ?? []
  return { reply_code: Number(code), ...(enhanced === '-' ? {} : { enhanced_code: enhanced }), text }
}

for (const [sample, provider, reason, action] of samples)
  test(`${provider}: ${sample.slice(0, 90)}`, () => {
    const found = explainReply(read(sample))
    assert.deepEqual([found?.provider, found?.reason, found?.action], [provider, reason, action])
    for (const sentence of [found?.cause ?? '', found?.advice ?? '']) assert.match(sentence, /^[A-Zi].*\.$/s)
  })

test('every pattern of the table is what decides at least one of these replies', () => {
  const decided = new Set(samples.map(([sample]) => explainReply(read(sample))?.cause))
  const idle = knownReplies
    .filter(([, , , , cause]) => !decided.has(cause))
    .map(([provider, pattern]) => [provider, pattern])
  assert.deepEqual(idle, [])
  assert.ok(knownReplies.length >= 80)
})

test('an address is condemned only by a final reply to its own RCPT or content, whatever the table says', () => {
  for (const [sample, , , action] of samples) {
    const reply = read(sample)
    const temporary = { ...reply, reply_code: 450, enhanced_code: reply.enhanced_code?.replace(/^5/, '4') }
    assert.equal(judgeDelivery({ phase: 'rcpt', ...temporary }).outcome, 'retry', sample)
    assert.equal(judgeDelivery({ phase: 'rcpt', ...temporary }).suppress, false, sample)
    assert.equal(judgeDelivery({ phase: 'greeting', ...reply }).suppress, false, sample)
    assert.equal(judgeDelivery({ phase: 'mail', ...reply }).suppress, false, sample)
    const final = judgeDelivery({ phase: 'rcpt', ...reply })
    if (reply.reply_code >= 500) assert.equal(final.suppress, action === 'suppress', sample)
    assert.equal(
      final.suppress,
      final.reason in bounceReasons && bounceReasons[final.reason].suppress && reply.reply_code >= 500,
      sample,
    )
  }
})

test('the verdict on a known reply carries its cause, its advice and what should follow', () => {
  const got = judgeDelivery({ phase: 'final', ...read(samples[5]?.[0] ?? '') })
  assert.equal(got.outcome, 'failed')
  assert.equal(got.provider, 'google')
  assert.equal(got.action, 'fix_dns')
  assert.match(got.cause, /neither SPF nor DKIM/)
  assert.match(got.advice ?? '', /Publish the SPF and DKIM records/)
  assert.ok(got.message.startsWith(got.cause))
})

const hints: [string, number | null][] = [
  ['Greylisted, please try again in 300 seconds', 300_000],
  ['Greylisted for 5 minutes', 300_000],
  ['4.7.1 Please try again in 5 minutes', 300_000],
  ['Recipient address rejected: Greylisted for 60 seconds (see http://isg.ee.ethz.ch/tools/postgrey/help)', 60_000],
  ['try again later, wait 00:04:30', 270_000],
  ['retry after 2 hours', 7_200_000],
  ['Your host is blocked for 1 day', 86_400_000],
  ['temporarily deferred, retry in 90s', 90_000],
  ['Try again later', null],
  ['blocked using 192.0.2.1', null],
  ['try again in 400 days', null],
  ['mailbox full since 3 months', null],
  ['', null],
]
for (const [text, expected] of hints)
  test(`the wait that "${text}" asks for is ${expected}`, () => {
    assert.equal(retryHint(text), expected)
  })

test('a hint is honoured only with a temporary reply', () => {
  const text = 'Greylisted, try again in 300 seconds'
  assert.equal(judgeDelivery({ phase: 'rcpt', reply_code: 450, text }).wait_ms, 300_000)
  assert.equal(judgeDelivery({ phase: 'rcpt', reply_code: 550, text }).wait_ms, null)
})

test('hostile replies are read in bounded time', () => {
  const began = performance.now()
  for (const filler of ['x', 'spam ', 'try again in ', '5.7.26 ', 'too many ', '192.0.2.1 blocked ', 'a@', '((('])
    explainReply({ reply_code: 550, text: filler.repeat(200_000 / filler.length) })
  for (const filler of ['again ', 'wait 9', 'for 00:']) retryHint(filler.repeat(100_000))
  assert.ok(performance.now() - began < 2_000)
})
