import { decodeJwt, jwtVerify } from 'jose'
import type { Integration } from '../../config.ts'
import type { Deps } from '../../deps.ts'
import { invalid } from '../../http/errors.ts'
import { accountOf } from '../auth/outside-issuer.ts'

const issuerOf = (token: string): string | undefined => {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}

/**
 * The account that a partner speaks for. Its assertion is a JWT (RFC 7519) of one of two issuers: the partner itself (`iss`
 * its id, HS256 under the bytes of its secret), or the outside issuer whose sessions this instance takes anyway (JWT_ISSUER).
 * Both need `sub` and `exp`. Accounts are found and made by (issuer, subject), never by address, and those of one partner are
 * strangers to another's. Throws VALIDATION_ERROR for anything else, our own session tokens among it: they are no partner's
 * business.
 */
export const userOfAssertion = async (
  deps: Pick<Deps, 'db' | 'clock' | 'config' | 'sessions'>,
  integration: Integration,
  token: string,
  loc: 'body' | 'query',
): Promise<string> => {
  if (issuerOf(token) === integration.id) {
    try {
      const { payload } = await jwtVerify(token, Buffer.from(integration.secret, 'hex'), {
        algorithms: ['HS256'],
        issuer: integration.id,
        requiredClaims: ['exp', 'sub'],
        currentDate: deps.clock.now(),
      })
      if (payload.sub) return await accountOf(deps, `integration:${integration.id}`, payload)
    } catch (error) {
      if (!/^ERR_J/.test((error as { code?: string }).code ?? '')) throw error
    }
  } else {
    const identity = await deps.sessions.verify(token)
    if (identity && identity.session_id === null) return identity.user_id
  }
  throw invalid([
    {
      loc: [loc, 'user_assertion'],
      msg: 'is no valid assertion of this integration or of the outside issuer',
      type: 'user_assertion',
    },
  ])
}
