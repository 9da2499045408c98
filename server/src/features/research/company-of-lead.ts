import { readBusinessDomain, readCompanyDomain, readWebsite } from '../../company-domain.ts'
import { foldedWords } from '../../folded-text.ts'
import { spokenCompany } from '../../letters/quotable.ts'

/** Whom research is about, as far as the lead's own fields say. */
export type Subject = {
  person: {
    /** The address, else the profile, else name and company; null where not even those are known. */
    identity: string | null
    email: string | null
    linkedin_url: string | null
    full_name: string | null
  }
  company: {
    /** As people call it, without its legal form. */
    name: string | null
    /** Registrable, in ASCII. */
    domain: string | null
    /** Where its site begins. */
    site: string | null
  }
}

/** Sites on which many have a page: what stands at their roots is not about the company, and profiles are not to be read by machines. */
const SHARED_SITES =
  /(?:^|\.)(?:linkedin|facebook|instagram|twitter|x|youtube|tiktok|xing|github|medium|crunchbase|bit|linktr|wordpress|blogspot|wixsite|google|notion|substack|calendly|apple|amazon|ebay|etsy|yelp|tripadvisor)\.(?:com|ly|ee|site|so|de|co\.uk|fr|es)$/

/** Names for examples that lead nowhere (RFC 2606, RFC 6761); `.test` is left out, because test networks have it. */
const NOWHERE = /(?:^|\.)(?:example|invalid|localhost|example\.(?:com|net|org))$/

/** Of a lead's fields, as researchLead() gets them. A free mail service, a shared site and a name for examples give no company site. */
export const readSubject = (lead: Readonly<Record<string, string>>): Subject => {
  const email = present(lead.email)?.toLowerCase() ?? null
  const linkedin_url = present(lead.linkedin_url)
  const full_name = present(lead.full_name) ?? present([lead.first_name, lead.last_name].filter(Boolean).join(' '))
  const named = present(lead.company_name)
  const name = named ? spokenCompany(named) : null
  const website = present(lead.website) ? readWebsite(lead.website as string) : null
  const own = website && !SHARED_SITES.test(new URL(website).hostname) ? website : null
  const domain =
    (own ? readCompanyDomain(new URL(own).hostname) : null) ??
    ownDomain(lead.company_domain) ??
    (email ? ownDomain(email) : null)
  const site = own ?? (domain ? `https://${domain}/` : null)
  return {
    person: {
      email,
      linkedin_url,
      full_name,
      identity: email ?? linkedin_url ?? (full_name && name ? `${full_name} · ${name}`.toLowerCase() : null),
    },
    company: { name, domain, site: site && NOWHERE.test(new URL(site).hostname) ? null : site },
  }
}

const present = (text: string | undefined): string | null => text?.trim() || null

const ownDomain = (text: string | undefined): string | null => {
  const domain = text ? readBusinessDomain(text) : null
  return domain === null || SHARED_SITES.test(domain) ? null : domain
}

/** Whether a text names something, as whole words. */
export const names = (text: string, name: string): boolean => {
  const wanted = foldedWords(name)
  return wanted !== '' && ` ${foldedWords(text)} `.includes(` ${wanted} `)
}
