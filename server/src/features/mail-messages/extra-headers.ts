import type { Detail } from '../../http/errors.ts'
import type { Header } from '../../mime-message.ts'

/** What a client may say of its message beside X- fields; everything else is ours to write or the servers' on the way. */
const ALLOWED = new Set([
  'auto-submitted',
  'comments',
  'importance',
  'keywords',
  'list-id',
  'organization',
  'precedence',
  'priority',
  'sensitivity',
])

/** Fields by which receivers or we would be told something about the message that a client has no say in. */
const KEPT = /^x-(?:google-dkim|ses-|spam|virus|originating|forwarded|received|bavlio)/i

/** The header fields of a request, in order; `problems` names every one that may not be set. */
export const readExtraHeaders = (
  given: Record<string, string> | null | undefined,
): { headers: Header[]; problems: Detail[] } => {
  const headers: Header[] = []
  const problems: Detail[] = []
  const seen = new Set<string>()
  for (const [name, value] of Object.entries(given ?? {})) {
    const lower = name.toLowerCase()
    const loc = ['body', 'headers', name.slice(0, 76)]
    if (!/^[A-Za-z0-9-]+$/.test(name))
      problems.push({ loc, msg: 'is not the name of a header field', type: 'header_name' })
    else if (!(lower.startsWith('x-') ? lower.length > 2 && !KEPT.test(lower) : ALLOWED.has(lower)))
      problems.push({ loc, msg: 'may not be set by a client; X- fields may', type: 'header_forbidden' })
    else if (seen.has(lower)) problems.push({ loc, msg: 'is given twice', type: 'header_repeated' })
    else if (/[\r\n\0]/.test(value)) problems.push({ loc, msg: 'holds a line break', type: 'header_injection' })
    else headers.push([name, value])
    seen.add(lower)
  }
  if (headers.length > 30) problems.push({ loc: ['body', 'headers'], msg: 'has more than 30 fields', type: 'too_big' })
  return { headers, problems }
}
