/**
 * A search as PostgreSQL's to_tsquery reads it: every word, or the word that begins so, has to be there; null when nothing
 * in the text can be searched for. Words are runs of letters and digits, as the index has them, so an address is the words
 * it is made of. At most `MOST_WORDS` count, the first ones.
 */
export const searchQuery = (text: string): string | null => {
  const words = text.normalize('NFC').match(/[\p{L}\p{N}\p{M}]+/gu)
  // Quotes keep to_tsquery from reading anything into a word; there is none inside one.
  return words
    ? words
        .slice(0, MOST_WORDS)
        .map((word) => `'${word}':*`)
        .join(' & ')
    : null
}

const MOST_WORDS = 12
