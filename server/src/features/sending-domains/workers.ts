import { type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { verifyDomainJob } from './jobs.ts'
import { verifyDomain } from './verify-domain.ts'

export const bindings: JobBinding[] = [
  work(verifyDomainJob, (input, deps) => verifyDomain(deps, deps.dns.resolver, input)),
]

export const ticks: Tick[] = []
