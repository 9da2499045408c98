import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  builtInKind,
  columnLetters,
  columnNumber,
  kindOfFormat,
  numberCell,
  numberText,
  unescapeText,
} from './xlsx-values.ts'

test('a number format says whether a cell is a date, a time, a percentage or a number', () => {
  for (const [code, kind] of [
    ['General', 'number'],
    ['0', 'number'],
    ['#,##0.00', 'number'],
    ['0.00E+00', 'number'],
    ['# ?/?', 'number'],
    ['@', 'number'],
    ['#,##0 "days"', 'number'],
    ['#,##0\\ \\d', 'number'],
    ['[Red]0;[Blue]0', 'number'],
    ['_-* #,##0.00 "€"_-', 'number'],
    ['0%', 'percent'],
    ['0.00%', 'percent'],
    ['00000', 'padded'],
    ['yyyy-mm-dd', 'date'],
    ['d/m/yy;@', 'date'],
    ['[$-407]d. mmmm yyyy;@', 'date'],
    ['mmm', 'date'],
    ['[$-411]ggge"年"m"月"d"日"', 'date'],
    ['dd/mm/yyyy hh:mm', 'datetime'],
    ['yyyy\\-mm\\-dd\\Thh:mm:ss.000', 'datetime'],
    ['h:mm AM/PM', 'time'],
    ['mm:ss.0', 'time'],
    ['[h]:mm:ss', 'duration'],
    ['[mm]:ss', 'duration'],
  ] as const)
    assert.equal(kindOfFormat(code).kind, kind, code)
  for (const [id, kind] of [
    [0, 'number'],
    [2, 'number'],
    [9, 'percent'],
    [11, 'number'],
    [14, 'date'],
    [18, 'time'],
    [22, 'datetime'],
    [45, 'time'],
    [46, 'duration'],
    [49, 'number'],
    [57, 'date'],
  ] as const)
    assert.equal(builtInKind(id).kind, kind, String(id))
})

test('a number is written as a person reads it, never with an exponent or the noise of binary fractions', () => {
  for (const [raw, text] of [
    ['1', '1'],
    ['-0', '0'],
    ['007', '7'],
    ['0.1', '0.1'],
    ['0.30000000000000004', '0.3'],
    ['2.9999999999999996', '3'],
    ['1e21', '1000000000000000000000'],
    ['1.5E-3', '0.0015'],
    ['-1.5e3', '-1500'],
    ['123456.789', '123456.789'],
    ['.5', '0.5'],
    ['98765432109876543210', '98765432109876543210'],
    ['1e999', '1e999'],
    ['abc', 'abc'],
    ['', ''],
  ] as const)
    assert.equal(numberText(raw), text, raw)
})

test('a serial number is the day that the spreadsheet shows, in both systems', () => {
  const date = { kind: 'date' } as const
  for (const [serial, from1900, from1904] of [
    ['1', '1900-01-01', '1904-01-02'],
    ['59', '1900-02-28', '1904-02-29'],
    ['60', '60', '1904-03-01'],
    ['61', '1900-03-01', '1904-03-02'],
    ['25569', '1970-01-01', '1974-01-02'],
    ['45351', '2024-02-29', '2028-03-01'],
    ['45351.9999', '2024-02-29', '2028-03-01'],
    ['45350.9999999999', '2024-02-29', '2028-03-01'],
    ['-1', '-1', '-1'],
    ['99999999', '99999999', '99999999'],
  ] as const) {
    assert.equal(numberCell(serial, date, false), from1900, serial)
    assert.equal(numberCell(serial, date, true), from1904, serial)
  }
})

test('times are rounded to what the format shows, and a full second does not become the 60th', () => {
  const time = { kind: 'time', fraction_digits: 0 } as const
  assert.equal(numberCell('0.99999', time, false), '23:59:59')
  assert.equal(numberCell('0.041666666666666664', time, false), '01:00:00')
  assert.equal(numberCell('0.0416666', time, false), '01:00:00')
  assert.equal(
    numberCell('45351.999999999', { kind: 'datetime', fraction_digits: 0 }, false),
    '2024-03-01T00:00:00',
    'rounding goes on into the next day',
  )
  assert.equal(numberCell('45351.5', { kind: 'datetime', fraction_digits: 3 }, false), '2024-02-29T12:00:00.000')
  assert.equal(numberCell('2.25', { kind: 'duration', fraction_digits: 0 }, false), '54:00:00')
})

test('columns have numbers and letters', () => {
  for (const [letters, number] of [
    ['A', 1],
    ['Z', 26],
    ['AA', 27],
    ['AZ', 52],
    ['BA', 53],
    ['ZZ', 702],
    ['AAA', 703],
    ['XFD', 16_384],
  ] as const) {
    assert.equal(columnNumber(`${letters}7`), number)
    assert.equal(columnLetters(number), letters)
  }
  assert.equal(columnNumber('7'), 0)
})

test('characters that XML cannot hold come back, and their escaped escapes stay', () => {
  assert.equal(unescapeText('a_x000D_b_x005F_x000D_c_xZZZZ_'), 'a\rb_x000D_c_xZZZZ_')
})
