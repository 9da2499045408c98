import { z } from 'zod'
import { timestamp } from '../../http/params.ts'

export const SubscriptionTier = z
  .enum(['free', 'starter', 'growth', 'scale', 'self_hosted'])
  .meta({ id: 'SubscriptionTier' })

export const CreditPackage = z
  .object({
    package_id: z.uuid(),
    name: z.string(),
    package_type: z.enum(['subscription', 'top_up', 'referral', 'trial', 'adjustment']),
    total_credits: z.int().min(0),
    used_credits: z.int().min(0),
    remaining_credits: z.int().min(0),
    is_active: z.boolean(),
    starts_at: timestamp,
    expires_at: timestamp.nullable(),
  })
  .meta({ id: 'CreditPackage' })

export const CreditBalanceResponse = z
  .object({
    total_credits: z.int().min(0),
    used_credits: z.int().min(0),
    reserved_credits: z.int().min(0).describe('Held for jobs in progress.'),
    available_credits: z.int().min(0).describe('Where credits are unlimited: a number no price reaches.'),
    unlimited: z.boolean().describe('The plan of this workspace does not count credits.'),
    tier: SubscriptionTier.optional(),
    current_package: CreditPackage.nullable().describe('The one that is used up first.'),
    packages: z.array(CreditPackage),
  })
  .meta({ id: 'CreditBalanceResponse' })
