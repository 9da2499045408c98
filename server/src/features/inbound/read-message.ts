import { Worker } from 'node:worker_threads'
import { type ParsedMessage, parseMessage, salvageMessage } from './parse-message.ts'
import { PARSING } from './parse-thread.ts'

/** What takes a millisecond or two is parsed on the spot; a thread costs more than that. */
const SMALL_BYTES = 128 * 1024
const SMALL_LINES = 3_000
/** Longest that one message may keep the thread busy; then it is kept raw and the thread ends. */
const TIME_MS = 10_000
/** What a thread may hold in strings and objects; contents of attachments lie outside it and are as large as the message. */
const HEAP_MB = 512
const IDLE_MS = 20_000

const LF = 0x0a

const isSmall = (raw: Uint8Array): boolean => {
  if (raw.length > SMALL_BYTES) return false
  let lines = 0
  for (let at = raw.indexOf(LF); at >= 0; at = raw.indexOf(LF, at + 1)) if (++lines > SMALL_LINES) return false
  return true
}

type Parser = { worker: Worker; ended: Promise<string> }

let parser: Parser | null = null
let turn: Promise<unknown> = Promise.resolve()
let idle: NodeJS.Timeout | undefined

const startParser = (): Parser => {
  const worker = new Worker(new URL('./parse-thread.ts', import.meta.url), {
    workerData: PARSING,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 64 },
    // The thread is a parser and nothing else: it sees no settings and writes nothing.
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
  })
  const ended = new Promise<string>((resolve) => {
    worker.on('error', (error: NodeJS.ErrnoException) =>
      resolve(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? 'the message needs more memory than parsing may take'
          : error.message,
      ),
    )
    worker.on('exit', () => resolve('the parser ended'))
  })
  worker.unref()
  const started = { worker, ended }
  void ended.then(() => {
    if (parser === started) parser = null
  })
  return started
}

const parseInThread = async (raw: Uint8Array): Promise<ParsedMessage> => {
  clearTimeout(idle)
  parser ??= startParser()
  const { worker, ended } = parser
  let timer: NodeJS.Timeout | undefined
  const answered = new Promise<ParsedMessage>((resolve) => worker.once('message', resolve))
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`the message takes longer than ${TIME_MS / 1000} s to parse`), TIME_MS)
  })
  // A copy goes over; the original is still to be stored and checked.
  worker.postMessage(raw)
  const outcome = await Promise.race([answered, ended, late])
  clearTimeout(timer)
  if (typeof outcome !== 'string') {
    const used = parser
    idle = setTimeout(() => void used?.worker.terminate(), IDLE_MS)
    idle.unref()
    return outcome
  }
  await worker.terminate()
  return salvageMessage(raw, outcome)
}

/**
 * Parses a message in bounded time and memory. A large one is parsed in a thread, one at a time, so that whatever it holds
 * costs at most ten seconds and half a gigabyte, blocks nobody meanwhile, and cannot end the process; beyond that it is kept
 * raw with a `processing_error`. Never throws.
 */
export const readMessage = (raw: Uint8Array): Promise<ParsedMessage> => {
  if (isSmall(raw)) return parseMessage(raw)
  const parsed = turn.then(() => parseInThread(raw))
  turn = parsed.catch(() => {})
  return parsed.catch((error: Error) => salvageMessage(raw, error.message))
}
