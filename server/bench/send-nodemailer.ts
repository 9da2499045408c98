import { createPrivateKey } from 'node:crypto'
import { createTransport } from 'nodemailer'

/** The limit for send.ts: a bare nodemailer pool of ten, DKIM with the same key, the same body. Prints { per_second }. */
const args = JSON.parse(process.argv[2] ?? '{}') as {
  sink_port: number
  messages: number
  private_key: string
  body: string
}
createPrivateKey(args.private_key) // nodemailer sends unsigned, and says nothing, where the key is none
const transport = createTransport({
  host: '127.0.0.1',
  port: args.sink_port,
  pool: true,
  maxConnections: 10,
  maxMessages: Number.POSITIVE_INFINITY,
  ignoreTLS: true,
  dkim: { domainName: 'bench.example', keySelector: 'bav1', privateKey: args.private_key },
})
const html = args.body.replaceAll(/\{\{[^}]*\}\}/g, 'Company')
const text = html.replaceAll(/<[^>]+>/g, '')
const started = performance.now()
let next = 0
const sendSome = async (): Promise<void> => {
  while (next < args.messages) {
    const n = next++
    await transport.sendMail({
      from: 's1@bench.example',
      to: `person${n}@company.example`,
      subject: `A question for Company ${n}`,
      text,
      html,
    })
  }
}
// Twice as many senders as connections keep the pool busy without holding every message in memory.
await Promise.all(Array.from({ length: 20 }, sendSome))
console.log(JSON.stringify({ per_second: args.messages / ((performance.now() - started) / 1000) }))
transport.close()
process.exit(0)
