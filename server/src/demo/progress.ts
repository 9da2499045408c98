/** Says how far long work is: a bar that rewrites itself on a terminal, a line now and then elsewhere. */
export type Progress = {
  update: (done: number, total: number | null, message: string) => void
  end: (message: string) => void
}

export type ProgressOutput = { isTTY?: boolean; columns?: number; write: (text: string) => unknown }

const BAR = 28
const LINE_EVERY_MS = 5_000
const DRAW_EVERY_MS = 80

export const startProgress = (output: ProgressOutput, title: string): Progress => {
  const started = performance.now()
  let drawn = -Infinity
  const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(1)} s`
  if (!output.isTTY) output.write(`${title} …\n`)
  return {
    update: (done, total, message) => {
      const now = performance.now()
      if (now - drawn < (output.isTTY ? DRAW_EVERY_MS : LINE_EVERY_MS)) return
      const share = total ? Math.min(1, done / total) : null
      if (!output.isTTY) {
        if (drawn !== -Infinity) output.write(`  ${share === null ? '' : `${Math.round(share * 100)} %  `}${message}\n`)
        drawn = now
        return
      }
      drawn = now
      const filled = Math.round((share ?? 0) * BAR)
      const bar =
        share === null
          ? ''
          : `[${'█'.repeat(filled)}${'·'.repeat(BAR - filled)}] ${String(Math.round(share * 100)).padStart(3)} %  `
      output.write(`\r\x1b[2K${`${title}  ${bar}${message}`.slice(0, (output.columns ?? 100) - 1)}`)
    },
    end: (message) => {
      const text = `${title}: ${message} (${seconds()})\n`
      output.write(output.isTTY ? `\r\x1b[2K${text}` : `  ${text}`)
    },
  }
}
