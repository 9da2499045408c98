import type { Deps } from '../deps.ts'
import { createUser, newPassword, resetUserPassword } from '../features/auth/operator-accounts.ts'
import { ApiError } from '../http/errors.ts'
import { StopError } from '../stop-error.ts'

/** What a command prints: `out` is its result and goes to stdout, `note` is for the person and goes to stderr. */
export type Printer = { out: (text: string) => void; note: (text: string) => void }

/** An error of the API, told to somebody at a terminal. */
const told = (error: unknown): unknown => {
  if (!(error instanceof ApiError)) return error
  const details = error.details?.map(({ loc, msg }) => `${loc.join('.')} ${msg}`).join('; ')
  return new StopError(details ? `${error.message}: ${details}` : error.message, 1, { cause: error })
}

export type UserCreate = {
  email: string
  name: string
  password: string | null
  mode: 'sandbox' | 'live' | null
  timezone: string | null
}

/** Makes an account with its workspace. A password that was made up is printed, this once. */
export const userCreate = async (deps: Deps, options: UserCreate, print: Printer): Promise<void> => {
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(options.email))
    throw new StopError(`"${options.email}" is not an e-mail address.`, 2)
  const password = options.password ?? newPassword()
  await createUser(deps, {
    email: options.email,
    name: options.name,
    password,
    ...(options.mode ? { workspace_mode: options.mode } : {}),
    ...(options.timezone ? { timezone: options.timezone } : {}),
  }).catch((error) => {
    throw told(error)
  })
  print.note(`Account ${options.email.toLowerCase()} made.`)
  if (!options.password) {
    print.note('Its password, shown this once:')
    print.out(password)
  }
}

/** Sets a new password and ends every session of the account. */
export const userReset = async (
  deps: Deps,
  options: { email: string; password: string | null },
  print: Printer,
): Promise<void> => {
  const { password } = await resetUserPassword(deps, {
    email: options.email,
    ...(options.password ? { password: options.password } : {}),
  }).catch((error) => {
    throw told(error)
  })
  print.note(`${options.email.toLowerCase()} has a new password; every session of it has ended.`)
  if (!options.password) {
    print.note('The password, shown this once:')
    print.out(password)
  }
}
