import { defineTick, type JobBinding, type Tick } from '../../queue/define-job.ts'
import { forgetChats } from './forget-chats.ts'

export const bindings: JobBinding[] = []

export const ticks: Tick[] = [defineTick({ name: 'forget_chats', every_ms: 300_000, run: forgetChats })]
