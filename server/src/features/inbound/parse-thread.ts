import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { LeanBlob } from './lean-blob.ts'
import { parseMessage } from './parse-message.ts'

/** What a thread is told that was started to parse; any other thread that imports this file is left alone. */
export const PARSING = 'parse-inbound'

if (!isMainThread && workerData === PARSING) {
  // Of this thread alone, which does nothing but parse.
  Object.assign(globalThis, { Blob: LeanBlob })
  parentPort?.on('message', async (raw: Uint8Array) => {
    const message = await parseMessage(raw)
    const buffers = new Set(message.attachments.map(({ content }) => content.buffer as ArrayBuffer))
    parentPort?.postMessage(message, [...buffers])
  })
}
