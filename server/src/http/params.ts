import { z } from 'zod'

/** A boolean in a query string: true, false, 1 or 0. */
export const booleanParam = (fallback: boolean) =>
  z
    .preprocess(
      (value) => (value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : value),
      z.boolean(),
    )
    .default(fallback)

/** Path parameter of a UUID. Another workspace's id passes this check and is the same 404 as a missing one. */
export const idParam = z.uuid()

/** Timestamps as they leave: ISO 8601 in UTC. */
export const timestamp = z.iso.datetime()

/** Timestamps as they come in: any offset. */
export const timestampInput = z.iso.datetime({ offset: true })
