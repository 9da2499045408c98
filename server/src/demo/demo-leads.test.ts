import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guessMapping } from '../column-mapping.ts'
import { openCsv } from '../csv-reader.ts'
import { isRoleAddress, normalizeEmailAddress } from '../email-address.ts'
import { buildDemoLeads, demoColumns, writeDemoCsv } from './demo-leads.ts'

async function countRows(csv: string) {
  const file = await openCsv([Buffer.from(csv)])
  assert.deepEqual(
    file.columns.map((column) => column.header),
    [...demoColumns],
  )
  const emailColumn = demoColumns.indexOf('E-Mail Address')
  const seen = new Set<string>()
  const counts = { rows: 0, valid: 0, duplicates: 0, broken: 0, role_addresses: 0 }
  const reasons = new Set<string>()
  let multiLine = 0
  for await (const batch of file.batches()) {
    for (const row of batch.rows) {
      counts.rows++
      if (row.values.some((value) => value.includes('\n'))) multiLine++
      const address = normalizeEmailAddress(row.values[emailColumn] ?? '')
      if (row.problem && !row.problem.usable) {
        counts.broken++
        reasons.add(row.problem.code)
      } else if (!address.ok) {
        counts.broken++
        reasons.add(address.reason)
      } else if (seen.has(address.email)) {
        counts.duplicates++
      } else {
        counts.valid++
        seen.add(address.email)
        if (isRoleAddress(address.email)) counts.role_addresses++
      }
    }
  }
  return { counts, reasons, seen, multiLine }
}

test('the demo file holds exactly the valid, duplicate and broken rows that it promises', async () => {
  for (const [count, seed] of [
    [1200, 'bavlio'],
    [1200, 'another'],
    [5000, 'third'],
    [25, 'small'],
    [1, 'one'],
  ] as const) {
    const { csv, expected } = buildDemoLeads(count, seed)
    const { counts } = await countRows(csv)
    assert.deepEqual(counts, expected, `${count} ${seed}`)
  }
})

test('the demo file is as messy as promised', async () => {
  const { reasons, multiLine, seen } = await countRows(writeDemoCsv())
  for (const reason of [
    'empty',
    'syntax',
    'no_domain',
    'bad_domain',
    'several_addresses',
    'too_many_fields',
    'unclosed_quote',
  ]) {
    assert.ok(reasons.has(reason), reason)
  }
  assert.ok(multiLine > 20)
  assert.ok([...seen].some((email) => email.includes('@xn--')))
})

test('every address of the demo file is under a reserved name', async () => {
  const csv = writeDemoCsv(3000, 'reserved')
  for (const match of csv.matchAll(/[\w.-]+@([\p{L}\d.-]+)/gu)) {
    assert.match(match[1] ?? '', /(^|\.)(example|test|example\.(com|net|org))$|^[^.]+$/i, match[0])
  }
  const { seen } = await countRows(csv)
  for (const email of seen) assert.match(email, /\.(example|test)$|\.example\.(com|net|org)$/)
})

test('the same count and seed give the same file, another seed another', () => {
  assert.equal(writeDemoCsv(300, 'a'), writeDemoCsv(300, 'a'))
  assert.notEqual(writeDemoCsv(300, 'a'), writeDemoCsv(300, 'b'))
})

test('the columns of the demo file are recognised without help', () => {
  const { mapping, conflicts } = guessMapping([...demoColumns], [])
  assert.deepEqual(conflicts, [])
  assert.deepEqual(mapping, {
    'First Name': 'first_name',
    'Last Name': 'last_name',
    'Job Title': 'title',
    'Company Name': 'company_name',
    'E-Mail Address': 'email',
    Phone: 'phone',
    'Person Linkedin Url': 'linkedin_url',
    City: 'city',
    Country: 'country',
    'Time Zone': 'timezone',
    Website: 'website',
  })
})
