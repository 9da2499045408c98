import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Harness, startHarness } from '../../../test/harness.ts'

let h: Harness
before(async () => {
  h = await startHarness({ env: { SIGNUP: 'open' } })
})
after(() => h.close())

test('x', async () => {
  const made = await h.deps.sessions.signUp({ email: 'Ada@Example.com', password: 'a long password', name: 'Ada' })
  console.log(made)
  console.log(await h.deps.sessions.verify(made.tokens.access_token))
  const t = performance.now()
  const logged = await h.deps.sessions.logIn('ada@example.com', 'a long password', { ip: '127.0.0.1', user_agent: 'x' })
  console.log(logged, performance.now() - t)
  await assert.rejects(h.deps.sessions.logIn('ada@example.com', 'a long passwordx', { ip: '127.0.0.1', user_agent: 'x' }), /wrong/)
  await assert.rejects(h.deps.sessions.logIn('nobody@example.com', 'a long passwordx', { ip: '127.0.0.1', user_agent: 'x' }), /wrong/)
  console.log(await h.deps.sessions.refresh(logged.tokens.refresh_token))
  console.log((await h.deps.db.selectFrom('auth_sessions').selectAll().execute()))
  console.log((await h.deps.db.selectFrom('workspaces').selectAll().execute()))
  const t2 = await h.deps.sessions.passwordResetToken('ada@example.com')
  console.log(t2)
  await h.deps.sessions.resetPassword(t2!, 'another password')
  await assert.rejects(h.deps.sessions.resetPassword(t2!, 'another password'))
  console.log((await h.deps.db.selectFrom('auth_sessions').selectAll().execute()).length)
})
