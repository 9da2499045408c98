import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BAD_DOMAIN, greetingOf, type ReactionKind, reactionsOf, tagsOf } from './people.ts'

const START = new Date('2026-01-16T15:12:34Z')
const kinds = (address: string, position = 0) => reactionsOf(address, position, START).map(({ kind }) => kind)

/** What becomes of `people` who get up to three messages each, none after they answered, left or bounced. */
const play = (domain: string, people = 20_000) => {
  const counts: Record<string, number> = {}
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1
  }
  for (let i = 0; i < people; i++) {
    const address = `person.number${i}@${domain}`
    const said = greetingOf(address)
    if (said.answer === 'refuse') {
      count('refused')
      continue
    }
    if (said.answer === 'defer') count('deferred')
    for (let position = 0; position < 3; position++) {
      const reactions = kinds(address, position)
      count('accepted')
      for (const kind of new Set(reactions)) count(kind)
      const last: ReactionKind[] = ['reply', 'bounce_dsn', 'unsubscribe_link', 'unsubscribe_mail', 'complaint_arf']
      if (reactions.some((kind) => last.includes(kind))) break
    }
  }
  return (what: string) => counts[what] ?? 0
}

describe('ordinary people', () => {
  const of = play('company.example')
  const accepted = of('accepted')

  test('stay far below what pauses a campaign', () => {
    assert.ok((of('bounce_dsn') + of('soft_bounce_dsn')) / accepted < 0.02)
    assert.ok((of('bounce_dsn') + of('soft_bounce_dsn') + of('refused')) / (accepted + of('refused')) < 0.03)
    assert.ok(of('complaint_arf') / accepted < 0.0005)
  })

  test('open, click, answer, leave and are away about as often as real ones', () => {
    const near = (what: string, of_: number, share: number) =>
      assert.ok(Math.abs(of(what) / of_ - share) < share * 0.2, `${what}: ${of(what) / of_}`)
    near('open', accepted, 0.46)
    near('click', accepted, 0.08)
    near('reply', 20_000, 0.06)
    near('auto_reply', 20_000, 0.031)
    near('deferred', 20_000, 0.02)
    near('scan', accepted, 0.03)
    near('refused', 20_000, 0.013)
    assert.ok(Math.abs((of('unsubscribe_link') + of('unsubscribe_mail')) / 20_000 - 0.008) < 0.002)
  })

  test('do the same each time they are asked', () => {
    assert.deepEqual(reactionsOf('a.b@c.example', 1, START), reactionsOf('A.B@c.example', 1, START))
  })
})

describe('the bad domain', () => {
  test('takes everything in the session and bounces more than enough later', () => {
    const of = play(BAD_DOMAIN, 400)
    assert.equal(of('refused'), 0)
    assert.ok(of('bounce_dsn') / of('accepted') > 0.08)
  })
})

describe('tags', () => {
  test('decide alone and can be combined', () => {
    assert.deepEqual(kinds('a+accept@x.example'), [])
    assert.deepEqual(kinds('a+open+click+reply@x.example').sort(), ['click', 'open', 'reply'])
    assert.deepEqual(kinds('a+bounce@x.example'), ['bounce_dsn'])
    assert.equal(greetingOf('a+refuse@x.example').answer, 'refuse')
    assert.equal(greetingOf('a+defer+reply@x.example').answer, 'defer')
  })

  test('a word that is no tag leaves an ordinary person', () => {
    for (const address of [
      'jane+news@x.example',
      'jane+refused-offers@x.example',
      'refuse@x.example',
      'jane@bounce.example',
    ])
      assert.equal(tagsOf(address).size, 0, address)
    assert.deepEqual([...tagsOf('jane+open+news+CLICK@x.example')], ['open', 'click'])
  })
})

test('times fall on steps of five minutes, never before the message, a click not before the open, answers on working days', () => {
  for (let i = 0; i < 300; i++) {
    const reactions = reactionsOf(`p${i}+open+click+reply@x.example`, 0, START)
    const at = (kind: ReactionKind) => reactions.find((reaction) => reaction.kind === kind)?.due_at.getTime() as number
    for (const { due_at } of reactions) {
      assert.equal(due_at.getTime() % 300_000, 0)
      assert.ok(due_at > START)
    }
    assert.ok(at('click') >= at('open'))
    assert.ok(at('reply') > at('open'))
    const reply = new Date(at('reply'))
    assert.ok(![0, 6].includes(reply.getUTCDay()) && reply.getUTCHours() >= 7 && reply.getUTCHours() <= 17)
  }
})
