import { guide } from '../../guided-form.ts'
import { composeLetter } from '../../letters/compose-letter.ts'
import { systemNowMs } from '../clock.ts'
import { type CallContext, type LlmPort, ModelError, type ModelUse } from './port.ts'

/** Stands in `model` wherever it wrote, so that nobody takes its letters for a model's. */
export const RULE_WRITER = 'bavlio-rule-writer/1'

/**
 * The embedded adapter: no model, no network, no cost. Letters and talks follow from the request alone, so that the same
 * request is answered in the same words on every machine.
 */
export const createRuleWriter = (): LlmPort => ({
  name: 'Bavlio’s writer by rule',
  has_model: false,
  credits_per_draft: 0,
  writeMessage: async (request, call) => timed(call, () => composeLetter(request)),
  reviewMessage: async () => null,
  talk: async (request, call) => timed(call, () => guide(request)),
})

const timed = <T>({ signal }: CallContext, work: () => T): T & { use: ModelUse } => {
  if (signal?.aborted) throw new ModelError('cancelled', 'The call was given up before it began.')
  const started = systemNowMs()
  const answer = work()
  const use: ModelUse = {
    model: RULE_WRITER,
    provider: 'bavlio',
    input_tokens: 0,
    output_tokens: 0,
    cost_microusd: 0,
    latency_ms: systemNowMs() - started,
    attempts: 1,
  }
  return { ...answer, use }
}
