import { defineTick, type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { erasePerson } from './erase-person.ts'
import { indexPeople } from './index-people.ts'
import { erasePersonJob } from './jobs.ts'

const BATCHES = 25

export const bindings: JobBinding[] = [work(erasePersonJob, erasePerson)]

export const ticks: Tick[] = [
  defineTick({
    name: 'index_people',
    every_ms: 2_000,
    run: async (deps) => {
      let batches = 0
      // A large import is read in one go, with a pause now and then for the other ticks.
      while (batches < BATCHES && (await indexPeople(deps)) > 0) batches++
      return batches > 0
    },
  }),
]
