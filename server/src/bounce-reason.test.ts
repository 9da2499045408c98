import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leastTime } from '../test/damaged-mail.ts'
import type { BounceReason } from './bounce-reason.ts'
import { bounceReasons, bounceRules, findEnhancedCode, normaliseReply, reasonFromText } from './bounce-reason.ts'

type Case = [reason: BounceReason, code: number | undefined, enhanced: string | undefined, text: string]

const google: Case[] = [
  [
    'user_unknown',
    550,
    '5.1.1',
    "550-5.1.1 The email account that you tried to reach does not exist. Please try\r\n550-5.1.1 double-checking the recipient's email address for typos or\r\n550 5.1.1 unnecessary spaces. https://support.google.com/mail/?p=NoSuchUser - gsmtp",
  ],
  [
    'user_unknown',
    550,
    '5.1.1',
    '550-5.1.1 The email account that you tried to reach\r\n550-5.1.1 does not exist. Please try double-checking',
  ],
  ['suspended', 550, '5.2.1', '550 5.2.1 The email account that you tried to reach is disabled. - gsmtp'],
  ['suspended', 550, '5.2.1', '550 5.2.1 The email account that you tried to reach is inactive. - gsmtp'],
  ['mailbox_full', 452, '4.2.2', '452 4.2.2 The email account that you tried to reach is over quota. - gsmtp'],
  ['mailbox_full', 552, '5.2.2', "552 5.2.2 The recipient's inbox is out of storage space and inactive. - gsmtp"],
  [
    'rate_limited',
    450,
    '4.2.1',
    '450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents',
  ],
  [
    'rate_limited',
    450,
    '4.2.1',
    '450 4.2.1 The user you are trying to contact is receiving mail too quickly. Please resend',
  ],
  [
    'rate_limited',
    421,
    '4.7.28',
    '421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your IP address. To protect our users from spam',
  ],
  [
    'spam_detected',
    550,
    '5.7.1',
    '550-5.7.1 [192.0.2.4] Our system has detected that this message is likely unsolicited mail. To reduce the amount of spam',
  ],
  [
    'bad_reputation',
    550,
    '5.7.1',
    '550-5.7.1 Our system has detected that this message is likely suspicious due to the very low reputation of the sending IP address. To best protect our users from spam',
  ],
  [
    'authentication_failure',
    550,
    '5.7.26',
    '550-5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM.',
  ],
  [
    'authentication_failure',
    550,
    '5.7.26',
    "550 5.7.26 Unauthenticated email from example.com is not accepted due to domain's DMARC policy.",
  ],
  [
    'requires_ptr',
    550,
    '5.7.25',
    '550-5.7.25 [192.0.2.4] The IP address sending this message does not have a PTR record, or the corresponding forward DNS entry',
  ],
  [
    'virus_detected',
    552,
    '5.7.0',
    '552-5.7.0 This message was blocked because its content presents a potential security issue.',
  ],
  ['message_too_big', 552, '5.3.4', "552 5.3.4 Your message exceeded Google's message size limits."],
  [
    'not_compliant_rfc',
    550,
    '5.7.1',
    '550-5.7.1 [192.0.2.4] Messages missing a valid messageId header are not accepted.',
  ],
]

const microsoft: Case[] = [
  [
    'user_unknown',
    550,
    '5.5.0',
    '550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302). [VI1.outlook.com]',
  ],
  [
    'user_unknown',
    550,
    '5.1.10',
    '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
  ],
  ['user_unknown', 550, '5.1.1', '550 5.1.1 RESOLVER.ADR.RecipNotFound; not found'],
  [
    'user_unknown',
    550,
    '5.4.1',
    '550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [DB5EUR01FT036.eop-EUR01]',
  ],
  [
    'mailbox_full',
    554,
    '5.2.2',
    '554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded',
  ],
  ['mailbox_full', 552, '5.2.2', "552 5.2.2 The recipient's mailbox is full and can't accept messages now."],
  [
    'suspended',
    554,
    '5.2.1',
    '554 5.2.1 STOREDRV.Deliver; delivery result banner: mailbox disabled, not accepting messages',
  ],
  ['message_too_big', 550, '5.2.3', '550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient'],
  ['policy_violation', 550, '5.7.1', '550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized'],
  [
    'policy_violation',
    550,
    '5.7.133',
    '550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check failed',
  ],
  [
    'policy_violation',
    550,
    '5.7.1',
    '550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy',
  ],
  [
    'blocked',
    550,
    '5.7.1',
    "550 5.7.1 Unfortunately, messages from [192.0.2.9] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140).",
  ],
  [
    'blocked',
    550,
    '5.7.606',
    '550 5.7.606 Access denied, banned sending IP [192.0.2.9]. To request removal from this list please visit https://sender.office.com/',
  ],
  ['blocked', 550, '5.7.708', '550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP.'],
  [
    'rate_limited',
    451,
    '4.7.650',
    '451 4.7.650 The mail server [192.0.2.9] has been temporarily rate limited due to IP reputation.',
  ],
  [
    'authentication_failure',
    550,
    '5.7.509',
    '550 5.7.509 Access denied, sending domain example.com does not pass DMARC verification and has a DMARC policy of reject.',
  ],
  [
    'host_unknown',
    550,
    '5.4.310',
    '550 5.4.310 DNS domain example.invalid does not exist [Message=InfoDomainNonexistent]',
  ],
  ['network_error', 554, '5.4.14', '554 5.4.14 Hop count exceeded - possible mail loop ATTR34'],
  ['expired', 550, '4.4.7', '550 4.4.7 QUEUE.Expired; message expired'],
  ['expired', 451, '4.4.7', '451 4.4.7 Delivery time expired: message was too long in the queue'],
  [
    'rate_limited',
    554,
    '5.2.122',
    '554 5.2.122 RecipientRateLimitExceeded; the recipient has exceeded their limit for the number of messages',
  ],
]

const others: Case[] = [
  ['system_full', 452, '4.3.1', '452 4.3.1 Out of memory'],
  ['system_full', 552, undefined, '552 no space left on device'],
  ['mailer_error', 554, '5.3.0', '554 5.3.0 Command died with status 17: "/usr/sbin/filter"'],
  ['mailer_error', undefined, undefined, 'pipe to |/usr/bin/procmail failed'],
  ['protocol_error', 503, '5.5.1', '503 5.5.1 Bad sequence of commands'],
  ['protocol_error', 500, undefined, '500 unrecognized command'],
  ['protocol_error', 501, undefined, '501 Syntax error in parameters'],
  ['no_relaying', 550, '5.7.1', '550 5.7.1 Unable to relay for x@example.org'],
  [
    'no_relaying',
    553,
    undefined,
    '553-you are trying to use me [mx1.example.org] as a relay, but I have not been configured',
  ],
  ['not_compliant_rfc', 554, undefined, '554 No Resent-From field given'],
  ['not_compliant_rfc', 550, undefined, '550 Messages without To: fields are not accepted here'],
  ['virus_detected', 554, '5.7.1', '554 5.7.1 Message infected with Eicar'],
  ['bad_reputation', 554, '5.7.1', '554 5.7.1 Mail from your network was refused because of its poor reputation'],
  ['suppressed', 550, '5.1.1', '550 5.1.1 Address is on our suppression list'],
  ['failed_starttls', 530, '5.7.0', '530 5.7.0 Must issue a STARTTLS command first'],
  ['failed_starttls', 550, '5.7.29', '550 5.7.29 This message was not sent over a TLS connection'],
  ['mailbox_full', 550, undefined, '550 User has too many messages on the server.'],
  ['message_too_big', 554, '5.7.1', '554 5.7.1 Message Rejected Class=size limit=15728640'],
  ['message_too_big', 550, '5.1.1', '550 RCPT TO:<x@example.org> max message size exceeded'],
  ['spam_detected', 554, '5.7.1', '554 5.7.1 Your message failed several antispam checks, check your spf and PTR'],
  ['system_error', 550, undefined, 'Recipient user name jo not unique. Several matches found in Domino Directory.'],
  ['filtered', undefined, undefined, 'could not be delivered because they are not accepting mail from x@example.org'],

  [
    'user_unknown',
    554,
    undefined,
    "554 delivery error: dd This user doesn't have a yahoo.com account (x@yahoo.com) [0]",
  ],
  [
    'suspended',
    554,
    undefined,
    '554 delivery error: dd Sorry, your message to x@yahoo.com cannot be delivered. This mailbox is disabled (554.30).',
  ],
  ['mailbox_full', 552, undefined, '552 1 Requested mail action aborted, mailbox not found: user is over quota'],
  [
    'rate_limited',
    421,
    '4.7.0',
    '421 4.7.0 [TSS04] Messages from 192.0.2.9 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1',
  ],
  [
    'authentication_failure',
    554,
    '5.7.9',
    '554 5.7.9 Message not accepted for policy reasons. DMARC: see https://postmaster.yahooinc.com/error-codes',
  ],
  ['user_unknown', 550, '5.1.1', '550 5.1.1 <x@icloud.com>: user does not exist'],
  ['user_unknown', 550, '5.1.1', '550 5.1.1 unknown or illegal alias: x@me.com'],
  ['mailbox_full', 552, '5.2.2', '552 5.2.2 <x@icloud.com>: user is over quota'],
  [
    'spam_detected',
    554,
    '5.7.1',
    '554 5.7.1 [CS01] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137',
  ],
  [
    'user_unknown',
    550,
    '5.1.1',
    '550 5.1.1 <x@example.org>: Recipient address rejected: User unknown in virtual mailbox table',
  ],
  [
    'user_unknown',
    550,
    '5.1.1',
    '550 5.1.1 <x@example.org>: Recipient address rejected: User unknown in local recipient table',
  ],
  ['no_relaying', 554, '5.7.1', '554 5.7.1 <x@example.org>: Relay access denied'],
  ['requires_ptr', 450, '4.7.1', '450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.9]'],
  ['requires_ptr', 450, '4.7.25', '450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.9]'],
  ['blocked', 550, '5.7.1', '550 5.7.1 <h>: Helo command rejected: Host not found'],
  ['rejected', 550, '5.1.8', '550 5.1.8 <a@example.com>: Sender address rejected: Domain not found'],
  [
    'rate_limited',
    450,
    '4.2.0',
    '450 4.2.0 <x@example.org>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.org.html',
  ],
  [
    'rate_limited',
    450,
    '4.1.1',
    '450 4.1.1 <x@example.org>: Recipient address rejected: unverified address: Address verification in progress',
  ],
  [
    'host_unknown',
    undefined,
    '5.4.4',
    'Host or domain name not found. Name service error for name=example.invalid type=MX: Host not found',
  ],
  [
    'network_error',
    undefined,
    '4.4.3',
    'Host or domain name not found. Name service error for name=example.org type=MX: Host not found, try again',
  ],
  ['network_error', undefined, '4.4.1', 'connect to mx.example.org[192.0.2.1]:25: Connection timed out'],
  ['network_error', undefined, '4.4.1', 'connect to mx.example.org[192.0.2.1]:25: Connection refused'],
  ['system_error', undefined, '5.4.6', 'mail for example.org loops back to myself'],
  ['host_unknown', undefined, undefined, 'all relevant MX records point to non-existent hosts'],
  ['host_unknown', undefined, undefined, 'Unrouteable mail domain "example.invalid"'],
  ['expired', undefined, undefined, 'retry timeout exceeded'],
  ['user_unknown', 550, undefined, '550 No such user here'],
  ['user_unknown', undefined, '5.1.1', 'Sorry, no mailbox here by that name. (#5.1.1)'],
  ['host_unknown', undefined, '5.1.2', "Sorry, I couldn't find any host named example.invalid. (#5.1.2)"],
  ['network_error', undefined, '4.4.1', "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)"],
  ['expired', undefined, undefined, "I'm not going to try again; this message has been in the queue too long."],
  [
    'not_accepting',
    556,
    '5.1.10',
    '556 5.1.10 <x@example.com>: Recipient address rejected: Domain example.com does not accept mail (nullMX)',
  ],
  ['not_accepting', undefined, '5.1.0', 'Domain example.com does not accept mail (nullMX)'],
  ['has_moved', 551, undefined, '551 User not local; please try <new@example.org>'],
  ['has_moved', 551, '5.1.6', '551 5.1.6 The user has moved to another address'],
  [
    'user_unknown',
    550,
    undefined,
    '550 Invalid Recipient - https://community.mimecast.com/docs/DOC-1369#550 [abc.uk12]',
  ],
  ['bad_reputation', 554, undefined, '554 Email rejected: csi.mimecast.org Poor Reputation Sender. - 192.0.2.1'],
  [
    'policy_violation',
    554,
    undefined,
    '554 Email rejected due to security policies - https://community.mimecast.com/docs/DOC-1369#554',
  ],
  ['blocked', 554, '5.7.1', '554 5.7.1 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1'],
  [
    'blocked',
    554,
    '5.7.1',
    '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1',
  ],
  ['filtered', 550, undefined, '550 permanent failure for one or more recipients (x@example.org:blocked)'],
  [
    'user_unknown',
    550,
    undefined,
    '550 permanent failure for one or more recipients (x@example.org:550 5.1.1 User unknown)',
  ],
  [
    'bad_reputation',
    554,
    undefined,
    "554-gate.example.org 554 Your access to this mail system has been rejected due to the sending MTA's poor reputation.",
  ],
  ['user_unknown', 550, undefined, '550 #5.1.0 Address rejected.'],
  ['user_unknown', 550, undefined, '550 Requested action not taken: mailbox unavailable'],
  [
    'requires_ptr',
    554,
    undefined,
    '554-gmx.net (mxgmx012) Nemesis ESMTP Service not available 554-No SMTP service 554-Bad DNS PTR resource record.',
  ],
  ['policy_violation', 554, undefined, '554 Transaction failed Reject due to policy restrictions.'],
  [
    'user_unknown',
    550,
    undefined,
    '550 Message was not accepted -- invalid mailbox. Local mailbox x@mail.ru is unavailable: user not found',
  ],
  ['spam_detected', 550, undefined, '550 spam message rejected. Please visit http://help.mail.ru/notspam-support/'],
  ['spam_detected', 554, '5.7.1', '554 5.7.1 [1] Message rejected under suspicion of SPAM; https://ya.cc/1IrBc'],
  ['user_unknown', 550, '5.7.1', '550 5.7.1 No such user!'],
  ['spam_detected', 550, undefined, '550 High probability of spam'],
  ['virus_detected', 550, undefined, '550 This message contains a virus (Eicar-Test-Signature)'],
  ['user_unknown', 550, undefined, '550 Empfänger unbekannt'],
  ['mailbox_full', 452, '4.2.2', '452 4.2.2 Mailbox full'],
  ['mailbox_full', undefined, '5.2.2', 'mailbox is full: retry timeout exceeded'],
  ['mailbox_full', 550, undefined, '550 Quota exceeded: the mailbox for user x is full'],
  ['message_too_big', 552, '5.3.4', '552 5.3.4 Message size exceeds fixed limit'],
  [
    'authentication_failure',
    550,
    '5.7.23',
    '550 5.7.23 The message was rejected because of Sender Policy Framework violation',
  ],
  ['system_error', 451, '4.3.0', '451 4.3.0 Temporary local problem - please try later'],
  ['system_full', 452, '4.3.1', '452 4.3.1 Insufficient system storage'],
  ['suspended', 550, '5.2.1', '550 5.2.1 Mailbox disabled for this recipient'],
  ['rejected', 553, undefined, '553 sorry, your envelope sender is in my badmailfrom list: sender address rejected'],
]

const bare: Case[] = [
  ['undefined', 550, undefined, '550'],
  ['undefined', 554, '5.0.0', '554 5.0.0'],
  ['user_unknown', 550, '5.1.1', ''],
  ['policy_violation', 550, '5.7.1', ''],
  ['mailbox_full', 552, undefined, ''],
  ['has_moved', 551, undefined, ''],
  ['not_accepting', 521, undefined, ''],
  ['rate_limited', 450, undefined, ''],
  ['system_error', 450, '4.1.1', ''],
  ['network_error', 450, '4.1.2', ''],
  ['undefined', undefined, undefined, ''],
]

for (const [name, cases] of Object.entries({ google, microsoft, others, bare })) {
  test(`known replies are judged by what they say: ${name}`, () => {
    const wrong = cases
      .map(([reason, code, enhanced, text]) => ({ text, reason, got: reasonFromText(code, enhanced, text) }))
      .filter((one) => one.got !== one.reason)
    assert.deepEqual(wrong, [])
  })
}

test('the codes are read out of the text when they are not given', () => {
  const wrong = [...google, ...microsoft, ...others]
    .map(([reason, , enhanced, text]) => ({ text, reason, got: reasonFromText(undefined, enhanced, text) }))
    .filter((one) => one.got !== one.reason)
  assert.deepEqual(wrong, [])
})

test('only an unknown user or host, a move and a closed host suppress, and exactly these are hard', () => {
  const suppressing = Object.entries(bounceReasons)
    .filter(([, one]) => one.suppress)
    .map(([reason]) => reason)
  const hard = Object.entries(bounceReasons)
    .filter(([, one]) => one.kind === 'hard')
    .map(([reason]) => reason)
  assert.deepEqual(suppressing.sort(), ['has_moved', 'host_unknown', 'not_accepting', 'user_unknown'])
  assert.deepEqual(hard.sort(), suppressing.sort())
})

test('blocked, policy, authentication and PTR problems blame the sender', () => {
  for (const reason of ['blocked', 'policy_violation', 'authentication_failure', 'requires_ptr', 'rejected'] as const) {
    assert.equal(bounceReasons[reason].blames, 'sender', reason)
  }
})

test('a vague refusal with 5.7.x or 4yz beside it never kills an address', () => {
  for (const [code, enhanced, text] of [
    [550, '5.7.1', '550 5.7.1 <x@example.org>: Recipient address rejected: Access denied'],
    [450, '4.2.1', '450 4.2.1 mailbox unavailable'],
    [450, undefined, '450 Requested mail action not taken: mailbox unavailable'],
    [554, '5.7.1', '554 5.7.1 Recipient address rejected'],
  ] as const) {
    assert.equal(bounceReasons[reasonFromText(code, enhanced, text)].suppress, false, text)
  }
})

test('continuation prefixes and line breaks do not hide a phrase', () => {
  assert.equal(
    normaliseReply('550-5.1.1 The account\r\n550-5.1.1 does not\r\n550 5.1.1 exist'),
    'the account does not exist',
  )
})

test('an address in dotted form is not taken for an enhanced code', () => {
  assert.equal(findEnhancedCode('550 blocked 5.1.1.7 by list'), undefined)
  assert.equal(findEnhancedCode('(#5.1.2)'), '5.1.2')
  assert.equal(findEnhancedCode('version 15.1.2 here'), undefined)
})

/** The words a pattern is made of, alone and in pairs: repeated, they begin a match again and again and never end it. */
const temptations = (pattern: RegExp): string[] => {
  const words = [...new Set(pattern.source.replace(/\\[a-z]/gi, ' ').match(/[a-z]{2,}/gi) ?? [])].slice(0, 30)
  const pairs = words.slice(0, 8).flatMap((one) => words.slice(0, 8).map((other) => `${one} ${other} `))
  return [...words.map((word) => `${word} `), ...words, ...pairs, ' ', 'a', '5', '-', '(', 'a ']
}

test('no pattern takes time that grows faster than the reply', () => {
  const slow: string[] = []
  for (const [reason, ...phrases] of bounceRules) {
    for (const phrase of phrases) {
      if (typeof phrase === 'string') continue
      for (const unit of temptations(phrase)) {
        const text = unit.repeat(Math.ceil(4000 / unit.length)).slice(0, 4000)
        const large = leastTime(2, () => phrase.test(text))
        if (large < 2) continue
        const small = leastTime(5, () => phrase.test(text.slice(0, 1000)))
        const again = Math.min(
          large,
          leastTime(5, () => phrase.test(text)),
        )
        // Four times the size may take four times as long and some; what is quadratic takes sixteen.
        if (again / small > 10)
          slow.push(`${reason} ${JSON.stringify(unit)} ${small} ms, ${again} ms: ${phrase.source}`)
      }
    }
  }
  assert.deepEqual(slow, [])
})

test('a reply of any size costs what its first four thousand characters cost', () => {
  for (const unit of ['user ', 'mailbox is ', 'a', '550-5.1.1 ', 'message ', '(', 'a@', 'a.b@c.', '4'])
    assert.equal(
      reasonFromText(550, undefined, unit.repeat(100_000)),
      reasonFromText(550, undefined, unit.repeat(100_000).slice(0, 4000)),
    )
})

test('words that say an address or its domain is gone are understood without a code', () => {
  const missed = [
    '550 <jo.doe@mail.example.org> not found',
    '550 BAD_RECIPIENT jo@example.org',
    "550 can't accept user",
    '550 jo is not an active address at this host',
    '550 mailbox jo.doe@mail.example.org unavailable',
    '550 Account jo.doe@mail.example.org does not exist',
    '550 user jo.doe@mail.example.org was not found',
    '550 unknown local-part "jo" in domain "example.org"',
    '553 sorry, badrcptto',
    '550 There is no one at this address',
    '550 this email address is wrong or no longer valid',
    '550 no account by that name here',
    '550 5.2.1 User jo@example.org no longer on server',
    '550 no existe dicha persona',
    '550 Benutzer existiert nicht',
    '550 5.1.2 Host unknown (Name server: example.invalid: host not found)',
    'No such domain.',
    'Unrouteable address',
  ].filter((text) => !bounceReasons[reasonFromText(undefined, undefined, text)].suppress)
  assert.deepEqual(missed, [])
})

test('words that only sound like it leave the address alive', () => {
  const killed = [
    '550 x@example.org is not accepting any mail',
    '550 You have been blocked by the recipient',
    '554 Recipient is only accepting mail from specific email addresses',
    '550 5.2.1 message rejected due to user rules',
    '553 5.1.8 <a@example.com>... Domain of sender address a@example.com does not exist',
    '550 Host name not found for sender 192.0.2.1',
    '550 Verification failed for <a@example.com> 550 unknown user Sender verify failed',
    '450 4.1.2 <x@example.org>: Recipient address rejected: Domain not found',
    '550 Mailbox unavailable or access denied',
    '550 5.1.1 this account has been disabled or discontinued',
    '550 5.1.1 Mail Refused - Blocked by spam filter',
    '550 5.4.1 dns records for the destination computer could not be found',
    'Temporary failure in user lookup: user unknown right now, try again later',
    "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    '550 Too many invalid recipients',
    '550 Invalid message id',
    '554 5.6.0 invalid message content',
    "550 the recipient's mailbox is full, user unknown to the quota service",
  ].filter((text) => bounceReasons[reasonFromText(undefined, undefined, text)].suppress)
  assert.deepEqual(killed, [])
})
