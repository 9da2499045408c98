import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createXmlScanner, forEachAttribute, XmlError } from './xml-scanner.ts'

const scan = (xml: string, size = xml.length): string[] => {
  const found: string[] = []
  let text = ''
  const flush = (): void => {
    if (text !== '') found.push(text)
    text = ''
  }
  const scanner = createXmlScanner({
    open: (name, attributes) => {
      flush()
      const pairs: string[] = []
      forEachAttribute(attributes, (key, value) => pairs.push(`${key}=${value}`))
      found.push(`<${[name, ...pairs].join(' ')}`)
    },
    close: (name) => {
      flush()
      found.push(`/${name}`)
    },
    text: (piece) => {
      text += piece
    },
  })
  for (let at = 0; at < xml.length; at += size) scanner.write(xml.slice(at, at + size))
  scanner.end()
  return found
}

const cases: [what: string, xml: string, found: string[]][] = [
  ['elements and text', '<a><b>x</b><c/></a>', ['<a', '<b', 'x', '/b', '<c', '/c', '/a']],
  ['prefixes', '<x:a xmlns:x="u" r:id="7"><x:b/></x:a>', ['<a x=u id=7', '<b', '/b', '/a']],
  ['attributes in either quote, with > and / inside', `<a b = "1>2/" c='"' ></a>`, ['<a b=1>2/ c="', '/a']],
  [
    'entities and references',
    '<a b="&lt;&#65;">&amp;&gt;&quot;&apos;&#x1F600;&#13;</a>',
    ['<a b=<A', `&>"'😀\r`, '/a'],
  ],
  [
    'sections, comments and instructions',
    '<?xml version="1.0"?><!-- <b> --><a><![CDATA[<&]]]>x<!----></a>\n',
    ['<a', '<&]x', '/a'],
  ],
  ['spaces in closing tags', '<a ><b\n/></a\t>', ['<a', '<b', '/b', '/a']],
  ['a byte order mark', '\ufeff<a/>', ['<a', '/a']],
]

describe('XML is read the same however it is cut', () => {
  for (const [what, xml, found] of cases)
    test(what, () => {
      for (let size = 1; size <= xml.length; size++) assert.deepEqual(scan(xml, size), found, `in pieces of ${size}`)
    })
})

describe('what is no well-formed XML is refused', () => {
  for (const [what, xml] of [
    ['an element that is not closed', '<a><b></a>'],
    ['the end of the text in the middle', '<a><b>x'],
    ['a tag that is cut', '<a><b c="'],
    ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['an unknown entity', '<a>&nbsp;</a>'],
    ['an & alone', '<a>this & that</a>'],
    ['an attribute without a value', '<a b></a>'],
    ['an attribute without quotes', '<a b=1></a>'],
    ['text outside', 'x<a/>'],
    ['a tag in a tag', '<a <b/>'],
    ['elements without end', '<a>'.repeat(1000)],
  ] as const)
    test(what, () => {
      assert.throws(() => scan(xml), XmlError)
      assert.throws(() => scan(xml, 1), XmlError)
    })
})
