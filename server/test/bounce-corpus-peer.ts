import { type CorpusScore, corpusFolder, readCorpus, scoreCorpus } from './bounce-corpus.ts'
import { isSisimaiInstalled, readAsOurs, readAsSisimai, sisimaiVersion } from './bounce-corpus-readers.ts'

/**
 * Prints how this product and Debian's Sisimai (package libsisimai-perl) read the same corpus, side by side, with every
 * miss of ours; `--theirs` lists the peer's. Run: node server/test/bounce-corpus-peer.ts
 */
const { messages, missing } = readCorpus()
if (messages.length === 0) {
  console.log(`There is no corpus in ${corpusFolder()}: run server/test/fetch-bounce-corpus.ts first.`)
  process.exit(1)
}
if (missing.length > 0) console.log(`Not fetched: ${missing.join(', ')}`)

const share = (part: number, whole: number): string => `${part}/${whole} ${((100 * part) / whole).toFixed(1)} %`

const print = (who: string, score: CorpusScore): void => {
  console.log(`${who}: recognised ${share(score.recognised, score.bounces)}`)
  console.log(`  right reason, of all bounces ${share(score.right_reason, score.bounces)}`)
  console.log(`  right reason, of those it recognised ${share(score.right_reason, score.recognised)}`)
  console.log(`  right recipients, of all that name any ${share(score.right_recipients, score.with_recipients)}`)
  console.log(`  delays not taken for bounces ${share(score.delays_kept, score.delays)}`)
  console.log(`  other mail taken for a bounce ${score.false_positives} of ${score.others}`)
}

const names = messages.map(({ name }) => name)
const ours = new Map()
const began = performance.now()
for (const { name, raw } of messages) ours.set(name, await readAsOurs(raw))
const seconds = (performance.now() - began) / 1000
const score = scoreCorpus(names, ours)
print(`ours (${(messages.length / seconds).toFixed(0)} messages a second)`, score)

if (isSisimaiInstalled()) {
  const readings = readAsSisimai(corpusFolder(), names)
  const theirs = scoreCorpus(names, readings)
  print(`Sisimai ${sisimaiVersion()}`, theirs)
  // Sisimai says "filtered" of many plain unknown users; the same figures with that word counted as right.
  const lenient = scoreCorpus(
    names,
    new Map(
      [...readings].map(([name, reading]) => [
        name,
        {
          ...reading,
          found: reading.found.map((one) => (one.reason === 'filtered' ? { ...one, or: 'user_unknown' } : one)),
        },
      ]),
    ),
  )
  console.log(
    `  right reason with "filtered" taken for "user unknown", of all bounces ${share(lenient.right_reason, lenient.bounces)}`,
  )
  if (process.argv.includes('--theirs')) console.log(`\n${theirs.misses.join('\n')}`)
} else {
  console.log('Sisimai is not installed (Debian: libsisimai-perl); only ours was measured.')
}
console.log(`\nOur misses:\n${score.misses.join('\n')}`)
