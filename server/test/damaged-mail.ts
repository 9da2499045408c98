/** Numbers from 0 to 1 that are the same in every run, so that a failure can be repeated. */
export const seededNumbers = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const CHARSETS = ['utf-16', 'iso-2022-jp', 'x-unknown', 'utf-7', 'koi8-r', '"', 'utf-8; charset=utf-16']

/** A message damaged in one of the ways in which messages are: cut off, bytes changed, charset wrong, wrapped, repeated. */
export const damage = (raw: Buffer, random: () => number): Buffer => {
  const pick = Math.floor(random() * 6)
  if (pick === 0) return raw.subarray(0, Math.floor(random() * raw.length))
  if (pick === 1) {
    const copy = Buffer.from(raw)
    for (let flip = Math.floor(random() * 40); flip > 0; flip--)
      copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256)
    return copy
  }
  const text = raw.toString('latin1')
  const charset = CHARSETS[Math.floor(random() * CHARSETS.length)] as string
  if (pick === 2) return Buffer.from(text.replace(/charset=[^\s;]+/gi, `charset=${charset}`), 'latin1')
  if (pick === 3) return Buffer.from(text.replace(/boundary="?[^"\s;]+"?/i, 'boundary="-"'), 'latin1')
  if (pick === 4) {
    let wrapped = text
    for (let depth = 1 + Math.floor(random() * 40); depth > 0; depth--)
      wrapped = `From: MAILER-DAEMON@x.test\nSubject: Undelivered Mail\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary="d${depth}"\n\n--d${depth}\nContent-Type: message/rfc822\n\n${wrapped}\n--d${depth}--\n`
    return Buffer.from(wrapped, 'latin1')
  }
  const head = text.indexOf('\n\n')
  return Buffer.from(text.slice(0, head) + text.slice(head).repeat(1 + Math.floor(random() * 5)), 'latin1')
}

/** The least time of some runs in milliseconds: what else the machine does only ever adds. */
export const leastTime = (runs: number, work: () => unknown): number => {
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < runs; run++) {
    const began = performance.now()
    work()
    least = Math.min(least, performance.now() - began)
  }
  return least
}
