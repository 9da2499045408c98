import type { DnsAnswer, DnsResolver, MemoryZone } from './port.ts'

const answerFrom =
  <T>(records: Record<string, T[]> | undefined) =>
  async (name: string): Promise<DnsAnswer<T>> => {
    const values = records?.[name.toLowerCase()]
    return values?.length ? { state: 'found', values } : { state: 'absent' }
  }

/** A zone that is given rather than asked for: what sandbox domains are checked against. */
export const zoneInMemory = (zone: MemoryZone): DnsResolver => ({
  txt: answerFrom(zone.txt),
  mx: answerFrom(zone.mx),
  a: answerFrom(zone.a),
  aaaa: answerFrom(zone.aaaa),
  cname: answerFrom(zone.cname),
  ptr: answerFrom(zone.ptr),
})
