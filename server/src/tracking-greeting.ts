import { createHmac, timingSafeEqual } from 'node:crypto'

/** Where an instance says under a tracking name that it is the one that answers there. */
export const GREETING_PATH = '/t/here'

const greet = (key: Uint8Array, host: string): Buffer =>
  createHmac('sha256', key).update(`tracking-host:${host.toLowerCase()}`).digest()

/** What the instance answers under a host name, without port: 64 hexadecimal characters that only it can make. */
export const trackingGreeting = (keys: readonly Uint8Array[], host: string): string =>
  greet(keys[0] as Uint8Array, host).toString('hex')

/** Whether an answer was given by an instance with one of these keys, under this very name. */
export const isTrackingGreeting = (keys: readonly Uint8Array[], host: string, answer: string): boolean => {
  if (!/^[0-9a-f]{64}$/.test(answer)) return false
  const given = Buffer.from(answer, 'hex')
  return keys.some((key) => timingSafeEqual(greet(key, host), given))
}
