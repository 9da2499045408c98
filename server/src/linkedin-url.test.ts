import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { linkedinKey, personKey, readLinkedinUrl } from './linkedin-url.ts'

const ANN = 'https://www.linkedin.com/in/ann-lee-12'

describe('every spelling of a profile is one address', () => {
  for (const spelling of [
    ANN,
    'http://linkedin.com/in/ann-lee-12',
    'linkedin.com/in/ann-lee-12/',
    'www.linkedin.com/in/Ann-Lee-12///',
    'https://de.linkedin.com/in/ann-lee-12',
    'https://m.linkedin.com/in/ann-lee-12',
    'https://touch.www.linkedin.com/in/ann-lee-12',
    'https://www.linkedin.com/mwlite/in/ann-lee-12',
    'https://www.linkedin.com/in/ann-lee-12/de',
    'https://www.linkedin.com/in/ann-lee-12/en-us?trk=people',
    'https://www.linkedin.com/in/ann-lee-12/?locale=de_DE',
    'https://www.linkedin.com/in/ann-lee-12/details/experience/',
    'https://www.linkedin.com/in/ann-lee-12/overlay/contact-info/',
    'https://www.linkedin.com/in/ann-lee-12?utm_source=x&lipi=urn%3Ali#top',
    'HTTPS://WWW.LINKEDIN.COM/IN/ANN-LEE-12',
    '  <https://www.linkedin.com/in/ann-lee-12> ',
    'LinkedIn: linkedin.com/in/ann-lee-12, seen in May',
    '(https://www.linkedin.com/in/ann-lee-12)',
    'https://www.google.com/url?q=https%3A%2F%2Fwww.linkedin.com%2Fin%2Fann-lee-12&sa=D',
    'https://www.linkedin.com:443/in/ann-lee-12',
    'https://www.linkedin.com//in/ann-lee-12',
    '/in/ann-lee-12',
    'in/ann-lee-12',
  ])
    test(spelling, () => {
      assert.deepEqual(readLinkedinUrl(spelling), { kind: 'person', url: ANN })
      assert.equal(linkedinKey(spelling), 'linkedin.com/in/ann-lee-12')
    })
})

const same: [what: string, spellings: string[], url: string][] = [
  [
    'letters beyond ASCII, encoded once, twice, not at all, composed and decomposed',
    [
      'https://www.linkedin.com/in/jörg-müller',
      'https://www.linkedin.com/in/j%C3%B6rg-m%C3%BCller',
      'https://www.linkedin.com/in/j%c3%b6rg-m%c3%bcller/',
      'https://www.linkedin.com/in/j%25C3%25B6rg-m%25C3%25BCller',
      'https://www.linkedin.com/in/Jo\u0308rg-Mu\u0308ller',
    ],
    'https://www.linkedin.com/in/j%C3%B6rg-m%C3%BCller',
  ],
  [
    'an address of the kind before 2014',
    [
      'https://sy.linkedin.com/pub/krzysztof-marzec/a7/576/b50?trk=x',
      'linkedin.com/pub/Krzysztof-Marzec/a7/576/b50/de',
    ],
    'https://www.linkedin.com/in/krzysztof-marzec-b50576a7',
  ],
  ['one with short numbers', ['linkedin.com/pub/ann-lee/0/1a/2'], 'https://www.linkedin.com/in/ann-lee-00201a0'],
  ['one without numbers', ['linkedin.com/pub/ann-lee'], 'https://www.linkedin.com/in/ann-lee'],
  [
    'a lead of Sales Navigator, whose case matters',
    [
      'https://www.linkedin.com/sales/lead/ACwAAAbCdEfGhIjKlMnOpQ,NAME_SEARCH,x1y2',
      'https://www.linkedin.com/sales/people/ACwAAAbCdEfGhIjKlMnOpQ,name,z',
      'https://www.linkedin.com/in/ACwAAAbCdEfGhIjKlMnOpQ',
    ],
    'https://www.linkedin.com/in/ACwAAAbCdEfGhIjKlMnOpQ',
  ],
]
for (const [what, spellings, url] of same)
  test(`${what} is one address`, () => {
    for (const spelling of spellings) assert.equal(readLinkedinUrl(spelling)?.url, url, spelling)
  })

test('company pages are companies, in every spelling', () => {
  for (const [spelling, url] of [
    ['https://www.linkedin.com/company/Acme-Inc/about/', 'https://www.linkedin.com/company/acme-inc'],
    ['linkedin.com/company/1234567', 'https://www.linkedin.com/company/1234567'],
    ['https://www.linkedin.com/company-beta/1234567/', 'https://www.linkedin.com/company/1234567'],
    ['https://www.linkedin.com/sales/company/1234567/people', 'https://www.linkedin.com/company/1234567'],
    ['https://www.linkedin.com/organization-guest/company/acme-inc', 'https://www.linkedin.com/company/acme-inc'],
    ['https://fr.linkedin.com/school/école/', 'https://www.linkedin.com/school/%C3%A9cole'],
    ['https://www.linkedin.com/showcase/acme-labs?x=1', 'https://www.linkedin.com/showcase/acme-labs'],
  ] as const)
    assert.deepEqual(readLinkedinUrl(spelling), { kind: 'company', url }, spelling)
})

test('what is no profile and no company is none', () => {
  for (const text of [
    '',
    'n/a',
    'Ann Lee',
    'https://www.linkedin.com/',
    'https://www.linkedin.com/feed/',
    'https://www.linkedin.com/in/',
    'https://www.linkedin.com/in/%20',
    'https://www.linkedin.com/jobs/view/123',
    'https://lnkd.in/abc',
    'https://www.linkedin.com/talent/profile/AEMAAAbcdefghijk',
    'https://www.linkedin.com/sales/lead/short',
    'https://www.linkedin.com/pub/dir/ann/lee',
    'https://notlinkedin.com/in/ann-lee',
    'https://linkedin.com.evil.example/in/ann-lee',
    'https://example.com/company/acme',
    `https://www.linkedin.com/in/${'x'.repeat(3000)}`,
  ])
    assert.equal(readLinkedinUrl(text), null, text)
})

test('broken percent-encoding is no fault', () => {
  assert.equal(readLinkedinUrl('https://www.linkedin.com/in/ann%E0%A4%A')?.kind, 'person')
})

test('a text that is no address of LinkedIn is compared without case, scheme, query and slash', () => {
  assert.equal(linkedinKey('https://X.example/Ann/?a=1'), linkedinKey('http://x.example/ann'))
  assert.notEqual(linkedinKey('x.example/ann'), linkedinKey('x.example/bob'))
})

test('a person is told by a profile alone, not by a company, the bare site or a remark', () => {
  for (const [text, key] of [
    ['https://de.linkedin.com/in/Ann-Lee/?trk=x', 'linkedin.com/in/ann-lee'],
    ['https://lnkd.in/AbC?x=1', 'lnkd.in/abc?x=1'],
    ['https://www.linkedin.com/profile/view?id=AAE1', 'linkedin.com/profile/view?id=aae1'],
    ['https://www.linkedin.com/talent/profile/AEMAAAb', 'linkedin.com/talent/profile/aemaaab'],
    ['xing.example/profile/Ann_Lee', 'xing.example/profile/ann_lee'],
    ['https://www.linkedin.com/company/acme', null],
    ['https://www.linkedin.com/company/', null],
    ['https://www.linkedin.com/school/mit/people', null],
    ['https://www.linkedin.com/', null],
    ['https://www.linkedin.com/in/', null],
    ['www.linkedin.com', null],
    ['https://lnkd.in', null],
    ['none yet / unknown', null],
    ['n/a', null],
    ['ann-lee', null],
    ['', null],
  ] as const)
    assert.equal(personKey(text), key, text)
})
