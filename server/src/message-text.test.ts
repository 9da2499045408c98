import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { htmlToText } from './html-text.ts'
import {
  type ComposeRequest,
  composeText,
  hasOptOut,
  type MessageFooter,
  type MessageTemplate,
  subjectLine,
} from './message-text.ts'

const URL = 'https://go.example/u/abc?x=1&y=2'
const FOOTER: MessageFooter = {
  signature_text: 'Bob Berg\nAcme',
  postal_address: 'Acme GmbH\nHauptstr. 1, 10115 Berlin',
  opt_out_url: URL,
  opt_out_text: 'Not for you? Unsubscribe',
}

function compose(template: Partial<MessageTemplate>, rest: Partial<ComposeRequest> = {}) {
  return composeText({
    template: { subject: 'Hi', body: 'Hello', ...template },
    variables: { first_name: 'Anna', company: 'A & B' },
    seed: 'lead:1',
    footer: FOOTER,
    ...rest,
  })
}

test('a text template becomes both parts with signature, opt-out and postal address below the body', () => {
  const message = compose({ subject: 'For {{ company }}', body: 'Hi {{ first_name }} & all,\n\nhow is {{ company }}?' })
  assert.equal(message.subject, 'For A & B')
  assert.equal(
    message.text,
    'Hi Anna & all,\n\nhow is A & B?\n\nBob Berg\nAcme\n\n' +
      `Not for you? Unsubscribe: ${URL}\nAcme GmbH\nHauptstr. 1, 10115 Berlin`,
  )
  assert.match(
    message.html,
    /^<p>Hi Anna &amp; all,<\/p>\n<p>how is A &amp; B\?<\/p>\n<div class="signature"><p>Bob Berg<br>/,
  )
  assert.match(
    message.html,
    /<a href="https:\/\/go\.example\/u\/abc\?x=1&amp;y=2">Not for you\? Unsubscribe<\/a><br>\nAcme GmbH<br>\n/,
  )
})

test('an HTML template keeps its markup, and its text part says the same', () => {
  const message = compose({
    body: '<div><p>Hi {{ first_name }},</p><p>about <a href="https://a.example/{{ company }}">{{ company }}</a></p></div>',
  })
  assert.ok(
    message.html.startsWith(
      '<div><p>Hi Anna,</p><p>about <a href="https://a.example/A &amp; B">A &amp; B</a></p></div>',
    ),
  )
  assert.ok(message.text.startsWith('Hi Anna,\n\nabout A & B <https://a.example/A & B>\n\nBob Berg'), message.text)
})

test('the text made of the template equals the text made of the rendered HTML', () => {
  const bodies = [
    '<p>Hi {{ first_name | default: "there" }},</p><p>{{ "I saw|I noticed" | spin }} <b>{{ company }}</b>&nbsp;{{ city }} grows.</p>',
    '<p>x <a href="{{ link }}">{{ link }}</a> and <a href="{{ link }}">there</a></p>',
    '<p>Go <a href="{{ none }}">there</a></p><p>{{ none }}</p><p>end</p>',
    '<ul><li>{{ first_name }}</li><li>{{ company }}</li></ul><h2>{{ company }}</h2><img src="{{ link }}" alt="{{ city }}">',
    '<p>{% if company %}at <b>{{ company }}</b>{% endif %}</p>{% if none %}<p>no</p>{% endif %}<p>end</p>',
    '<table><tr><td>{{ first_name }}</td><td>{{ company }}</td></tr>{% for i in list %}<tr><td>{{ i }}</td></tr>{% endfor %}</table>',
    '<p>&#123;&#123; first_name &#125;&#125; {{ company }}</p>',
    '<style>p { color: {{ color }} }</style><p title="{{ "a|b" | spin }}">{{ "c|d" | spin }}</p>',
    '<html><head><title>{{ company }}</title></head><body><p>{{ first_name }}</p></body></html>',
    '<p>{% raw %}{{ x }}{% endraw %} {%- if true -%} y {%- endif -%}</p>',
    '<p>a {{- company -}} b</p>',
  ]
  const variables = {
    first_name: 'Anna',
    company: 'A & <B>',
    city: 'Köln',
    link: 'https://l.example/?a=1&b=2',
    list: ['1', '2'],
    color: 'red',
  }
  const footer: MessageFooter = { opt_out_url: null }
  for (const body of bodies) {
    for (const seed of ['s1', 's2', 's3', 's4']) {
      const message = compose({ body }, { variables, footer, seed })
      assert.equal(message.text, htmlToText(message.html), body)
    }
  }
})

test('a text part of its own is used as it is written', () => {
  const message = compose(
    { body: '<p>Hi {{ first_name }}</p>', body_text: 'Plain  {{ first_name }}' },
    { footer: { opt_out_url: null } },
  )
  assert.equal(message.text, 'Plain  Anna')
  assert.equal(message.html, '<p>Hi Anna</p>')
})

test('both parts choose the same spun words', () => {
  for (let lead = 0; lead < 20; lead++) {
    const message = compose(
      { body: '<p>{{ "one|two|three|four" | spin }}</p>', body_text: '{{ "one|two|three|four" | spin }}' },
      { seed: `lead-${lead}`, footer: { opt_out_url: null } },
    )
    assert.equal(message.html, `<p>${message.text}</p>`)
  }
})

const count = (text: string, part: string) => text.split(part).length - 1

test('each part shows the opt-out exactly once, wherever the template puts it', () => {
  const escaped = URL.replace('&', '&amp;')
  const cases: [name: string, template: Partial<MessageTemplate>, htmlCount: number][] = [
    ['footer', { body: '<p>x</p>' }, 1],
    ['own link', { body: '<p><a href="{{ unsubscribe_url }}">stop</a></p>' }, 1],
    ['branch not taken', { body: '<p>{% if none %}<a href="{{ unsubscribe_url }}">stop</a>{% endif %}</p>' }, 1],
    ['only asked about', { body: '<p>{% if unsubscribe_url %}x{% endif %}</p>' }, 1],
    ['hidden in a comment', { body: '<p>x</p><!-- {{ unsubscribe_url }} -->' }, 2],
    ['in HTML alone', { body: '<p><a href="{{ unsubscribe_url }}">stop</a></p>', body_text: 'x' }, 1],
    ['text, where the link is its own text', { body: 'Stop: {{ unsubscribe_url }}' }, 2],
  ]
  for (const [name, template, htmlCount] of cases) {
    const message = compose(template)
    assert.equal(count(message.html, escaped), htmlCount, `${name}: ${message.html}`)
    assert.equal(count(message.text, URL), 1, `${name}: ${message.text}`)
    assert.deepEqual(message.missing, [], name)
  }
})

test('a column of the lead cannot take the place of the opt-out link', () => {
  const message = compose(
    { body: 'Stop: {{ unsubscribe_url }}' },
    { variables: { unsubscribe_url: 'https://evil.example' } },
  )
  assert.doesNotMatch(message.text + message.html, /evil/)
})

test('preflight sees whether the template itself offers the opt-out, in every part', () => {
  assert.equal(hasOptOut({ subject: '', body: 'x' }), false)
  assert.equal(hasOptOut({ subject: '{{ unsubscribe_url }}', body: 'x' }), false)
  assert.equal(hasOptOut({ subject: '', body: '<p>{{unsubscribe_url}}</p>' }), true)
  assert.equal(hasOptOut({ subject: '', body: '<p>{{unsubscribe_url}}</p>', body_text: 'x' }), false)
  assert.equal(hasOptOut({ subject: '', body: '{% comment %}{{ unsubscribe_url }}{% endcomment %}' }), false)
})

test('the footer of an HTML document stands inside its body', () => {
  const message = compose({ body: '<html><body><p>x</p></body></html>' })
  assert.match(message.html, /<p>x<\/p>\n<div class="signature">[\s\S]*Berlin<\/p><\/body><\/html>$/)
})

test('without anything to add nothing is added', () => {
  const message = compose(
    { body: '<p>x</p>' },
    { footer: { opt_out_url: null, postal_address: ' ', signature_text: '' } },
  )
  assert.deepEqual([message.html, message.text], ['<p>x</p>', 'x'])
})

test('a signature in one form alone appears in both parts', () => {
  const html = compose({}, { footer: { opt_out_url: null, signature_html: '<p><b>Bob</b></p>' } })
  assert.deepEqual(
    [html.text, html.html],
    ['Hello\n\nBob', '<p>Hello</p>\n<div class="signature"><p><b>Bob</b></p></div>'],
  )
  const text = compose({}, { footer: { opt_out_url: null, signature_text: 'Bob <b@x.example>' } })
  assert.match(text.html, /Bob &lt;b@x\.example&gt;/)
})

test('fields of a lead cannot bring markup into the HTML', () => {
  const attack = `"><img src=x onerror=alert(1)><script>alert(2)</script>`
  const variables = { first_name: attack, company: attack }
  for (const body of [
    '<p title="{{ company }}">Hi {{ first_name }}</p>',
    'Hi {{ first_name }}\n\n{{ company }}',
    `<p>{{ "{{company}}" | append: company | spin }}</p>`,
  ]) {
    const { html } = compose({ body }, { variables })
    assert.doesNotMatch(html, /<img|<script/, html)
  }
  // Nor can a field that looks like Liquid be run, or one with a tag turn a text body into HTML.
  const { text, html } = compose(
    { body: '{{ first_name }}' },
    { variables: { first_name: '<p>{{ company }}{% if %}' }, footer: { opt_out_url: null } },
  )
  assert.equal(text, '<p>{{ company }}{% if %}')
  assert.equal(html, '<p>&lt;p&gt;{{ company }}{% if %}</p>')
})

test('a subject is one line whatever is in it', () => {
  const cases: [string, string][] = [
    ['a\r\nBcc: x@evil.example', 'a Bcc: x@evil.example'],
    ['  a \t\n b\u2028c\u0085d\0e ', 'a b c d e'],
    ['', ''],
    ['\r\n', ''],
    ['Grüße 🎉', 'Grüße 🎉'],
  ]
  for (const [given, line] of cases) assert.equal(subjectLine(given), line)
  const message = compose(
    { subject: 'Hi {{ first_name }}' },
    { variables: { first_name: 'A\r\nBcc: b@evil.example\r\n\r\nbody' } },
  )
  assert.equal(message.subject, 'Hi A Bcc: b@evil.example body')
})

test('a subject is cut at 998 characters and never inside one', () => {
  assert.equal(subjectLine('x'.repeat(2000)).length, 998)
  const cut = subjectLine(`${'x'.repeat(997)}🎉🎉`)
  assert.equal(cut.length, 997)
  assert.equal(cut.isWellFormed(), true)
})

test('NUL and broken surrogates do not get into a message', () => {
  const message = compose({ body: '<p>a\0b {{ first_name }}</p>' }, { variables: { first_name: 'x\0\ud83d' } })
  for (const part of [message.text, message.html]) {
    assert.equal(part.isWellFormed(), true)
    assert.equal(part.includes('\0'), false)
  }
})

test('the fingerprints are the SHA-256 of the UTF-8 bytes', () => {
  const message = compose({ subject: 'Grüße {{ first_name }}' })
  const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex')
  assert.deepEqual(message.sha256, {
    subject: sha256(message.subject),
    text: sha256(message.text),
    html: sha256(message.html),
  })
})

test('missing and used are gathered over subject and body, each name once', () => {
  const message = compose({ subject: '{{ a }}{{ first_name }}', body: '<p>{{ a }}{{ b }}{{ c | default: "x" }}</p>' })
  assert.deepEqual(message.missing.sort(), ['a', 'b'])
  assert.deepEqual(message.used, { a: null, first_name: 'Anna', b: null, c: null })
})

test('the same request composes the same message', () => {
  const template = { subject: '{{ "a|b|c" | spin }}', body: '<p>{{ "a|b|c" | spin }}</p>' }
  assert.deepEqual(compose(template), compose(template))
})
