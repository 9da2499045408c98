import type { CampaignLead } from '@bavlio/sdk/types'

const textOf = (data: Record<string, unknown>, ...names: string[]): string => {
  for (const [column, value] of Object.entries(data)) {
    const plain = column.toLowerCase().replaceAll(/[^a-z]/g, '')
    if (names.includes(plain) && typeof value === 'string' && value.trim()) return value.trim()
  }
  return ''
}

/** A name to read, from whatever the columns are called; else the address. */
export const leadName = (lead: Pick<CampaignLead, 'lead_data' | 'email'>): string => {
  const whole = textOf(lead.lead_data, 'fullname', 'name', 'contactname')
  const parts = [
    textOf(lead.lead_data, 'firstname', 'vorname', 'prenom'),
    textOf(lead.lead_data, 'lastname', 'surname', 'nachname'),
  ]
  return parts.filter(Boolean).join(' ') || whole || lead.email || 'Lead without a name'
}

/** `Head of Finance, Aurora Energy` */
export const leadRole = (lead: Pick<CampaignLead, 'lead_data'>): string =>
  [
    textOf(lead.lead_data, 'title', 'jobtitle', 'position', 'role'),
    textOf(lead.lead_data, 'company', 'companyname', 'organization', 'account'),
  ]
    .filter(Boolean)
    .join(', ')
