/** Text columns and jsonb hold neither NUL nor half a surrogate pair, and strangers send both. */
export const storable = (text: string): string => text.replaceAll('\0', '').toWellFormed()

/** Whether a text column can hold it; what is not storable stands in none, and asking for it is an error. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/** At most `max` UTF-16 units of it; null stays null. */
export const storableOrNull = (text: string | null | undefined, max: number): string | null =>
  text == null ? null : storable(text).slice(0, max).toWellFormed()

/** JSON in which every string is storable, names of fields excepted, which are ours. */
export const storableJson = (value: unknown): string =>
  JSON.stringify(value, (_key, inner) => (typeof inner === 'string' ? storable(inner) : inner))
