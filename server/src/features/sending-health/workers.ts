import type { Deps } from '../../deps.ts'
import { workspaceNow } from '../../ports/clock.ts'
import { defineTick, type JobBinding, type Tick } from '../../queue/define-job.ts'
import { judgeWorkspace } from './judge-workspace.ts'
import { listDue } from './queries.ts'

export const bindings: JobBinding[] = []

const judgeDue = async (deps: Deps): Promise<boolean> => {
  let found = false
  for (const row of await listDue(deps.db))
    if (await judgeWorkspace(deps, row.workspace_id, workspaceNow(row, deps.clock.now()))) found = true
  return found
}

export const ticks: Tick[] = [defineTick({ name: 'judge_sending_health', every_ms: 15_000, run: judgeDue })]
