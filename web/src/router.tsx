import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { isLoggedIn } from './api/session.ts'
import { LogInPage } from './pages/account/log-in.tsx'
import { ResetPasswordPage } from './pages/account/reset-password.tsx'
import { SignUpPage } from './pages/account/sign-up.tsx'
import { NotFound } from './pages/not-found.tsx'
import { Shell } from './pages/shell.tsx'
import { ErrorPanel } from './ui/states.tsx'

/** Every page has its address here. Pages are loaded when they are first opened, so the first paint does not wait for them. */
const root = createRootRoute({
  notFoundComponent: NotFound,
  errorComponent: ({ error, reset }) => <ErrorPanel error={error} retry={reset} />,
})

const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Shell,
  beforeLoad: ({ location }) => {
    if (!isLoggedIn()) throw redirect({ to: '/log-in', search: location.href === '/' ? {} : { next: location.href } })
  },
})

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/home/home-page.tsx'), 'HomePage'),
})
const inbox = createRoute({
  getParentRoute: () => inside,
  path: '/inbox',
  component: lazyRouteComponent(() => import('./pages/inbox/inbox-page.tsx'), 'InboxPage'),
})
const notifications = createRoute({
  getParentRoute: () => inside,
  path: '/notifications',
  component: lazyRouteComponent(() => import('./pages/notifications/alert-list.tsx'), 'AlertListPage'),
})
const campaigns = createRoute({
  getParentRoute: () => inside,
  path: '/campaigns',
  component: lazyRouteComponent(() => import('./pages/campaigns/campaign-list.tsx'), 'CampaignListPage'),
})
const newCampaign = createRoute({
  getParentRoute: () => inside,
  path: '/campaigns/new',
  component: lazyRouteComponent(() => import('./pages/campaigns/builder/builder-page.tsx'), 'NewCampaignPage'),
})
const campaign = createRoute({
  getParentRoute: () => inside,
  path: '/campaigns/$campaign_id',
  component: lazyRouteComponent(() => import('./pages/campaigns/campaign-page.tsx'), 'CampaignPage'),
})
const editCampaign = createRoute({
  getParentRoute: () => inside,
  path: '/campaigns/$campaign_id/edit',
  component: lazyRouteComponent(() => import('./pages/campaigns/builder/builder-page.tsx'), 'EditCampaignPage'),
})
const playground = createRoute({
  getParentRoute: () => inside,
  path: '/campaigns/$campaign_id/playground',
  component: lazyRouteComponent(() => import('./pages/campaigns/playground/playground-page.tsx'), 'PlaygroundPage'),
})

const leads = createRoute({
  getParentRoute: () => inside,
  path: '/leads',
  beforeLoad: () => {
    throw redirect({ to: '/leads/datasets' })
  },
})
const datasets = createRoute({
  getParentRoute: () => inside,
  path: '/leads/datasets',
  component: lazyRouteComponent(() => import('./pages/leads/dataset-list.tsx'), 'DatasetListPage'),
})
const dataset = createRoute({
  getParentRoute: () => inside,
  path: '/leads/datasets/$dataset_id',
  component: lazyRouteComponent(() => import('./pages/leads/dataset/dataset-page.tsx'), 'DatasetPage'),
})
const upload = createRoute({
  getParentRoute: () => inside,
  path: '/leads/upload',
  component: lazyRouteComponent(() => import('./pages/leads/upload/upload-page.tsx'), 'UploadPage'),
})
const imports = createRoute({
  getParentRoute: () => inside,
  path: '/leads/imports',
  component: lazyRouteComponent(() => import('./pages/leads/imports/import-list.tsx'), 'ImportListPage'),
})
const importOne = createRoute({
  getParentRoute: () => inside,
  path: '/leads/imports/$import_id',
  component: lazyRouteComponent(() => import('./pages/leads/imports/import-page.tsx'), 'ImportPage'),
})
const extractions = createRoute({
  getParentRoute: () => inside,
  path: '/leads/extractions',
  component: lazyRouteComponent(() => import('./pages/leads/extractions/extraction-list.tsx'), 'ExtractionListPage'),
})
const extraction = createRoute({
  getParentRoute: () => inside,
  path: '/leads/extractions/$extraction_id',
  component: lazyRouteComponent(() => import('./pages/leads/extractions/extraction-page.tsx'), 'ExtractionPage'),
})
const people = createRoute({
  getParentRoute: () => inside,
  path: '/leads/people',
  component: lazyRouteComponent(() => import('./pages/leads/people/people-list.tsx'), 'PeopleListPage'),
})
const person = createRoute({
  getParentRoute: () => inside,
  path: '/leads/people/$person_id',
  component: lazyRouteComponent(() => import('./pages/leads/people/person-page.tsx'), 'PersonPage'),
})
const erasures = createRoute({
  getParentRoute: () => inside,
  path: '/leads/erasures',
  component: lazyRouteComponent(() => import('./pages/leads/people/erasure-list.tsx'), 'ErasureListPage'),
})
const companies = createRoute({
  getParentRoute: () => inside,
  path: '/leads/companies',
  component: lazyRouteComponent(() => import('./pages/leads/people/company-list.tsx'), 'CompanyListPage'),
})
const sheets = createRoute({
  getParentRoute: () => inside,
  path: '/leads/sheets',
  component: lazyRouteComponent(() => import('./pages/leads/sheets/sheet-list.tsx'), 'SheetListPage'),
})
const leadRoutes = [
  companies,
  sheets,
  leads,
  datasets,
  dataset,
  upload,
  imports,
  importOne,
  extractions,
  extraction,
  people,
  person,
  erasures,
] as const

const settings = createRoute({
  getParentRoute: () => inside,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/settings/settings-frame.tsx'), 'SettingsFrame'),
})
const settingsHome = createRoute({
  getParentRoute: () => settings,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/settings/workspace' })
  },
})
const workspaceSettings = createRoute({
  getParentRoute: () => settings,
  path: '/workspace',
  component: lazyRouteComponent(() => import('./pages/settings/workspace/workspace-page.tsx'), 'WorkspacePage'),
})
const members = createRoute({
  getParentRoute: () => settings,
  path: '/members',
  component: lazyRouteComponent(() => import('./pages/settings/members/members-page.tsx'), 'MembersPage'),
})
const apiKeys = createRoute({
  getParentRoute: () => settings,
  path: '/api-keys',
  component: lazyRouteComponent(() => import('./pages/settings/api-keys/api-keys-page.tsx'), 'ApiKeysPage'),
})
const webhooks = createRoute({
  getParentRoute: () => settings,
  path: '/webhooks',
  component: lazyRouteComponent(() => import('./pages/settings/webhooks/webhook-list.tsx'), 'WebhookListPage'),
})
const webhook = createRoute({
  getParentRoute: () => settings,
  path: '/webhooks/$endpoint_id',
  component: lazyRouteComponent(() => import('./pages/settings/webhooks/webhook-page.tsx'), 'WebhookPage'),
})
const plan = createRoute({
  getParentRoute: () => settings,
  path: '/plan',
  component: lazyRouteComponent(() => import('./pages/settings/plan/plan-page.tsx'), 'PlanPage'),
})
const sandboxClock = createRoute({
  getParentRoute: () => settings,
  path: '/clock',
  component: lazyRouteComponent(() => import('./pages/settings/clock/clock-page.tsx'), 'ClockPage'),
})
const mailSettings = createRoute({
  getParentRoute: () => settings,
  path: '/mail',
  component: lazyRouteComponent(() => import('./pages/settings/mail/mail-page.tsx'), 'MailPage'),
})
const models = createRoute({
  getParentRoute: () => settings,
  path: '/models',
  component: lazyRouteComponent(() => import('./pages/settings/models/models-page.tsx'), 'ModelsPage'),
})
const settingsRoutes = settings.addChildren([
  settingsHome,
  workspaceSettings,
  members,
  apiKeys,
  webhooks,
  webhook,
  plan,
  mailSettings,
  models,
  sandboxClock,
])

const senders = createRoute({
  getParentRoute: () => inside,
  path: '/senders',
  beforeLoad: () => {
    throw redirect({ to: '/senders/domains' })
  },
})
const domains = createRoute({
  getParentRoute: () => inside,
  path: '/senders/domains',
  component: lazyRouteComponent(() => import('./pages/senders/domains/domain-list.tsx'), 'DomainListPage'),
})
const domain = createRoute({
  getParentRoute: () => inside,
  path: '/senders/domains/$domain_id',
  component: lazyRouteComponent(() => import('./pages/senders/domains/domain-page.tsx'), 'DomainPage'),
})
const mailboxes = createRoute({
  getParentRoute: () => inside,
  path: '/senders/mailboxes',
  component: lazyRouteComponent(() => import('./pages/senders/mailboxes/mailbox-list.tsx'), 'MailboxListPage'),
})
const profiles = createRoute({
  getParentRoute: () => inside,
  path: '/senders/profiles',
  component: lazyRouteComponent(() => import('./pages/senders/profiles/profile-list.tsx'), 'ProfileListPage'),
})
const newProfile = createRoute({
  getParentRoute: () => inside,
  path: '/senders/profiles/new',
  component: lazyRouteComponent(() => import('./pages/senders/profiles/profile-page.tsx'), 'NewProfilePage'),
})
const profileChat = createRoute({
  getParentRoute: () => inside,
  path: '/senders/profiles/chat',
  component: lazyRouteComponent(() => import('./pages/senders/profiles/profile-chat.tsx'), 'ProfileChatPage'),
})
const profile = createRoute({
  getParentRoute: () => inside,
  path: '/senders/profiles/$profile_id',
  component: lazyRouteComponent(() => import('./pages/senders/profiles/profile-page.tsx'), 'ProfilePage'),
})
const templates = createRoute({
  getParentRoute: () => inside,
  path: '/senders/templates',
  component: lazyRouteComponent(() => import('./pages/senders/templates/template-list.tsx'), 'TemplateListPage'),
})
const newTemplate = createRoute({
  getParentRoute: () => inside,
  path: '/senders/templates/new',
  component: lazyRouteComponent(() => import('./pages/senders/templates/template-page.tsx'), 'NewTemplatePage'),
})
const template = createRoute({
  getParentRoute: () => inside,
  path: '/senders/templates/$template_id',
  component: lazyRouteComponent(() => import('./pages/senders/templates/template-page.tsx'), 'TemplatePage'),
})
const suppression = createRoute({
  getParentRoute: () => inside,
  path: '/senders/suppression',
  component: lazyRouteComponent(
    () => import('./pages/senders/suppression/suppression-list.tsx'),
    'SuppressionListPage',
  ),
})
const senderRoutes = [
  senders,
  domains,
  domain,
  mailboxes,
  profiles,
  newProfile,
  profileChat,
  profile,
  templates,
  newTemplate,
  template,
  suppression,
] as const

const logIn = createRoute({ getParentRoute: () => root, path: '/log-in', component: LogInPage })
const googleReturn = createRoute({
  getParentRoute: () => root,
  path: '/log-in/google',
  component: lazyRouteComponent(() => import('./pages/account/google-return.tsx'), 'GoogleReturnPage'),
})
const signUp = createRoute({ getParentRoute: () => root, path: '/sign-up', component: SignUpPage })
const resetPassword = createRoute({ getParentRoute: () => root, path: '/reset-password', component: ResetPasswordPage })

export const router = createRouter({
  routeTree: root.addChildren([
    inside.addChildren([
      home,
      inbox,
      notifications,
      settingsRoutes,
      campaigns,
      newCampaign,
      campaign,
      editCampaign,
      playground,
      ...leadRoutes,
      ...senderRoutes,
    ]),
    logIn,
    googleReturn,
    signUp,
    resetPassword,
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
