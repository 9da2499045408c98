import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** Starts one of the benchmark's own programs in a process of its own and reads its first line. It ends with us. */
export const startProgram = async (
  file: string,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<{ child: ChildProcess; line: string; stop: () => Promise<void> }> => {
  const child = fork(new URL(file, import.meta.url), args, {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    execArgv: [],
    env: { ...process.env, ...env },
  })
  let text = ''
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    text += chunk.toString()
    if (text.includes('\n')) break
  }
  return {
    child,
    line: text.split('\n')[0] ?? '',
    stop: async () => {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Runs a program to its end and returns the JSON of its last line. */
export const runProgram = async <T>(file: string, args: string[], env: Record<string, string> = {}): Promise<T> => {
  const child = fork(new URL(file, import.meta.url), args, {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    execArgv: [],
    env: { ...process.env, ...env },
  })
  let text = ''
  child.stdout?.on('data', (chunk) => {
    text += chunk
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${file} ended with ${code}`)
  return JSON.parse(text.trim().split('\n').at(-1) ?? 'null') as T
}
