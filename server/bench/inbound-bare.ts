import type { AddressInfo } from 'node:net'
import pg from 'pg'
import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'
import { newId } from '../src/ids.ts'

/** The limit for inbound.ts: smtp-server, postal-mime and one row with its commit for each message, before the 250. Prints its port. */
const args = JSON.parse(process.argv[2] ?? '{}') as { database_url: string }
const pool = new pg.Pool({ connectionString: args.database_url, max: 12 })
await pool.query(
  'create table bare_messages (id uuid primary key, rcpt_to text, subject text, body text, html text, raw bytea)',
)
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['AUTH', 'STARTTLS'],
  disableReverseLookup: true,
  logger: false,
  onData: (stream, session, callback) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', async () => {
      const raw = Buffer.concat(chunks)
      const { subject, text, html } = await PostalMime.parse(raw)
      await pool.query('insert into bare_messages values ($1, $2, $3, $4, $5, $6)', [
        newId(),
        session.envelope.rcptTo[0]?.address,
        subject,
        text,
        html,
        raw,
      ])
      callback()
    })
  },
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.server.address() as AddressInfo).port}\n`))
process.on('disconnect', () => process.exit(0))
