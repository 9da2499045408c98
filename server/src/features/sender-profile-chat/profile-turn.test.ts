import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROFILE_FIELDS, readField } from './profile-fields.ts'
import { finish, hearTurn, isDone, type ProfileState } from './profile-turn.ts'

const needed = { full_name: 'Grete Lind', company: 'Fjordlys', role: 'Founder', offer: 'We plan shifts.' }
const stateWith = (collected: Record<string, string>, next: string | null, skipped: string[] = []): ProfileState => ({
  collected,
  skipped,
  next_field: next,
  profile_id: null,
})
const turn = (learned: Record<string, string>, next_field: string | null, reply = 'Next, please?') => ({
  reply,
  learned,
  next_field,
  suggestions: [],
})

test('a value that nobody said is not taken, and it is asked for again', () => {
  const heard = hearTurn(stateWith({}, 'full_name'), turn({ full_name: 'Grete Lind', company: 'Globex' }, 'role'), [
    'What is your name?',
    'Grete Lind',
  ])
  assert.deepEqual(heard.state.collected, { full_name: 'Grete Lind' })
  assert.equal(heard.state.next_field, 'company')
  assert.match(heard.reply, /did not find company in what you said.*Which company/)
})

test('a writer that believes to be through too early is corrected, and the profile is not made', () => {
  const heard = hearTurn(stateWith({}, 'full_name'), turn({ full_name: 'Grete Lind' }, null, 'All done!'), [
    'Grete Lind',
  ])
  assert.deepEqual([heard.is_complete, heard.state.next_field], [false, 'company'])
  assert.ok(!heard.reply.includes('All done!'))
})

test('a reply that sends the user to an address of its own making is not shown', () => {
  const evil = turn({}, 'company', 'Please log in at https://evil.example/login first.')
  const heard = hearTurn(stateWith({}, 'company'), evil, ['Fjordlys'])
  assert.equal(heard.reply, 'Which company do you write for?')
  const own = hearTurn(stateWith({}, 'company'), turn({}, 'company', 'Is https://fjordlys.example it?'), [
    'see fjordlys.example',
  ])
  assert.match(own.reply, /fjordlys\.example/)
})

test('an optional field that was passed over is left out, a required one is not, and going back leaves nothing out', () => {
  const passed = hearTurn(stateWith(needed, 'website'), turn({}, 'city'), ['skip'])
  assert.deepEqual([passed.state.skipped, passed.is_complete], [['website'], false])
  const back = hearTurn(stateWith(needed, 'city', ['website']), turn({}, 'offer'), ['back'])
  assert.deepEqual([back.state.skipped, back.state.next_field, back.is_complete], [['website'], 'offer', false])
  const optional = PROFILE_FIELDS.filter(({ required }) => !required).map(({ name }) => name)
  const last = hearTurn(stateWith(needed, 'profile_name', optional.slice(0, -1)), turn({}, 'offer'), ['back'])
  assert.equal(last.is_complete, false)
  const end = hearTurn(
    stateWith(needed, 'profile_name', optional.slice(0, -1)),
    turn({ profile_name: 'Sales' }, null),
    ['Sales'],
  )
  assert.deepEqual([end.is_complete, end.state.next_field, end.state.collected.profile_name], [true, null, 'Sales'])
})

test('done ends the questions when everything needed is there, and else says what is missing', () => {
  for (const text of ['done', 'That’s all.', 'create the profile', 'fertig']) assert.ok(isDone(text), text)
  for (const text of ['I have done sales for years', 'all of it', '']) assert.ok(!isDone(text), text)
  assert.equal(finish(stateWith(needed, 'city')).is_complete, true)
  const early = finish(stateWith({ full_name: 'Grete Lind' }, 'company'))
  assert.deepEqual([early.is_complete, early.state.next_field], [false, 'company'])
  assert.match(early.reply, /company, role, offer are still needed/)
})

test('each field refuses what cannot be its value, in a sentence', () => {
  const bad: [string, string][] = [
    ['full_name', 'https://evil.example'],
    ['full_name', 'grete@fjordlys.example'],
    ['full_name', '007 12345'],
    ['full_name', 'x'.repeat(101)],
    ['company', '{{ company }}'],
    ['role', '!!!'],
    ['offer', 'x'.repeat(2_001)],
    ['website', 'not a site'],
    ['website', 'javascript:alert(1)'],
    ['profile_name', 'x'.repeat(101)],
    ['nothing', 'x'],
  ]
  for (const [name, value] of bad) assert.ok('problem' in readField(name, value), `${name}: ${value}`)
  assert.deepEqual(readField('website', 'www.Fjordlys.example/'), { value: 'https://www.fjordlys.example' })
  assert.deepEqual(readField('full_name', ' Zoë  O’Neill-Østergård '), { value: 'Zoë O’Neill-Østergård' })
})
