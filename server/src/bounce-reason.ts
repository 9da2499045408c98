/** Why a message was not taken, in the words the field uses. `undefined` means nothing in the reply says why. */
export type BounceReason =
  | 'user_unknown'
  | 'host_unknown'
  | 'has_moved'
  | 'not_accepting'
  | 'mailbox_full'
  | 'suspended'
  | 'filtered'
  | 'expired'
  | 'rate_limited'
  | 'network_error'
  | 'system_error'
  | 'system_full'
  | 'mailer_error'
  | 'protocol_error'
  | 'no_relaying'
  | 'content_error'
  | 'not_compliant_rfc'
  | 'virus_detected'
  | 'message_too_big'
  | 'spam_detected'
  | 'bad_reputation'
  | 'blocked'
  | 'suppressed'
  | 'failed_starttls'
  | 'policy_violation'
  | 'authentication_failure'
  | 'requires_ptr'
  | 'rejected'
  | 'undefined'

/** Whose problem it is: the address, whoever sends, the way between, or nobody who could be named. */
export type BounceBlame = 'recipient' | 'sender' | 'network' | 'none'

export type BounceReasonFacts = {
  readonly kind: 'hard' | 'soft'
  readonly blames: BounceBlame
  /** Whether the address may never be written to again. Only where the address itself is known to be gone. */
  readonly suppress: boolean
  /** One plain sentence for people, complete with its full stop. */
  readonly meaning: string
}

const facts = (kind: 'hard' | 'soft', blames: BounceBlame, suppress: boolean, meaning: string): BounceReasonFacts =>
  Object.freeze({ kind, blames, suppress, meaning })

/**
 * What follows from each reason. Only four reasons are hard and suppress, because on real bounces the bare rule
 * "5.x.x is dead" is right in barely four of ten, and calling a live address dead is the worse mistake.
 */
export const bounceReasons: Readonly<Record<BounceReason, BounceReasonFacts>> = Object.freeze({
  user_unknown: facts('hard', 'recipient', true, 'The address does not exist.'),
  host_unknown: facts('hard', 'recipient', true, 'The domain of the address does not exist.'),
  has_moved: facts('hard', 'recipient', true, 'The mailbox has moved to another address.'),
  not_accepting: facts('hard', 'recipient', true, 'The host or domain accepts no mail at all.'),
  mailbox_full: facts('soft', 'recipient', false, 'The mailbox is full.'),
  suspended: facts('soft', 'recipient', false, 'The mailbox is disabled or suspended.'),
  filtered: facts('soft', 'recipient', false, 'The recipient or their filter declined this message.'),
  expired: facts('soft', 'network', false, 'Delivery was tried for too long and given up.'),
  rate_limited: facts('soft', 'sender', false, 'The receiving server asks to slow down or to come back later.'),
  network_error: facts('soft', 'network', false, 'The receiving server could not be reached.'),
  system_error: facts('soft', 'network', false, 'A mail server on the way has a fault of its own.'),
  system_full: facts('soft', 'network', false, 'The receiving server has no room left on its disk.'),
  mailer_error: facts('soft', 'network', false, 'The program that files mail for this mailbox failed.'),
  protocol_error: facts('soft', 'network', false, 'One server did not understand a command of the other.'),
  no_relaying: facts('soft', 'network', false, 'The server that was asked does not take mail for this domain.'),
  content_error: facts('soft', 'sender', false, 'The message holds something that is not allowed.'),
  not_compliant_rfc: facts('soft', 'sender', false, 'The message breaks the rules for how mail is written.'),
  virus_detected: facts('soft', 'sender', false, 'The message was taken for a virus or a dangerous link.'),
  message_too_big: facts('soft', 'sender', false, 'The message is too big.'),
  spam_detected: facts('soft', 'sender', false, 'The message was taken for spam.'),
  bad_reputation: facts('soft', 'sender', false, 'The sending server or domain has a poor reputation.'),
  blocked: facts('soft', 'sender', false, 'The sending server or domain is blocked.'),
  suppressed: facts('soft', 'recipient', false, 'The service in between has this address on its own suppression list.'),
  failed_starttls: facts('soft', 'network', false, 'The servers could not agree on encryption.'),
  policy_violation: facts('soft', 'sender', false, 'A policy of the receiving side forbids this message.'),
  authentication_failure: facts('soft', 'sender', false, 'SPF, DKIM or DMARC of the sender did not pass.'),
  requires_ptr: facts('soft', 'sender', false, 'The sending host has no proper reverse DNS name.'),
  rejected: facts('soft', 'sender', false, 'The sender address was refused.'),
  undefined: facts('soft', 'none', false, 'The reply does not say why.'),
})

type Rule = readonly [reason: BounceReason, ...phrases: (string | RegExp)[]]

/**
 * Replies of known servers and wordings, most telling first: the first rule that matches decides. The order carries the
 * judgement. Faults of the sender and passing faults come before unknown users, because servers like to begin a
 * policy refusal with "Recipient address rejected" or "mailbox unavailable", while the reverse is rare.
 * Phrases are lower case and are looked for in the reply after `normaliseReply`.
 */
export const bounceRules: readonly Rule[] = [
  [
    'rejected',
    /sender address rejected: (domain not found|undeliverable|unverified|user unknown|access denied)/,
    /domain of (the )?sender|host ?name not found for sender|sender('s)? (domain|host)[^.]{0,20}not (found|exist)/,
  ],
  [
    'filtered',
    'blocked by the recipient',
    /(recipients?|they|user|he|she)\b[^.]{0,40} (is|are) not accepting mail (from|with)\b/,
    /only accepting mail from|only accepts mail from|recipient preferences|user rules|restricted sms|recipient id refuse/,
    /(rejected|refused) by (the |its )?recipients?\b/,
    /x@y>? is not accepting any mail|(user|recipient|mailbox|account) is not accepting any mail/,
  ],
  ['suspended', 'mailbox unavailable or access denied', 'unavailable to take delivery'],
  [
    'suppressed',
    /address is on (our|your|the) suppression list|on the suppression list|suppression ?list|recipient address suppressed|previously (hard )?bounced|amazon ses has suppressed/,
  ],
  [
    'spam_detected',
    /failed (several|some|our|the) anti-?spam (check|test)s?|blocked (using|by) (a )?spam (pattern|filter|rule)|detected as spam|probable spam/,
  ],
  // Nested wordings in which a later, weaker phrase would mislead.
  [
    'user_unknown',
    'the email account that you tried to reach does not exist', // Gmail
    /access denied\.? ?\[?as\(?20180628/, // Microsoft 365, directory-based edge blocking: not in the directory
    'resolver.adr.recip', // Exchange: RecipNotFound, RecipientNotFound
    'resolver.adr.exrecipnotfound',
    'recipient not found by smtp address lookup',
    "this user doesn't have a yahoo", // Yahoo and its brands: yahoo.com, yahoo.co.uk account
    /this user doesn'?t have an? [a-z.]+ account/,
    /unknown or illegal (alias|user)/, // iCloud
    'user unknown in virtual', // Postfix: virtual mailbox table, virtual alias table
    'user unknown in local recipient table',
    'user unknown in relay recipient table',
    'sorry, no mailbox here by that name', // qmail
    /\binvalid recipient\b.{0,60}mimecast/, // Mimecast
  ],
  [
    'mailbox_full',
    'out of storage space',
    'inbox is full',
    'quotaexceeded',
    'quota exceeded exception',
    /(recipient|user|account|mailbox|e-?mail|maildir|inbox|folder|mbox|box)[^.]{0,60}\b(is|has|was|over|exceeds?|exceeded|exceeding|full|'s)\b[^.]{0,40}(full\b|over ?-?quota|overquota|quota|over its limit|out of space|maximum (size|storage)|disk space|size limit for mailbox)/,
    /over ?-?quota|overquota|quota (is )?(exceeded|full|violation|limit)|exceed(s|ed|ing)?[^.]{0,30}\b(mail)?(box )?(disk |storage )?quota|out of (mail )?quota/,
    /(mail ?box|mail ?folder|maildir|mail ?drop|inbox|mailbox'?s?) (is |'?s )?(currently |almost |temporarily |too )?(full|large)\b/,
    /exceeded (the |his |her |their |its )?(allocated |maximum )?(storage|space|disk|mailbox)/,
    'insufficient space for',
    'not enough storage space',
    'not enough space to',
    'not have enough disk space',
    'mailbox size limit',
    /mail ?box exceeds allowed size|too much mail stored|disk ?quota|diskspace quota|space quota/,
    /(user|recipient|mail ?box|account)[^.]{0,30} has too many (messages|mails)|zu ?viele mails/,
    /(due to|because of) a full mail ?box|mail ?box space not enough|(does|do) not have enough space/,
    'mailbox would exceed maximum allowed storage',
    'storage allocation exceeded',
    'account is exceeding their quota',
    'postfach voll',
    'postfach ist voll',
    'postfach des empfängers ist voll',
    'boîte pleine',
    'boite pleine',
    'buzón lleno',
    'buzon lleno',
    'casella piena',
    'caixa postal cheia',
    'ящик переполнен',
    '容量',
  ],
  [
    'rate_limited',
    'receiving mail at a rate that', // Gmail
    'receiving mail too quickly', // Gmail
    'unusual rate of unsolicited', // Gmail
    /rate[ -]?limit(ed|ing|s)?\b/,
    /ratelimit|rate limit/,
    /grey-?list|gray-?list/,
    /too many (connections?|concurrent|messages|mails?|emails?|sessions?|recipients? (this|per|in)|requests|simultaneous|smtp sessions|deliver)/,
    /too much (mail|traffic)/,
    /(sending|sent|message|connection|delivery)s? (rate|frequency) (is |was )?(too|exceed|limit)|frequency limited|ip frequency|(max|maximum|hourly|daily)[^.]{0,40}(connection|message|recipient|sending|rate|relay)(?! size)[^.]{0,30}(limit|exceeded|reached)/,
    /(connection|message|recipient|sending|submission) (rate|limit|quota)[^.]{0,20}(exceeded|reached)/,
    'exceeded the rate',
    'exceeds the rate',
    'recipientratelimit',
    'submissionquotaexceeded',
    'throttl',
    'please slow down',
    'sending too fast',
    'too fast',
    /address verification in progress|unverified address: address verification|verification in progress/,
    'internal resource temporarily unavailable', // Mimecast's wording for a first contact
    'internal resources are temporarily unavailable',
    /temporarily deferred|temporarily rejected.{0,40}try (again )?later/,
    'connection rate',
    'exceeded the maximum number of connections',
  ],
  [
    'requires_ptr',
    /\bptr\b/,
    /reverse[ -]?(dns|lookup|name|host|map|resol|address)/,
    /\brdns\b|\brevdns\b|reverse-dns/,
    /cannot (find|resolve) your (reverse )?(hostname|address|name|host)/,
    /(can'?t|could ?n'?t|could not|cannot|unable to|failed to)[^.]{0,20}(resolve|look ?up|determine)[^.]{0,20}(your|client|sending|connecting)[^.]{0,20}(ip|host|address|name)/,
    /client (host|ip)[^.]{0,60}(cannot find|not resolve|unresolvable|does not resolve)/,
    /ip (address )?[^.]{0,40}(does not|doesn't|must) (resolve|have a (host)?name)/,
    'unresolvable address',
    'fix reverse dns',
  ],
  [
    'authentication_failure',
    /\bdmarc\b/,
    /\bdkim\b/,
    /\bspf\b/,
    /sender policy framework/,
    'openspf',
    'this mail is unauthenticated', // Gmail
    'this message does not pass authentication',
    'this mail has been blocked because the sender is unauthenticated', // Gmail
    'sender is unauthenticated',
    'not authenticated, which poses a security risk',
    'unauthenticated email from',
    'domain owner discourages use of this host',
    /sender (id|address) (\([^)]*\) )?(check|verification|authentication) (failed|failure)|sender id .{0,60}not permitted/,
    /is not (allowed|authorized|permitted) to send (mail|email)s? (for|from|on behalf)/,
    'arc validation fail',
  ],
  [
    'message_too_big',
    /(message|mail|email|size|file|attachment|data|body|content)[^.]{0,40}(exceed(s|ed|ing)?|is over|larger than|bigger than|greater than)[^.]{0,50}(size|limit|maximum|max)/,
    /(message|mail|email|body|header|attachment|data)( size| file)?( is| was)? (too|to) (big|large|long)\b(?! in (the )?queue)/,
    /size (limit )?(exceeds|exceeded)/,
    'message size violation',
    'recipsizelimit',
    'message length exceeds',
    'too large to be',
    'exceeded google',
    'message is larger than',
    'max message size',
    /\bclass=size\b|size limit=|sendsizelimit/,
    'maximum message size',
    'line limit exceeded',
    'exceeds fixed maximum',
    'message header size exceeds',
    'nachricht zu gro',
  ],
  [
    'expired',
    /(message|mail|delivery)[^.]{0,40}(expired|time(d)?[ -]?out in (the )?queue)/,
    'in the queue too long', // qmail
    'in queue too long',
    /too long in (the )?queue/,
    'retry timeout exceeded', // Exim
    'retry time not reached',
    /have been failing for a long time|been failing for a while/,
    /(could not|cannot|was not|unable to|not)( be)? (deliver(ed)?|sent?)[^.]{0,60}\b(for|within|after|in|since)\b[^.]{0,12}\d+(\.\d+)? ?(days?|hours?|hrs?|minutes?)/,
    /(giving up|gave up|given up)[^.]{0,60}(days?|hours?|tries|attempts|retries|retry)/,
    /(maximum|too many|exceeded)[^.]{0,30}(retries|retry|attempts)/,
    /failed (after )?\d{1,4} (attempts|tries)|exceeded maximum delivery attempts/,
    'delivery time expired',
    'delivery expired',
    'has not been collected after',
    'within the allowed queue period',
    'queue expiration',
    'message age limit',
    'time limit exceeded',
    'message could not be delivered for',
  ],
  [
    'failed_starttls',
    /(tls|ssl)[^.]{0,30}(required|handshake|failed|failure|error|not available|negotiat)/,
    /must issue a starttls|starttls (is )?required|tls is required|require[sd]? (starttls|tls)\b/,
    /(mta-sts|dane|tlsa)[^.]{0,40}(fail|policy|invalid|mismatch|not)|certificate[^.]{0,40}(expired|invalid|untrusted|not trusted|mismatch|verif)/,
  ],
  [
    'network_error',
    /too many (hops|received)/,
    /hop count (exceeded|limit)|maximum hop count|exceeded (the )?(max(imum)? )?hop/,
    /(mail|forward(ing)?|routing|message|delivery)[ -]?loop|loop(ing)? detected|message looping|looping mail/,
    'no route to host',
    'unable to resolve route',
    'server did not respond',
    'host name lookup failure',
    'dns records for the destination computer could not be found', // Exchange
    /connection (was |has been )?(refused|reset|timed ?out|timeout|lost|dropped|broken|closed|failed|died|frequency)/,
    /(connect|connection|conversation|session|read|operation|host|server)[^.]{0,40}(timed out|timeout\b)/,
    /lost connection|connection was lost|network (is )?unreachable|host (is )?unreachable|network error|network failure/,
    "wasn't able to establish an smtp connection", // qmail
    /(could not|couldn't|cannot|can't|unable to|failed to|was(n't| not) able to) (connect|contact|establish|open a connection|reach)[^.]{0,40}(to|host|server|connection|mx|domain)?/,
    'no mail servers for this domain could be reached',
    /(dns|name ?server|name service|mx)[^.]{0,30}(query |lookup )?(timed out|timeout|servfail|server failure|temporary|temporarily)/,
    'host not found, try again',
    /(name service|dns)( lookup)? error[^.]{0,80}try again/,
    'temporary failure in name resolution',
    'temporary lookup failure',
    'temporary dns',
    'malformed or unexpected name server reply',
    'delivery temporarily suspended',
    /could not find a gateway|not reachable within the allowed|could not initiate smtp conversation|connection was dropped/,
    'econnrefused',
    'etimedout',
  ],
  [
    'bad_reputation',
    /(poor|low|bad|very low|negative|insufficient|unknown)[^.]{0,20}reputation|reputation[^.]{0,40}(poor|low|bad|too|not)/,
    /(due to|because of|based on)[^.]{0,40}reputation/,
  ],
  // Microsoft, Gmail and the reputation services: the sending side is named.
  [
    'blocked',
    /spamhaus|spamcop|sorbs|barracudacentral|barracuda reputation|uceprotect|abuseat|senderscore|invaluement|mailspike|surbl|uribl|psbl|njabl|dnswl|rbl\.|dnsbl|\brbls?\b|cloudmark|csi\.mimecast|ipcheck\.proofpoint|dynamic block list|senderbase/,
    /(black|block|deny|ban|suspect|reject)[ -]?list(ed|ing|s)?\b/,
    /(banned|blocked|denied|refused|rejected|prohibited|unacceptable)[^.]{0,30} (sending )?(ip|host|server|mta)\b/,
    /(your|sending|client|source|connecting|this|from) (ip|host|server|network|domain|mail ?server|smtp server|hostname|mta|ip address)[^.]{0,60}(block|banned|denied|refused|rejected|not allowed|prohibit|abuse|spam)/,
    /\bip\b[^.]{0,40}(\d+\.\d+\.\d+\.\d+)?[^.]{0,40}(is|has been|was|are)? ?(temporarily )?(blocked|banned|denied|rejected|refused)/,
    /traffic not accepted from this ip/,
    /part of their network is on our/,
    /(mail|message|messages|connection|connections|email|access)[^.]{0,20} from[^@]{0,60}(\d+\.\d+\.\d+\.\d+|ip|host|network)[^.]{0,40}(blocked|denied|refused|rejected|not accepted|not allowed|banned)/,
    /blocked for (abuse|spam)|blocked due to (abuse|spam)|comcast block for|blocked - see|blocked using|blocked by .{0,40}(rbl|list|ip|dnsbl)/,
    /client host (rejected|\[?[0-9a-f.:]+\]? (is )?blocked)/,
    /(helo|ehlo)( command| name| argument| string| hostname)?[^.]{0,40}(rejected|invalid|refused|denied|must|need|mismatch|blocked|not valid)|invalid (helo|ehlo)|bad (helo|ehlo)|(helo|ehlo) (access )?denied/,
    /due to (user |ongoing )?complaints|\[?ts[sd]?0[1-9]\]?\b|\bpolicies\.yahoo|4\.16\.55/, // Yahoo
    /contact tobr@|tosa@rx/, // T-Online
    /access to this mail system has been rejected/, // Cisco
    /dynamic(ally)?[ -](assigned )?(ip|pool|address|range|dns)|dial-?up|residential|generic (r?dns|hostname)/,
    /\bofr_?\d|\bofr[0-9_ ]/, // Orange
    /your (ip|server|host|network)[^.]{0,80}(unblock|delist|removal|remove)/,
    /(unblock|delist)[^.]{0,40}(request|your|form|here|http)/,
    /banned sending/,
    /access denied[^.]{0,30}(ip|host|bad|banned|spam)/,
    /too many (spam|invalid recipients|bad commands|errors|unknown users|non-?existent)/,
    /(directory )?harvest(ing)?/,
    'open relay',
    'open proxy',
    'no access from mail server',
    /(server|host|sender) requires confirmation|to confirm this mail server/,
    'connections not accepted from',
    'not allowed to connect',
    'mail not accepted from your',
    'ip not in whitelist',
    'mail server at your',
    'rejecting open proxy',
    /\b(sc|dy|ou)-00[1-9]\b/, // Outlook.com
    /s3150|s3140|s844/, // Outlook.com, part of their network is on our block list
  ],
  [
    'spam_detected',
    /\bspam|spam\b|\bspammy|\bjunk (mail|e-?mail)|\bunsolicited|\bbulk (mail|e-?mail)|\bube\b|\buce\b/,
    /likely (suspicious|unsolicited)/,
    /(message|mail|content)[^.]{0,40}(score|scored|scoring)[^.]{0,40}(high|exceed|too|over)/,
    'high probability of',
    'rejected by content scanner',
    'content filter rejection',
    'suspected phish',
    'phishing',
    'considered unsolicited',
    'dt:sp', // NetEase
    'mail content denied', // QQ
    'message refused by trend',
    'rejecting banned content',
    'bogofilter',
    'rspamd',
    'the message was rejected by a content filter',
    'reject bulk',
    'mail appears to be unsolicited',
    'looks like spam',
    'possible abuse',
    '[cs01]', // iCloud
  ],
  [
    'virus_detected',
    /\bvirus(es)? (found|detected|infected|was|has been|in)|\b(a|the|contains|infected|with|by|for) (a |the )?virus|virus-?infected|\bvirus\b|\bmalware|\btrojan|\binfected\b|malicious (content|code|url|link|attachment|file)|phishing url/,
    'presents a potential security issue', // Gmail
  ],
  [
    'not_compliant_rfc',
    /not (rfc ?-?)?(2?822|5322|2822|5321)?[ -]?(compliant|compliance)|rfc ?-?(2?822|5322|5321|2045|2047)[^.]{0,40}/,
    /(malformed|invalid|missing|duplicate|illegal|bad|improper|multiple|empty)[^.]{0,30}(header|message-?id|mime|from: |'from' header|date:|to: header|subject|line (ending|length|feed)|bare (lf|cr))/,
    /bare (lf|cr|linefeed|newline)|stray (newline|lf)|line too long|lines? (is |are )?too long/,
    /(header|from|message-?id|subject|date)[^.]{0,30}(field )?(is )?(missing|malformed|invalid|not valid|not rfc|non-compliant)/,
    /messages? without [a-z-]{2,20}: (fields?|headers?)|no [a-z-]{2,20} (field|header) given|(field|header) (is )?required/,
    'headers are not',
    'improper use of 8-bit',
    '8bit data in header',
    '8-bit data in header',
  ],
  [
    'content_error',
    /malicious/,
    'blocked because its content',
    /(message|mail|content|attachment|file)[^.]{0,40}(type|name|extension|format)[^.]{0,30}(not allowed|blocked|forbidden|prohibited|banned)/,
    /(prohibited|banned|illegal|blocked|dangerous|restricted|disallowed|executable) (attachment|content|file|extension)/,
    /attachment[^.]{0,40}(not allowed|blocked|forbidden|rejected|removed)/,
    'charset not',
    'character set',
    'conversion is not supported',
    'smtputf8',
    /message contains (a |an |one or more )?(suspicious|forbidden|blocked|illegal|restricted|prohibited|banned|url|link|attachment type|characters)/,
    'message content',
    'content rejected',
    'message rejected due to content',
    'url in',
    'unacceptable content',
    'non-ascii',
    'message body',
  ],
  [
    'has_moved',
    /\b(user|mailbox|recipient|account|address|he|she)\b[^.]{0,40}?\b(moved|changed (his|her|their|its)? ?(e-?mail )?address|relocated)\b/,
    /moved to (another|a new|new)|has moved to|please (forward|use) (the |this |my )?(new|following)( e-?mail)? address|new (e-?mail )?address is|address (has )?(been )?(changed|replaced)/,
    /please try (forwarding to )?<|user not local; please try|no longer (works|employed|with) (at|by|the|us|here|for)?[^.]{0,60}(contact|write|send|forward)/,
  ],
  [
    'not_accepting',
    'nullmx',
    /null[ -]?mx/,
    /does(n't| not) (accept|receive|take) (any )?(e-?)?mail|not accept(ing)? any (e-?)?mail|do(es)? not accept (incoming )?mail|no smtp service here|never accepts? mail|host does not receive mail/,
    /(domain|host|server|system|destination)[^.]{0,40}(not|never|doesn't|no longer) (currently )?(accept|accepting|accepts|receive|receives)( any| incoming)? ?(e-?)?mails?\b(?! from)/,
    /smtp protocol returned a permanent error/,
    /mail receiving disabled|no mail (is )?accepted|we do not accept mail/,
    /(recipient )?(address|domain)[^.]{0,30}has (a )?null mx/,
  ],
  [
    'suspended',
    /(user|account|mail ?box|recipient|address|customer|domain|e-?mail|box|alias)[^.]{0,60}\b(is|has been|was|are|been|temporarily|currently|administratively)?[^.]{0,24}\b(suspended|disabled|inactive|inactivated|deactivated|deactivate|locked|frozen|expired|not active|not activated|blocked (by|due|for)|on hold|discontinued|dormant|out of service|archived|not available at this time|not currently available)\b/,
    /(disabled|inactive|suspended|deactivated|locked|expired|not active|frozen) (user|account|mail ?box|recipient|address|customer|e-?mail)/,
    'mailbox disabled, not accepting messages',
    'mailbox currently suspended',
    'mailbox is frozen',
    'vdelivermail: account is locked',
    'user suspended',
    'invalid/inactive user',
    'accountdisabled',
    'boite du destinataire archivee',
    'sorry your message to',
    'account closed due to inactivity',
    'mailbox unavailable because',
    'the account is not',
    'sorry, i cannot deliver to this disabled',
    'account temporarily',
  ],
  [
    'host_unknown',
    /(host|domain|hostname|mx|mail server|server)( or domain)?( name)?[^.]{0,40}(not found|does(n't| not) exist|is (unknown|not known|invalid)|non-?existent|not exist)/,
    /(unknown|no such|invalid|non-?existent|bad|illegal) (host|domain|mail domain|destination host|destination domain|recipient domain|mail server|address domain)/,
    /domain (of|in|for|part)[^.]{0,40}(not found|does not exist|unknown|invalid|doesn't exist)/,
    /name or service not known|nxdomain|name service error|host found but no data record|no mx (record|host)|mx (record )?not found|no valid mx|couldn't find any host named|could not find any host named|no a or mx|bad destination (system|host|mailbox domain)|unrouteable (mail )?domain|all relevant mx records point to non-existent hosts/,
    /domain is not reachable|domain must exist|enotfound|no such name|dns lookup failure|lookup failed.{0,40}(permanent|domain)|has no mail exchanger|hostname unknown|host unknown|domain unknown|domain not known/,
    'domain does not exist',
    'recipient address rejected: unknown domain',
    'recipient address rejected: domain not found',
  ],
  // The sender address before the recipient's: both are "address rejected".
  [
    'rejected',
    /sender (address )?(\S+ )?(is |was |has been )?(rejected|refused|denied|blocked|invalid|not allowed|verify|verification|domain|not exist|does not|unknown|unacceptable|banned)/,
    /(invalid|unknown|bad|illegal|unroutable|unrouteable|unverifiable|forged|unacceptable|blocked|denied|refused|rejected)[^.]{0,12} sender/,
    /(from|return|reverse)[ -](address|path)[^.]{0,40}(rejected|refused|denied|invalid|blocked|not|does)/,
    /(mail from|envelope from|domain of sender|sender'?s? (domain|address|mailbox|e-?mail))/,
    /(domain|address) of sender|sending domain|sender domain/,
    /could not (complete|verify) sender|sender verif|callout|verify failed for sender|backscatter|empty envelope sender|null sender|rule imposed mailbox access/,
    /not authori[sz]ed to send|you are not (allowed|authorized|permitted)|(sender|from) [^.]{0,40}(is )?not (on|in) [^.]{0,30}(list|white)/,
    'by header based manually blocked senders', // Mimecast
    'rejected by header based',
    'access denied to',
    '<> invalid sender',
    'user is not allowed to send',
    'your e-mail address',
    'email address is on senderfilterconfig list',
  ],
  [
    'no_relaying',
    /relay(ing)?[^.]{0,40}(denied|not (permitted|allowed|authori[sz]ed|accepted)|prohibited|refused|disabled|required)|(unable|not permitted|not allowed|refus(ed|ing)?|cannot|won't|no|we do not|don't) (to )?relay|rcpthosts|not a (gateway|relay)|not (an )?open relay|relay not|relaying/,
    /\b(use|using) (me|us|this (server|host|system))\b.{0,120}\bas a relay\b/,
  ],
  [
    'mailer_error',
    /command (time limit|died|failed|output)|exit(ed)? (status|with)|pipe (to|failed)|procmail|(?<!v)maildrop|unable to (run|execute)|child (status|process)|mailer error|died with (status|signal)/,
  ],
  [
    'system_full',
    /(insufficient|not enough|no) (system )?(storage|disk|memory|resource|resources|space)|out of memory|no space left|disk (is )?full|low on (disk|storage|space|memory)|file ?system (is )?full/,
  ],
  [
    'policy_violation',
    /polic(y|ies)/,
    'transportrules.reject', // Exchange transport rule
    /resolver\.rst\.(notauthorized|authrequired|senderauthenticationrequired|sendernotauthenticated|restricted)/,
    /(only )?accepts? (mail|messages|e-?mails?) (only )?from (internal|authenticated|people|members|certain)|restricted to|(sender|senders) (are|is) not (allowed|permitted|authenticated)|authentication (is )?required|requires authentication|not permitted to (post|send|email|mail)|don'?t have permission|no permission/,
    'administrative prohibition',
    'administratively (prohibited|denied)',
    /administrator|prohibited|(message|mail|email|delivery|transaction)( has been| was| is)? (blocked|prohibited|denied|refused) (by|because)|message not (allowed|permitted)/,
    /security (restriction|violation|reason)/,
    /not authori[sz]ed|delivery not authorized|message refused|refused by|local restriction|denied by/,
    'reject due to',
    'rejected by rule',
    'blocked by the recipient organization',
    'we do not accept mail from',
  ],
  [
    'protocol_error',
    /protocol (violation|error)|synchronization error|bad (sequence|command)|pipelining|out of order/,
    /(command|verb|parameter|argument)s? (is )?(not |un)(recogni[sz]ed|implemented|supported|known)|unrecogni[sz]ed command|syntax error|need (mail|rcpt) (command|first|before)|(mail|rcpt) first\b/,
  ],
  [
    'system_error',
    /(system|server|service|host|local|internal|software|configuration|config|temporary|transient|lookup|database|ldap|backend|processing|alias|queue|directory|i\/o|disk|file ?system|memory|resource|permission)[ -](error|failure|problem|fault|unavailable|exceeded|not available|busy|shut|overload|full)/,
    /(system|server|service) (is )?(not |un)?(currently |temporarily )?(available|busy|down|unavailable|overloaded|too busy|shutting|not responding|not accepting network messages)/,
    /cannot (create|open|write|allocate|append|chdir|update)|can'?t (create|open|write|lock|allocate|chdir)/,
    /(temporarily|temporary) (unavailable|failure|unable|error|problem|local problem|not available)|try (again|back)? ?later|please try|come back later|retry later/,
    /loops back to myself|mail for \S+ loops back|local configuration error|bad file|permission denied|segmentation|signal|timeout while|interrupted|i'?m not going to|unexpected (error|failure)|fatal error|unable to (open|create|lock|store|process)/,
    'not unique. several matches', // Domino: nobody knows which mailbox is meant, so none of them is gone
    'no mailserver for',
    'queue file write error',
    'local error in processing',
    'mail system is',
    'service unavailable',
    'service not available',
    'error in processing',
  ],
  [
    'user_unknown',
    /(user|recipient|account|mail ?box|address|alias|addressee|local part|e-?mail|person|name|mail ?drop|id|customer|subscriber|username|rcpt)s?( name| address| account)?[^.]{0,60}?\b(unknown|not known|does(n't| not) exist|do not exist|did not exist|is not found|not found|no such|non-?existent|no longer (exists?|valid|available|active|in use|accepts?|on|here|with|works)|could not be found|cannot be found|can't be found|couldn't be found|not exist|is invalid|not valid|isn't valid|not recogni[sz]ed|unrecogni[sz]ed|undeliverable|not listed|not in|is not (a )?(valid|known|local|registered|our|here|defined|one of|hosted)|not (local|registered|defined|configured|present|our customer|available here|hosted)|has been (deleted|removed|terminated|closed|cancelled|canceled)|is (deleted|removed|terminated|closed|bogus|obsolete|invalid)|was (not found|deleted|removed|unknown)|doesn't have|unavailable|not available|no mailbox|terminated)\b/,
    /(unknown|no such|invalid|non-?existent|nonexistant|bad|illegal|unrecogni[sz]ed|undefined|incorrect|wrong|unrouteable|unroutable|no valid|not a valid|not a known|no|deleted|undeliverable|unavailable|unregistered|not our) (local |e-?mail |mail ?|destination |recipient |user |receiving |such |to )?(user|recipient|account|mail ?box|address|addressee|person|alias|local part|customer|name|id|subscriber|rcpt|username|here|by that name)/,
    /addressee unknown|not our customer|(there is|there's) no(body| one| such| user| mailbox| account)|no one (here )?(by|with)|nobody (here )?(by|with)|can'?t find (user|recipient|mailbox)|delivery to (this|the) address is not possible/,
    /recipient (address )?(was |is |has been )?(rejected|refused|denied|not (ok|accepted|allowed|known|verified))/,
    /address (was |is |has been )?rejected|#5\.1\.[01] /,
    /x@y>? (was |is )?not found|bad[-_ ]?recipient|badrcptto|can't accept user|not an active address|mailbox invalid/,
    /not a local address|not email addresses|unknown local[- ]part|missing home directory|spectator does not exist/,
    /existiert nicht|n'existe pas|inexistant|no existe|não existe|nao existe|non esiste|bestaat niet|не существует|nie istnieje/,
    'has no mailbox',
    'does not have an account',
    'does not have a mailbox',
    'no mailbox here',
    'mailbox unavailable',
    'mailbox not available',
    'not a user here',
    'this address no longer accepts mail',
    "this address doesn't",
    'user not local',
    'could not route to the',
    /not a (valid|registered|known) ([a-z-]{1,20} ){0,2}user|user ?name not known|(does|did) not (exactly )?match (an|any)|has no final e?-?mail delivery|not have a final e?-?mail delivery point|address is wrong/,
    /invalid final delivery userid|no matches to nameserver query|n'existe pas/,
    'unknown-recipient',
    'x-unix; 67', // sysexits EX_NOUSER
    'empfänger unbekannt',
    'empfaenger unbekannt',
    'unbekannter empf',
    'benutzer unbekannt',
    'utilisateur inconnu',
    'destinataire inconnu',
    'adresse inconnue',
    'adresse d au moins un destinataire invalide', // Orange
    'usuario desconocido',
    'usuario no existe',
    'usuário desconhecido',
    'utente sconosciuto',
    'utente non valido',
    'destinatario sconosciuto',
    'mottagaren finns inte',
    'пользователь не найден',
    'ユーザーが見つかりません',
    '用户不存在',
  ],
  [
    'filtered',
    /\bfilter(ed|ing|s)?\b/,
    /(recipient|user|mailbox|subscriber|he|she)[^.]{0,40}(rejects?|refuses|does not accept|doesn't accept|not accepting|will not accept|do not want|blocked)[^.]{0,40}(mail|message|from|you|this)/,
    'because the recipient is only accepting mail from specific email addresses', // AOL
    'this account is protected by',
    'sender is not in recipient',
    'permanent failure for one or more recipients', // Barracuda
    'due to extended inactivity new mail is not currently being accepted',
    'you have been blocked by the recipient',
  ],
]

/** What an enhanced code (RFC 3463 section 3, RFC 7372, RFC 7505) means when the text says nothing that is known. */
const byDetail: Readonly<Record<string, BounceReason>> = {
  '1.1': 'user_unknown',
  '1.2': 'host_unknown',
  '1.3': 'user_unknown',
  '1.6': 'has_moved',
  '1.7': 'rejected',
  '1.8': 'rejected',
  '1.9': 'system_error',
  '1.10': 'not_accepting',
  '2.1': 'suspended',
  '2.2': 'mailbox_full',
  '2.3': 'message_too_big',
  '3.1': 'system_full',
  '3.2': 'system_error',
  '3.3': 'system_error',
  '3.4': 'message_too_big',
  '3.5': 'system_error',
  '4.1': 'network_error',
  '4.2': 'network_error',
  '4.3': 'system_error',
  '4.4': 'host_unknown',
  '4.5': 'rate_limited',
  '4.6': 'network_error',
  '4.7': 'expired',
  '5.0': 'protocol_error',
  '5.1': 'protocol_error',
  '5.2': 'protocol_error',
  '5.3': 'rate_limited',
  '5.4': 'protocol_error',
  '5.5': 'protocol_error',
  '6.0': 'content_error',
  '6.1': 'content_error',
  '6.2': 'content_error',
  '6.3': 'content_error',
  '6.6': 'content_error',
  '6.7': 'content_error',
  '6.8': 'content_error',
  '6.9': 'content_error',
  '7.10': 'failed_starttls',
  '7.11': 'failed_starttls',
  '7.20': 'authentication_failure',
  '7.21': 'authentication_failure',
  '7.22': 'authentication_failure',
  '7.23': 'authentication_failure',
  '7.24': 'authentication_failure',
  '7.25': 'requires_ptr',
  '7.26': 'authentication_failure',
  '7.27': 'rejected',
  '7.28': 'rate_limited',
  '7.29': 'failed_starttls',
}

const enhancedPattern = /(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)/

/**
 * A reply as one lower-case line: continuation prefixes ("550-5.1.1 "), repeated white space and typographic
 * apostrophes are gone, so a phrase is found wherever the server broke its lines (RFC 5321 section 4.2.1).
 */
export function normaliseReply(text: string): string {
  // Longer texts are whole quoted messages; a reason stands at the front, and patterns must stay cheap on hostile input.
  const bounded = text.length > 4000 ? text.slice(0, 4000) : text
  return (
    bounded
      .replace(/(^|[\r\n\s])[245]\d\d-(?:[245]\.\d{1,3}\.\d{1,3})?(?=\s)/g, ' ')
      .replace(/[\r\n]+\s*[245]\d\d (?:[245]\.\d{1,3}\.\d{1,3} )?/g, ' ')
      // Addresses hold full stops, at which the patterns end a clause; who is meant does not matter here.
      .replace(/(?!to[bs][ra]@)[^\s<>@:;,()[\]"']{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+/gi, 'x@y')
      .replace(/[\u2018\u2019]/g, "'")
      .replace(/\s+/g, ' ')
      .trim()
      .toLowerCase()
  )
}

/** The first enhanced status code in a text (RFC 3463), or undefined. Addresses such as 5.1.1.7 are not taken for one. */
export function findEnhancedCode(text: string): string | undefined {
  const found = enhancedPattern.exec(text)
  return found ? `${found[1]}.${Number(found[2])}.${Number(found[3])}` : undefined
}

/**
 * The reason behind a refusal: the words first, as known servers and providers use them, then the enhanced code, then
 * the reply code. `code` and `enhanced` may be missing; they are then looked for in the text. A reply that says
 * nothing but "550" is `undefined`, never a dead address (RFC 5321 section 4.2.3 gives 550 to policy as well).
 */
export function reasonFromText(
  code: number | null | undefined,
  enhanced: string | null | undefined,
  text: string | null | undefined,
): BounceReason {
  const raw = text ?? ''
  const enhancedCode = (enhanced ? findEnhancedCode(enhanced) : undefined) ?? findEnhancedCode(raw)
  const found = /(?:^|[\s:;(])([45]\d\d)(?=[\s-]|$)/.exec(raw)
  const replyCode = code ?? (found ? Number(found[1]) : undefined)
  const said = normaliseReply(raw)
  const detail = enhancedCode?.slice(2)

  let reason = said === '' ? undefined : matchRules(said)
  if (reason === 'user_unknown' && isWeakUnknown(said, detail, replyCode)) reason = undefined
  // A domain that is not found for now may be back in an hour.
  if (reason === 'host_unknown' && replyCode !== undefined && replyCode < 500) reason = 'network_error'
  if (reason) return reason
  return byCode(enhancedCode, detail, replyCode)
}

function matchRules(said: string): BounceReason | undefined {
  for (const [reason, ...phrases] of bounceRules) {
    for (const phrase of phrases) {
      if (typeof phrase === 'string' ? said.includes(phrase) : phrase.test(said)) return reason
    }
  }
  return undefined
}

const explicitUnknown =
  /unknown|no such|not exist|n't exist|nonexist|non-exist|not found|invalid|no mailbox|no longer|unrout|does not have|n't have|not a valid|exist|badrcptto|inconnu|desconocid|sconosciut|unbekannt/

/**
 * "Recipient address rejected" and "mailbox unavailable" say an address is dead only when nothing speaks against it:
 * with 4yz or 5.7.x beside them they are a passing fault or the sender's.
 */
function isWeakUnknown(said: string, detail: string | undefined, replyCode: number | undefined): boolean {
  if (explicitUnknown.test(said)) return false
  if (detail?.startsWith('7.')) return true
  return replyCode !== undefined && replyCode < 500
}

function byCode(enhanced: string | undefined, detail: string | undefined, replyCode: number | undefined): BounceReason {
  const temporary = replyCode !== undefined ? replyCode < 500 : enhanced?.startsWith('4') === true
  const exact = detail ? byDetail[detail] : undefined
  if (exact) {
    // A passing reply is no proof that an address or a domain is gone, whatever the detail digit says.
    if (temporary && bounceReasons[exact].suppress) return exact === 'host_unknown' ? 'network_error' : 'system_error'
    return exact
  }
  if (detail?.startsWith('7.')) return 'policy_violation'
  if (detail?.startsWith('6.')) return 'content_error'
  if (detail?.startsWith('4.')) return 'network_error'
  if (detail?.startsWith('3.')) return 'system_error'
  if (replyCode === 521 || replyCode === 556) return 'not_accepting' // RFC 7504: the host accepts no mail
  if (replyCode === 551) return 'has_moved' // RFC 5321 section 3.4: user not local
  if (replyCode === 552) return 'mailbox_full' // RFC 5321 section 4.2.3: exceeded storage allocation
  if (replyCode !== undefined && replyCode >= 500 && replyCode <= 504) return 'protocol_error'
  if (replyCode === 530 || replyCode === 535 || replyCode === 538) return 'policy_violation'
  if (replyCode === 421) return 'rate_limited'
  if (replyCode === 450) return 'rate_limited' // mailbox busy or greylisted
  if (replyCode === 451 || replyCode === 452 || replyCode === 454) return 'system_error'
  return 'undefined'
}
