import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { readBalance } from './ledger.ts'
import { CreditBalanceResponse, SubscriptionTier } from './schema.ts'

const getCreditBalance = defineOperation({
  id: 'get_credit_balance',
  method: 'GET',
  path: '/api/v1/credits/balance',
  tag: 'credits',
  summary: 'Get my credit balance',
  description: 'Total, used, held and available credits of the workspace, with its active packages.',
  access: 'credits:read',
  impact: 'read',
  responses: { 200: CreditBalanceResponse },
  errors: ['INTERNAL_ERROR'],
  handle: async ({ workspace, now }, deps) => {
    const { plan, ...balance } = await readBalance(deps.db, workspace.workspace_id, now)
    const tier = SubscriptionTier.safeParse(plan)
    return {
      ...balance,
      tier: tier.success ? tier.data : undefined,
      current_package: balance.packages.find((row) => row.remaining_credits > 0) ?? null,
    }
  },
})

export const operations: Operation[] = [getCreditBalance]
