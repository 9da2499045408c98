import DNS from 'dns2'

/**
 * A name server whose every domain has the same MX on loopback, in a process of its own: `node mx-zone.ts` prints its address.
 * No policy, no second record: the look-ups are what a sender cannot avoid.
 */
const HOST = 'mx.sink.test'
const { Packet } = DNS
const server = DNS.createServer({
  udp: true,
  handle: (request, send) => {
    const response = Packet.createResponseFromRequest(request)
    const question = request.questions[0]
    const name = question?.name ?? ''
    const add = (type: number, fields: object): void => {
      response.answers.push({ name, type, class: Packet.CLASS.IN, ttl: 300, ...fields } as never)
    }
    if (question?.type === Packet.TYPE.MX) add(Packet.TYPE.MX, { exchange: HOST, priority: 10 })
    else if (question?.type === Packet.TYPE.A && name.toLowerCase() === HOST)
      add(Packet.TYPE.A, { address: '127.0.0.1' })
    send(response)
  },
})
for (let tries = 0; ; tries++) {
  const port = 20_000 + Math.floor(Math.random() * 30_000)
  try {
    await server.listen({ udp: { port, address: '127.0.0.1' } })
    process.stdout.write(`127.0.0.1:${port}\n`)
    break
  } catch (error) {
    if (tries > 20) throw error
  }
}
process.on('disconnect', () => process.exit(0))
