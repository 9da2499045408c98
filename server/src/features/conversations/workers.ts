import { defineTick, type JobBinding, type Tick } from '../../queue/define-job.ts'
import { indexConversations } from './index-search.ts'

const BATCH = 200

export const bindings: JobBinding[] = []

export const ticks: Tick[] = [
  defineTick({
    name: 'index_conversations',
    every_ms: 2_000,
    run: async (deps) => (await indexConversations(deps, { limit: BATCH })) > 0,
  }),
]
