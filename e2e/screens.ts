import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import type { ScreenData } from './furnish.ts'

/**
 * Every screen of the dashboard once, and the dialogs that matter: pictures are taken of them (screenshots.ts) and each is held
 * against what holds for all (every-screen.test.ts). A route that is missing here fails a test.
 */
export type Screen = {
  /** Names the picture. */
  name: string
  /** As in router.tsx. */
  route: string
  /** Where it is not the route with the ids of the same names. */
  path?: (data: ScreenData) => string
  /** `nobody` is logged out, `newcomer` is in a workspace with nothing in it. */
  as?: 'nobody' | 'newcomer'
  /** What one does to get there, once the page is open. */
  act?: (page: Page, data: ScreenData) => Promise<void>
}

const FILE = `First Name,Last Name,Company,Mail,Employees
Ada,Berg,Fjord Freight,ada@fjord.example,40
Edsger,Dahl,Harbour Lines,edsger@harbour.example,9
Radia,Holm,Nordic Rail,radia@nordic.example,120
Frances,Lie,Birch Storage,frances@birch.example,31
`

const dialog = (button: string) => async (page: Page) => {
  await page.getByRole('button', { name: button }).first().click()
  await page.getByRole('dialog').waitFor()
}

export const SCREENS: Screen[] = [
  { name: 'log-in', route: '/log-in', as: 'nobody' },
  {
    name: 'log-in-google-refused',
    route: '/log-in/google',
    path: () => '/log-in/google?error=access_denied',
    as: 'nobody',
  },
  { name: 'sign-up', route: '/sign-up', as: 'nobody' },
  { name: 'reset-password', route: '/reset-password', as: 'nobody' },
  { name: 'reset-password-new', route: '/reset-password', path: () => '/reset-password?token=of-a-mail', as: 'nobody' },

  { name: 'home', route: '/' },
  { name: 'home-first-run', route: '/', as: 'newcomer' },
  { name: 'inbox', route: '/inbox' },
  { name: 'inbox-empty', route: '/inbox', as: 'newcomer' },
  { name: 'inbox-thread', route: '/inbox', path: ({ thread_id }) => `/inbox?thread=${thread_id}` },
  { name: 'notifications', route: '/notifications' },

  { name: 'campaigns', route: '/campaigns' },
  { name: 'campaigns-empty', route: '/campaigns', as: 'newcomer' },
  { name: 'campaign-new', route: '/campaigns/new' },
  { name: 'campaign', route: '/campaigns/$campaign_id' },
  {
    name: 'campaign-leads',
    route: '/campaigns/$campaign_id',
    path: ({ campaign_id }) => `/campaigns/${campaign_id}?tab=leads`,
  },
  {
    name: 'campaign-lead',
    route: '/campaigns/$campaign_id',
    path: ({ campaign_id }) => `/campaigns/${campaign_id}?tab=leads`,
    act: async (page) => {
      await page.getByRole('row').nth(1).getByRole('button').first().click()
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'campaign-setup',
    route: '/campaigns/$campaign_id',
    path: ({ campaign_id }) => `/campaigns/${campaign_id}?tab=setup`,
  },
  {
    name: 'campaign-draft',
    route: '/campaigns/$campaign_id',
    path: ({ draft_campaign_id }) => `/campaigns/${draft_campaign_id}`,
  },
  {
    name: 'builder',
    route: '/campaigns/$campaign_id/edit',
    path: ({ draft_campaign_id }) => `/campaigns/${draft_campaign_id}/edit`,
  },
  {
    name: 'builder-launch',
    route: '/campaigns/$campaign_id/edit',
    path: ({ draft_campaign_id }) => `/campaigns/${draft_campaign_id}/edit`,
    act: async (page) => {
      await page.locator('#review').getByRole('button', { name: 'Launch' }).click()
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'playground',
    route: '/campaigns/$campaign_id/playground',
    path: ({ written_campaign_id }) => `/campaigns/${written_campaign_id}/playground`,
  },

  { name: 'leads', route: '/leads' },
  { name: 'datasets', route: '/leads/datasets' },
  { name: 'datasets-empty', route: '/leads/datasets', as: 'newcomer' },
  { name: 'dataset', route: '/leads/datasets/$dataset_id' },
  { name: 'upload', route: '/leads/upload' },
  {
    name: 'upload-mapping',
    route: '/leads/upload',
    act: async (page) => {
      const file = { name: 'fair.csv', mimeType: 'text/csv', buffer: Buffer.from(FILE) }
      await page.locator('input[type=file]').setInputFiles(file)
      await page.getByText('4 rows').waitFor()
    },
  },
  { name: 'imports', route: '/leads/imports' },
  { name: 'import', route: '/leads/imports/$import_id' },
  { name: 'extractions', route: '/leads/extractions' },
  { name: 'extraction', route: '/leads/extractions/$extraction_id' },
  { name: 'companies', route: '/leads/companies' },
  { name: 'sheets', route: '/leads/sheets' },
  { name: 'people', route: '/leads/people' },
  { name: 'person', route: '/leads/people/$person_id' },
  { name: 'erasures', route: '/leads/erasures' },

  { name: 'senders', route: '/senders' },
  { name: 'domains', route: '/senders/domains' },
  { name: 'domains-empty', route: '/senders/domains', as: 'newcomer' },
  { name: 'domain', route: '/senders/domains/$domain_id' },
  { name: 'mailboxes', route: '/senders/mailboxes' },
  { name: 'profiles', route: '/senders/profiles' },
  { name: 'profile-new', route: '/senders/profiles/new' },
  { name: 'profile-chat', route: '/senders/profiles/chat' },
  { name: 'profile', route: '/senders/profiles/$profile_id' },
  { name: 'templates', route: '/senders/templates' },
  { name: 'template-new', route: '/senders/templates/new' },
  { name: 'template', route: '/senders/templates/$template_id' },
  { name: 'suppression', route: '/senders/suppression' },

  { name: 'settings', route: '/settings' },
  { name: 'settings-workspace', route: '/settings/workspace' },
  { name: 'settings-members', route: '/settings/members' },
  { name: 'settings-invite', route: '/settings/members', act: dialog('Invite') },
  { name: 'settings-api-keys', route: '/settings/api-keys' },
  { name: 'settings-api-key-new', route: '/settings/api-keys', act: dialog('Create a key') },
  { name: 'settings-webhooks', route: '/settings/webhooks' },
  { name: 'settings-webhook', route: '/settings/webhooks/$endpoint_id' },
  { name: 'settings-mail', route: '/settings/mail' },
  { name: 'settings-models', route: '/settings/models' },
  { name: 'settings-plan', route: '/settings/plan' },
  { name: 'settings-clock', route: '/settings/clock' },
]

export const pathOf = (screen: Screen, data: ScreenData): string =>
  screen.path?.(data) ?? screen.route.replace(/\$(\w+)/g, (_match, name: string) => data[name as keyof ScreenData])

/** The page as somebody sees it who waited: its title is there, nothing loads any more. */
export const settle = async (page: Page): Promise<void> => {
  await page.locator('h1').first().waitFor()
  // What loads says so. The network is never idle for good, since pages ask again and again.
  const loading = page.getByText('Loading…')
  await page.waitForLoadState('networkidle', { timeout: 700 }).catch(() => {})
  await loading.first().waitFor({ state: 'detached' })
  await page.locator('.animate-shimmer').first().waitFor({ state: 'detached' })
}

const ROUTER = fileURLToPath(new URL('../web/src/router.tsx', import.meta.url))

/** The addresses that router.tsx knows, read from its text, since nothing but a browser can run it. */
export const readRoutes = async (): Promise<string[]> => {
  const text = await readFile(ROUTER, 'utf8')
  const found = new Map<string, { parent: string; path: string | null }>()
  const begins = [...text.matchAll(/const (\w+) = createRoute\(\{/g)]
  for (const [at, match] of begins.entries()) {
    const code = text.slice(match.index, begins[at + 1]?.index ?? text.indexOf('export const router'))
    const parent = /getParentRoute: \(\) => (\w+)/.exec(code)?.[1] ?? ''
    const path = /\bpath: '([^']*)'/.exec(code)?.[1] ?? null
    found.set(match[1] as string, { parent, path })
  }
  const whole = (name: string): string => {
    const route = found.get(name)
    return route ? `${whole(route.parent)}${route.path && route.path !== '/' ? route.path : ''}` : ''
  }
  const calls = text.match(/createRoute\(/g)?.length ?? 0
  if (calls !== found.size) throw new Error(`router.tsx has ${calls} routes, and ${found.size} can be read`)
  return [...found].filter(([, { path }]) => path !== null).map(([name]) => whole(name) || '/')
}
