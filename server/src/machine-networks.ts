import { BlockList, isIP } from 'node:net'

/**
 * Networks from which only machines look at mail: the filtering networks of mail security vendors, as their help pages
 * publish them for firewalls. Nobody browses from there. Public clouds and browsing proxies (Zscaler and alike) are left
 * out on purpose, because people's own traffic leaves through them; an operator who knows better lists them in
 * MACHINE_NETWORKS.
 */
const PUBLISHED: readonly [name: string, networks: readonly string[]][] = [
  [
    'microsoft',
    ['40.92.0.0/15', '40.107.0.0/16', '52.100.0.0/14', '104.47.0.0/17', '2a01:111:f400::/48', '2a01:111:f403::/48'],
  ],
  [
    'proofpoint',
    [
      '67.231.144.0/20',
      '148.163.128.0/19',
      '185.132.180.0/22',
      '185.183.28.0/22',
      '205.220.160.0/19',
      '208.84.64.0/22',
      '208.86.200.0/22',
    ],
  ],
  [
    'mimecast',
    [
      '41.74.192.0/22',
      '62.140.7.0/24',
      '62.140.10.0/24',
      '63.128.21.0/24',
      '91.220.42.0/24',
      '103.13.69.0/24',
      '103.96.20.0/22',
      '124.47.150.0/24',
      '124.47.189.0/24',
      '146.101.78.0/24',
      '170.10.128.0/21',
      '180.189.28.0/24',
      '185.58.84.0/22',
      '195.130.217.0/24',
      '205.139.110.0/23',
      '205.217.25.0/24',
      '207.211.30.0/23',
      '216.205.24.0/24',
    ],
  ],
  ['barracuda', ['64.235.144.0/20', '209.222.80.0/21']],
  [
    'symantec',
    [
      '46.226.48.0/21',
      '67.219.240.0/20',
      '85.158.136.0/21',
      '95.131.104.0/21',
      '103.9.96.0/22',
      '117.120.16.0/21',
      '193.109.254.0/23',
      '194.106.220.0/23',
      '195.245.230.0/23',
      '216.82.240.0/20',
    ],
  ],
  ['cisco', ['68.232.128.0/19', '184.94.240.0/20', '208.90.56.0/21']],
]

export type MachineNetworks = {
  /** The name of the network that an address belongs to; null for everybody else's and for what is no address. */
  nameOf: (address: string) => string | null
}

/** A network in CIDR notation, or one address; null when it is neither. */
export const readNetwork = (text: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | null => {
  const [address = '', given, ...rest] = text.trim().split('/')
  const family = isIP(address)
  if (!family || rest.length) return null
  const longest = family === 4 ? 32 : 128
  const prefix = given === undefined ? longest : /^\d{1,3}$/.test(given) ? Number(given) : Number.NaN
  if (!(prefix >= 0 && prefix <= longest)) return null
  return { address, prefix, family: family === 4 ? 'ipv4' : 'ipv6' }
}

const listOf = (networks: readonly string[]): BlockList => {
  const list = new BlockList()
  for (const text of networks) {
    const network = readNetwork(text)
    if (!network) throw new Error(`${text} is no network.`)
    list.addSubnet(network.address, network.prefix, network.family)
  }
  return list
}

/** The published networks and those an operator adds, which are named `listed`. Throws for a text that readNetwork refuses. */
export const machineNetworks = (added: readonly string[] = []): MachineNetworks => {
  const lists: [string, BlockList][] = [
    ...(added.length ? [['listed', listOf(added)] as [string, BlockList]] : []),
    ...PUBLISHED.map(([name, networks]): [string, BlockList] => [name, listOf(networks)]),
  ]
  return {
    nameOf: (address) => {
      // A listener on both families names IPv4 visitors in the mapped form (RFC 4291 §2.5.5.2).
      const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
      const family = isIP(plain)
      if (!family) return null
      return lists.find(([, list]) => list.check(plain, family === 4 ? 'ipv4' : 'ipv6'))?.[0] ?? null
    },
  }
}
