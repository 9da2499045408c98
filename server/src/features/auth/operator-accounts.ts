import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import { invalid, notFound } from '../../http/errors.ts'
import { PASSWORD_LENGTH } from './password-length.ts'
import type { Created, NewAccount } from './sessions.ts'

/** A password nobody has to think of: 24 URL-safe characters, 144 bits. */
export const newPassword = (): string => randomBytes(18).toString('base64url')

const checkPassword = (password: string): void => {
  const { min, max } = PASSWORD_LENGTH
  if (password.length < min || password.length > max)
    throw invalid([{ loc: ['password'], msg: `must have ${min} to ${max} characters`, type: 'length' }])
}

/** `bavlio user create`: makes an account with its personal workspace, whatever SIGNUP says. Throws EMAIL_TAKEN. */
export const createUser = async (deps: Pick<Deps, 'sessions'>, account: NewAccount): Promise<Created> => {
  checkPassword(account.password)
  return deps.sessions.createUser({ ...account, email: account.email.toLowerCase() })
}

/** `bavlio user reset`: sets a password, makes one up when none is given, and ends every session. Throws NOT_FOUND. */
export const resetUserPassword = async (
  deps: Pick<Deps, 'db' | 'sessions'>,
  account: { email: string; password?: string },
): Promise<{ user_id: string; password: string }> => {
  const found = await sql<{ id: string }>`select id from users where email = ${account.email.toLowerCase()}`.execute(
    deps.db,
  )
  const user = found.rows[0]
  if (!user) throw notFound(`There is no account ${account.email}.`)
  const password = account.password ?? newPassword()
  checkPassword(password)
  await deps.sessions.setPassword(user.id, password)
  return { user_id: user.id, password }
}
