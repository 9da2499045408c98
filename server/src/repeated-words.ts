/** Whether a text repeats words that belong to another one, and which those of a prompt are. */
import { fold, lettersOnly } from './folded-text.ts'
import { SENTENCE_ENDS } from './judged-draft.ts'
import { itself, remembered } from './remembered.ts'
import { wholeWords } from './whole-words.ts'

/** A text that is looked for in others: its words line by line, and all of them. */
type Wanted = { lines: readonly (readonly string[])[]; words: ReadonlySet<string> }

export const wordsInLines = (text: string): Wanted => {
  const lines = text.split('\n').map((line) => lettersOnly(fold(line)).trim().split(' '))
  return { lines, words: new Set(lines.flat()) }
}

/** Whether so many words of a text stand in a row that are all among these. */
const hasRow = (text: readonly string[], words: ReadonlySet<string>, length: number): boolean => {
  let row = 0
  for (const word of text) {
    row = words.has(word) ? row + 1 : 0
    if (row >= length) return true
  }
  return false
}

/**
 * The first run of `length` words within a line that the text holds, its first and last word perhaps as a part of a longer one;
 * null for none. `text` has letters and digits alone.
 */
export const repeatedRun = (
  { lines, words }: Wanted,
  text: string,
  length: number,
  counts: (run: string) => boolean = () => true,
): string | null => {
  // All between the first and the last word of a run have to be words of the text, one after the other.
  const inside = length - 2
  const said = text.split(' ')
  if (!hasRow(said, words, inside)) return null
  const saidWords = new Set(said)
  for (const line of lines) {
    let inner = 0
    for (let at = 0; at < line.length; at++) {
      if (inner >= inside && at >= length - 1) {
        const run = line.slice(at - length + 1, at + 1).join(' ')
        if (text.includes(run) && counts(run)) return run
      }
      inner = saidWords.has(line[at] as string) ? inner + 1 : 0
    }
  }
  return null
}

/** What stands between quotation marks: at least twelve characters of one line. */
export const QUOTE = /[“„«"]\s*([^“”„«»"\n]{12,300}?)\s*[”“»"]/gu

/** How a sentence begins that tells a writer what to do, in the languages that the writer by rule knows. */
const INSTRUCTION = wholeWords(
  /^\P{L}*(?:(?:please|bitte|merci de|por favor)[ ,]+)?(?:write|draft|compose|keep|mention|use|do not|don['’]t|never|always|avoid|include|make|be|begin|start|open|end|close|ask|offer|say|tell|focus|refer|find|choose|pick|give|add|leave|stay|sound|address|explain|show|limit|no|you(?:r|['’]re)?|the (?:message|e-?mail|letter|tone|subject)|each|every|act|imagine|speak|talk|praise|sign|thank|put|take|try|ensure|remember|assume|follow|match|reply|answer|respond|return|let|get|go|highlight|emphasi[sz]e|connect|tie|relate|reference|compliment|congratulate|introduce|finish|personali[sz]e|research|look|read|check|output|stick|target|treat|describe|suggest|propose|invite|bring|name|only|schreib\w*|verfass\w*|halte?n?|erwähn\w*|nutz\w*|verwend\w*|vermeid\w*|sei(?:en)?|frag\w*|biete?n?|beginn\w*|ende|kein\w*|niemals|nie|immer|du|deine?|die (?:nachricht|mail|e-mail)|der ton|[ée]cri(?:s|vez)|rédige\w*|gardez?|mentionne\w*|utilise\w*|évite\w*|sois|soyez|demande\w*|propose\w*|commence\w*|termine\w*|ne|pas de|jamais|toujours|tu|ton|le (?:message|ton)|escrib\w*|redact\w*|mant[eé]n\w*|mencion\w*|us[ae]|evit\w*|sé|sea|pregunt\w*|ofre[zc]\w*|comien\w*|empie\w*|termin\w*|nunca|siempre|eres|tú|el (?:mensaje|tono))\b/iu,
)

/**
 * The words of a prompt that belong into no draft: its instructions. What it has in quotation marks, and what it says of the
 * offer, is meant to be said.
 */
export const wordsToKeep = remembered(
  (prompt: string): Wanted =>
    wordsInLines(
      prompt
        .replaceAll(QUOTE, '\n')
        .replaceAll(/[“„"][^”“"\n]*[”“"]/g, '\n')
        .split(SENTENCE_ENDS)
        .filter((sentence) => INSTRUCTION.test(sentence))
        .join('\n'),
    ),
  { most: 20, keyOf: itself },
)
