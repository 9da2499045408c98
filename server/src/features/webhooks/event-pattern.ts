import { eventTypeNames } from './event-types.ts'

/** A subscription is a type, a group such as `email.*` or `email.outbound.*`, or `*` for everything, also for what comes later. */
export const matchesPattern = (pattern: string, eventType: string): boolean =>
  pattern === '*' || pattern === eventType || (pattern.endsWith('.*') && eventType.startsWith(pattern.slice(0, -1)))

export const wantsEvent = (patterns: readonly string[], eventType: string): boolean =>
  patterns.some((pattern) => matchesPattern(pattern, eventType))

/** Whether a subscription can ever be met. A `*` stands at the end, after a dot, or alone. */
export const isKnownPattern = (pattern: string): boolean => eventTypeNames.some((type) => matchesPattern(pattern, type))

/** Whether everything a subscription can bring is the mail service's: messages, domains and its own tests. */
export const isMailPattern = (pattern: string): boolean => /^(?:email|domain|webhook)\./.test(pattern)
