import { BlockList, isIP } from 'node:net'
import { readNetwork } from '../../machine-networks.ts'

const lists = new WeakMap<readonly string[], BlockList>()

const listOf = (networks: readonly string[]): BlockList => {
  const known = lists.get(networks)
  if (known) return known
  const list = new BlockList()
  for (const text of networks) {
    const network = readNetwork(text)
    if (network) list.addSubnet(network.address, network.prefix, network.family)
  }
  lists.set(networks, list)
  return list
}

/** Whether an address is one of the operator's own relays (INBOUND_TRUSTED_RELAYS). */
export const isTrustedRelay = (networks: readonly string[], address: string | null): boolean => {
  const plain = (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
  const family = isIP(plain)
  return family !== 0 && networks.length > 0 && listOf(networks).check(plain, family === 4 ? 'ipv4' : 'ipv6')
}
