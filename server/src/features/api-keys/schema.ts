import { z } from 'zod'
import { SCOPES } from '../../http/access.ts'
import { timestamp, timestampInput } from '../../http/params.ts'

export const ApiKeyCreateRequest = z
  .object({
    name: z.string().min(1).max(100).describe('Label chosen by the user.'),
    scopes: z
      .array(z.enum(SCOPES))
      .min(1)
      .max(SCOPES.length)
      .nullish()
      .describe('What the key may do; everything its creator may when left out.'),
    expires_at: timestampInput.nullish().describe('The key stops working then; never when left out.'),
  })
  .meta({ id: 'ApiKeyCreateRequest' })

const keyFields = {
  id: z.uuid(),
  name: z.string(),
  key_prefix: z.string().length(17).describe('First 17 characters of the key.'),
  created_at: timestamp,
  scopes: z.array(z.string()).nullable().describe('Null: everything.'),
  expires_at: timestamp.nullable(),
}

export const ApiKeyCreated = z
  .object({
    ...keyFields,
    key: z
      .string()
      .regex(/^bav_live_[A-Za-z0-9_-]{43}$/)
      .describe('Complete secret: bav_live_ plus 43 URL-safe characters. Shown in this response only.'),
  })
  .meta({ id: 'ApiKeyCreated' })

export const ApiKeyListItem = z
  .object({ ...keyFields, last_used_at: timestamp.nullable() })
  .meta({ id: 'ApiKeyListItem' })

export const ApiKeyList = z
  .object({
    keys: z.array(ApiKeyListItem),
    count: z.int().min(0).describe('Active keys.'),
    tier_limit: z.int().min(0).describe('How many active keys the plan of the workspace allows.'),
  })
  .meta({ id: 'ApiKeyList' })
