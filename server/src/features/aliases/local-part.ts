import { problem } from '../../http/errors.ts'

/**
 * The stored spelling of a local part: upper and lower case are the same address here. Throws RESERVED_NAME for what would
 * be mistaken for the addresses that bounces and unsubscribe mails come back to.
 */
export const readLocalPart = (text: string): string => {
  const alias = text.toLowerCase()
  if (/^[bu]\+/.test(alias))
    throw problem('RESERVED_NAME', 'Local parts that begin with b+ or u+ are kept for bounces and unsubscribe mails.')
  return alias
}
