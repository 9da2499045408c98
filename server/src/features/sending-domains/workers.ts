import { defineTick, type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { verifyDomainJob } from './jobs.ts'
import { recheckDomains } from './recheck-domains.ts'
import { rotateOldKeys } from './rotate-keys.ts'
import { verifyDomain } from './verify-domain.ts'

export const bindings: JobBinding[] = [
  work(verifyDomainJob, (input, deps) => verifyDomain(deps, deps.dns.resolver, input)),
]

export const ticks: Tick[] = [
  defineTick({ name: 'recheck_domains', every_ms: 30_000, run: recheckDomains }),
  defineTick({ name: 'rotate_old_keys', every_ms: 600_000, run: rotateOldKeys }),
]
