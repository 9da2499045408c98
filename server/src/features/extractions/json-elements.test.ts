import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonElements, NotJsonListError, parseElement } from './json-elements.ts'

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const read = async (text: string | Buffer, size: number, most = 1_000): Promise<unknown[]> => {
  const values: unknown[] = []
  for await (const element of jsonElements(pieces(Buffer.from(text), size), most)) {
    assert.equal(element.index, values.length + 1)
    values.push(parseElement(element))
  }
  return values
}

const VALUES = [
  { a: 1, text: 'brackets ]}[{ and "quotes" \\ and a line\nend', nested: { list: [1, [2, { b: '}' }]] } },
  { emoji: 'Zoë 👩‍🚀', 'k,e]y': ',' },
  [],
  {},
  'text, with ] and "',
  -1.5e3,
  true,
  null,
]

test('every element comes out as it went in, wherever the stream is cut', async () => {
  for (const text of [
    JSON.stringify(VALUES),
    JSON.stringify(VALUES, null, 2),
    `\ufeff \n${JSON.stringify(VALUES)}\r\n`,
  ])
    for (let size = 1; size < 40; size++) assert.deepEqual(await read(text, size), VALUES, `${size}`)
})

test('JSON Lines are read too, with the last line ended or not', async () => {
  const objects = VALUES.slice(0, 2)
  const lines = objects.map((value) => JSON.stringify(value)).join('\n')
  for (let size = 1; size < 20; size++) {
    assert.deepEqual(await read(lines, size), objects)
    assert.deepEqual(await read(`${lines}\n\n`, size), objects)
  }
})

test('an empty list has no elements, and nothing is no list of any', async () => {
  assert.deepEqual(await read(' [ ] ', 1), [])
  assert.deepEqual(await read('', 1), [])
})

test('text that is no list is refused with the place', async () => {
  const cases: [string, RegExp][] = [
    ['hello', /not a JSON list/],
    ['[1,2', /cut off/],
    ['[{"a":1', /cut off/],
    ['{"a":1', /cut off/],
    ['[1,,2]', /comma stands/],
    ['[,1]', /comma stands/],
    ['[1,]', /missing behind a comma/],
    ['[{} {}]', /comma is missing/],
    ['[1] 2', /follows the end/],
    ['[}]', /never opened/],
    ['[{"a":}]', /Element 1 is not valid JSON/],
    ['[{},{"a":nul}]', /Element 2 is not valid JSON/],
  ]
  for (const [text, message] of cases)
    for (const size of [1, 3, 100])
      await assert.rejects(
        read(text, size),
        (error) => error instanceof NotJsonListError && message.test(error.message),
        text,
      )
  await assert.rejects(read(Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), 2), /not UTF-8/)
})

test('an element beyond the limit is refused before it is held', async () => {
  for (const size of [7, 1_000])
    await assert.rejects(read(`[{"a":"${'x'.repeat(2_000)}"}]`, size), /Element 1 is larger than 1000 bytes/)
})
