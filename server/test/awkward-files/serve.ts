import { readFileSync, writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { runImport } from '../../src/features/uploads/run-import.ts'
import { createTenant } from '../builders.ts'
import { startHarness } from '../harness.ts'

/**
 * The server in a process of its own, so that its memory can be measured: none of the test's files, made in the parent, counts.
 * Runs the job of an import that it is told, answers `memory` with the most that the process held since it was up, and ends with `stop`.
 */
const [databaseUrl = ''] = process.argv.slice(2)
const h = await startHarness({
  env: { UPLOAD_MAX_BYTES: '40000000', IMPORT_MAX_ROWS: '30000' },
  database: { url: databaseUrl, drop: async () => {} },
})
const tenant = await createTenant(h)
const tell = (message: object): void => {
  process.send?.(message)
}

/** Linux keeps the highest resident size and forgets it on request; elsewhere the start of the program counts too. */
const peakMb = (): number => {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024
  } catch {
    return process.resourceUsage().maxRSS / 1024
  }
}
setFlagsFromString('--expose-gc')
runInNewContext('gc')()
try {
  // Loading the program's own source takes more than it keeps, and says nothing about files.
  writeFileSync('/proc/self/clear_refs', '5')
} catch {}
const start_mb = process.memoryUsage().rss / 2 ** 20

process.on('message', async (message: string | { import_id: string; job_id: string }) => {
  if (typeof message === 'object') {
    // This job alone: what else is due would be measured with it.
    await runImport(message, h.deps, {
      job_id: '1',
      attempt: 1,
      signal: new AbortController().signal,
      log: h.deps.log,
    })
    tell({ import_id: message.import_id })
  } else if (message === 'memory') tell({ start_mb, peak_mb: peakMb() })
  else {
    await h.close()
    process.disconnect?.()
  }
})
tell({ base_url: h.base_url, key: tenant.key })
