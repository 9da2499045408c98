import { Agent, request } from 'undici'
import { newId } from '../src/ids.ts'
import { signedHeaders } from '../src/webhook-signature.ts'

/** The limit for webhooks.ts: a bare loop of undici posts that signs the same bodies both ways. Prints { per_second }. */
const args = JSON.parse(process.argv[2] ?? '{}') as { port: number; deliveries: number; at_once: number; body: string }
const agent = new Agent({ keepAliveTimeout: 10_000 })
const secret = 'ab'.repeat(32)
const url = `http://127.0.0.1:${args.port}/hook`
const started = performance.now()
let next = 0
const sendSome = async (): Promise<void> => {
  while (next++ < args.deliveries) {
    const headers = signedHeaders([secret], newId(), Math.floor(Date.now() / 1000), args.body)
    const { statusCode, body } = await request(url, {
      method: 'POST',
      body: args.body,
      dispatcher: agent,
      headers: { 'content-type': 'application/json', ...headers },
    })
    await body.text()
    if (statusCode !== 200) throw new Error(`It answered ${statusCode}.`)
  }
}
await Promise.all(Array.from({ length: args.at_once }, sendSome))
console.log(JSON.stringify({ per_second: args.deliveries / ((performance.now() - started) / 1000) }))
process.exit(0)
