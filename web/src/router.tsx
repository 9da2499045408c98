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
  beforeLoad: () => {
    throw redirect({ to: '/campaigns' })
  },
})
const campaigns = createRoute({
  getParentRoute: () => inside,
  path: '/campaigns',
  component: lazyRouteComponent(() => import('./pages/campaigns/campaign-list.tsx'), 'CampaignListPage'),
})

const logIn = createRoute({ getParentRoute: () => root, path: '/log-in', component: LogInPage })
const signUp = createRoute({ getParentRoute: () => root, path: '/sign-up', component: SignUpPage })
const resetPassword = createRoute({ getParentRoute: () => root, path: '/reset-password', component: ResetPasswordPage })

export const router = createRouter({
  routeTree: root.addChildren([inside.addChildren([home, campaigns]), logIn, signUp, resetPassword]),
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
