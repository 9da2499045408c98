import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heads, jobFunctionOf, jobFunctionsIn, leads } from './job-function.ts'

test('titles of several languages name a function', () => {
  for (const [title, name] of [
    ['Head of Procurement', 'procurement'],
    ['Leiterin Einkauf', 'procurement'],
    ['Inköpschef', 'procurement'],
    ['Jefa de compras', 'procurement'],
    ['CFO', 'finance'],
    ['Buchhalterin', 'finance'],
    ['VP Sales', 'sales'],
    ['Vertriebsleiterin', 'sales'],
    ['Kierownik sprzedaży', 'sales'],
    ['Directeur commercial', 'sales'],
    ['VP, Marketing', 'marketing'],
    ['DSI', 'it'],
    ['IT-Leiter', 'it'],
    ['CTO', 'engineering'],
    ['Chef de projet', 'projects'],
    ['Operations Manager', 'operations'],
    ['Supply Chain Lead', 'logistics'],
    ['DRH', 'people'],
    ['CEO', 'management'],
    ['Geschäftsführer', 'management'],
    ['Directrice générale', 'management'],
    ['Gerente', 'management'],
    ['VD', 'management'],
    ['Poet', null],
    ['', null],
    ['x'.repeat(10_000), null],
  ] as const)
    assert.equal(jobFunctionOf(title), name, title)
})

test('an audience names several functions', () => {
  assert.deepEqual(jobFunctionsIn('finance and procurement teams of manufacturers').sort(), ['finance', 'procurement'])
})

test('who leads and who is at the head', () => {
  for (const title of [
    'CEO',
    'Founder',
    'Managing Director',
    'Geschäftsführerin',
    'Directeur général',
    'Prezes zarządu',
  ])
    assert.equal(heads(title), true, title)
  for (const title of ['Vice President', 'Assistant to the CEO', 'Director of Sales', 'Head of IT', 'Buyer'])
    assert.equal(heads(title), false, title)
  for (const title of ['Head of IT', 'Director of Sales', 'Vertriebsleiterin', 'Jefa de compras'])
    assert.equal(leads(title), true, title)
  for (const title of ['Buyer', 'Analyst', 'Engineer']) assert.equal(leads(title), false, title)
})
