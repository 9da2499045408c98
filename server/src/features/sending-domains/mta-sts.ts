import { createHash } from 'node:crypto'

export type MtaStsMode = 'none' | 'testing' | 'enforce'

/** Seven days: long enough to protect, short enough to move the mail elsewhere (RFC 8461 §3.2 allows up to a year). */
const MAX_AGE_S = 604_800

/** The policy file of a domain whose mail is received by `mailHost` (RFC 8461 §3.2). */
export const mtaStsPolicy = (mailHost: string, mode: MtaStsMode): string =>
  [
    'version: STSv1',
    `mode: ${mode}`,
    ...(mode === 'none' ? [] : [`mx: ${mailHost}`]),
    `max_age: ${MAX_AGE_S}`,
    '',
  ].join('\r\n')

/** Names one version of the policy: senders read the file anew when the published id differs (RFC 8461 §3.1, up to 32 letters and digits). */
export const mtaStsId = (policy: string): string => createHash('sha256').update(policy).digest('hex').slice(0, 20)

export const mtaStsHost = (domain: string): string => `mta-sts.${domain}`
