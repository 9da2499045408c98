import type { JobBinding, Tick } from '../../queue/define-job.ts'

export const bindings: JobBinding[] = []

export const ticks: Tick[] = []
