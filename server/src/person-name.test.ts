import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitFullName } from './person-name.ts'

test('a name is split where that is certain and left alone where it is not', () => {
  const cases: [string, string | null, string | null][] = [
    ['Ada Lovelace', 'Ada', 'Lovelace'],
    ['  Ada   Lovelace ', 'Ada', 'Lovelace'],
    ['Dr. Ada Lovelace, PhD', 'Ada', 'Lovelace'],
    ['Lovelace, Ada', 'Ada', 'Lovelace'],
    ['García López, Juan Carlos', 'Juan Carlos', 'García López'],
    ['Ludwig van Beethoven', 'Ludwig', 'van Beethoven'],
    ['Maria de la Cruz', 'Maria', 'de la Cruz'],
    ['Jean-Luc Picard', 'Jean-Luc', 'Picard'],
    ["Sinéad O'Connor", 'Sinéad', "O'Connor"],
    ['Ann (Annie) Berg', 'Ann', 'Berg'],
    ['Mary Ann Smith', 'Mary', null],
    ['Juan García López', 'Juan', null],
    ['Mary Ann van Dyke', 'Mary', null],
    ['Cher', null, null],
    ['山田 太郎', null, null],
    ['김 철수', null, null],
    ['info@acme.example', null, null],
    ['Team 42', null, null],
    ['A, B, C', null, null],
    ['', null, null],
  ]
  for (const [full, first_name, last_name] of cases)
    assert.deepEqual(splitFullName(full), { first_name, last_name }, full)
})
