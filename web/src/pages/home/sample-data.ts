import {
  addDomain,
  createAlias,
  createCampaign,
  createProcessingSession,
  createTemplate,
  getWorkspaceSettings,
  listAliases,
  listDatasetsWithPagination,
  listDomains,
  updateWorkspaceSettings,
  uploadCsvWithSenderProfileSupport,
} from '@bavlio/sdk/operations'
import type { Workspace } from '@bavlio/sdk/types'
import { call } from '../../api/call.ts'

/**
 * A first campaign without anything of one's own: an address, sixty people of the sandbox's mail world and two short letters.
 * Made by the same operations as everything else, so that what comes of it can be edited like everything else.
 */
const DOMAIN = 'sample-sender.example'
const POSTAL_ADDRESS = 'Sample Street 1, 1000 Sampletown'

const FIRST =
  'Ada Bruno Clara David Elif Farid Greta Hugo Ines Jonas Kaja Luca Mira Nils Olga Pablo Rosa Sven Tova Yusuf'.split(
    ' ',
  )
const LAST = 'Berg Costa Dahl Evans Fischer Garcia Haddad Ivanov Jansen Kowalski Lind Moreau'.split(' ')
const COMPANIES =
  'Harbour Analytics,Nordlys Packaging,Bright Foods,Stonegate Energy,Fjord Robotics,Linden Finance'.split(',')

/** The people of a sandbox do what the tag of their address says; without one they behave as people do, and few answer. */
const behaviourOf = (n: number): string => (n % 15 === 4 ? '+reply' : n % 30 === 11 ? '+ooo' : '')

const sampleCsv = (): string => {
  const rows = Array.from({ length: 60 }, (_, n) => {
    const first = FIRST[n % FIRST.length] as string
    const last = LAST[(n * 7) % LAST.length] as string
    const company = COMPANIES[n % COMPANIES.length] as string
    const host = `${company.toLowerCase().replace(' ', '-')}.example`
    return [`${first}.${last}${behaviourOf(n)}@${host}`.toLowerCase(), first, last, company]
  })
  return [['email', 'first_name', 'last_name', 'company_name'], ...rows].map((row) => row.join(',')).join('\n')
}

export const addSampleSender = async (workspace: Workspace): Promise<void> => {
  const domains = await listDomains(call, {})
  const domain = domains.find((one) => one.domain === DOMAIN) ?? (await addDomain(call, { body: { domain: DOMAIN } }))
  await createAlias(call, { body: { domain_id: domain.id, alias: 'mara', display_name: 'Mara Sample' } })
  const settings = await getWorkspaceSettings(call, { workspace_id: workspace.workspace_id })
  // The law asks for an address in every letter, and a launch says so.
  if (!settings.postal_address)
    await updateWorkspaceSettings(call, {
      workspace_id: workspace.workspace_id,
      body: { postal_address: POSTAL_ADDRESS },
    })
}

export const addSampleLeads = async (): Promise<void> => {
  const { session_id } = await createProcessingSession(call, { body: { session_type: 'personalization' } })
  await uploadCsvWithSenderProfileSupport(call, {
    session_id,
    body: { file: new File([sampleCsv()], 'Sample leads.csv', { type: 'text/csv' }) },
  })
}

/** Answers with the id of the draft. */
export const addSampleCampaign = async (workspace: Workspace): Promise<string> => {
  const [aliases, datasets] = await Promise.all([listAliases(call, {}), listDatasetsWithPagination(call, { limit: 1 })])
  const first = await createTemplate(call, {
    body: {
      name: 'Sample: first letter',
      content: {
        subject: 'A question about {{ company_name }}',
        body: 'Hi {{ first_name }},\n\nwho at {{ company_name }} looks after incoming invoices? We match them to orders by themselves, and I would like to show you one example.\n\nBest regards\nMara\n\nNo more letters: {{ unsubscribe_url }}',
      },
    },
  })
  const second = await createTemplate(call, {
    body: {
      name: 'Sample: follow-up',
      content: {
        subject: '',
        body: 'Hi {{ first_name }},\n\ndid my question reach you? One word is enough, also if the answer is no.\n\nMara\n\nNo more letters: {{ unsubscribe_url }}',
      },
    },
  })
  const campaign = await createCampaign(call, {
    body: {
      name: 'My first campaign',
      dataset_id: datasets.items[0]?.dataset_id ?? '',
      alias_ids: aliases.slice(0, 5).map(({ id }) => id),
      timezone: workspace.timezone,
      steps: [
        {
          step: 1,
          delay_days: 0,
          variants: [{ type: 'TEMPLATE', template_id: first.template_id, weight: 100, label: 'A' }],
        },
        {
          step: 2,
          delay_days: 3,
          variants: [{ type: 'TEMPLATE', template_id: second.template_id, weight: 100, label: 'A' }],
        },
      ],
    },
  })
  return campaign.campaign_id
}
