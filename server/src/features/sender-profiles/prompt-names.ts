/**
 * Names that already mean something where a prompt is chosen: the stock default, the profile's custom_prompt and the
 * resolved one. A prompt saved under one of them could not be told from it.
 */
const RESERVED = new Set(['default', 'custom', 'custom_prompt', 'effective'])

/**
 * Whether a prompt may not be saved under this name. Compared as a reader sees it: without regard to case, outer space,
 * characters that nobody sees, and other forms of the same letters (Unicode NFKC).
 */
export const isReservedPromptName = (name: string): boolean =>
  RESERVED.has(
    name
      .normalize('NFKC')
      .replace(/\p{Cf}/gu, '')
      .trim()
      .toLowerCase(),
  )
