import { getAccountOptions } from '@bavlio/sdk/operations'
import type { AccountOptions } from '@bavlio/sdk/types'
import { useQuery } from '@tanstack/react-query'
import { publicCall } from './call.ts'

/** Which ways lead in, for the pages before log-in; undefined before it is known, and where it cannot be. */
export const useAccountOptions = (): AccountOptions | undefined =>
  useQuery({ queryKey: ['account options'], queryFn: ({ signal }) => getAccountOptions(publicCall, {}, { signal }) })
    .data
