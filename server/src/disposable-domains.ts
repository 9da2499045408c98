/**
 * Domains of mailboxes that anybody may read and nobody keeps. A list of the well-known ones, by hand: new names appear every
 * day, so a domain that is not here proves nothing, while one that is here is never a customer.
 */
const DOMAINS = new Set(
  `0-mail.com 10minutemail.co.za 10minutemail.com 10minutemail.net 1secmail.com 1secmail.net 1secmail.org 20minutemail.com
  33mail.com anonbox.net anonymbox.com burnermail.io byom.de cock.li crazymailing.com deadaddress.com discard.email
  discardmail.com discardmail.de disposablemail.com dispostable.com dropmail.me dudmail.com e4ward.com easytrashmail.com
  emailondeck.com emailtemporanea.net emltmp.com fakeinbox.com fakemail.net fakemailgenerator.com getairmail.com getnada.com
  grr.la guerrillamail.biz guerrillamail.com guerrillamail.de guerrillamail.info guerrillamail.net guerrillamail.org
  guerrillamailblock.com harakirimail.com inboxbear.com inboxkitten.com incognitomail.org instantemailaddress.com
  internxt.email jetable.org kasmail.com mail-temp.com mail-temporaire.fr mail.tm mailcatch.com maildrop.cc mailexpire.com
  mailforspam.com mailinator.com mailinator.net mailinator2.com mailnesia.com mailnull.com mailpoof.com mailsac.com
  mailslurp.com mailtemp.info mailtothis.com minuteinbox.com mintemail.com moakt.com mohmal.com mt2015.com mvrht.com
  mytemp.email mytrashmail.com nada.email no-spam.ws nospamfor.us onetimemail.com pokemail.net sharklasers.com
  shieldedmail.com smailpro.com smashmail.de sneakemail.com spam4.me spambog.com spambox.us spamdecoy.net spamex.com
  spamfree24.org spamgourmet.com spamherelots.com spamhole.com spamspot.com spamthis.co.uk tafmail.com temp-mail.io
  temp-mail.org temp-mail.ru tempail.com tempinbox.com tempmail.com tempmail.dev tempmail.net tempmail.plus tempmailaddress.com
  tempmailer.com tempmailo.com tempomail.fr temporary-mail.net temporarymail.com thankyou2010.com throwam.com
  throwawaymail.com tmail.ws tmailinator.com tmpmail.net tmpmail.org trash-mail.com trash-mail.de trashmail.at trashmail.com
  trashmail.de trashmail.io trashmail.me trashmail.net trashmail.org trbvm.com vomoto.com wegwerfemail.de wegwerfmail.de
  wegwerfmail.net wegwerfmail.org yopmail.com yopmail.fr yopmail.net zetmail.com`.split(/\s+/),
)

/** Whether the domain, or one above it, is a known provider of throw-away addresses. Expects it in ASCII and lower case. */
export const isDisposableDomain = (domain: string): boolean => {
  const labels = domain.split('.')
  return labels.some((_, index) => labels.length - index >= 2 && DOMAINS.has(labels.slice(index).join('.')))
}
