import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { signedHeaders, standardSecret } from '../../webhook-signature.ts'
import { MOST_TRIES, nextTryAt } from './delivery-schedule.ts'

/** What docs/webhooks.md tells people to write and to expect. */
const page = readFileSync(new URL('../../../../docs/webhooks.md', import.meta.url), 'utf8')
const codeOf = (language: string): string => new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? ''

const SECRET = 'ab'.repeat(32)
const BODY = '{"event_type":"lead.replied","data":{"email":"Zoë"}}'
const now = Math.floor(Date.now() / 1000)
const at = (seconds: number, secrets = [SECRET]) => signedHeaders(secrets, 'an-id', seconds, BODY)
const CASES: [name: string, headers: Record<string, string>, body: string, is: boolean][] = [
  ['as it was sent', at(now), BODY, true],
  ['signed by two secrets during a rotation', at(now, ['cd'.repeat(32), SECRET]), BODY, true],
  ['another body', at(now), `${BODY} `, false],
  ['another id', { ...at(now), 'webhook-id': 'another' }, BODY, false],
  ['another secret', at(now, ['cd'.repeat(32)]), BODY, false],
  ['too old', at(now - 400), BODY, false],
  ['of the future', at(now + 400), BODY, false],
  ['no signature', { ...at(now), 'webhook-signature': '' }, BODY, false],
]

test('the TypeScript of the page takes what is sent and nothing else', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bavlio-page-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'is-genuine.mts')
  await writeFile(file, codeOf('ts'))
  const { isGenuine } = await import(file)
  for (const [name, headers, body, is] of CASES)
    assert.deepEqual([name, isGenuine(standardSecret(SECRET), headers, body)], [name, is])
  assert.equal(isGenuine(standardSecret(SECRET), {}, BODY), false)
})

const skip = spawnSync('python3', ['--version']).error ? 'there is no python3' : false
test('so does its Python', { skip }, () => {
  const program = `${codeOf('python')}
import json, sys
print(json.dumps([is_genuine(case["secret"], case["headers"], case["body"].encode()) for case in json.load(sys.stdin)]))`
  const input = JSON.stringify(CASES.map(([, headers, body]) => ({ secret: standardSecret(SECRET), headers, body })))
  assert.deepEqual(
    JSON.parse(execFileSync('python3', ['-c', program], { input, encoding: 'utf8' })),
    CASES.map(([, , , is]) => is),
  )
})

test('its table of waits is the schedule', () => {
  const start = new Date(0)
  const waits: number[] = []
  for (let attempts = 1; attempts < MOST_TRIES; attempts++)
    waits.push((nextTryAt({ attempts, kind: 'event', random: 0.5 }, start)?.getTime() ?? 0) / 1000)
  const row = /\| after the one before \| \|(.*)\|\n/.exec(page)?.[1]?.split('|') ?? []
  const UNITS: Record<string, number> = { s: 1, min: 60, h: 3600 }
  assert.deepEqual(
    row.map((cell) => {
      const [count, unit] = cell.trim().split(' ')
      return Number(count) * (UNITS[unit ?? ''] ?? Number.NaN)
    }),
    waits,
  )
})
