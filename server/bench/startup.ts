import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BenchContext, Measurement } from './bench.ts'

const COLD_START_LIMIT_S = 3
const IDLE_LIMIT_MB = 300
const SETTLE_MS = 5_000

const startProduct = async (folder: string): Promise<{ child: ChildProcess; seconds: number }> => {
  const started = performance.now()
  const child = spawn(process.execPath, [new URL('../src/main.ts', import.meta.url).pathname, 'start'], {
    env: { ...process.env, PORT: '0', DATA_DIR: folder, LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    text += chunk.toString()
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0]
    if (!address) continue
    const ready = await fetch(`${address}/api/v1/ready`).catch(() => null)
    if (ready?.status === 200) return { child, seconds: (performance.now() - started) / 1000 }
  }
  throw new Error(`the product did not become ready: ${text}`)
}

const stopProduct = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** From an empty data folder to an answer from /api/v1/ready, PostgreSQL included; the limit is what we aim for. */
export const measureColdStart = async (context: BenchContext): Promise<Measurement> => {
  const times: number[] = []
  for (let run = 0; run < 3; run++) {
    const { child, seconds } = await startProduct(join(context.folder, `cold-${run}`))
    times.push(seconds)
    await stopProduct(child)
  }
  context.note(times.map((seconds) => `${seconds.toFixed(2)} s`).join(', '))
  return { ours: [...times].sort((a, b) => a - b)[1] ?? 0, limit: COLD_START_LIMIT_S, unit: 's' }
}

const descendants = async (pid: number): Promise<number[]> => {
  const parents = new Map<number, number[]>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    parents.set(parent, [...(parents.get(parent) ?? []), Number(name)])
  }
  const found = [pid]
  for (const one of found) found.push(...(parents.get(one) ?? []))
  return found
}

/** Proportional memory (PSS, so that shared pages count once) of the idle product with its PostgreSQL, in MB. Linux only. */
export const measureIdleMemory = async (context: BenchContext): Promise<Measurement> => {
  const { child } = await startProduct(join(context.folder, 'idle'))
  try {
    await new Promise((done) => setTimeout(done, SETTLE_MS))
    let kb = 0
    for (const pid of await descendants(child.pid as number)) {
      const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
      kb += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0)
    }
    return { ours: kb / 1024, limit: IDLE_LIMIT_MB, unit: 'MB' }
  } finally {
    await stopProduct(child)
  }
}
