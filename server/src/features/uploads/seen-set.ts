/**
 * Remembers which texts were seen, and in which row first, in 12 bytes for each of them whatever their length: a file of a
 * million addresses costs about 25 MB instead of some 150 MB as a Map of strings.
 *
 * Only a 64-bit hash of the text is kept, so two different texts could be taken for one. With n texts the chance that this
 * happens anywhere in the file is about n² / 2^65: 3 in 100 million for a million addresses. What it would cost is one row
 * reported as a duplicate, by number, that is none.
 */
export type SeenSet = {
  /** The row in which `text` was added before, or 0 when it is new; rows are counted from 1. */
  add: (text: string, row: number) => number
  size: () => number
}

const FIRST_SLOTS = 1 << 12

export const createSeenSet = (): SeenSet => {
  let slots = FIRST_SLOTS
  let highs = new Uint32Array(slots)
  let lows = new Uint32Array(slots)
  let rows = new Uint32Array(slots)
  let used = 0

  const place = (high: number, low: number): number => {
    let at = low & (slots - 1)
    // A row of 0 marks a free slot; at a load under 0.6 a probe meets one after two steps on average.
    while (rows[at] !== 0 && (highs[at] !== high || lows[at] !== low)) at = (at + 1) & (slots - 1)
    return at
  }

  const grow = (): void => {
    const [oldHighs, oldLows, oldRows] = [highs, lows, rows]
    slots *= 2
    highs = new Uint32Array(slots)
    lows = new Uint32Array(slots)
    rows = new Uint32Array(slots)
    for (let old = 0; old < oldRows.length; old++) {
      const row = oldRows[old] as number
      if (row === 0) continue
      const at = place(oldHighs[old] as number, oldLows[old] as number)
      highs[at] = oldHighs[old] as number
      lows[at] = oldLows[old] as number
      rows[at] = row
    }
  }

  return {
    add: (text, row) => {
      // Two lanes of multiply and rotate with different constants, each finished by the mixer of MurmurHash3.
      let a = 0x9e3779b9 ^ text.length
      let b = 0x85ebca6b
      for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i)
        a = Math.imul(a ^ code, 0xcc9e2d51)
        a = (a << 13) | (a >>> 19)
        b = Math.imul(b + code, 0x1b873593)
        b = (b << 17) | (b >>> 15)
      }
      const high = mix(a ^ Math.imul(b, 0xe6546b64))
      const low = mix(b ^ Math.imul(high, 0x38b34ae5))
      const at = place(high, low)
      const first = rows[at] as number
      if (first !== 0) return first
      highs[at] = high
      lows[at] = low
      rows[at] = row
      if (++used > slots * 0.6) grow()
      return 0
    },
    size: () => used,
  }
}

const mix = (value: number): number => {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
