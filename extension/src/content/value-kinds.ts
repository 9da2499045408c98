/** Whether a text is an e-mail address and nothing else. Loose on purpose: the server judges addresses, this only names columns. */
export const isMailAddress = (text: string): boolean => /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>".]{2,}$/.test(text)

export const isPhoneNumber = (text: string): boolean =>
  /^\+?[\d\s()./-]{6,24}(?:(?:x|ext\.?|#)\s*\d{1,6})?$/i.test(text) && (text.match(/\d/g) ?? []).length >= 6

export const isWebAddress = (text: string): boolean => /^https?:\/\/\S+$/i.test(text)

/** Two to five capitalised words without digits: what names look like in most scripts that have capitals. */
export const isPersonName = (text: string): boolean => {
  const words = text.replace(/,.*$/, '').split(/\s+/)
  if (words.length < 2 || words.length > 5 || text.length > 60 || /[\d@:/?!]/.test(text)) return false
  const big = words.filter((word) => /^[\p{Lu}\p{Lo}]/u.test(word)).length
  return big >= 2 && big >= words.length - 2
}
