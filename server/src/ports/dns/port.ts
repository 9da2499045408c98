/** What a name holds of one record type. `absent` means the zone answered and has no such record. */
export type DnsAnswer<T> = { state: 'found'; values: T[] } | { state: 'absent' } | { state: 'error'; message: string }

export type MxRecord = { exchange: string; priority: number }

/** Look-ups never throw: an error of the way there is an answer too, and says nothing about the record. */
export type DnsResolver = {
  txt: (name: string) => Promise<DnsAnswer<string>>
  mx: (name: string) => Promise<DnsAnswer<MxRecord>>
}

export type MemoryZone = { txt: Record<string, string[]>; mx: Record<string, MxRecord[]> }

/** The system's resolver for live domains, and zones that are given rather than asked for, for the sandbox's. */
export type DnsPort = { resolver: DnsResolver; zone: (zone: MemoryZone) => DnsResolver }
