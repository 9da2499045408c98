import { createServer, type Socket } from 'node:net'

/**
 * An SMTP server in a process of its own that remembers every message it took: recipient and subject, at the moment its
 * content was complete, whether or not anybody lives to hear the 250. It answers a little late, so that kills find messages
 * at every stage. Prints its port; answers `counts` over IPC.
 */
const END = Buffer.from('\r\n.\r\n')
const LATEST_ANSWER_MS = 12

const taken = new Map<string, number>()

const remember = (recipient: string, message: string): void => {
  const subject = /^Subject: (.*)$/im.exec(message)?.[1]?.trim() ?? ''
  const key = `${recipient} ${subject}`
  taken.set(key, (taken.get(key) ?? 0) + 1)
}

const serve = (socket: Socket): void => {
  let rest = Buffer.alloc(0) as Buffer
  let recipient = ''
  let inData = false
  const answer = (text: string): void => {
    if (!socket.destroyed) socket.write(`${text}\r\n`)
  }
  answer('220 sink ESMTP')
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length ? Buffer.concat([rest, chunk]) : chunk
    for (;;) {
      const end = rest.indexOf(inData ? END : '\r\n')
      if (end < 0) return
      if (inData) {
        remember(recipient, rest.subarray(0, end).toString('latin1'))
        rest = rest.subarray(end + END.length)
        inData = false
        setTimeout(() => answer('250 2.0.0 taken'), Math.random() * LATEST_ANSWER_MS)
        continue
      }
      const line = rest.subarray(0, end).toString('latin1')
      rest = rest.subarray(end + 2)
      if (/^EHLO/i.test(line)) answer('250-sink\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES')
      else if (/^RCPT/i.test(line)) {
        recipient = /<([^>]*)>/.exec(line)?.[1] ?? ''
        answer('250 2.1.5 ok')
      } else if (/^DATA/i.test(line)) {
        inData = true
        answer('354 go on')
      } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n')
      else answer('250 ok')
    }
  })
}

const server = createServer(serve)
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as { port: number }).port}\n`))
process.on('message', () => process.send?.([...taken]))
process.on('disconnect', () => process.exit(0))
