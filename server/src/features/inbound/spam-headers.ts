import type { MessageHeader } from './parse-message.ts'

export type SpamReading = { status: 'PASS' | 'FAIL' | 'GRAY'; details: string | null }

/** Fields of scanners and what in them means spam, or not. */
const FIELDS: readonly { name: RegExp; spam: RegExp; clean: RegExp }[] = [
  { name: /^x-spam(?:-flag|-status)?$/i, spam: /^\s*(?:yes|true)\b/i, clean: /^\s*(?:no|false)\b/i },
  {
    name: /^x-rspamd-action$/i,
    spam: /^\s*(?:reject|add header|rewrite subject|quarantine)\b/i,
    clean: /^\s*(?:no action|greylist|soft reject)\b/i,
  },
  { name: /^x-spamd-result$/i, spam: /:\s*true\b/i, clean: /:\s*false\b/i },
  { name: /^x-ms-exchange-organization-scl$/i, spam: /^\s*[5-9]\b/, clean: /^\s*(?:-1|[0-4])\b/ },
]

/**
 * What a scanner on the way wrote into the message. That it is spam is believed from anybody, since nobody says so of their
 * own; that it is not only from a relay of the operator's own, because everybody else may write it themselves.
 */
export const spamVerdict = (headers: readonly MessageHeader[], isTrusted: boolean): SpamReading => {
  let clean: string | null = null
  for (const { name, value } of headers)
    for (const field of FIELDS) {
      if (!field.name.test(name)) continue
      const said = `${name}: ${value.slice(0, 200)}`
      if (field.spam.test(value)) return { status: 'FAIL', details: said }
      if (field.clean.test(value)) clean ??= said
    }
  if (clean === null) return { status: 'GRAY', details: 'not scanned' }
  return isTrusted
    ? { status: 'PASS', details: clean }
    : { status: 'GRAY', details: `not scanned here; the message itself says ${clean}` }
}

/** Whether a field is one that a spam scanner writes. */
export const isSpamHeader = (name: string): boolean => /^x-(?:spam|rspamd|ham-report)/i.test(name)
