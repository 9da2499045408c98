import { createServer, type Socket } from 'node:net'

/**
 * A server that accepts everything as fast as it can and remembers nothing, in a process of its own: `node smtp-sink.ts`
 * prints its port. It answers pipelined commands in one write and looks for the end of DATA without copying the message.
 */
const END = Buffer.from('\r\n.\r\n')

const serve = (socket: Socket): void => {
  socket.setNoDelay(true)
  let rest = Buffer.alloc(0) as Buffer
  let inData = false
  socket.write('220 sink ESMTP\r\n')
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length ? Buffer.concat([rest, chunk]) : chunk
    let answer = ''
    for (;;) {
      if (inData) {
        const end = rest.indexOf(END)
        if (end < 0) break
        rest = rest.subarray(end + END.length)
        inData = false
        answer += '250 2.0.0 taken\r\n'
        continue
      }
      const end = rest.indexOf('\r\n')
      if (end < 0) break
      const verb = rest.subarray(0, Math.min(end, 4)).toString('latin1').toUpperCase()
      rest = rest.subarray(end + 2)
      if (verb === 'EHLO') answer += '250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n'
      else if (verb === 'DATA') {
        inData = true
        answer += '354 go on\r\n'
      } else if (verb === 'QUIT') {
        socket.end(`${answer}221 2.0.0 bye\r\n`)
        return
      } else answer += '250 2.0.0 ok\r\n'
    }
    if (answer) socket.write(answer)
  })
}

const server = createServer(serve)
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as { port: number }).port}\n`))
process.on('disconnect', () => process.exit(0))
