/**
 * Names that already mean something where a prompt is chosen: the stock default, the profile's custom_prompt and the
 * resolved one. A prompt saved under one of them could not be told from it.
 */
const RESERVED = new Set(['default', 'custom', 'custom_prompt', 'effective'])

/** Whether a prompt may not be saved under this name. Compared without regard to case and outer space. */
export const isReservedPromptName = (name: string): boolean => RESERVED.has(name.trim().toLowerCase())
