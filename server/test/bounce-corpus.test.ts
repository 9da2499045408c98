import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type BounceReason, bounceReasons } from '../src/bounce-reason.ts'
import { parseMessage } from '../src/features/inbound/parse-message.ts'
import { type CorpusReading, corpusFolder, readCorpus, readTruth, scoreCorpus, TRUTH_FILE } from './bounce-corpus.ts'
import { readAsOurs } from './bounce-corpus-readers.ts'
import { damage, seededNumbers } from './damaged-mail.ts'
import { passedOn } from './passed-on-mail.ts'

/**
 * Real bounces and real ordinary mail (fixtures/bounces/SOURCES.md). They are not in this repository; without them the
 * tests of this file say so and are left out, and CI fetches them first.
 */
const { messages, missing } = readCorpus()
const skip =
  messages.length === 0 ? `no corpus in ${corpusFolder()}: node server/test/fetch-bounce-corpus.ts fetches it` : false
const truth = new Map(readTruth().map((one) => [one.name, one]))

let readings: Promise<Map<string, CorpusReading>> | undefined
const readAll = () => {
  readings ??= (async () => {
    const all = new Map<string, CorpusReading>()
    for (const { name, raw } of messages) all.set(name, await readAsOurs(raw))
    return all
  })()
  return readings
}
const score = async () =>
  scoreCorpus(
    messages.map(({ name }) => name),
    await readAll(),
  )

test('every row of the table has a name of its own, reasons that exist, and a known kind', () => {
  const rows = readTruth()
  assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length)
  const known = new Set(Object.keys(bounceReasons))
  const odd = rows.filter(
    ({ kind, reasons }) =>
      !['bounce', 'delayed', 'complaint', 'other'].includes(kind) ||
      reasons.flat().some((reason) => !known.has(reason)) ||
      (kind === 'bounce' && reasons.length === 0),
  )
  assert.deepEqual(odd, [])
})

test('more than 95 % of real bounces are recognised and more than 85 % have the right reason', { skip }, async (t) => {
  const { bounces, recognised, right_reason, right_recipients, with_recipients } = await score()
  if (missing.length > 0) t.diagnostic(`packages that were not fetched: ${missing.join(', ')}`)
  t.diagnostic(`of ${bounces} bounces ${recognised} recognised, ${right_reason} with the right reason`)
  t.diagnostic(`of ${with_recipients} that name a recipient ${right_recipients} with the right recipients`)
  assert.ok(bounces > 0)
  assert.ok(recognised / bounces > 0.95, `${recognised} of ${bounces}`)
  assert.ok(right_reason / bounces > 0.85, `${right_reason} of ${bounces}`)
  assert.ok(right_recipients / with_recipients > 0.95, `${right_recipients} of ${with_recipients}`)
})

test('no ordinary mail is taken for a bounce, and no delay for a failure', { skip }, async (t) => {
  const found = await score()
  t.diagnostic(`${found.others} other messages, ${found.delays} delays`)
  assert.equal(found.false_positives, 0, found.misses.filter((miss) => miss.includes('not a bounce')).join('\n'))
  assert.equal(found.delays_kept, found.delays)
})

test('what is missed is what the list of misses says', { skip }, async () => {
  const listed = readFileSync(TRUTH_FILE.replace(/truth\.tsv$/, 'misses.txt'), 'utf8')
    .trimEnd()
    .split('\n')
  const here = new Set(messages.map(({ name }) => name))
  const expected = listed.filter((line) => here.has(line.slice(0, line.indexOf(': '))))
  assert.deepEqual((await score()).misses.sort(), expected.sort())
})

test('no address is called dead of which the notice does not say so', { skip }, async () => {
  const wrong: string[] = []
  for (const [name, { found }] of await readAll()) {
    const accepted = (truth.get(name)?.reasons ?? []).flat()
    const mayBeDead = accepted.some((reason) => bounceReasons[reason as BounceReason].suppress)
    for (const { recipient, reason } of found)
      if (bounceReasons[reason as BounceReason].suppress && !mayBeDead) wrong.push(`${name}: ${recipient} ${reason}`)
  }
  assert.deepEqual(wrong, [])
})

test('a bounce that a person quotes, forwards, attaches or pastes is no bounce', { skip }, async () => {
  const wrong: string[] = []
  let tried = 0
  for (const { name, raw } of messages) {
    if (!['bounce', 'delayed'].includes(truth.get(name)?.kind ?? '')) continue
    for (const { how, raw: passed } of passedOn(await parseMessage(raw), raw)) {
      tried++
      const { kind } = await readAsOurs(passed)
      if (kind !== 'other') wrong.push(`${name} ${how}: ${kind}`)
    }
  }
  assert.ok(tried > 0)
  assert.deepEqual(wrong, [])
})

test('the same message reads alike with LF, CRLF and CR line ends', { skip }, async () => {
  const all = await readAll()
  for (const { name, raw } of messages) {
    if (!truth.has(name)) continue
    const lines = raw.toString('latin1').replace(/\r\n?/g, '\n')
    for (const ending of ['\n', '\r\n', '\r']) {
      const twin = await readAsOurs(Buffer.from(lines.replaceAll('\n', ending), 'latin1'))
      assert.deepEqual(twin, all.get(name), `${name} with ${JSON.stringify(ending)}`)
    }
  }
})

test('damaged copies of every message are read without a fault', { skip }, async () => {
  const random = seededNumbers(20260803)
  for (const { raw } of messages) for (let copy = 0; copy < 3; copy++) await readAsOurs(damage(raw, random))
})
