/** What a name holds of one record type. `absent` means the zone answered and has no such record. */
export type DnsAnswer<T> = { state: 'found'; values: T[] } | { state: 'absent' } | { state: 'error'; message: string }

export type MxRecord = { exchange: string; priority: number }

/**
 * Look-ups never throw: an error of the way there is an answer too, and says nothing about the record. Names are given
 * without a trailing dot; `ptr` takes an address.
 */
export type DnsResolver = {
  txt: (name: string) => Promise<DnsAnswer<string>>
  mx: (name: string) => Promise<DnsAnswer<MxRecord>>
  a: (name: string) => Promise<DnsAnswer<string>>
  aaaa: (name: string) => Promise<DnsAnswer<string>>
  cname: (name: string) => Promise<DnsAnswer<string>>
  ptr: (address: string) => Promise<DnsAnswer<string>>
}

/** Records by lower-case name. A type that is left out holds nothing. */
export type MemoryZone = {
  txt?: Record<string, string[]>
  mx?: Record<string, MxRecord[]>
  a?: Record<string, string[]>
  aaaa?: Record<string, string[]>
  cname?: Record<string, string[]>
  ptr?: Record<string, string[]>
}

/** The resolver for live domains (the system's, or DNS_SERVERS), and zones that are given rather than asked for, for the sandbox's. */
export type DnsPort = { resolver: DnsResolver; zone: (zone: MemoryZone) => DnsResolver }
