import type { BounceReason } from './bounce-reason.ts'
import { findEnhancedCode, normaliseReply } from './bounce-reason.ts'

/**
 * What should follow from a reply besides its verdict. `slow_down`: the receiver wants less, for now. `pause_domain`: sending
 * on from this domain or address does more harm than waiting; somebody must look. `fix_dns`: records of the sender are wrong.
 * `suppress`: the address is gone.
 */
export type ReplyAction = 'none' | 'slow_down' | 'pause_domain' | 'fix_dns' | 'suppress'

export type ReplyExplanation = {
  /** Who speaks: a mailbox provider, a filter in front of one, a block list, or `any` server. */
  provider: string
  reason: BounceReason
  action: ReplyAction
  /** What the reply means, in one plain sentence. */
  cause: string
  /** What helps, in one sentence. */
  advice: string
}

type KnownReply = readonly [
  provider: string,
  pattern: RegExp,
  reason: BounceReason,
  action: ReplyAction,
  cause: string,
  advice: string,
]

const ASK_RECIPIENT =
  'Ask the recipient over another channel whether they want the mail and let their administrator allow you.'
const CHECK_ADDRESS = 'Check the spelling of the address; it is not written to again.'
const CLEAN_LIST = 'Remove the address, and check where the list comes from.'
const DELIST_IP = 'Ask the operator of the sending address to have it delisted after the cause has been found.'
const DKIM_SPF =
  'Publish the SPF and DKIM records that the domain page shows, and check that both pass for the From domain.'
const DMARC_ALIGN = 'Make SPF or DKIM pass for the very domain in From, or change the DMARC policy of that domain.'
const IMPROVE = 'Send less, to people who know you, and let the reputation recover before you send more.'
const LATER = 'Nothing to do: it is tried again by itself.'
const LESS_CONTENT = 'Take out what looks like advertising: shortened links, pictures, attachments, shouting.'
const PTR = 'Give the sending address a reverse DNS name that leads back to it, and use that name as MAIL_HOST_NAME.'
const RELAY_IP = 'Send through a relay, or from an address that is meant for mail servers.'
const SLOWER = 'Nothing to do: sending to this receiver is slowed down by itself.'
const SMALLER = 'Send less content: link to large files instead of attaching them.'
const THEIR_FAULT = 'Only the administrator of the receiving side can put this right.'

/**
 * Replies of known providers, the most telling first; written from their public documentation and wording seen in bounces. A
 * pattern is held against `code enhanced text` in lower case after `normaliseReply`, with `-` for what is missing.
 */
export const knownReplies: readonly KnownReply[] = [
  // Google: https://support.google.com/a/answer/3726730 and the sender guidelines.
  [
    'google',
    /account that you tried to reach does not exist|gsmtp.*no such user/,
    'user_unknown',
    'suppress',
    'Google has no such address.',
    CHECK_ADDRESS,
  ],
  [
    'google',
    /account that you tried to reach is (disabled|inactive|over quota and inactive)/,
    'suspended',
    'none',
    'Google has disabled this mailbox.',
    CLEAN_LIST,
  ],
  [
    'google',
    /receiving mail at a rate that|receiving mail too (quickly|fast)|receiving too much mail/,
    'rate_limited',
    'none',
    'This one Gmail user is getting too much mail at the moment.',
    LATER,
  ],
  [
    'google',
    /(inbox is out of storage space|over quota|over its quota).*(gsmtp|google)|google\.com\/mail\/\S*\?p=overquota/,
    'mailbox_full',
    'none',
    'The Gmail mailbox is full.',
    LATER,
  ],
  [
    'google',
    /daily (user )?sending (quota|limit)( is)? exceeded|exceeded .{0,20}sending (quota|limit)|p=dailysend/,
    'rate_limited',
    'slow_down',
    'The Google account that sends has used up its daily limit.',
    'Lower the daily limit of this address below what Google allows for the account.',
  ],
  [
    'google',
    / [45]\.7\.26 .*(google|gsmtp)|blocked because the sender is unauthenticated|gmail requires all senders to authenticate/,
    'authentication_failure',
    'fix_dns',
    'Gmail refuses the mail because neither SPF nor DKIM passes for the sender, or DMARC forbids it.',
    DKIM_SPF,
  ],
  [
    'google',
    / [45]\.7\.(27|24) .*(google|gsmtp)/,
    'authentication_failure',
    'fix_dns',
    'Gmail finds that SPF does not pass for the sender.',
    DKIM_SPF,
  ],
  [
    'google',
    / [45]\.7\.30 .*(google|gsmtp)/,
    'authentication_failure',
    'fix_dns',
    'Gmail finds that DKIM does not pass for the sender.',
    DKIM_SPF,
  ],
  [
    'google',
    / [45]\.7\.(31|32|40) .*(google|gsmtp)/,
    'authentication_failure',
    'fix_dns',
    'Gmail finds no DMARC record, or a From domain that neither SPF nor DKIM stands for.',
    DMARC_ALIGN,
  ],
  [
    'google',
    / [45]\.7\.(25|23) .*(google|gsmtp)|ip address sending this message does not have a ptr/,
    'requires_ptr',
    'fix_dns',
    'The sending address has no reverse DNS name that leads back to it.',
    PTR,
  ],
  [
    'google',
    / [45]\.7\.29 .*(google|gsmtp)|sent over a tls connection|tls required for rcpt domain/,
    'failed_starttls',
    'none',
    'Google takes this mail only over an encrypted connection.',
    'Make sure that outgoing connections may use STARTTLS.',
  ],
  [
    'google',
    / [45]\.7\.28 .*(google|gsmtp)|unusual rate of (unsolicited|suspicious)|temporarily rate limited.*(gsmtp|google)/,
    'rate_limited',
    'slow_down',
    'Gmail sees an unusual amount of unwanted mail from this domain, network or address.',
    'Send much less to Gmail for some days, and only to people who expect it; Postmaster Tools shows the rate of complaints.',
  ],
  [
    'google',
    /very low reputation of the sending domain|low reputation of the sending domain/,
    'bad_reputation',
    'pause_domain',
    'Gmail holds a very low opinion of the sending domain.',
    IMPROVE,
  ],
  [
    'google',
    /very low reputation of the sending ip|low reputation of the sending ip|suspicious due to the .*reputation/,
    'bad_reputation',
    'pause_domain',
    'Gmail holds a very low opinion of the sending address.',
    IMPROVE,
  ],
  [
    'google',
    /likely (unsolicited|suspicious)|our system has detected that this message is (likely )?(unsolicited|suspicious|spam)/,
    'spam_detected',
    'pause_domain',
    'Gmail takes the message for spam.',
    LESS_CONTENT,
  ],
  [
    'google',
    /not authorized to send email directly to our servers/,
    'blocked',
    'none',
    'Google takes no mail from addresses that look like home connections.',
    RELAY_IP,
  ],
  [
    'google',
    /content presents a potential security issue|blocked because its content presents/,
    'virus_detected',
    'none',
    'Google finds an attachment or link of a dangerous kind.',
    'Leave the attachment out, archives and programs above all.',
  ],
  [
    'google',
    /exceeded google's message size|message size limits? .*(gsmtp|google)/,
    'message_too_big',
    'none',
    'The message is larger than Google takes.',
    SMALLER,
  ],
  [
    'google',
    /(messages missing a valid address in from|multiple addresses in from|messages with multiple|not rfc 5322|message.?id header|header.*not compliant).*(gsmtp|google|accepted)/,
    'not_compliant_rfc',
    'none',
    'Gmail finds a header that breaks the rules for mail.',
    'Report this with the message: its headers are written by this product.',
  ],
  [
    'google',
    /try again later, closing connection|4\.7\.0 .*(gsmtp|google)/,
    'rate_limited',
    'slow_down',
    'Google is busy or wants less from this address at the moment.',
    SLOWER,
  ],
  [
    'google',
    /domain policy.*google|administrator.*(gsmtp|google)|group you tried to contact|5\.7\.1 .*(not have permission|may not exist, or you may not have permission)/,
    'filtered',
    'none',
    'The Google group or organisation takes no mail from outside senders.',
    ASK_RECIPIENT,
  ],

  // Microsoft: https://sendersupport.olc.protection.outlook.com/pm/troubleshooting and the Exchange Online NDR list.
  [
    'microsoft',
    / 5\.7\.515 |does not meet the required authentication level/,
    'authentication_failure',
    'fix_dns',
    'Outlook.com refuses large senders whose SPF, DKIM and DMARC do not all pass.',
    DKIM_SPF,
  ],
  [
    'microsoft',
    / 5\.7\.509 |does not pass dmarc verification/,
    'authentication_failure',
    'fix_dns',
    'Microsoft obeys the DMARC policy of the sender’s domain, which the message does not pass.',
    DMARC_ALIGN,
  ],
  [
    'microsoft',
    / [45]\.7\.23 .*spf|message was rejected because of sender policy framework/,
    'authentication_failure',
    'fix_dns',
    'Microsoft finds that SPF does not pass.',
    DKIM_SPF,
  ],
  [
    'microsoft',
    /\(s3140\)|\(s3150\)|part of their network is on our block ?list/,
    'blocked',
    'pause_domain',
    'The network of the sending address is on Outlook.com’s block list.',
    'Ask for mitigation at https://olcsupport.office.com, and stop sending to Outlook.com until it is granted.',
  ],
  [
    'microsoft',
    /\(s77[5-9]\)| 4\.7\.650 |temporarily rate limited due to ip reputation/,
    'rate_limited',
    'slow_down',
    'Microsoft limits the sending address because of its reputation.',
    'Send less to Microsoft for some days and raise the volume slowly.',
  ],
  [
    'microsoft',
    / 4\.7\.500 |server busy.*as\(|as\(7\d{3,4}\)|4\.7\.651 /,
    'rate_limited',
    'slow_down',
    'Microsoft is suspicious of a sudden rise in mail from this address.',
    'Raise the volume slowly, from day to day.',
  ],
  [
    'microsoft',
    /rp-00[123]|exceeded the rate limit allowed|exceeded the connection limit/,
    'rate_limited',
    'slow_down',
    'The sending address has gone beyond the rate that Outlook.com grants it.',
    SLOWER,
  ],
  [
    'microsoft',
    / 5\.7\.(60[6-9]|6[1-4]\d) |access denied, banned send(ing|er)|5\.7\.511 /,
    'blocked',
    'pause_domain',
    'Microsoft has banned the sending address.',
    'Ask for removal at https://sender.office.com, and stop sending to Microsoft until then.',
  ],
  [
    'microsoft',
    /(sc|dy|ou)-00\d|mail rejected by (windows live hotmail|outlook\.com)/,
    'blocked',
    'pause_domain',
    'Outlook.com refuses the sending address for what came from it, or for what kind of address it is.',
    'Look the address up in Microsoft SNDS and ask for mitigation at https://olcsupport.office.com.',
  ],
  [
    'microsoft',
    /as\(20180628\d?\)|as\(201806281\)|recipient address rejected: access denied/,
    'user_unknown',
    'suppress',
    'The organisation’s directory has no such address.',
    CHECK_ADDRESS,
  ],
  [
    'microsoft',
    /resolver\.adr\.(recip|exrecip|invalid)|recipient not found by smtp address lookup|550 5\.1\.10 (?!.*null mx)/,
    'user_unknown',
    'suppress',
    'The organisation’s directory has no such address.',
    CHECK_ADDRESS,
  ],
  [
    'microsoft',
    /requested action not taken: mailbox unavailable.*(outlook|hotmail|olc)|\b5\.5\.0 requested action not taken: mailbox unavailable/,
    'user_unknown',
    'suppress',
    'Outlook.com has no such address.',
    CHECK_ADDRESS,
  ],
  [
    'microsoft',
    /recipient's per hour message receive limit| 5\.2\.12[12] /,
    'rate_limited',
    'none',
    'This one mailbox gets too much mail in this hour.',
    LATER,
  ],
  [
    'microsoft',
    /5\.7\.(124|133|134) |restricttoorg|resolver\.rst\.(notauthorized|auth)|authentication required for (delivery|this recipient)/,
    'filtered',
    'none',
    'This mailbox or group takes mail only from within its organisation.',
    ASK_RECIPIENT,
  ],
  [
    'microsoft',
    /transport\.rules\.reject|rejected by .{0,40}(transport|mail flow) rule|organization's (email|mail) (policy|admin)|5\.7\.1 .*organization policy/,
    'policy_violation',
    'none',
    'A rule that the organisation has set up refuses the message.',
    ASK_RECIPIENT,
  ],
  [
    'microsoft',
    / 5\.7\.(705|708|750) |tenant has exceeded threshold|traffic not accepted from this ip/,
    'blocked',
    'pause_domain',
    'Microsoft has stopped outgoing mail of the Microsoft 365 account that sends.',
    'The administrator of that account must look into the Defender portal and release it.',
  ],
  [
    'microsoft',
    / 5\.1\.8 .*(outbound|sender)|bad outbound sender| 5\.1\.90 |recipient limit exceeded/,
    'blocked',
    'pause_domain',
    'Microsoft has blocked the mailbox that sends for unusual amounts of mail.',
    'The administrator of that account must release it under restricted entities.',
  ],
  [
    'microsoft',
    / 5\.7\.64 .*tenantattribution|tenantattribution; relay access denied/,
    'no_relaying',
    'none',
    'The organisation’s connectors are set up so that the mail finds no home.',
    THEIR_FAULT,
  ],
  [
    'microsoft',
    /storedrv.*quota|mailboxfull|quotaexceededexception|5\.2\.2 .*storedrv/,
    'mailbox_full',
    'none',
    'The mailbox at Microsoft is full.',
    LATER,
  ],
  [
    'microsoft',
    / 5\.7\.512 |must be rfc 5322/,
    'not_compliant_rfc',
    'none',
    'Microsoft finds a From header that breaks the rules.',
    'Report this with the message: its headers are written by this product.',
  ],
  [
    'microsoft',
    /4\.3\.2 .*(prx\d|temporary server error)|temporary server error.*prx/,
    'system_error',
    'none',
    'A server of Microsoft has a passing fault.',
    LATER,
  ],
  [
    'microsoft',
    / 5\.4\.1 .*all recipient addresses rejected| 5\.4\.14 |hop count exceeded - possible mail loop/,
    'system_error',
    'none',
    'The organisation’s mail runs in a circle or its domain is not set up.',
    THEIR_FAULT,
  ],

  // Yahoo, AOL: https://senders.yahooinc.com/smtp-error-codes
  [
    'yahoo',
    /\[tss0?[1-9]\]|\[ts0?[12]\]|deferred due to (unexpected volume|user complaints|excessive|abuse)/,
    'rate_limited',
    'slow_down',
    'Yahoo puts mail from this address off because of volume or complaints.',
    'Send less to Yahoo and AOL, and only to people who open your mail.',
  ],
  [
    'yahoo',
    /\[ts0?3\]|permanently deferred; retrying will not succeed/,
    'blocked',
    'pause_domain',
    'Yahoo takes no more mail from this address until somebody asks.',
    'Ask for a review at https://senders.yahooinc.com, and stop sending to Yahoo and AOL until then.',
  ],
  [
    'yahoo',
    /\[bl2[134]\]|not accepted from .{0,40}spamhaus.*yahoo|553 5\.7\.1 \[bl/,
    'blocked',
    'pause_domain',
    'Yahoo refuses the sending address because it stands on a Spamhaus list.',
    'Look the address up at https://check.spamhaus.org and have it removed there.',
  ],
  [
    'yahoo',
    /doesn't have a (yahoo|aol|ymail|rocketmail|sky|frontier|verizon)|delivery error: dd (this user|requested mail action)/,
    'user_unknown',
    'suppress',
    'Yahoo has no such address.',
    CHECK_ADDRESS,
  ],
  [
    'yahoo',
    /mailbox is disabled \(554\.30\)|this mailbox is disabled/,
    'suspended',
    'none',
    'Yahoo has disabled this mailbox.',
    CLEAN_LIST,
  ],
  [
    'yahoo',
    /554 5\.7\.9 |message not accepted for policy reasons.*(postmaster\.)?(yahoo|senders)|\[(ph|au)\d\d\]/,
    'authentication_failure',
    'fix_dns',
    'Yahoo refuses the message: authentication of the sender fails, or its content is forbidden.',
    DKIM_SPF,
  ],
  [
    'yahoo',
    /\[gl01\]|resources temporarily (not available|unavailable).*(yahoo|gl01)|4\.16\.55/,
    'rate_limited',
    'none',
    'Yahoo puts off the first mail of a sender it does not know.',
    LATER,
  ],
  [
    'yahoo',
    /user over quota.*(yahoo|aol)|mailbox over quota \(#5\.?1?/,
    'mailbox_full',
    'none',
    'The mailbox at Yahoo is full.',
    LATER,
  ],
  [
    'aol',
    /\((rtr|con|rly):[a-z0-9]+\)|\(dyn:t1\)|postmaster\.info\.aol\.com\/errors/,
    'blocked',
    'slow_down',
    'AOL limits or blocks the sending address.',
    'Ask for a review at https://senders.yahooinc.com.',
  ],

  // Apple: https://support.apple.com/102322
  [
    'apple',
    /\[(cs|hm)0\d\]|support\.apple\.com\/.{0,10}(ht204137|102322)|message rejected due to local policy.*apple/,
    'policy_violation',
    'pause_domain',
    'iCloud Mail refuses the message for its content or the reputation of the sender.',
    'Read https://support.apple.com/102322 and write to icloudadmin@apple.com with the reply.',
  ],
  [
    'apple',
    /dmarc policy.*(icloud|apple)|(icloud|apple).*dmarc policy/,
    'authentication_failure',
    'fix_dns',
    'iCloud Mail obeys the DMARC policy of the sender’s domain, which the message does not pass.',
    DMARC_ALIGN,
  ],
  ['apple', /unknown or illegal alias/, 'user_unknown', 'suppress', 'iCloud Mail has no such address.', CHECK_ADDRESS],

  // GMX, WEB.DE, mail.com: https://postmaster.gmx.net/en/error-messages
  [
    'gmx',
    /bad dns ptr resource record/,
    'requires_ptr',
    'fix_dns',
    'GMX, WEB.DE and 1&1 find no proper reverse DNS name of the sending address.',
    PTR,
  ],
  [
    'gmx',
    /nemesis.*(black ?list|blocked)|ip address is black ?listed.*(gmx|web\.de|postmaster|nemesis)|no smtp service.*black/,
    'blocked',
    'pause_domain',
    'GMX, WEB.DE and 1&1 block the sending address.',
    'Follow the link in the reply to ask for removal.',
  ],
  [
    'gmx',
    /(reject due to policy restrictions|transaction failed).*(postmaster\.(gmx|web|1and1)|kundenserver|gmx\.net)/,
    'policy_violation',
    'pause_domain',
    'GMX, WEB.DE and 1&1 refuse the message by a policy; the link in the reply names which.',
    'Follow the link in the reply, and check SPF, DKIM and DMARC of the sender.',
  ],
  [
    'gmx',
    /(nemesis|gmx|web\.de).*(too many|limit|later|not available)|(too many|limit|try again later).*(nemesis|gmx|web\.de)/,
    'rate_limited',
    'slow_down',
    'GMX, WEB.DE and 1&1 want less from this address at the moment.',
    SLOWER,
  ],
  [
    't-online',
    /ask your postmaster for help or to contact \S{1,40} to clarify|(tosa|tobr)@rx\.t-online/,
    'blocked',
    'pause_domain',
    'T-Online takes no mail from senders it does not know: without an imprint under the host name it blocks them.',
    'Put an imprint on the web site of MAIL_HOST_NAME and write to tosa@rx.t-online.de.',
  ],

  // Mail.ru and Yandex
  [
    'mail.ru',
    /help\.mail\.ru\/notspam|spam message (rejected|discarded)/,
    'spam_detected',
    'pause_domain',
    'Mail.ru takes the message for spam.',
    'Follow the link in the reply, and register the domain at https://postmaster.mail.ru.',
  ],
  [
    'mail.ru',
    /ratelimit exceeded.*mail\.ru|mail\.ru.*(ratelimit|rate limit)|try again later.*mail\.ru/,
    'rate_limited',
    'slow_down',
    'Mail.ru wants less from this address at the moment.',
    SLOWER,
  ],
  [
    'mail.ru',
    /message was not accepted -- invalid mailbox|local mailbox x@y is unavailable/,
    'user_unknown',
    'suppress',
    'Mail.ru has no such address.',
    CHECK_ADDRESS,
  ],
  [
    'yandex',
    /under suspicion of spam|ya\.cc\/\w+/,
    'spam_detected',
    'pause_domain',
    'Yandex takes the message for spam.',
    'Register the domain at https://postmaster.yandex.ru, and send less to Yandex.',
  ],
  [
    'yandex',
    /policy rejection on the target address/,
    'policy_violation',
    'none',
    'Yandex refuses mail to this address by a policy.',
    ASK_RECIPIENT,
  ],
  [
    'yandex',
    /sorry, the service is currently unavailable\. please come back later/,
    'rate_limited',
    'slow_down',
    'Yandex wants less from this address at the moment.',
    SLOWER,
  ],

  // QQ (Tencent) and 163, 126, yeah.net (NetEase)
  [
    'qq',
    /(mail|service)\.(mail\.)?qq\.com.*no=1000728|mailbox not found.*qq\.com/,
    'user_unknown',
    'suppress',
    'QQ Mail has no such address.',
    CHECK_ADDRESS,
  ],
  [
    'qq',
    /(connection|ip|domain|sender|address|mail) frequency (is )?limited/,
    'rate_limited',
    'slow_down',
    'QQ Mail limits how often this address, domain or sender may write.',
    'Send much less to QQ Mail.',
  ],
  [
    'qq',
    /(mail content denied|suspected spam|suspected bounce attack|reject(ed)? by (system|content)).*(qq\.com)?/,
    'spam_detected',
    'pause_domain',
    'QQ Mail takes the message for spam.',
    LESS_CONTENT,
  ],
  [
    'netease',
    /\b(dt|mi|hl):(spm|spb|spf|rbl|rob|sfq|hcr|dkm|cel|imf|nab|ipd|ihu|icc|ifc|rep|itc|ull)\b/,
    'policy_violation',
    'slow_down',
    'NetEase (163, 126) refuses the mail; the letters in the reply name why.',
    'Look the letters up at https://mail.163.com/help/help_spam_16.htm.',
  ],
  [
    'netease',
    /mail\.163\.com\/help|help_spam_16/,
    'policy_violation',
    'slow_down',
    'NetEase (163, 126) refuses the mail; the letters in the reply name why.',
    'Look the letters up at https://mail.163.com/help/help_spam_16.htm.',
  ],

  // Filters in front of mailboxes
  [
    'proofpoint',
    /proofpoint\.com\/(dnsbl-lookup|\?ip)|ipcheck\.proofpoint|blocked.{0,10}proofpoint|pdr.{0,40}proofpoint/,
    'blocked',
    'pause_domain',
    'The sending address is on Proofpoint’s block list, which many companies and iCloud use.',
    'Ask for removal at https://ipcheck.proofpoint.com.',
  ],
  [
    'mimecast',
    /mimecast.*(anti-?spoofing|header based)|(anti-?spoofing|header based).*mimecast|rejected by header based anti-spoofing/,
    'authentication_failure',
    'none',
    'The company’s Mimecast takes the sender for a forgery of its own domain or people.',
    ASK_RECIPIENT,
  ],
  [
    'mimecast',
    /mimecast.*(envelope blocked|administrative prohibition|security polic)|(envelope blocked|administrative prohibition|security polic).*mimecast|administrative prohibition - envelope/,
    'filtered',
    'none',
    'A rule of the company in Mimecast refuses this sender.',
    ASK_RECIPIENT,
  ],
  [
    'mimecast',
    /csi\.mimecast\.org|mimecast.*poor reputation|poor reputation sender|local ct ip reputation/,
    'bad_reputation',
    'pause_domain',
    'Mimecast holds a poor opinion of the sending address.',
    'Ask for a review at https://community.mimecast.com under sender feedback.',
  ],
  [
    'mimecast',
    /ip temporarily blacklisted|(internal resources|account service).{0,20}temporarily unavailable/,
    'rate_limited',
    'slow_down',
    'Mimecast puts mail from an address off that it does not know or that writes too often.',
    LATER,
  ],
  [
    'mimecast',
    /invalid recipient.*mimecast/,
    'user_unknown',
    'suppress',
    'The company’s directory has no such address.',
    CHECK_ADDRESS,
  ],
  [
    'barracuda',
    /barracudacentral|barracudanetworks\.com\/reputation|barracuda reputation/,
    'blocked',
    'pause_domain',
    'The sending address is on Barracuda’s block list.',
    'Ask for removal at https://www.barracudacentral.org/rbl/removal-request.',
  ],
  [
    'barracuda',
    /permanent failure for one or more recipients \(x@y:(blocked|\d+)/,
    'filtered',
    'none',
    'The company’s Barracuda filter refuses the message.',
    ASK_RECIPIENT,
  ],
  [
    'cisco',
    /sending mta's poor reputation|rejected due to the sending mta|senderbase\.org|talosintelligence\.com/,
    'bad_reputation',
    'pause_domain',
    'Cisco (Talos) holds a poor opinion of the sending address.',
    'Look the address up at https://talosintelligence.com/reputation_center and open a ticket there.',
  ],
  [
    'trend_micro',
    /ers\.trendmicro|mail-abuse\.(com|org)|trendmicro.*(reputation|blocked)/,
    'bad_reputation',
    'pause_domain',
    'Trend Micro holds a poor opinion of the sending address.',
    'Ask for a review at https://servicecentral.trendmicro.com/en-us/ers/ip-lookup.',
  ],
  [
    'symantec',
    /messagelabs|symantec|connection rejected by policy \[7\.\d\]|please see the faqs section on spam/,
    'filtered',
    'none',
    'The company’s Symantec (Broadcom) filter refuses the message.',
    'Ask for a review at https://sender-reputation.symantec.com, or ask the recipient to allow you.',
  ],
  [
    'sophos',
    /sophos.*(block|reputation|reject)|ctasd|cyren.*(block|reject)/,
    'filtered',
    'none',
    'The company’s Sophos filter refuses the message.',
    ASK_RECIPIENT,
  ],
  [
    'fortinet',
    /fortiguard|fortinet.*(spam|block)/,
    'spam_detected',
    'none',
    'The company’s Fortinet filter takes the message for spam.',
    ASK_RECIPIENT,
  ],
  [
    'cloudmark',
    /csi\.cloudmark|cloudmark sender intelligence|cmae/,
    'blocked',
    'pause_domain',
    'Cloudmark, which many internet providers use, holds a poor opinion of the sending address.',
    'Ask for a reset at https://csi.cloudmark.com/en/reset.',
  ],
  [
    'spamexperts',
    /spamexperts|spam ?experts|antispamcloud/,
    'spam_detected',
    'none',
    'The receiver’s SpamExperts filter takes the message for spam.',
    ASK_RECIPIENT,
  ],
  [
    'hornetsecurity',
    /hornetsecurity|antispameurope/,
    'filtered',
    'none',
    'The company’s Hornetsecurity filter refuses the message.',
    ASK_RECIPIENT,
  ],

  // Block lists. A list that answers about the asker's resolver is a fault of the receiver (Spamhaus 127.255.255.x).
  [
    'spamhaus',
    /open resolver|spamhaus\.org\/returnc|127\.255\.255\.25\d|error: (public|excessive|typing)/,
    'system_error',
    'none',
    'The receiver asks Spamhaus in a way that Spamhaus does not answer; it says nothing about you.',
    THEIR_FAULT,
  ],
  [
    'spamhaus',
    /pbl\.spamhaus|spamhaus\.org\/(query\/)?pbl|\bpbl\b.*spamhaus/,
    'blocked',
    'pause_domain',
    'The sending address is listed as one that should not run a mail server (Spamhaus PBL).',
    RELAY_IP,
  ],
  [
    'spamhaus',
    /dbl\.spamhaus|spamhaus\.org\/(query\/)?(dbl|domain)/,
    'blocked',
    'pause_domain',
    'The sending domain, or one in a link, is on Spamhaus’ list of bad domains.',
    'Look the domain up at https://check.spamhaus.org, and take links to listed domains out.',
  ],
  [
    'spamhaus',
    /spamhaus/,
    'blocked',
    'pause_domain',
    'The sending address is on a block list of Spamhaus.',
    'Look the address up at https://check.spamhaus.org; stop sending until it is removed.',
  ],
  [
    'spamcop',
    /spamcop/,
    'blocked',
    'pause_domain',
    'SpamCop lists the sending address because of recent reports; it forgets after a day without any.',
    'Stop for a day and check who reported; the address leaves the list by itself.',
  ],
  [
    'abusix',
    /abusix/,
    'blocked',
    'pause_domain',
    'The sending address or domain is on an Abusix list.',
    'Look it up and have it removed at https://lookup.abusix.com.',
  ],
  [
    'uceprotect',
    /uceprotect/,
    'blocked',
    'none',
    'The network of the sending address is on an UCEPROTECT list.',
    'It leaves the list by itself after seven days without abuse; do not pay for removal.',
  ],
  [
    'surbl',
    /surbl|uribl|uri ?black ?list/,
    'spam_detected',
    'pause_domain',
    'A link in the message leads to a domain that is listed for spam.',
    'Look the domains of your links up at https://surbl.org and https://lookup.uribl.com, and use your own tracking domain.',
  ],
  [
    'sorbs',
    /sorbs\.net/,
    'blocked',
    'none',
    'The receiver still uses SORBS, a list that was closed in 2024.',
    THEIR_FAULT,
  ],
  [
    'spamrats',
    /spamrats/,
    'requires_ptr',
    'fix_dns',
    'SpamRATS lists addresses without a proper reverse DNS name.',
    PTR,
  ],
  [
    'psbl',
    /psbl\.(surriel|org)/,
    'blocked',
    'pause_domain',
    'The sending address hit a spam trap of the PSBL.',
    'Ask for removal at https://psbl.org and check where your addresses come from.',
  ],
  [
    'invaluement',
    /invaluement/,
    'blocked',
    'pause_domain',
    'The sending address or domain is on an Invaluement list.',
    'Ask for removal at https://www.invaluement.com/lookup.',
  ],
  [
    'validity',
    /senderscore|returnpath|validity\.com/,
    'bad_reputation',
    'pause_domain',
    'The sending address has a poor Sender Score.',
    IMPROVE,
  ],
  [
    'backscatterer',
    /backscatterer/,
    'blocked',
    'none',
    'The network of the sending address is listed for sending bounces to strangers.',
    'It leaves the list by itself after four weeks.',
  ],

  // Internet providers
  [
    'comcast',
    /postmaster\.(comcast|xfinity)|\b(rl|bl)00000\d\b/,
    'blocked',
    'slow_down',
    'Comcast limits or blocks the sending address.',
    'Follow the link in the reply to ask for removal.',
  ],
  ['comcast', /not our customer/, 'user_unknown', 'suppress', 'Comcast has no such address.', CHECK_ADDRESS],
  [
    'att',
    /att\.net\/blocks|blacklist\.mailrelay\.att\.net|abuse_rbl@abuse-att\.net|dnsrbl: blocked for abuse/,
    'blocked',
    'pause_domain',
    'AT&T blocks the sending address.',
    'Write to abuse_rbl@abuse-att.net with the reply.',
  ],
  [
    'charter',
    /aup#(i|in|out|cnct|snd)?-?\d+|spectrum\.net.*(block|aup)/,
    'blocked',
    'slow_down',
    'Spectrum (Charter) limits or blocks the sending address.',
    'Write to the postmaster that the reply names.',
  ],
  [
    'cox',
    /\bcx(bl|cnct|thrt|dns|snd|mxb)\b|cox\.com.*(block|error)/,
    'blocked',
    'slow_down',
    'Cox limits or blocks the sending address.',
    'Write to unblock.request@cox.net with the reply.',
  ],
  [
    'orange',
    /ofr_?(506|108|004|005|006|999|999_)|\bofr00\d_\d+/,
    'blocked',
    'slow_down',
    'Orange refuses or limits the sending address.',
    'Send less to Orange, and read https://postmaster.orange.fr.',
  ],
  [
    'orange',
    /ofr_?416|adresse d au moins un destinataire invalide/,
    'user_unknown',
    'suppress',
    'Orange has no such address.',
    CHECK_ADDRESS,
  ],
  [
    'laposte',
    /lpn\d{3}_\d{3}|laposte\.net.*(refus|service)/,
    'policy_violation',
    'slow_down',
    'La Poste refuses or limits the sending address.',
    'Look the code up at https://postmaster.laposte.net.',
  ],
  [
    'free.fr',
    /postmaster\.free\.fr|too many spams from your ip/,
    'blocked',
    'slow_down',
    'Free refuses mail from this address because of spam.',
    'Follow the link in the reply.',
  ],
  [
    'libero',
    /libero\.it.*(postmaster|block|policy)|italiaonline/,
    'policy_violation',
    'slow_down',
    'Libero refuses or limits the sending address.',
    'Follow the link in the reply.',
  ],
  [
    'naver',
    /naver\.com.*(spam|block|limit)|(spam|block|limit).*naver\.com/,
    'spam_detected',
    'slow_down',
    'Naver takes the sender for a spammer.',
    IMPROVE,
  ],
  [
    'zoho',
    /zoho.*(block|spam|policy|reject)|(block|spam|policy|reject).*zoho/,
    'policy_violation',
    'none',
    'Zoho Mail refuses the message by a policy.',
    ASK_RECIPIENT,
  ],
  [
    'amazon',
    /amazon ses has suppressed|on the suppression list for your account/,
    'suppressed',
    'none',
    'Amazon SES holds the address on its own list after earlier bounces.',
    'If you are sure that the address lives, remove it from the SES suppression list.',
  ],
  [
    'amazon',
    /sending paused for this account|maximum sending rate exceeded|daily message quota exceeded/,
    'rate_limited',
    'slow_down',
    'The Amazon SES account that sends has reached its quota or was stopped.',
    'Look into the SES console, and set the limits here below its quota.',
  ],
  [
    'amazon',
    /email address is not verified.*(region|identit)/,
    'policy_violation',
    'pause_domain',
    'The Amazon SES account may not send from this domain, or is still in the SES sandbox.',
    'Verify the domain in SES and ask for production access.',
  ],

  // Any server: greylisting, rates, names, authentication
  [
    'any',
    / [45]\.7\.25 /,
    'requires_ptr',
    'fix_dns',
    'The server found no reverse DNS name of the sending address that leads back to it (RFC 7372).',
    PTR,
  ],
  [
    'any',
    / [45]\.7\.(2[0-46]) /,
    'authentication_failure',
    'fix_dns',
    'SPF, DKIM or both did not pass for the sender (RFC 7372).',
    DKIM_SPF,
  ],
  [
    'any',
    /gr[ae]y-?list|4\.7\.1 .*(come back|first time|not yet)|you('re| are) not yet known/,
    'rate_limited',
    'none',
    'The server puts off the first mail of every sender that it does not know (greylisting).',
    LATER,
  ],
  [
    'any',
    /too many (concurrent |simultaneous )?(smtp )?(connections|sessions)|connection (rate|limit)|concurrency limit|rate limit.*connection/,
    'rate_limited',
    'slow_down',
    'The server allows fewer connections at a time.',
    SLOWER,
  ],
  [
    'any',
    /(too (many|much) (mail|messages|e-?mails)|rate.?limit|sending rate|throttl|policyd|message rate|messages per|quota exceeded for (sender|host|ip)|exceeded .{0,30}(hourly|daily|per hour|per day))/,
    'rate_limited',
    'slow_down',
    'The receiver allows less mail in this time.',
    SLOWER,
  ],
  [
    'any',
    /(cannot|could not|unable to) (find|resolve|verify) your (reverse )?host ?name|reverse dns|no (valid )?ptr|missing ptr|rdns|fcrdns|forward.confirmed|hostname.{0,20}(does not|doesn't) (resolve|match)|dynamic (ip|pool|address)/,
    'requires_ptr',
    'fix_dns',
    'The server wants a sending address whose reverse DNS name leads back to it.',
    PTR,
  ],
  [
    'any',
    /helo command rejected|(helo|ehlo).{0,30}(invalid|rejected|not (a )?fqdn|does not resolve|mismatch|host not found)|need fully-qualified hostname/,
    'protocol_error',
    'fix_dns',
    'The server does not like the name that the sender calls itself in EHLO.',
    PTR,
  ],
  [
    'any',
    /dmarc/,
    'authentication_failure',
    'fix_dns',
    'The message does not pass DMARC for the domain in From.',
    DMARC_ALIGN,
  ],
  ['any', /dkim/, 'authentication_failure', 'fix_dns', 'The DKIM signature is missing or does not pass.', DKIM_SPF],
  [
    'any',
    /\bspf\b|sender policy framework|openspf|not allowed to send (mail )?(for|from)|not designated as|is not permitted to send/,
    'authentication_failure',
    'fix_dns',
    'SPF of the sending domain does not list the sending address.',
    DKIM_SPF,
  ],
  [
    'any',
    /newly (registered|observed|created) domain|domain (is )?too (new|young)|domain age/,
    'bad_reputation',
    'pause_domain',
    'The receiver does not trust a domain that is so new.',
    'Wait some weeks before the first campaign, and begin with a few messages a day.',
  ],
  [
    'any',
    /sender address rejected: (domain not found|undeliverable|unverified)|sender verif(y|ication) (fail|error)|callout verification fail/,
    'rejected',
    'fix_dns',
    'The server finds no way to answer to the sender’s address.',
    'Publish the MX record that the domain page shows, so that the sender’s domain can take mail.',
  ],
  [
    'any',
    /blocked (using|by|at)|black-?listed|block ?list|deny ?list|dnsbl|\brbl\b|listed (at|in|by|on) /,
    'blocked',
    'pause_domain',
    'The sending address or domain is on a block list that the server uses.',
    DELIST_IP,
  ],
  [
    'any',
    /spam|unsolicited|junk mail|bulk mail|score of|spamassassin|content (filter )?reject|message content/,
    'spam_detected',
    'pause_domain',
    'The server takes the message for spam.',
    LESS_CONTENT,
  ],
  [
    'any',
    /virus|malware|phish|dangerous (attachment|link)|infected/,
    'virus_detected',
    'pause_domain',
    'The server takes the message for something dangerous.',
    'Check every link and attachment, and whether the sites behind the links are clean.',
  ],
  [
    'any',
    /(message|size|mail).{0,30}(too (big|large)|exceeds).{0,40}|size limit| 5\.3\.4 |552 .*size/,
    'message_too_big',
    'none',
    'The message is larger than the server takes.',
    SMALLER,
  ],
  [
    'any',
    /(poor|bad|low|negative) (sender |ip |domain )?reputation/,
    'bad_reputation',
    'pause_domain',
    'The receiver holds a poor opinion of the sending address or domain.',
    IMPROVE,
  ],
  [
    'any',
    /smtputf8|internationali[sz]ed|5\.6\.7 /,
    'content_error',
    'none',
    'The address needs a server that takes letters beyond ASCII.',
    'Ask the person for another address.',
  ],
]

const byReason: Partial<Record<BounceReason, string>> = {
  user_unknown: CHECK_ADDRESS,
  host_unknown: CHECK_ADDRESS,
  has_moved: CLEAN_LIST,
  not_accepting: CLEAN_LIST,
  suspended: CLEAN_LIST,
  mailbox_full: LATER,
  rate_limited: SLOWER,
  network_error: LATER,
  system_error: LATER,
  system_full: LATER,
  mailer_error: THEIR_FAULT,
  no_relaying: THEIR_FAULT,
  filtered: ASK_RECIPIENT,
  policy_violation: ASK_RECIPIENT,
  spam_detected: LESS_CONTENT,
  bad_reputation: IMPROVE,
  blocked: DELIST_IP,
  authentication_failure: DKIM_SPF,
  requires_ptr: PTR,
  message_too_big: SMALLER,
}

/** What helps against a reason when the reply is none that is known; null where nothing general does. */
export const generalAdvice = (reason: BounceReason): string | null => byReason[reason] ?? null

const LONGEST_HINT_MS = 24 * 3_600_000
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * The wait that a reply asks for, in milliseconds: "try again in 5 minutes", "greylisted for 300 seconds", "retry after
 * 00:04:30". Null where it names none, or one of more than a day.
 */
export function retryHint(text: string | null | undefined): number | null {
  const said = (text ?? '').slice(0, 1_000).toLowerCase()
  const clock = /(?:again|retry|wait|after|in|for)\D{0,20}\b(\d{1,2}):(\d{2}):(\d{2})\b/.exec(said)
  if (clock) return bounded((Number(clock[1]) * 3_600 + Number(clock[2]) * 60 + Number(clock[3])) * 1_000)
  const found =
    /(?:again|retry|retries|wait|delay(?:ed)?|defer(?:red)?|gr[ae]y-?list(?:ed|ing)?|come back|blocked|limited|expires?)\b[^.;\d]{0,40}?(\d{1,6})\s*(s|m|h|d)(?:ec(?:onds?|s)?|in(?:utes?|s)?|ours?|rs?|ays?)?\b/.exec(
      said,
    )
  return found ? bounded(Number(found[1]) * (UNIT_MS[found[2] as string] ?? 0)) : null
}

const bounded = (ms: number): number | null => (ms > 0 && ms <= LONGEST_HINT_MS ? ms : null)

/**
 * What is known of a reply: who speaks, why, and what helps. Null for a positive reply and for one that no pattern knows. A
 * 4yz never says that an address is gone, whatever its words (RFC 5321 §4.2.1).
 */
export function explainReply(reply: {
  reply_code?: number
  enhanced_code?: string
  text?: string
}): ReplyExplanation | null {
  const { reply_code: code } = reply
  if (code !== undefined && code < 400) return null
  const text = reply.text ?? ''
  if (code === undefined && text === '') return null
  const said = `${code ?? '-'} ${reply.enhanced_code ?? findEnhancedCode(text) ?? '-'} ${normaliseReply(text)}`
  for (const [provider, pattern, reason, action, cause, advice] of knownReplies) {
    if (!pattern.test(said)) continue
    const isPassing = code !== undefined && code < 500
    if (isPassing && action === 'suppress') return null
    return { provider, reason, action, cause, advice }
  }
  return null
}
