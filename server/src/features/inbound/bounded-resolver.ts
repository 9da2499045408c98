import type { DnsAnswer, DnsResolver } from '../../ports/dns/port.ts'

const LATE = 'there was no time left to ask'

type Ask<T> = (name: string) => Promise<DnsAnswer<T>>

/** A resolver each of whose questions goes through `wrap`. */
const wrapped = (resolver: DnsResolver, wrap: <T>(type: string, ask: Ask<T>) => Ask<T>): DnsResolver => ({
  txt: wrap('TXT', resolver.txt),
  mx: wrap('MX', resolver.mx),
  a: wrap('A', resolver.a),
  aaaa: wrap('AAAA', resolver.aaaa),
  cname: wrap('CNAME', resolver.cname),
  ptr: wrap('PTR', resolver.ptr),
})

/** A resolver that asks every name once, for one message or for several that are understood together. */
export const askingOnce = (resolver: DnsResolver): DnsResolver => {
  const asked = new Map<string, Promise<DnsAnswer<unknown>>>()
  return wrapped(resolver, <T>(type: string, ask: Ask<T>) => (name: string) => {
    const key = `${type} ${name.toLowerCase()}`
    const answer = asked.get(key) ?? ask(name)
    asked.set(key, answer)
    return answer as Promise<DnsAnswer<T>>
  })
}

/**
 * A resolver for one message: every name is asked once, at most `max` names are asked, and after `ms` milliseconds whatever
 * is open or still to come is an error of the way. So a stranger's records decide neither how long nor how much we ask.
 */
export const boundedResolver = (
  resolver: DnsResolver,
  limits: { ms: number; max: number },
): { resolver: DnsResolver; close: () => void } => {
  let isOver = false
  let left = limits.max
  let end: () => void = () => {}
  const over = new Promise<void>((resolve) => {
    end = () => {
      isOver = true
      resolve()
    }
  })
  const timer = setTimeout(end, limits.ms)
  timer.unref()
  const late = { state: 'error', message: LATE } as const
  const bounded = wrapped(resolver, (_type, ask) => (name) => {
    if (isOver) return Promise.resolve(late)
    if (left-- <= 0) return Promise.resolve({ state: 'error', message: 'more names than one message may ask for' })
    return Promise.race([ask(name), over.then(() => late)])
  })
  return {
    resolver: askingOnce(bounded),
    close: () => {
      clearTimeout(timer)
      end()
    },
  }
}

const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code })

/** The address that a name below in-addr.arpa or ip6.arpa stands for (RFC 1035 §3.5, RFC 3596 §2.5); null for another name. */
export const addressOfReverseName = (name: string): string | null => {
  const four = /^((?:\d{1,3}\.){4})in-addr\.arpa\.?$/i.exec(name)
  if (four?.[1]) return four[1].split('.').filter(Boolean).reverse().join('.')
  const six = /^((?:[0-9a-f]\.){32})ip6\.arpa\.?$/i.exec(name)
  if (!six?.[1]) return null
  const digits = six[1].split('.').filter(Boolean).reverse().join('')
  return digits.replace(/(.{4})(?=.)/g, '$1:')
}

/** The port in the form in which mailauth asks: like node:dns `resolve`, throwing ENODATA for what is absent. */
export const resolveFunction =
  (resolver: DnsResolver) =>
  async (name: string, type: string): Promise<string[] | string[][]> => {
    const ask = (): Promise<DnsAnswer<unknown>> => {
      switch (type) {
        case 'TXT':
          return resolver.txt(name)
        case 'MX':
          return resolver.mx(name)
        case 'A':
          return resolver.a(name)
        case 'AAAA':
          return resolver.aaaa(name)
        case 'CNAME':
          return resolver.cname(name)
        case 'PTR': {
          const address = addressOfReverseName(name)
          return address ? resolver.ptr(address) : Promise.resolve({ state: 'absent' })
        }
        default:
          return Promise.resolve({ state: 'absent' })
      }
    }
    const answer = await ask()
    if (answer.state === 'absent') throw failure('ENODATA', `${name} has no ${type} record`)
    if (answer.state === 'error') throw failure('ETIMEOUT', answer.message)
    // A TXT record is a list of strings that belong together.
    return (type === 'TXT' ? (answer.values as string[]).map((text) => [text]) : answer.values) as string[] | string[][]
  }
