import { fork } from 'node:child_process'
import { once } from 'node:events'

/**
 * `npm run test:crash`: the kill tests one after the other, each in a process of its own, and the sum of what they found as
 * the last line. Arguments go to the first, the campaign that is sent under fire.
 */
const FILES = ['run.ts', 'inbound.ts', 'webhooks.ts', 'imports.ts', 'datasets.ts']

let passed = 0
let failed = 0
for (const [index, file] of FILES.entries()) {
  console.log(`# ${file}`)
  const child = fork(new URL(file, import.meta.url), index === 0 ? process.argv.slice(2) : [], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    execArgv: [],
  })
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk
    process.stdout.write(chunk)
  })
  const [code] = (await once(child, 'close')) as [number | null]
  const sum = /^(\d+) passed, (\d+) failed$/m.exec(text)
  // A program that ends without its sum, or with an exit code that the sum does not explain, counts as one failure.
  if (sum) passed += Number(sum[1])
  else if (code === 0) passed++
  if (sum?.[2] !== undefined && sum[2] !== '0') failed += Number(sum[2])
  else if (code !== 0) failed++
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
