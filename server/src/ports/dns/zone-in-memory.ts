import type { DnsResolver, MemoryZone } from './port.ts'

/** A zone that is given rather than asked for: what sandbox domains are checked against. */
export const zoneInMemory = (zone: MemoryZone): DnsResolver => ({
  txt: async (name) => {
    const values = zone.txt[name]
    return values?.length ? { state: 'found', values } : { state: 'absent' }
  },
  mx: async (name) => {
    const values = zone.mx[name]
    return values?.length ? { state: 'found', values } : { state: 'absent' }
  },
})
