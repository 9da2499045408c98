import { createHash, randomBytes } from 'node:crypto'

/** A secret that proves at the token endpoint that whoever asked for consent is the one who brings the code (RFC 7636 §4.1). */
export const newVerifier = (): string => randomBytes(32).toString('base64url')

/** What is told of the verifier when consent is asked for: method S256 (RFC 7636 §4.2). */
export const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url')

/** A value that is used once and stands for the right to complete one consent (RFC 6749 §10.12). */
export const newState = (): string => randomBytes(32).toString('base64url')

/** `GONE`: consent ended (invalid_grant), only the person can give it again. `LATER`: nothing was decided. */
export class OAuthFault extends Error {
  override readonly name = 'OAuthFault'
  readonly code: 'GONE' | 'LATER' | 'REFUSED'
  constructor(code: OAuthFault['code'], message: string) {
    super(message)
    this.code = code
  }
}

/**
 * What an error answer of a token endpoint means (RFC 6749 §5.2). The message holds the provider's error code and
 * description and no token. `status` 0: there was no answer, and `error` says why.
 */
export const oauthFaultOf = (
  host: string,
  answer: { status: number; error: unknown; description: unknown },
): OAuthFault => {
  const name = typeof answer.error === 'string' ? answer.error.slice(0, 60) : `status ${answer.status}`
  if (answer.status === 0) return new OAuthFault('LATER', `${host} did not answer (${name}).`)
  const words =
    typeof answer.description === 'string' ? `: ${answer.description.replace(/\s+/g, ' ').slice(0, 200)}` : ''
  if (name === 'invalid_grant' || name === 'interaction_required' || name === 'consent_required')
    return new OAuthFault('GONE', `${host} says the consent has ended (${name}${words}).`)
  if (answer.status >= 500 || answer.status === 429 || name === 'temporarily_unavailable')
    return new OAuthFault('LATER', `${host} cannot give a token now (${name}${words}).`)
  return new OAuthFault('REFUSED', `${host} refuses to give a token (${name}${words}).`)
}
