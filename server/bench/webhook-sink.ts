import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A customer's server that reads each post and answers 200. Prints its port. */
const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => response.end('ok'))
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit(0))
