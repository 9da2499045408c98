import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isStsHost, readStsId, readStsPolicy } from './mta-sts.ts'

const policies: [about: string, text: string, expected: ReturnType<typeof readStsPolicy>][] = [
  [
    'the example of RFC 8461 section 3.2',
    'version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmx: backupmx.example.com\r\nmax_age: 604800\r\n',
    { mode: 'enforce', mx: ['mail.example.com', '*.example.net', 'backupmx.example.com'], max_age_s: 604800 },
  ],
  [
    'bare line feeds, spaces, upper-case hosts and unknown fields',
    'version:STSv1\nmode:  testing  \nmx: MX.Example.COM.\nfoo: bar\nmax_age: 1\n',
    { mode: 'testing', mx: ['mx.example.com'], max_age_s: 1 },
  ],
  ['mode none needs no mx', 'version: STSv1\nmode: none\nmax_age: 86400\n', { mode: 'none', mx: [], max_age_s: 86400 }],
  [
    'of repeated fields the first counts',
    'version: STSv1\nmode: enforce\nmode: none\nmx: a.test\nmax_age: 10\nmax_age: 20\n',
    { mode: 'enforce', mx: ['a.test'], max_age_s: 10 },
  ],
  [
    'an age beyond a year is cut',
    'version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 9999999999\n',
    { mode: 'enforce', mx: ['a.test'], max_age_s: 31_557_600 },
  ],
  ['another version', 'version: STSv2\nmode: enforce\nmx: a.test\nmax_age: 10\n', null],
  ['no mx although it enforces', 'version: STSv1\nmode: enforce\nmax_age: 10\n', null],
  ['no max_age', 'version: STSv1\nmode: enforce\nmx: a.test\n', null],
  ['an age that is no number', 'version: STSv1\nmode: enforce\nmx: a.test\nmax_age: -5\n', null],
  ['a mode that does not exist', 'version: STSv1\nmode: strict\nmx: a.test\nmax_age: 10\n', null],
  ['a web page', '<html><body>Not found</body></html>', null],
  ['nothing', '', null],
]
for (const [about, text, expected] of policies)
  test(`policy file: ${about}`, () => {
    assert.deepEqual(readStsPolicy(text), expected)
  })

const ids: [records: string[], id: string | null][] = [
  [['v=STSv1; id=20160831085700Z;'], '20160831085700Z'],
  [['v=STSv1;id=1'], '1'],
  [['v=spf1 -all', 'v=STSv1; id=7;'], '7'],
  [['v=STSv1; id=1;', 'v=STSv1; id=2;'], null],
  [['v=STSv1;'], null],
  [['v=STSv10; id=1;'], null],
  [['v=STSv1; id=with-dash;'], null],
  [[' v=STSv1; id=1;'], null],
  [[], null],
]
for (const [records, id] of ids)
  test(`TXT ${JSON.stringify(records)} names the policy ${id}`, () => {
    assert.equal(readStsId(records), id)
  })

test('a wildcard stands for one label, and only on the left', () => {
  assert.equal(isStsHost(['mx.a.test'], 'MX.a.test'), true)
  assert.equal(isStsHost(['*.a.test'], 'mx.a.test'), true)
  assert.equal(isStsHost(['*.a.test'], 'x.mx.a.test'), false)
  assert.equal(isStsHost(['*.a.test'], 'a.test'), false)
  assert.equal(isStsHost(['*.a.test'], 'mxa.test'), false)
  assert.equal(isStsHost(['mx.*.test'], 'mx.a.test'), false)
  assert.equal(isStsHost([], 'mx.a.test'), false)
})
