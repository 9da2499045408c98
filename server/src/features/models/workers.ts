import { defineTick, type JobBinding, type Tick } from '../../queue/define-job.ts'
import { forgetCalls } from './forget-calls.ts'

export const bindings: JobBinding[] = []

export const ticks: Tick[] = [defineTick({ name: 'forget_model_calls', every_ms: 300_000, run: forgetCalls })]
