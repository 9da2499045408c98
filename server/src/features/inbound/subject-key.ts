/** What programs put before the subject of an answer or of a forwarded message, in the languages that translate it. */
const PREFIX =
  /^(?:re|r|fwd?|fw|aw|antw|antwort|wg|weitergeleitet|sv|vs|vl|vb|rv|enc|res|ref|rif|i|tr|tfr|odp|pd|odg|ynt|ilt|betr|doorst|atb|bls|trs|ris|fyi|ha|vá|továbbítás|σχετ|πρθ|отв|на|пер|re \(auto\)|回复|答复|回覆|转发|轉寄|返信|転送|답장|전달|회신)(?:\s{0,2}[[(]\d{1,4}[\])]|\*\d{1,4}|\^\d{1,4})?\s{0,2}[:：]\s*/iu
/** What lists and gateways put there: [list-name], [External], {Spam?}. */
const TAG = /^(?:\[[^\]\n]{1,60}\]|\{[^}\n]{1,60}\}|\(external\)|external:|extern:|\*{2,5}[\p{L} ]{1,30}\*{2,5})\s*/iu

/**
 * A subject as threads are told apart by: without reply and forward prefixes in any of some twenty languages, marks of
 * lists and gateways, case and spacing. Empty where nothing is left, and such a subject tells nothing.
 */
export const subjectKey = (subject: string): string => {
  let rest = subject.normalize('NFC').slice(0, 998).replace(/\s+/g, ' ').trim()
  for (let rounds = 0; rounds < 20; rounds++) {
    const shorter = rest.replace(PREFIX, '').replace(TAG, '')
    if (shorter === rest) break
    rest = shorter
  }
  return rest
    .replace(/\s*\((?:fwd|was: .*)\)$/i, '')
    .trim()
    .toLowerCase()
}
