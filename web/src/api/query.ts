import { BavlioError, type Call, type CallOptions } from '@bavlio/sdk'
import {
  keepPreviousData,
  MutationCache,
  QueryClient,
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
} from '@tanstack/react-query'
import { showError } from '../ui/toast.tsx'
import { call } from './call.ts'
import { currentWorkspace } from './session.ts'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // The client of the SDK has tried again already.
      retry: false,
      refetchOnWindowFocus: true,
    },
  },
  mutationCache: new MutationCache({
    onError: (error, _variables, _context, mutation) => {
      if (mutation.meta?.shows_error !== true) showError(error)
    },
  }),
})

type Operation<Input, Output> = (call: Call, input: Input, options?: CallOptions) => Promise<Output>

// Names of functions do not outlive the bundler, so each operation gets a number at its first use.
const numbers = new Map<unknown, number>()
const numberOf = (operation: unknown): number => {
  const number = numbers.get(operation) ?? numbers.size
  numbers.set(operation, number)
  return number
}

/** Under which a read is remembered: workspace, operation, input. `keyOf(listCampaigns)` stands for all its inputs. */
export const keyOf = <Input, Output>(operation: Operation<Input, Output>, input?: Input): unknown[] =>
  input === undefined ? [currentWorkspace(), numberOf(operation)] : [currentWorkspace(), numberOf(operation), input]

type ReadOptions = {
  enabled?: boolean
  /** Asks again every so many milliseconds while the page is seen; false stops. */
  refetch_ms?: number | false
  /** Asks again whenever the page is opened, however short ago it was read: what other pages do shows here. */
  is_fresh?: boolean
  /** Shows the last page while the next one is on its way, so that nothing jumps. */
  keep_previous?: boolean
}

/** Reads through an operation of the SDK. */
export const useRead = <Input extends object, Output>(
  operation: Operation<Input, Output>,
  input: Input,
  options: ReadOptions = {},
): UseQueryResult<Output, BavlioError> =>
  useQuery<Output, BavlioError>({
    queryKey: keyOf(operation, input),
    queryFn: ({ signal }) => operation(call, input, { signal }),
    enabled: options.enabled ?? true,
    refetchInterval: options.refetch_ms ?? false,
    ...(options.is_fresh ? { refetchOnMount: 'always' as const } : {}),
    ...(options.keep_previous ? { placeholderData: keepPreviousData } : {}),
  })

type WriteOptions<Input, Output> = {
  /** Reads that are asked again afterwards. */
  // biome-ignore lint/suspicious/noExplicitAny: operations of any input and output are named here, and none is called.
  refreshes?: Operation<any, any>[]
  onDone?: (output: Output, input: Input) => void
  /** The form shows the error itself. */
  shows_error?: boolean
}

/** Writes through an operation of the SDK; an error becomes a message on the page unless the caller shows it. */
export const useWrite = <Input extends object, Output>(
  operation: Operation<Input, Output>,
  options: WriteOptions<Input, Output> = {},
): UseMutationResult<Output, BavlioError, Input> =>
  useMutation<Output, BavlioError, Input>({
    mutationFn: (input) => operation(call, input),
    meta: { shows_error: options.shows_error },
    onSuccess: async (output, input) => {
      await Promise.all(
        (options.refreshes ?? []).map((read) => queryClient.invalidateQueries({ queryKey: keyOf(read) })),
      )
      options.onDone?.(output, input)
    },
  })

/** The words, code and request id of whatever was thrown. */
export const describeError = (error: unknown): { message: string; code: string; request_id: string | null } =>
  error instanceof BavlioError
    ? { message: error.message, code: error.code, request_id: error.request_id }
    : {
        message: error instanceof Error ? error.message : 'Something went wrong.',
        code: 'UNEXPECTED',
        request_id: null,
      }
