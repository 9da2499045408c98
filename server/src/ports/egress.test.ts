import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEgressPolicy, EgressRefused, isPublicAddress } from './egress.ts'

test('private, special and disguised addresses are told from public ones', () => {
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fc00::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '::8.8.8.8',
    '64:ff9b::10.0.0.1',
    '2002:7f00:1::',
    '2001:db8::1',
    'fe80::1%eth0',
    'localhost',
    '',
  ])
    assert.equal(isPublicAddress(address), false, address)
  for (const address of [
    '1.1.1.1',
    '93.184.216.34',
    '2606:4700:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
    '172.32.0.1',
    '100.128.0.1',
  ])
    assert.equal(isPublicAddress(address), true, address)
})

test('a name is resolved once and its checked address is what one connects to', async () => {
  let asked = 0
  const policy = createEgressPolicy([], async () => {
    asked++
    return [{ address: '10.0.0.1' }, { address: '93.184.216.34' }]
  })
  assert.equal(await policy.resolve('mixed.example', 25), '93.184.216.34')
  assert.equal(asked, 1)
})

test('a private address is refused unless that host and port are listed', async () => {
  const policy = createEgressPolicy(['127.0.0.1:2525', 'inside.example:25', '[::1]:2525'], async (host) => [
    { address: host === 'inside.example' ? '10.0.0.5' : '127.0.0.1' },
  ])
  assert.equal(await policy.resolve('127.0.0.1', 2525), '127.0.0.1')
  assert.equal(await policy.resolve('[::1]', 2525), '::1')
  assert.equal(await policy.resolve('Inside.Example', 25), '10.0.0.5')
  for (const [host, port] of [
    ['127.0.0.1', 2526],
    ['inside.example', 26],
    ['sneaky.example', 25],
    ['::1', 25],
  ] as const)
    await assert.rejects(policy.resolve(host, port), EgressRefused)
  assert.equal(await policy.resolve('sneaky.example', 2525), '127.0.0.1')
})
