import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  compileTemplate,
  type RenderRequest,
  renderTemplate,
  splitTemplate,
  TemplateError,
  templateProblems,
  templateVariables,
} from './template-engine.ts'

const LEAD = { first_name: 'Anna', company: 'Acme', city: '', title: null, site: { name: 'HQ' }, tags: ['a', 'b'] }

function render(source: string, variables: Record<string, unknown> = LEAD, options: Partial<RenderRequest> = {}) {
  return renderTemplate(compileTemplate(source), { variables, escape: 'none', seed: 'lead:1', ...options })
}

function failure(source: string, variables: Record<string, unknown> = LEAD): TemplateError {
  try {
    render(source, variables)
  } catch (error) {
    assert.ok(error instanceof TemplateError, `not a TemplateError: ${error}`)
    return error
  }
  assert.fail(`rendered without an error: ${source.slice(0, 80)}`)
}

test('placeholders, fallbacks, conditions, loops and filters render as Liquid says', () => {
  const cases: [source: string, output: string][] = [
    ['Hi {{first_name}},', 'Hi Anna,'],
    ['{{ site.name }} {{ tags[1] }} {{ tags.size }} {{ tags.first }}', 'HQ b 2 a'],
    ['{{ tags }}', 'ab'],
    ['{{ first_name | upcase | append: "!" }}', 'ANNA!'],
    ['{% if company %}at {{ company }}{% else %}alone{% endif %}', 'at Acme'],
    ['{% unless title %}no title{% endunless %}', 'no title'],
    ['{% for t in tags %}{{ forloop.index }}{{ t }}{% unless forloop.last %}-{% endunless %}{% endfor %}', '1a-2b'],
    ['{% case company %}{% when "Acme" %}yes{% else %}no{% endcase %}', 'yes'],
    ['{% assign who = first_name | downcase %}{{ who }}', 'anna'],
    ['{% capture who %}<{{ first_name }}>{% endcapture %}{{ who }}', '<Anna>'],
    ['{% liquid\n if company\n echo company\n endif %}', 'Acme'],
    ['{% raw %}{{ first_name }}{% endraw %}{% comment %}x{% endcomment %}', '{{ first_name }}'],
    ['{%- if company -%}  x  {%- endif -%}', 'x'],
    ['{% for i in (1..3) %}{{ i }}{% endfor %}{{ "a,b" | split: "," | last }}', '123b'],
    ['{{ straße }} {{ 名前 }} {{ a-b }} {{ ["first name"] }}', 'S N ab F'],
  ]
  const variables = { ...LEAD, straße: 'S', 名前: 'N', 'a-b': 'ab', 'first name': 'F' }
  for (const [source, output] of cases) assert.equal(render(source, variables).output, output, source)
})

test('an empty cell is an absent value: it is false, takes its fallback and equals the empty text', () => {
  for (const city of ['', '  ', '\t\n', null, undefined]) {
    const output = (source: string) => render(source, { city }).output
    assert.equal(output('{{ city | default: "your town" }}'), 'your town')
    assert.equal(output('{% if city %}in {{ city }}{% endif %}'), '')
    assert.equal(output('{% if city == "" %}none{% endif %}{% if city != "" %}some{% endif %}'), 'none')
    assert.equal(output('{% if city == blank %}blank{% endif %}{% if city == nil %} nil{% endif %}'), 'blank nil')
  }
  assert.equal(render('{% if n %}{{ n }}{% endif %}', { n: 0 }).output, '0')
})

test('a variable that leaves a blank is missing; one with a fallback, or only asked about, is not', () => {
  const cases: [source: string, missing: string[]][] = [
    ['{{ first_name }}', []],
    ['{{ city }}', ['city']],
    ['{{ nobody }} {{ nobody }} {{ title }}', ['nobody', 'title']],
    ['{{ city | default: "x" }}', []],
    ['{{ city | upcase | default: "x" }}', []],
    ['{{ city | default: "" }}', []],
    ['{{ city | default: company }}', []],
    ['{{ city | default: title }}', ['city', 'title']],
    ['{{ city | append: "!" }}', ['city']],
    ['{{ first_name | append: city }}', ['city']],
    ['{% if city %}x{% endif %}{% unless title == "CTO" %}y{% endunless %}', []],
    ['{% if city %}{{ nobody }}{% endif %}', []],
    ['{% if company %}{{ nobody }}{% endif %}', ['nobody']],
    ['{% for x in nobody %}{{ x }}{% endfor %}', []],
    ['{{ site.street }}', ['site.street']],
    ['{% assign c = city %}{% if c %}{{ c }}{% endif %}', []],
    ['{% assign c = city %}{{ c }}', ['city']],
    ['{% assign c = city | default: "x" %}{{ c }}', []],
    ['{% assign c = first_name | append: city %}{{ c }}', ['city']],
    ['{% capture c %}{{ city }}{% endcapture %}{{ c }}', ['city']],
    ['{% echo city %}{% cycle title, "x" %}', ['city', 'title']],
    ['{{ "now" | date: "%Y" }}', ['now']],
  ]
  for (const [source, missing] of cases) assert.deepEqual(render(source).missing, missing, source)
})

test('used names every variable looked up on the path rendered, with what it held', () => {
  const { used } = render('{{ first_name }}{% if city %}{{ company }}{% endif %}{{ site.name }}{{ n }}', {
    ...LEAD,
    n: 4,
  })
  assert.deepEqual(used, { first_name: 'Anna', city: null, 'site.name': 'HQ', n: '4' })
})

test('in HTML every value is escaped, whatever road it takes, and never twice', () => {
  const x = `<script>alert("1")</script>&'`
  const safe = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;'
  const sources = [
    '{{ x }}',
    '{% echo x %}',
    '{% cycle x, "b" %}',
    '{% assign y = x %}{{ y }}',
    '{% capture y %}{{ x }}{% endcapture %}{{ y }}',
    '{% capture y %}{{ x }}{% endcapture %}{{ y | default: "z" }}',
    '{% capture y %}{{ x }}{% endcapture %}{{ y | spin }}',
    '{{ x | escape }}',
    '{{ x | escape_once }}',
    '{{ x | newline_to_br }}',
    '{{ none | default: x }}',
    '{{ x | spin }}',
    '{% for y in list %}{{ y }}{% endfor %}',
    '{{ list }}',
    '{{ list | join: "" }}',
    '{{ deep.x }}',
    '{% liquid\n echo x %}',
    '{% if x == x %}{{ x }}{% endif %}',
  ]
  const variables = { x, list: [x], deep: { x } }
  for (const source of sources) {
    assert.equal(render(source, variables, { escape: 'html' }).output, safe, source)
    assert.equal(render(source, variables).output, x, source)
  }
  assert.doesNotMatch(render('{{ o }}', { o: { a: '<b>' } }, { escape: 'html' }).output, /<b>/)
  assert.equal(render('{{ x | newline_to_br }}', { x: '<\n' }, { escape: 'html' }).output, '&lt;<br>\n')
  assert.equal(
    render('{% capture y %}<b>{{ x }}</b>{% endcapture %}{{ y }}', { x: '<' }, { escape: 'html' }).output,
    '<b>&lt;</b>',
  )
})

test('inherited names are not variables, while own ones of the same name are', () => {
  const sources = [
    '{{ __proto__ }}',
    '{{ constructor }}',
    '{{ toString }}',
    '{{ site.constructor }}',
    '{{ site.__proto__ }}',
    '{{ site["__proto__"].toString }}',
    '{{ tags.constructor.name }}',
    '{{ first_name.constructor }}',
    '{{ tags | map: "constructor" }}',
    '{{ tags | where: "__proto__" }}',
    '{% for t in tags %}{{ forloop.constructor }}{{ forloop.__proto__ }}{% endfor %}',
    '{% capture y %}z{% endcapture %}{{ y.constructor }}{{ y.html }}{{ y.valueOf }}',
  ]
  for (const source of sources) assert.equal(render(source).output, '', source)
  const own = JSON.parse('{"__proto__": "p", "constructor": "c"}')
  const { output, used } = render('{{ __proto__ }}{{ constructor }}', own)
  assert.equal(output, 'pc')
  assert.deepEqual(Object.entries(used), [
    ['__proto__', 'p'],
    ['constructor', 'c'],
  ])
  render('{% assign __proto__ = "x" %}{% capture constructor %}y{% endcapture %}')
  assert.equal(({} as Record<string, unknown>).x, undefined)
})

test('rendering leaves the variables as they were', () => {
  const variables = Object.freeze({ a: 'x', list: Object.freeze(['b', 'a']) })
  const source =
    '{% assign a = "y" %}{% capture list2 %}{{ list | sort | reverse | join }}{% endcapture %}{{ a }}{{ list2 }}'
  assert.equal(render(source, variables).output, 'yb a')
})

test('a template that would run away fails with a code, in time that nobody notices', () => {
  const cases: [name: string, source: string][] = [
    ['nested loops', '{% for i in (1..100000) %}{% for j in (1..100000) %}x{% endfor %}{% endfor %}'],
    ['an empty loop', '{% for i in (1..100000) %}{% endfor %}'],
    ['a huge range', '{% for i in (1..999999999) %}x{% endfor %}'],
    ['a range where numbers no longer grow', '{% for i in (9007199254740992..9007199254740994) %}x{% endfor %}'],
    ['the same in an assignment', '{% assign a = (9007199254740992..9007199254740994) %}'],
    ['the same from variables', '{% for i in (low..high) %}x{% endfor %}'],
    ['doubling by append', `{% assign a = "x" %}${'{% assign a = a | append: a %}'.repeat(40)}{{ a }}`],
    [
      'doubling by capture',
      `{% capture a %}x{% endcapture %}${'{% capture a %}{{a}}{{a}}{% endcapture %}'.repeat(40)}`,
    ],
    ['doubling by concat', `{% assign a = "x" | split: "" %}${'{% assign a = a | concat: a %}'.repeat(40)}`],
    ['doubling by replace', `{% assign a = "xx" %}${'{% assign a = a | replace: "x", a %}'.repeat(40)}`],
    [
      'a long condition in a loop',
      `{% for i in (1..9999) %}{% if ${'1 == 1 and '.repeat(9000)}true %}{% endif %}{% endfor %}`,
    ],
    ['a long chain in a loop', `{% for i in (1..9999) %}{{ ""${' | upcase'.repeat(9000)} }}{% endfor %}`],
    [
      'a long list of cases',
      `{% for i in (1..9999) %}{% case i %}{% when ${'0,'.repeat(9000)}0 %}{% endcase %}{% endfor %}`,
    ],
    ['a long cycle', `{% for i in (1..9999) %}{% cycle ${'"",'.repeat(9000)}"" %}{% endfor %}`],
    ['a long literal', `{% for i in (1..9999) %}{% if "${'x'.repeat(99_000)}" contains "y" %}{% endif %}{% endfor %}`],
    ['a wide date', '{{ 0 | date: "%99999999d" }}'],
  ]
  for (const [name, source] of cases) {
    compileTemplate(source)
    const start = performance.now()
    const error = failure(source, { low: '9007199254740992', high: '9007199254740994' })
    // The promise is 50 ms; the rest is for a busy machine.
    assert.ok(performance.now() - start < 250, `${name} took ${performance.now() - start} ms`)
    assert.equal(error.code, 'TEMPLATE_LIMIT_EXCEEDED', `${name}: ${error.message}`)
  }
})

test('a template nobody could have meant is refused with its place, quickly', () => {
  const cases: [name: string, source: string, code: string][] = [
    ['a megabyte', 'x'.repeat(1_000_000), 'TEMPLATE_TOO_LONG'],
    ['unclosed blocks', '{% if a %}'.repeat(10_000), 'TEMPLATE_SYNTAX'],
    ['deep blocks', '{% if a %}'.repeat(5000) + '{% endif %}'.repeat(5000), 'TEMPLATE_SYNTAX'],
    ['deep brackets', `{{ a${'[a'.repeat(20_000)} }}`, 'TEMPLATE_SYNTAX'],
    ['unclosed outputs', '{{ '.repeat(30_000), 'TEMPLATE_SYNTAX'],
    ['unclosed tags', '{%'.repeat(90_000), 'TEMPLATE_SYNTAX'],
    ['thousands of mistakes', '{% bogus %}'.repeat(9000), 'TEMPLATE_SYNTAX'],
  ]
  for (const [name, source, code] of cases) {
    const start = performance.now()
    const error = failure(source)
    assert.ok(performance.now() - start < 500, `${name} took ${performance.now() - start} ms`)
    assert.equal(error.code, code, name)
    assert.ok(error.problems.length > 0 && error.problems.length <= 20, name)
    assert.ok(error.message.length < 10_000, name)
  }
})

test('each mistake is named with its line and column in words an author understands', () => {
  const cases: [source: string, line: number, column: number, message: RegExp][] = [
    ['a\n  {{ b', 2, 3, /never closed/],
    ['{% if a %}x', 1, 1, /\{% if %\} is never closed; \{% endif %\} is missing/],
    ['x{% endif %}', 1, 2, /no block/],
    ['{{ a | nope }}', 1, 1, /no filter "nope"/],
    ['{% bogus %}', 1, 1, /no tag \{% bogus %\}/],
    ['{{ }}', 1, 4, /value is missing/],
    ['{{ first name }}', 1, 1, /not one value/],
    ['{% if %}x{% endif %}', 1, 6, /value is missing/],
    ['\n\n{{ a | default "x" }}', 3, 16, /":"/],
    ['{{ a | raw }}', 1, 1, /always escaped/],
    ['{{ a | sample }}', 1, 1, /spin/],
  ]
  for (const [source, line, column, message] of cases) {
    const [problem, ...more] = templateProblems(source)
    assert.ok(problem, source)
    assert.deepEqual({ line: problem.line, column: problem.column, more }, { line, column, more: [] }, source)
    assert.match(problem.message, message)
  }
  assert.deepEqual(templateProblems('{{ a }}{% if b %}{% endif %}'), [])
  assert.deepEqual(templateProblems('').length, 0)
  const several = templateProblems('{{ a | nope }}\n{% if x %}{{ b | nada }}{% endif %}\n{% bogus %}')
  assert.deepEqual(
    several.map((problem) => problem.line),
    [1, 2, 3],
  )
})

test('tags that read files or keep state are not there', () => {
  for (const tag of ['include "x"', 'render "x"', 'layout "x"', 'block x', 'increment x', 'decrement x']) {
    const [problem] = templateProblems(`{% ${tag} %}`)
    assert.match(problem?.message ?? '', /not available in messages/)
  }
})

test('a filter that cannot take its value fails with a code and a place', () => {
  const error = failure('x\n{{ first_name | base64_decode | base64_decode | base64_decode }}', { first_name: 'x' })
  assert.equal(error.code, 'TEMPLATE_RENDER_FAILED')
  assert.equal(error.problems[0]?.line, 2)
})

test('spin chooses the same words for the same seed, and each option about equally often over seeds', () => {
  const source = '{{ "Hi | Hello|Hey" | spin }} {{ "Hi|Hello|Hey" | spin }}'
  const counts = new Map<string, number>()
  for (let lead = 0; lead < 9000; lead++) {
    const { output } = render(source, {}, { seed: `lead-${lead}:1` })
    assert.equal(render(source, {}, { seed: `lead-${lead}:1` }).output, output)
    counts.set(output, (counts.get(output) ?? 0) + 1)
  }
  // Nine pairs of a thousand each: the two spins of a message are independent of one another.
  assert.equal(counts.size, 9)
  for (const [pair, count] of counts) assert.ok(count > 850 && count < 1150, `${pair}: ${count}`)
  assert.equal(render('{{ "only" | spin }}{{ nothing | spin }}').output, 'only')
})

test('dates do not depend on the zone of the server, and "now" is the time that was handed in', () => {
  const now = Temporal.Instant.from('2026-11-21T23:30:00Z')
  const cases: [source: string, output: string][] = [
    ['{{ "2026-03-01" | date: "%B %-d, %Y" }}', 'March 1, 2026'],
    ['{{ "March 1, 2026" | date: "%Y-%m-%d" }}', '2026-03-01'],
    ['{{ "2026-03-01T23:00:00-05:00" | date: "%d %H" }}', '01 23'],
    ['{{ "now" | date: "%Y-%m-%d %H:%M" }}', '2026-11-21 23:30'],
    ['{{ "soon" | date: "%Y" }}', 'soon'],
  ]
  for (const [source, output] of cases) assert.equal(render(source, {}, { now }).output, output, source)
})

test('the variables of a template are those of the lead, from every branch, and not the ones it makes itself', () => {
  const source =
    '{{ a.b }}{% if c %}{{ d | append: e }}{% endif %}{% assign g = h %}{{ g }}{% for i in list %}{{ i.x }}{% endfor %}{{ ["first name"] }}'
  assert.deepEqual(templateVariables(source), ['a.b', 'c', 'd', 'e', 'h', 'list', 'first name'])
})

test('a source splits into Liquid and text without losing a character', () => {
  const source = 'a {{ "}}" }} b {% if x %}<p>{% endif %}{% raw %}{{ z }}{% endraw %}'
  const pieces = splitTemplate(source)
  assert.equal(pieces.map((piece) => piece.text).join(''), source)
  assert.deepEqual(
    pieces.filter((piece) => !piece.liquid).map((piece) => piece.text),
    ['a ', ' b ', '<p>', '{{ z }}'],
  )
})

test('a template is parsed once, however often it is asked for', () => {
  const source = `{{ first_name }} ${'x'.repeat(10)}`
  assert.equal(compileTemplate(source), compileTemplate(`${source}`))
})
