import { useNavigate, useSearch } from '@tanstack/react-router'

/**
 * What a list is asked for stands in the address, so that a link, and the way back, bring it again. A change of anything but
 * the page goes to the first page.
 */
export const useListSearch = <Search extends { page?: number }>(): [Search, (next: Partial<Search>) => void] => {
  const given: object = useSearch({ strict: false })
  const search = given as Search
  const navigate = useNavigate()
  return [
    search,
    (next) =>
      void navigate({
        to: '.',
        search: (now: object) => ({ ...now, page: undefined, ...next }) as never,
        replace: true,
      }),
  ]
}

/** Of a list by offset: the page for the page turner. */
export const pagesOf = (total: number, size: number): number => Math.max(1, Math.ceil(total / size))
