import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Real mail that others published to test mail programs. None of it is kept in this repository: `fetch-bounce-corpus.ts`
 * gets each package with its registry's ordinary client, holds it against the checksum here and unpacks it. What each
 * package is and its licence: fixtures/bounces/SOURCES.md.
 */
export type CorpusSource = {
  /** Also the name of its folder, and the first part of the name of each of its messages. */
  readonly name: string
  readonly client: 'pip' | 'npm' | 'apt' | 'go' | 'cargo'
  /** As the client knows it. */
  readonly package: string
  readonly version: string
  /** Of the archive; for Go modules the module sum, for crates the sum in Cargo.lock. */
  readonly checksum: string
  /** The archive's name, where the client stores one. */
  readonly archive?: string
  readonly licence: string
  /** Which files of the unpacked package are messages, by path inside it. */
  readonly messages: RegExp
}

export const corpusSources: readonly CorpusSource[] = [
  {
    name: 'flufl-bounce',
    client: 'pip',
    package: 'flufl-bounce',
    version: '6.0.0',
    checksum: 'a1df16b9d1877ae4536f7d76c00d8421fcefbe694f80f5285d05c45a2547b1bc',
    archive: 'flufl_bounce-6.0.0.tar.gz',
    licence: 'Apache-2.0',
    messages: /^tests\/data\/.*\.txt$/,
  },
  {
    name: 'bounceparser',
    client: 'apt',
    package: 'libmail-deliverystatus-bounceparser-perl',
    version: '1.543+repacked-1',
    checksum: '01f89040426ab6de77f9f0bcdce61a938ef6a24179efbfdb4f7a1f68c5263282',
    archive: 'libmail-deliverystatus-bounceparser-perl_1.543+repacked.orig.tar.xz',
    licence: 'Artistic-1.0 or GPL-1.0-or-later',
    messages: /^t\/corpus\/.*\.msg$/,
  },
  {
    name: 'bounced',
    client: 'pip',
    package: 'bounced',
    version: '0.3.0',
    checksum: 'c3ff191fbef7f041c7e66835d2c60e25d3f093bd98befb8cd619a4bf596f7c94',
    archive: 'bounced-0.3.0.tar.gz',
    licence: 'MIT',
    // Its third folder repeats flufl.bounce.
    messages: /^src\/bounced\/tests\/(?:bounces|bounce_email\/(?:non_)?bounces)\/.*\.eml$/,
  },
  {
    name: 'baunsu',
    client: 'npm',
    package: 'baunsu',
    version: '0.2.3',
    checksum: 'e70903f6e92ec53b8feef60f6437be6f794a5b19ded61776657637e205dbae93',
    archive: 'baunsu-0.2.3.tgz',
    licence: 'MIT',
    messages: /^tests\/emails\/.*\.txt$/,
  },
  {
    name: 'enmime',
    client: 'go',
    package: 'github.com/jhillyerd/enmime/v2',
    version: 'v2.3.0',
    checksum: 'h1:Y/pzQanyU8nkSgB2npXX8Dha5OItJE/QwbDJM4sf/kU=',
    licence: 'MIT',
    messages: /^(?:dsn\/testdata|testdata\/(?:mail|low-quality))\/.*\.raw$/,
  },
  {
    name: 'notmuch',
    client: 'apt',
    package: 'notmuch',
    version: '0.37-1',
    checksum: '0e766df28b78bf4eb8235626ab1f52f04f1e366649325a8ce8d3c908602786f6',
    archive: 'notmuch_0.37.orig.tar.xz',
    licence: 'GPL-3.0-or-later',
    messages: /^test\/corpora\/(?!README).*[^/]$/,
  },
  {
    name: 'rspamd',
    client: 'apt',
    package: 'rspamd',
    version: '3.4-1',
    checksum: 'a7dad761aa6bbc666b7977dfd741b240bf02cff8779e088f17dbfa74d5429f8a',
    archive: 'rspamd_3.4.orig.tar.xz',
    licence: 'Apache-2.0',
    messages: /^test\/functional\/messages\/.*\.eml$/,
  },
  {
    name: 'horde-mime',
    client: 'apt',
    package: 'php-horde-mime',
    version: '2.11.2-2',
    checksum: '51c987ac90d4b2c7098eedea7f8ee4980d4dc31815dd89bdb34a1761f3e5036b',
    archive: 'php-horde-mime_2.11.2.orig.tar.gz',
    licence: 'LGPL-2.1',
    messages: /^test\/Horde\/Mime\/fixtures\/.*\.(?:txt|eml)$/,
  },
  {
    name: 'mail-parser-crate',
    client: 'cargo',
    package: 'mail-parser',
    version: '1.0.1',
    checksum: '3d4ea9311ef3ca6189aa85c5f984bd47b2f12079bcabae28917d900ab26c9ecc',
    licence: 'Apache-2.0 or MIT',
    messages: /^resources\/eml\/.*\.(?:eml|msg|txt)$/,
  },
  {
    name: 'mail-parser',
    client: 'pip',
    package: 'mail-parser',
    version: '4.8.0',
    checksum: '602e659b159652d378b0f9cce2d682bee692bedae72687786e2b2e52eaeb9afc',
    archive: 'mail_parser-4.8.0.tar.gz',
    licence: 'Apache-2.0',
    messages: /^tests\/mails\/mail_(?!outlook).*[^/]$/,
  },
  {
    name: 'django-mailbox',
    client: 'pip',
    package: 'django-mailbox',
    version: '4.10.1',
    checksum: '9060a4ddc81d16aa699e266649c12eaf4f29671b5266352e2fad3043a6832b52',
    archive: 'django-mailbox-4.10.1.tar.gz',
    licence: 'MIT',
    messages: /^django_mailbox\/tests\/messages\/.*\.eml$/,
  },
  {
    name: 'talon',
    client: 'pip',
    package: 'talon',
    version: '1.4.4',
    checksum: '263d122609747691e9f75726ea565f5da8a40146a7a81eb5883e51b8224b0e5c',
    archive: 'talon-1.4.4.tar.gz',
    licence: 'Apache-2.0',
    messages: /^tests\/fixtures\/standard_replies\/.*\.eml$/,
  },
]

/** Where the unpacked packages lie: BOUNCE_CORPUS_DIR, else a folder of the system's for temporary files. */
export const corpusFolder = (): string => process.env.BOUNCE_CORPUS_DIR ?? join(tmpdir(), 'bavlio-bounce-corpus')

export type CorpusMessage = { name: string; source: string; raw: Buffer }

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()

/** Messages of the packages that were fetched, by name in order; `missing` are the packages that were not. */
export const readCorpus = (folder = corpusFolder()): { messages: CorpusMessage[]; missing: string[] } => {
  const messages: CorpusMessage[] = []
  const missing: string[] = []
  for (const source of corpusSources) {
    const root = join(folder, source.name)
    // The fetch writes this file last, so a package that was interrupted is not there.
    if (!existsSync(join(root, '.complete'))) {
      missing.push(source.name)
      continue
    }
    for (const path of filesIn(root)) {
      if (!source.messages.test(path) || statSync(join(root, path)).size > 2_000_000) continue
      messages.push({ name: `${source.name}/${path}`, source: source.name, raw: readFileSync(join(root, path)) })
    }
  }
  return { messages, missing }
}

export const TRUTH_FILE = fileURLToPath(new URL('fixtures/bounces/truth.tsv', import.meta.url))

/** What a message of the corpus is, by the table a person made: see fixtures/bounces/SOURCES.md for how. */
export type CorpusTruth = {
  name: string
  kind: 'bounce' | 'delayed' | 'complaint' | 'other'
  /** Reasons that a reader of the notice would accept, for each failed recipient, or one list for all of them. */
  reasons: string[][]
  /** Failed or delayed addresses, each by `addressMark`; empty where the notice gives none that can be written to. */
  recipients: string[]
}

/** Some of the addresses were people's. The table knows them again and does not repeat them. */
export const addressMark = (address: string): string =>
  createHash('sha256').update(address.toLowerCase()).digest('hex').slice(0, 16)

export const readTruth = (): CorpusTruth[] =>
  readFileSync(TRUTH_FILE, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [name, kind, reasons, recipients] = line.split('\t') as [string, CorpusTruth['kind'], string, string]
      return {
        name,
        kind,
        reasons: reasons === '' ? [] : reasons.split(',').map((one) => one.split('|')),
        recipients: recipients === '' ? [] : recipients.split(','),
      }
    })

/** What a reader made of a message; only failed recipients for a bounce, in the order of the notice. */
export type CorpusReading = {
  kind: CorpusTruth['kind']
  found: { recipient: string | null; original_recipient?: string | null; reason: string; or?: string }[]
}

export type CorpusScore = {
  bounces: number
  recognised: number
  right_reason: number
  right_recipients: number
  /** Bounces with at least one address in the table: what `right_recipients` is out of. */
  with_recipients: number
  delays: number
  /** Delays read as delays, or at least not as bounces. */
  delays_kept: number
  others: number
  false_positives: number
  /** Every message that is not right in everything, with what is wrong. */
  misses: string[]
}

const isRightReason = (truth: CorpusTruth, found: CorpusReading['found']): boolean => {
  if (found.length === 0) return false
  return found.every(({ recipient, reason, or }, at) => {
    const place = truth.reasons.length > 1 ? truth.recipients.indexOf(addressMark(recipient ?? '')) : 0
    const accepted = truth.reasons[place < 0 ? at : place] ?? []
    return accepted.includes(reason) || (or !== undefined && accepted.includes(or))
  })
}

/** Holds readings against the table; messages outside the table are ordinary mail. A missing reading is a miss. */
export const scoreCorpus = (names: readonly string[], readings: ReadonlyMap<string, CorpusReading>): CorpusScore => {
  const table = new Map(readTruth().map((truth) => [truth.name, truth]))
  const score: CorpusScore = {
    bounces: 0,
    recognised: 0,
    right_reason: 0,
    right_recipients: 0,
    with_recipients: 0,
    delays: 0,
    delays_kept: 0,
    others: 0,
    false_positives: 0,
    misses: [],
  }
  for (const name of names) {
    const truth = table.get(name) ?? { name, kind: 'other' as const, reasons: [], recipients: [] }
    const reading = readings.get(name) ?? { kind: 'other' as const, found: [] }
    const said = reading.found.map(({ recipient, reason }) => `${recipient ?? '?'} ${reason}`).join(', ')
    const miss = (what: string): void => {
      score.misses.push(`${name}: ${what} (read as ${reading.kind}${said === '' ? '' : `: ${said}`})`)
    }
    if (truth.kind === 'bounce') {
      score.bounces++
      if (truth.recipients.length > 0) score.with_recipients++
      if (reading.kind !== 'bounce') {
        miss('not recognised')
        continue
      }
      score.recognised++
      if (isRightReason(truth, reading.found)) score.right_reason++
      else miss(`wrong reason, expected ${truth.reasons.map((one) => one.join(' or ')).join(', ')}`)
      if (truth.recipients.length === 0) continue
      const named = reading.found.map((one) =>
        [one.recipient, one.original_recipient].flatMap((address) => (address ? addressMark(address) : [])),
      )
      const allKnown = named.every((one) => one.some((address) => truth.recipients.includes(address)))
      const allFound = truth.recipients.every((address) => named.some((one) => one.includes(address)))
      if (allKnown && allFound) score.right_recipients++
      else miss('wrong recipients')
    } else if (truth.kind === 'delayed') {
      score.delays++
      if (reading.kind === 'bounce') miss('a delay taken for a bounce')
      else score.delays_kept++
    } else {
      score.others++
      if (reading.kind === 'bounce' || (truth.kind !== 'complaint' && reading.kind === 'complaint')) {
        score.false_positives++
        miss('not a bounce')
      }
    }
  }
  return score
}
