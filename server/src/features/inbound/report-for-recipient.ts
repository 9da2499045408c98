import { domainToASCII } from 'node:url'
import type { BounceReport } from './bounce-report.ts'

/** One spelling of an address: reports are free in the case of letters and in how they write a domain beyond ASCII. */
const spelling = (address: string): string => {
  const at = address.lastIndexOf('@')
  const domain = address.slice(at + 1).toLowerCase()
  return `${address.slice(0, at).toLowerCase()}@${domainToASCII(domain) || domain}`
}

const worst = (reports: readonly BounceReport[]): BounceReport | undefined =>
  reports.find(({ kind }) => kind === 'hard') ?? reports[0]

/**
 * Of all that a report says, what it says of one address: the recipient it names, or named before the message was
 * forwarded (RFC 3464 §2.3.1); else what it says without naming anybody. A report whose one failure is about another
 * address comes from where the mail was forwarded to without saying so: the message did not arrive, which is a soft
 * bounce, because the address that we wrote to has not been shown to be gone. Reports about several others, or beside
 * which ours was delivered or is only delayed, are not ours: undefined.
 */
export const reportForRecipient = (reports: readonly BounceReport[], address: string): BounceReport | undefined => {
  const wanted = spelling(address)
  const isOurs = ({ recipient, original_recipient: original }: BounceReport): boolean =>
    [recipient, original].some((one) => one !== null && spelling(one) === wanted)
  const bounces = reports.filter(({ kind }) => kind === 'hard' || kind === 'soft')
  const ours = reports.filter(isOurs)
  if (ours.length > 0) return worst(bounces.filter(isOurs))
  const unnamed = bounces.filter(({ recipient }) => recipient === null)
  if (unnamed.length > 0) return worst(unnamed)
  const [only] = bounces
  return only && bounces.length === 1 ? { ...only, kind: 'soft' } : undefined
}
