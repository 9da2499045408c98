import type { BavlioError, Call, CallOptions } from '@bavlio/sdk'
import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query'
import { call } from './call.ts'
import { keyOf } from './query.ts'

type Page = { next_cursor: string | null }

/** Under which the pages of a list are remembered. */
const pagesKeyOf = <Input extends object, Output>(
  operation: (call: Call, input: Input, options?: CallOptions) => Promise<Output>,
  input: NoInfer<Input>,
): unknown[] => [...keyOf(operation, input), 'pages']

/** A list that grows as one goes down it, by cursor: what arrives meanwhile neither repeats nor hides others. */
export const usePages = <Input extends object, Output extends Page>(
  operation: (call: Call, input: Input, options?: CallOptions) => Promise<Output>,
  input: NoInfer<Input>,
  options: { refetch_ms?: number | false; enabled?: boolean } = {},
): UseInfiniteQueryResult<InfiniteData<Output>, BavlioError> =>
  useInfiniteQuery<Output, BavlioError, InfiniteData<Output>, unknown[], string | undefined>({
    queryKey: pagesKeyOf(operation, input),
    queryFn: ({ signal, pageParam }) => operation(call, { ...input, cursor: pageParam }, { signal }),
    initialPageParam: undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: options.refetch_ms ?? false,
    enabled: options.enabled ?? true,
  })
