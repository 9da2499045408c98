/**
 * A talk without a model: fields are asked for one after the other, and answers are read by rule. All that has been said is
 * read anew at each turn, so the talk can be taken up after a restart with nothing kept but its messages and values.
 */

import { looksLikeEmail } from './column-mapping.ts'
import { foldedWords } from './folded-text.ts'
import { looksLikeOrder } from './letters/quotable.ts'
import type { TalkRequest, TalkTurn } from './ports/llm/port.ts'

type Field = TalkRequest['fields'][number]

const LONGEST_VALUE = 2000

const SKIP =
  /^(?:skip(?: (?:it|this|that|this one|please))?|pass|next|later|none|no|nope|nothing|n\/?a|not applicable|i (?:do not|don['’]?t) (?:know|want to say)|leave (?:it )?(?:empty|blank)|überspringen|weiter|keine?|nein|weiß nicht|passer|passe|suivant|non|aucune?|je ne sais pas|saltar|omitir|siguiente|no sé|ninguno|ninguna|-+|–|—)[.!]?$/i
const HELP =
  /^(?:\?+|help|hilfe|aide|ayuda|what|why|huh|(?:what|why|how|which|wie|was|warum|quoi|pourquoi|comment|qué|por qué)\b.{0,80}\?|can you (?:explain|give me an example).{0,60}|(?:an? )?examples?\??)$/i
const BACK = /^(?:back|go back|previous|zurück|retour|précédent|atrás|volver)[.!]?$/i
const ADDRESSED =
  /^(?:hi|hello|hey|hallo|bonjour|hola|ok(?:ay)?|yes|ja|oui|sí|sure|start|begin|let['’]?s (?:go|start)|go|ready)[.! ]*$/i

/** Names under which people speak of the usual fields of a profile. */
const ALSO: Record<string, string> = {
  full_name: 'name|my name|full name|fullname|ich heisse|nom|nombre',
  first_name: 'first name|given name|vorname|prenom',
  last_name: 'last name|surname|family name|nachname|apellido',
  company: 'company|company name|employer|organisation|organization|firma|unternehmen|entreprise|empresa|firm|business',
  company_name:
    'company|company name|employer|organisation|organization|firma|unternehmen|entreprise|empresa|firm|business',
  role: 'role|title|job title|position|job|funktion|rolle|poste|cargo|puesto',
  title: 'role|title|job title|position|job|funktion|rolle|poste|cargo|puesto',
  job_title: 'role|title|job title|position|job|funktion|rolle|poste|cargo|puesto',
  email: 'email|e mail|mail|email address|e mail address|courriel|correo',
  website: 'website|web site|site|homepage|url|webseite|web',
  city: 'city|town|stadt|ville|ciudad|based in',
  country: 'country|land|pays|pais',
  school: 'school|university|education|college|universitat|hochschule|ecole|universidad',
  education: 'school|university|education|college|universitat|hochschule|ecole|universidad',
  interests: 'interests|hobbies|hobby|interest|interessen|loisirs|intereses|aficiones',
  offer: 'offer|offering|product|service|what we do|what we offer|value proposition|angebot|offre|oferta',
  value_proposition: 'offer|offering|product|service|what we do|what we offer|value proposition|angebot|offre|oferta',
}

const namesOf = (field: Field): string[] =>
  [...new Set([foldedWords(field.name), ...(ALSO[field.name] ?? '').split('|').filter(Boolean)])].sort(
    (one, other) => other.length - one.length,
  )

/** The next turn of the talk. The last message is the user's; without any the talk is opened. */
export const guide = (request: TalkRequest): TalkTurn => {
  const { fields, messages } = request
  if (fields.length === 0) return { reply: 'There is nothing to ask.', learned: {}, next_field: null, suggestions: [] }
  const skipped = skippedSoFar(request)
  const collected = new Set(
    Object.entries(request.collected).flatMap(([name, value]) => (value.trim() === '' ? [] : [name])),
  )
  const last = messages.at(-1)
  const asked = askedBefore(request, messages.length - 1) ?? firstOpen(fields, collected, skipped)
  if (last?.role !== 'user')
    return turn(
      fields,
      {},
      asked ?? null,
      messages.length === 0
        ? 'I will ask a few short questions. Say “skip” to leave one out; “company: …” sets or corrects any field at any time.'
        : '',
    )

  const answer = clean(last.content)
  if (answer === '') return turn(fields, {}, asked ?? null, 'I did not get any text.')

  if (BACK.test(answer)) {
    const at = asked ? fields.indexOf(asked) : -1
    const before = fields[Math.max(0, (at === -1 ? fields.length : at) - 1)] ?? asked
    return turn(fields, {}, before ?? null, 'Back one step.')
  }
  if (asked && (SKIP.test(answer) || (HELP.test(answer) && !isFreeText(asked)) || HELP.test(answer))) {
    if (HELP.test(answer))
      return turn(
        fields,
        {},
        asked,
        asked.examples.length
          ? `For instance: ${asked.examples.slice(0, 3).join('; ')}.`
          : 'A few words of your own are enough.',
      )
    if (asked.required) return turn(fields, {}, asked, 'This one is needed, so it cannot be left out.')
    skipped.add(asked.name)
    return turn(fields, {}, firstOpen(fields, collected, skipped), 'Left out.')
  }

  const { learned, problems, corrected } = readAnswer(answer, fields, asked ?? null, collected)
  for (const name of Object.keys(learned)) collected.add(name)
  const said = Object.entries(learned).map(
    ([name, value]) => `${corrected.has(name) ? 'Changed' : 'Noted'}: ${label(name)} is ${short(value)}.`,
  )
  if (Object.keys(learned).length === 0 && problems.length === 0 && asked && ADDRESSED.test(answer))
    return turn(fields, {}, asked, '')
  const open = problems.length && asked && !collected.has(asked.name) ? asked : firstOpen(fields, collected, skipped)
  return turn(fields, learned, open, [...said, ...problems].join(' '))
}

const clean = (text: string): string =>
  text
    .slice(0, LONGEST_VALUE * 5)
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[^\P{C}\n]/gu, ' ')
    .replaceAll(/[^\S\n]+/g, ' ')
    .trim()

const label = (name: string): string => name.replaceAll('_', ' ')

const short = (value: string): string => (value.length > 80 ? `${value.slice(0, 77).toWellFormed().trimEnd()}…` : value)

const isFreeText = (field: Field): boolean => !/name|email|url|website|linkedin|phone|city|country/.test(field.name)

/** The field whose question the assistant put last before the message at `end`. */
const askedBefore = ({ fields, messages }: TalkRequest, end: number): Field | undefined => {
  for (let at = Math.min(end, messages.length) - 1; at >= 0; at--) {
    const message = messages[at]
    if (message?.role !== 'assistant') continue
    return fields
      .map((field) => ({ field, at: message.content.lastIndexOf(field.question) }))
      .filter((each) => each.at !== -1)
      .sort((one, other) => other.at - one.at)[0]?.field
  }
  return undefined
}

/** What was left out earlier; a field that got a value later on is none of these. */
const skippedSoFar = (request: TalkRequest): Set<string> => {
  const skipped = new Set<string>()
  for (const [at, message] of request.messages.entries()) {
    if (message.role !== 'user' || at === request.messages.length - 1) continue
    const field = askedBefore(request, at)
    if (field && !field.required && SKIP.test(clean(message.content))) skipped.add(field.name)
  }
  return skipped
}

const firstOpen = (fields: Field[], collected: Set<string>, skipped: Set<string>): Field | undefined =>
  fields.find(({ name }) => !collected.has(name) && !skipped.has(name))

const turn = (
  _fields: Field[],
  learned: Record<string, string>,
  next: Field | null | undefined,
  said: string,
): TalkTurn => {
  const reply = next
    ? [said, `${next.question}${next.required ? '' : ' (You may skip this.)'}`]
    : [said, 'That is everything, thank you.']
  return {
    reply: reply.filter((part) => part !== '').join(' '),
    learned,
    next_field: next?.name ?? null,
    suggestions: next ? [...next.examples.slice(0, 4), ...(next.required ? [] : ['skip'])] : [],
  }
}

type Reading = { learned: Record<string, string>; problems: string[]; corrected: Set<string> }

const readAnswer = (answer: string, fields: Field[], asked: Field | null, collected: Set<string>): Reading => {
  const reading: Reading = { learned: {}, problems: [], corrected: new Set() }
  const keep = (field: Field, value: string): void => {
    const problem = problemOf(field, value)
    if (problem) reading.problems.push(problem)
    else {
      reading.learned[field.name] = value.slice(0, LONGEST_VALUE).toWellFormed()
      if (collected.has(field.name)) reading.corrected.add(field.name)
    }
  }
  const labelled = labelledIn(answer, fields)
  if (labelled.length) {
    for (const { field, value } of labelled) keep(field, value)
    return reading
  }
  const again = correctionOf(answer, fields, asked)
  if (again) {
    keep(again.field, again.value)
    return reading
  }
  if (!asked) {
    reading.problems.push(`To change something, name it, as in “${label(fields[0]?.name ?? 'name')}: …”.`)
    return reading
  }
  if (ADDRESSED.test(answer) && asked.name !== 'greeting') return reading
  keep(asked, bare(answer, asked))
  return reading
}

/** Every `label: value` by line or semicolon. A single one counts only if the label is a field's: a sentence may have a colon. */
const labelledIn = (answer: string, fields: Field[]): { field: Field; value: string }[] => {
  const found: { field: Field; value: string }[] = []
  for (const piece of answer.split(/\n+|;\s*/)) {
    const parts =
      /^\s*(?:[-*•]\s*)?(?:my |our |mein\w* |unser\w* |mon |ma |mi )?([^:=\n]{2,40}?)\s*[:=]\s*(\S.*)$/iu.exec(piece)
    const field = parts ? fieldCalled(parts[1] as string, fields) : undefined
    if (field && parts) found.push({ field, value: (parts[2] as string).trim() })
    // A line that goes on belongs to the label above it.
    else if (found.length && piece.trim() !== '') {
      const last = found.at(-1) as { field: Field; value: string }
      last.value = `${last.value} ${piece.trim()}`
    } else return []
  }
  return found
}

const fieldCalled = (text: string, fields: Field[]): Field | undefined => {
  const words = foldedWords(text)
  return fields.find((field) => namesOf(field).includes(words))
}

const correctionOf = (answer: string, fields: Field[], asked: Field | null): { field: Field; value: string } | null => {
  const named =
    /^(?:(?:no|sorry|wait|oh|actually|please|correction)[,:.!]?\s+)*(?:(?:change|correct|set|update|make|fix)\s+)(?:my |the |our )?([\p{L} _-]{2,40}?)\s+(?:to|into|as)\s+(.+)$/isu.exec(
      answer,
    ) ??
    /^(?:(?:no|sorry|wait|oh|actually|please|correction)[,:.!]?\s+)+(?:my |the |our )?([\p{L} _-]{2,40}?)\s+(?:is|should be|was|ist|est|es)\s+(?:actually |really )?(.+)$/isu.exec(
      answer,
    ) ??
    /^(?:my|our|the)\s+([\p{L} _-]{2,40}?)\s+(?:is|should be|are)\s+(?:actually |really )?(.+)$/isu.exec(answer)
  if (!named) return null
  const field = fieldCalled(named[1] as string, fields)
  return field && (field !== asked || true) ? { field, value: trimmed(named[2] as string) } : null
}

const trimmed = (text: string): string =>
  text
    .trim()
    .replace(/^["“„«']\s*(.*?)\s*["”“»']$/s, '$1')
    .replace(/(?<![.\p{Lu}])\.$/u, '')

/** `My name is Ann Lee.` answers the question for the name with `Ann Lee`. */
const bare = (answer: string, field: Field): string => {
  const text = trimmed(answer)
  if (isFreeText(field)) return text
  return trimmed(
    text.replace(
      /^(?:(?:well|hi|hello|so|ok)[,!.]?\s+)?(?:it['’]?s|it is|i am called|my name is|i['’]?m|i am|we are|this is|ich heiße|ich bin|je m['’]appelle|je suis|me llamo|soy)\s+(?:at |in |called )?(?=\S)/i,
      '',
    ),
  )
}

const problemOf = (field: Field, value: string): string | null => {
  if (!/[\p{L}\p{N}]/u.test(value)) return `I need words or figures for ${label(field.name)}.`
  if (value.length > LONGEST_VALUE)
    return `That is ${value.length} characters; ${LONGEST_VALUE} is the most for ${label(field.name)}.`
  if (/email/.test(field.name) && !looksLikeEmail(value))
    return `“${short(value)}” does not look like an e-mail address.`
  if (
    /(?:website|url|linkedin|domain|link)$/.test(field.name) &&
    !/^(?:https?:\/\/)?[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+(?:[/?#]\S*)?$/iu.test(value)
  )
    return `“${short(value)}” does not look like a web address.`
  if (/^(?:full_|first_|last_)?name$/.test(field.name)) {
    if (value.length > 100 || /[<>{}[\]@\n]|https?:/.test(value) || /\d{3}/.test(value) || looksLikeOrder(value))
      return `“${short(value)}” does not look like a name.`
  } else if (
    /^(?:company|company_name|role|title|job_title|city|country)$/.test(field.name) &&
    (value.length > 150 || /[<>{}\n]/.test(value) || looksLikeOrder(value))
  )
    return `“${short(value)}” does not look like ${/^[aeiou]/.test(field.name) ? 'an' : 'a'} ${label(field.name)}.`
  return null
}
