/**
 * Templates of messages: Liquid (liquidjs) with what a sender of mail needs and nothing that could read a file, look at
 * the clock, reach a prototype, or run away. Rendering is deterministic: the same template, variables and seed give the
 * same text in the preview, in what is approved, and in what is sent.
 *
 * The limits are counted (steps, memory, output), not timed, so that a template which passed its preview cannot fail at
 * send time because the machine was busy. That is why the time limit of liquidjs is not used.
 *
 * Three things differ from plain Liquid on purpose, because leads come out of spreadsheets where "no value" is an empty
 * cell: a blank lead field counts as absent (so `{% if company %}` and `default` do what people mean), an absent one
 * equals `""`, and values are escaped in HTML with no filter to switch that off.
 */
import {
  AssignTag,
  CaptureTag,
  Context,
  CycleTag,
  Drop,
  defaultOperators,
  type Emitter,
  evalTokenValue,
  type Filter,
  Liquid,
  LiquidError,
  filters as liquidFilters,
  Output,
  Parser,
  type Template,
  Tokenizer,
  TypeGuards,
  toValue,
  toValueSync,
  Value,
  type ValueToken,
} from 'liquidjs'
import { escapeHtml } from './html-text.ts'

/** Longest template in characters; the contract allows a body of 50,000, the rest is room for its HTML. */
const LIMIT_SOURCE = 200_000
/** Nodes rendered and loop rounds together, long expressions counted as several; at most some 50 ms of work. */
const LIMIT_STEPS = 20_000
/** What filters and ranges may allocate, in the units of liquidjs: characters and array elements. */
const LIMIT_MEMORY = 250_000
/** Characters written in one rendering, captured ones included. */
const LIMIT_OUTPUT = 1_000_000
const LIMIT_NESTING = 100
const LIMIT_PROBLEMS = 20
const LIMIT_RANGE_BOUND = 1_000_000_000

export type TemplateProblem = { line: number; column: number; message: string }

export type TemplateErrorCode =
  | 'TEMPLATE_SYNTAX'
  | 'TEMPLATE_TOO_LONG'
  | 'TEMPLATE_LIMIT_EXCEEDED'
  | 'TEMPLATE_RENDER_FAILED'

/** The one error of this file: a stable code, a message for a person, and where in the template, as far as known. */
export class TemplateError extends Error {
  readonly code: TemplateErrorCode
  readonly problems: TemplateProblem[]
  constructor(code: TemplateErrorCode, message: string, problems: TemplateProblem[] = []) {
    super(message)
    this.name = 'TemplateError'
    this.code = code
    this.problems = problems
  }
}

/** A parsed template. Opaque: only this file looks inside. */
export type CompiledTemplate = { readonly source: string; readonly nodes: Template[] }

export type RenderRequest = {
  variables: Record<string, unknown>
  /** `html` escapes every value, `none` writes it as it is (subject and text part). */
  escape: 'html' | 'none'
  /** Decides every `spin`; made of the lead's id and the step, so that a retry chooses the same words. */
  seed: string
  /** What the words `now` and `today` mean to `date`: the workspace's clock. Without it they count as missing. */
  now?: Temporal.Instant
}

export type RenderedTemplate = {
  output: string
  /** Every variable that was looked up on the path rendered, with its text, or null where it has no value. */
  used: Record<string, string | null>
  /** Variables that left a blank in the output: no value and no fallback. One only asked about by `if` is not here. */
  missing: string[]
}

/** Text written by a template that is HTML already; escaping it again would show the entities to the reader. */
class Markup extends Drop {
  readonly html: string
  constructor(html: string) {
    super()
    this.html = html
  }
  override valueOf(): string {
    return this.html
  }
}

/** What templates may read of the drops of liquidjs. Drops answer to inherited names too, `constructor` among them. */
const DROP_KEYS = new Set(
  'index index0 rindex rindex0 first last length row col col0 col_first col_last name continue'.split(' '),
)

class RenderContext extends Context {
  readonly asHtml: boolean
  readonly seed: string
  readonly now: Temporal.Instant | undefined
  readonly found = new Map<string, string | null>()
  readonly missing = new Set<string>()
  /** For an assigned name without a value: the variables whose absence is the reason. */
  readonly origins = new Map<string, string[]>()
  /** Names that had no value since the current output began; null while nobody asks. */
  absent: string[] | null = null
  spins = 0
  steps = 0
  written = 0

  constructor(liquid: Liquid, request: RenderRequest) {
    super(request.variables, liquid.options, { sync: true }, { liquid })
    this.asHtml = request.escape === 'html'
    this.seed = request.seed
    this.now = request.now
  }

  step(weight = 1): void {
    this.steps += weight
    if (this.steps > LIMIT_STEPS) throw tooCostly('it takes too many steps (is there a loop in a loop?)')
  }

  /** Reads a variable by its path, own properties only, and keeps the books of what was used and what was absent. */
  find(path: readonly (string | number)[]): unknown {
    const root = String(path[0])
    const { scopes } = this as unknown as { scopes: Record<string, unknown>[] }
    let value: unknown
    let local = false
    for (let index = scopes.length - 1; index >= 0; index--) {
      const scope = scopes[index] as Record<string, unknown>
      // These scopes have no prototype, so `in` sees own names only.
      if (root in scope) {
        value = scope[root]
        local = true
        break
      }
    }
    if (!local && Object.hasOwn(this.environments, root)) value = (this.environments as Record<string, unknown>)[root]
    for (let index = 1; index < path.length && value != null; index++) {
      value = this.readProperty(value as object, path[index] as string | number)
    }
    if (typeof value === 'function' || (!local && typeof value === 'string' && !/\S/.test(value))) value = undefined
    if (local) {
      if (value == null && this.absent) this.absent.push(...(this.origins.get(root) ?? [path.join('.')]))
      return value
    }
    const name = path.length === 1 ? root : path.join('.')
    if (!this.found.has(name)) this.found.set(name, value == null ? null : asText(value))
    if (value == null) this.absent?.push(name)
    return value
  }

  // The general path of liquidjs comes in here, the fast one calls find itself.
  override *_get(path: (string | number | Drop)[]): IterableIterator<unknown> {
    return this.find(path.map((part) => (typeof part === 'number' ? part : String(toValue(part)))))
  }

  override readProperty(target: object, key: string | number | Drop): unknown {
    if (target instanceof Markup) return key === 'size' ? target.html.length : undefined
    if (target instanceof Drop && !DROP_KEYS.has(String(toValue(key)))) return undefined
    return super.readProperty(target, key)
  }
}

function tooCostly(why: string): TemplateError {
  return new TemplateError('TEMPLATE_LIMIT_EXCEEDED', `The template cannot be rendered: ${why}.`)
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value
  const plain: unknown = toValue(value)
  if (plain == null) return ''
  if (Array.isArray(plain)) return plain.map(asText).join('')
  return typeof plain === 'object' ? (JSON.stringify(plain) ?? '') : String(plain)
}

/** Collects output, and stops a template that doubles its own text. */
function boundedEmitter(context: RenderContext): Emitter {
  return {
    buffer: '',
    write(value: unknown) {
      const text = asText(value)
      context.written += text.length
      if (context.written > LIMIT_OUTPUT) throw tooCostly('its text grows beyond a million characters')
      this.buffer += text
    },
  }
}

/* ---- the engine ---- */

/** The filters of standard Liquid, the ones that are deterministic and cannot build nested arrays, and our own. */
const FILTERS = new Set(
  `abs append at_least at_most base64_decode base64_encode capitalize ceil compact concat date default divided_by
  downcase escape escape_once find find_index first floor has join last lstrip map minus modulo newline_to_br
  normalize_whitespace number_of_words plus prepend reject remove remove_first remove_last replace replace_first
  replace_last reverse round rstrip size slice sort sort_natural split squish strip strip_html strip_newlines sum times
  truncate truncatewords uniq upcase url_decode url_encode where`.split(/\s+/),
)
const TAGS_LEFT_OUT = ['include', 'render', 'layout', 'block', 'increment', 'decrement', 'tablerow']
/** Known to people who know Liquid, so they deserve a better answer than "unknown". */
const REASON_LEFT_OUT: Record<string, string> = {
  raw: 'values are always escaped in HTML',
  sample: 'a message must read the same each time it is rendered; use "spin"',
}

type FilterThis = { context: Context }

function rendering(filter: FilterThis): RenderContext {
  return filter.context as RenderContext
}

function newEngine(): Liquid {
  const liquid = new Liquid({
    ownPropertyOnly: true,
    strictFilters: true,
    parseLimit: LIMIT_SOURCE,
    memoryLimit: LIMIT_MEMORY,
    relativeReference: false,
    locale: 'en-US',
    timezoneOffset: 0,
    preserveTimezones: true,
    operators: {
      ...defaultOperators,
      '==': sameValue,
      '!=': (left: unknown, right: unknown) => !sameValue(left, right),
    },
  })
  for (const name of TAGS_LEFT_OUT) delete liquid.tags[name]
  for (const name of Object.keys(liquid.filters)) if (!FILTERS.has(name)) delete liquid.filters[name]

  liquid.registerFilter('spin', function (this: FilterThis, value: unknown) {
    const options = asText(value).split('|')
    const chosen = (options[spinChoice(rendering(this).seed, rendering(this).spins++, options.length)] ?? '').trim()
    return value instanceof Markup ? new Markup(chosen) : chosen
  })
  const standardDefault = liquidFilters.default as (this: unknown, ...args: unknown[]) => unknown
  liquid.registerFilter('default', function (this: FilterThis, value: unknown, ...rest: unknown[]) {
    if (value instanceof Markup && value.html !== '') return value
    return standardDefault.call(this, value, ...rest)
  })
  const standardDate = liquidFilters.date as (this: unknown, ...args: unknown[]) => unknown
  liquid.registerFilter('date', function (this: FilterThis, value: unknown, ...rest: unknown[]) {
    return standardDate.call(this, dateOf(value, rendering(this)), ...rest)
  })
  // Their result is HTML in HTML, and nothing to do in text; the flag keeps it from being escaped once more.
  const escaping = {
    raw: true,
    handler(this: FilterThis, value: unknown) {
      return rendering(this).asHtml ? escapedText(value) : asText(value)
    },
  }
  liquid.registerFilter('escape', escaping)
  liquid.registerFilter('escape_once', escaping)
  liquid.registerFilter('newline_to_br', {
    raw: true,
    handler(this: FilterThis, value: unknown) {
      return rendering(this).asHtml ? escapedText(value).replace(/\r?\n/g, '<br>\n') : asText(value)
    },
  })

  liquid.renderer.renderTemplates = function* (nodes: Template[], context: Context, emitter?: Emitter) {
    const own = context as RenderContext
    const out = emitter ?? boundedEmitter(own)
    own.step()
    for (const node of nodes) {
      try {
        own.step()
        const written: unknown = node.render(own, out)
        // Nodes that were prepared are plain functions and have written already.
        if (written !== undefined) {
          const text: unknown = yield written
          if (text) out.write(text)
        }
      } catch (error) {
        throw located(error, node)
      }
      if (own.breakCalled || own.continueCalled) break
    }
    return out.buffer
  }
  return liquid
}

function escapedText(value: unknown): string {
  return value instanceof Markup ? value.html : escapeHtml(asText(value))
}

const standardEquals = defaultOperators['=='] as (left: unknown, right: unknown) => unknown

/** Equality in which no value and the empty text are the same, as they are in a spreadsheet. */
function sameValue(left: unknown, right: unknown): boolean {
  const result = standardEquals(emptyForNone(left), emptyForNone(right))
  return toValueSync(result as Generator<unknown, boolean, unknown>) as boolean
}

/** The words `nil` and `null` are objects to liquidjs; `empty` and `blank` are too, but compare by rules of their own. */
function emptyForNone(value: unknown): unknown {
  return value == null || (value instanceof Drop && value.valueOf() === null) ? '' : value
}

/**
 * Strings without a zone are read as UTC and not in the zone of the server, so that a date column shows the day written
 * in it on every machine. Strings with an offset keep it.
 */
function dateOf(value: unknown, context: RenderContext): unknown {
  const text: unknown = toValue(value)
  if (typeof text !== 'string') return text
  if (text === 'now' || text === 'today') {
    if (context.now) return new Date(context.now.epochMilliseconds)
    context.missing.add(text)
    return undefined
  }
  if (/^\d+$/.test(text) || /(?:z|[+-]\d\d:\d\d)$/i.test(text)) return text
  const iso = /^\d{4}-\d\d-\d\d(?:T|$)/.test(text)
  const date = new Date(iso ? (text.includes('T') ? `${text}Z` : text) : `${text} UTC`)
  return Number.isNaN(date.getTime()) ? text : date
}

/**
 * Which of `count` options the n-th spin of a message takes: evenly spread over seeds, and unrelated between the spins
 * of one message. FNV-1a over the seed, then the finalizer of MurmurHash3.
 */
function spinChoice(seed: string, occurrence: number, count: number): number {
  let hash = 0x811c9dc5 ^ occurrence
  for (let index = 0; index < seed.length; index++) hash = Math.imul(hash ^ seed.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ Math.imul(occurrence + 1, 0x9e3779b1), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % count
}

/* ---- preparing a parsed tree: the common nodes become plain functions ---- */

type Evaluate = (context: RenderContext) => unknown
/** A filter with its arguments known; handler and token are what liquidjs keeps to itself. */
type Call = { handler: (this: unknown, ...args: unknown[]) => unknown; token: unknown; args: unknown[] }

function prepare(node: Template): void {
  let weight = Math.floor(node.token.size() / 50)
  for (const argument of node.arguments?.() ?? []) weight += guardRanges(argument)
  const tag = node as Template & { value?: unknown; branches?: { value?: unknown }[]; name?: string }
  for (const { value } of [tag, ...(tag.branches ?? [])]) {
    if (!(value instanceof Value)) continue
    if (!isOneValue(value)) throw notOneValue(node)
    prepareValue(value)
  }
  if (tag.value instanceof Value && (node instanceof Output || tag.name === 'echo')) prepareOutput(node, tag.value)
  else if (node instanceof CycleTag) prepareCycle(node)
  else if (node instanceof AssignTag && tag.value instanceof Value) prepareAssign(node, tag.value)
  else if (node instanceof CaptureTag) prepareCapture(node)
  else if (TypeGuards.isHTMLToken(node.token)) prepareText(node)
  if (weight > 8 && !TypeGuards.isHTMLToken(node.token)) addWeight(node, weight)
  if (node.children) for (const child of toValueSync(node.children(true, true)) as Template[]) prepare(child)
}

/** False for `first name` and `a = b`, which liquidjs takes as two values side by side and renders as nothing. */
function isOneValue(value: Value): boolean {
  let operands = 0
  for (const token of value.initial.postfix) {
    if (!TypeGuards.isOperatorToken(token)) operands++
    else if (token.operator !== 'not') operands--
  }
  return operands === 1
}

function notOneValue(node: Template): TemplateError {
  const message = `${node.token.getText()} is not one value: write ["first name"] for a name with spaces and == for "equals".`
  return new TemplateError('TEMPLATE_SYNTAX', message, [{ ...positionOf(node.token), message }])
}

function prepareText(node: Template): void {
  const text = (node as unknown as { str: string }).str
  node.render = (_context, emitter: Emitter) => emitter.write(text)
}

/** Replaces the evaluation of a value by a direct one where it is a variable or a literal with constant filters. */
function prepareValue(value: Value): void {
  const general = value.value.bind(value)
  const direct = directEvaluation(value) ?? ((context: RenderContext) => toValueSync(general(context, false)))
  ;(value as unknown as { value: Evaluate }).value = direct
}

function evaluate(value: Value, context: RenderContext): unknown {
  return (value as unknown as { value: Evaluate }).value(context)
}

function directEvaluation(value: Value): Evaluate | null {
  const [token, ...others] = value.initial.postfix
  if (others.length > 0) return null
  let start: Evaluate
  if (TypeGuards.isPropertyAccessToken(token) && !token.variable) {
    const path: (string | number)[] = []
    for (const part of token.props) {
      const literal = literalOf(part)
      if (!literal || (typeof literal.value !== 'string' && typeof literal.value !== 'number')) return null
      path.push(literal.value)
    }
    start = (context) => context.find(path)
  } else {
    const literal = literalOf(token)
    if (!literal) return null
    start = () => literal.value
  }
  const calls: Call[] = []
  for (const filter of value.filters) {
    const args: unknown[] = []
    for (const arg of filter.args) {
      const literal = literalOf(Array.isArray(arg) ? arg[1] : arg)
      if (!literal) return null
      args.push(Array.isArray(arg) ? [arg[0], literal.value] : literal.value)
    }
    const { handler, token } = filter as unknown as Omit<Call, 'args'>
    calls.push({ handler, token, args })
  }
  if (calls.length === 0) return start
  return (context) => {
    let result = start(context)
    for (const { handler, token, args } of calls) {
      result = toValueSync(handler.call({ context, token, liquid: engine }, result, ...args) as never)
    }
    return result
  }
}

function literalOf(token: unknown): { value: unknown } | null {
  return typeof token === 'object' && token !== null && 'content' in token ? { value: token.content } : null
}

/** What stands in for an absent value: nothing, a text written in the template, or another variable. */
type Fallback = 'none' | 'literal' | 'variable'

function fallbackOf(filters: Filter[]): Fallback {
  let kind: Fallback = 'none'
  for (const filter of filters) {
    if (filter.name !== 'default') continue
    if (filter.args.some((arg) => !Array.isArray(arg) && literalOf(arg))) return 'literal'
    kind = 'variable'
  }
  return kind
}

function prepareOutput(node: Template, value: Value): void {
  const raw = value.filters.at(-1)?.raw === true
  const fallback = fallbackOf(value.filters)
  node.render = (context: Context, emitter: Emitter) => {
    writeValue(context as RenderContext, emitter, fallback, raw, (own) => evaluate(value, own))
  }
}

function prepareCycle(node: CycleTag): void {
  const general = node.render.bind(node)
  node.render = ((context: Context, emitter: Emitter) => {
    writeValue(context as RenderContext, emitter, 'none', false, (own) => toValueSync(general(own, emitter)))
  }) as unknown as CycleTag['render']
}

/** Writes a value, escaped as the rendering asks, and notes the absent variables that leave a blank. */
function writeValue(context: RenderContext, emitter: Emitter, fallback: Fallback, raw: boolean, read: Evaluate): void {
  const outer = context.absent
  const absent: string[] = []
  context.absent = absent
  const result = read(context)
  context.absent = outer
  const text = asText(result)
  // A fallback that is itself a variable can be absent as well; then the reader sees a blank after all.
  if (absent.length > 0 && (fallback === 'none' || (fallback === 'variable' && !/\S/.test(text)))) {
    for (const name of absent) context.missing.add(name)
  }
  emitter.write(context.asHtml && !raw && !(result instanceof Markup) ? escapeHtml(text) : text)
}

function prepareAssign(node: AssignTag, value: Value): void {
  const { key } = node as unknown as { key: string }
  const fallback = fallbackOf(value.filters)
  node.render = ((context: Context) => {
    const own = context as RenderContext
    const outer = own.absent
    const absent: string[] = []
    own.absent = absent
    const result = evaluate(value, own)
    own.absent = outer
    ;(own.bottom() as Record<string, unknown>)[key] = result
    own.origins.delete(key)
    if (absent.length === 0 || fallback === 'literal') return
    // Without a value the name itself is absent, which matters only where it is written. A text made of parts of which
    // one is absent has its blank inside already.
    if (result == null) own.origins.set(key, absent)
    else if (fallback === 'none' && typeof result === 'string') for (const name of absent) own.missing.add(name)
  }) as unknown as AssignTag['render']
}

function prepareCapture(node: CaptureTag): void {
  const { variable, templates } = node
  node.render = ((context: Context) => {
    const own = context as RenderContext
    const text = toValueSync(engine.renderer.renderTemplates(templates, own)) as string
    ;(own.bottom() as Record<string, unknown>)[variable] = own.asHtml ? new Markup(text) : text
  }) as unknown as CaptureTag['render']
}

/** Lets a node with long expressions use up more steps, because evaluating them is where the time goes. */
function addWeight(node: Template, weight: number): void {
  const render = node.render.bind(node)
  node.render = (context: Context, emitter: Emitter): unknown => {
    const own = context as RenderContext
    own.step(weight)
    return render(context, emitter)
  }
}

/**
 * Puts a check in front of both ends of every range, and answers how many values the argument is made of. From 2^53 on a
 * number plus one is the same number, so a range up there would never end, and liquidjs looks only at its length.
 */
function guardRanges(argument: unknown): number {
  if (argument === null || typeof argument !== 'object') return 0
  const all = (parts: readonly unknown[]) => parts.reduce<number>((sum, part) => sum + guardRanges(part), 1)
  if (TypeGuards.isRangeToken(argument)) {
    const weight = all([argument.lhs, argument.rhs])
    argument.lhs = boundedToken(argument.lhs)
    argument.rhs = boundedToken(argument.rhs)
    return weight
  }
  if (TypeGuards.isPropertyAccessToken(argument)) return all([argument.variable, ...argument.props])
  if (!(argument instanceof Value) && !TypeGuards.isFilteredValueToken(argument)) return 1
  const args = argument.filters.flatMap((filter) => filter.args.map((arg) => (Array.isArray(arg) ? arg[1] : arg)))
  return all([...argument.initial.postfix, ...args]) + argument.filters.length
}

function boundedToken(bound: ValueToken): ValueToken {
  const evaluateBound = function* (context: Context): Generator<unknown, number, unknown> {
    const number = Number(yield evalTokenValue(bound, context))
    if (Math.abs(number) <= LIMIT_RANGE_BOUND) return number
    if (Number.isNaN(number)) return 0
    throw tooCostly('a range has a bound beyond a billion')
  }
  // A value token of the kind that asks an expression for its value, which is where the check can sit.
  const { input, begin, end } = bound
  const readers = { getText: bound.getText.bind(bound), getPosition: bound.getPosition.bind(bound) }
  const kind = FILTERED_VALUE
  const token = {
    kind,
    input,
    begin,
    end,
    filters: [],
    initial: { postfix: [bound], evaluate: evaluateBound },
    ...readers,
  }
  return token as unknown as ValueToken
}

/** The kind of a value with filters, read from a token because the enumeration behind it exists only at compile time. */
const FILTERED_VALUE = new Tokenizer('a').readFilteredValue().kind

const engine = newEngine()

/* ---- compiling ---- */

const BLOCKS = new Set(['if', 'unless', 'for', 'case', 'capture'])
const CASCADES = /^tag "(?:end\w+|else|elsif|when)" not found$/

function parse(source: string): { nodes: Template[]; problems: TemplateProblem[] } {
  if (source.length > LIMIT_SOURCE) {
    const message = `The template has ${source.length} characters; ${LIMIT_SOURCE} are allowed.`
    throw new TemplateError('TEMPLATE_TOO_LONG', message, [{ line: 1, column: 1, message }])
  }
  const nodes: Template[] = []
  const problems: TemplateProblem[] = []
  try {
    const tokens = new Tokenizer(source, engine.options.operators).readTopLevelTokens(engine.options)
    const deep = tooDeep(tokens)
    if (deep) return { nodes, problems: [deep] }
    const parser = new Parser(engine)
    for (let token = tokens.shift(); token && problems.length < LIMIT_PROBLEMS; token = tokens.shift()) {
      try {
        const node = parser.parseToken(token, tokens)
        prepare(node)
        nodes.push(node)
      } catch (error) {
        // After a first error the ends of its block are left over; they are not mistakes of their own.
        if (error instanceof TemplateError) problems.push(...error.problems)
        else if (problems.length === 0 || !CASCADES.test(plainMessage(error))) problems.push(problemOf(error, source))
      }
    }
  } catch (error) {
    problems.push(problemOf(error, source))
  }
  return { nodes, problems }
}

function tooDeep(tokens: readonly { getPosition(): number[] }[]): TemplateProblem | null {
  let depth = 0
  for (const token of tokens) {
    if (!TypeGuards.isTagToken(token)) continue
    if (BLOCKS.has(token.name)) depth++
    else if (token.name.startsWith('end') && BLOCKS.has(token.name.slice(3))) depth--
    if (depth > LIMIT_NESTING) {
      return { ...positionOf(token), message: `Blocks are nested more than ${LIMIT_NESTING} deep.` }
    }
  }
  return null
}

function positionOf(token: { getPosition(): number[] }): { line: number; column: number } {
  const [line = 1, column = 1] = token.getPosition()
  return { line, column }
}

function plainMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (LiquidError.is(error)) return (error.originalError?.message ?? error.message).replace(/, line:\d+, col:\d+$/, '')
  return error.message
}

function problemOf(error: unknown, source: string): TemplateProblem {
  const message = readable(plainMessage(error))
  if (LiquidError.is(error)) return { ...positionOf(error.token), message }
  const lines = source.split('\n')
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1, message }
}

/** The messages of liquidjs in words for somebody who writes mail. */
function readable(message: string): string {
  let match = /^tag "?([^"]*?)"? not found$/.exec(message)
  if (match) {
    const name = match[1] ?? ''
    if (TAGS_LEFT_OUT.includes(name)) return `The tag {% ${name} %} is not available in messages.`
    return /^(?:end\w+|else|elsif|when)$/.test(name)
      ? `{% ${name} %} has no block that it belongs to.`
      : `There is no tag {% ${name} %}.`
  }
  match = /^undefined filter: (.*)$/.exec(message)
  if (match) {
    const reason = REASON_LEFT_OUT[match[1] ?? '']
    return reason
      ? `The filter "${match[1]}" is not available in messages: ${reason}.`
      : `There is no filter "${match[1]}".`
  }
  match = /^tag \{%-?\s*(\w+)[\s\S]* not closed$/.exec(message)
  if (match) return `{% ${match[1]} %} is never closed; {% end${match[1]} %} is missing.`
  if (/^output .* not closed$/s.test(message)) return '"{{" is never closed; "}}" is missing.'
  if (/^tag .* not closed$/s.test(message)) return '"{%" is never closed; "%}" is missing.'
  if (/^invalid value expression: "\s*"$/.test(message)) return 'A value is missing here, as in an empty {{ }}.'
  if (/call stack/i.test(message)) return 'The expression is nested too deeply.'
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`.replace(/\.\.$/, '.')
}

const CACHE_ENTRIES = 500
const CACHE_CHARACTERS = 10_000_000
const cache = new Map<string, CompiledTemplate>()
let cachedCharacters = 0

/**
 * Parses a template, or throws a TemplateError that names every problem (at most 20). The latest 500 templates are kept,
 * so a campaign parses each of its templates once and callers need no cache of their own.
 */
export function compileTemplate(source: string): CompiledTemplate {
  const known = cache.get(source)
  if (known) {
    // A Map keeps insertion order: taking it out and in again makes it the youngest.
    cache.delete(source)
    cache.set(source, known)
    return known
  }
  const { nodes, problems } = parse(source)
  if (problems.length > 0) {
    const list = problems.map(({ line, column, message }) => `line ${line}, column ${column}: ${message}`)
    throw new TemplateError('TEMPLATE_SYNTAX', `The template has mistakes: ${list.join(' ')}`, problems)
  }
  const compiled = { source, nodes }
  cache.set(source, compiled)
  cachedCharacters += source.length
  for (const oldest of cache.keys()) {
    if (cache.size <= CACHE_ENTRIES && cachedCharacters <= CACHE_CHARACTERS) break
    cache.delete(oldest)
    cachedCharacters -= oldest.length
  }
  return compiled
}

/** Every mistake in a template with its place, an empty list for a good one. Never throws. */
export function templateProblems(source: string): TemplateProblem[] {
  try {
    compileTemplate(source)
    return []
  } catch (error) {
    if (error instanceof TemplateError) return error.problems
    throw error
  }
}

/**
 * The variables a template asks its lead for, in order of appearance and with dots for paths (`company.name`), whichever
 * branch they stand in. Names the template makes itself (assign, capture, loops) are not among them.
 */
export function templateVariables(source: string): string[] {
  const { nodes } = compileTemplate(source)
  const names = new Set<string>()
  for (const segments of engine.globalVariableSegmentsSync(nodes)) {
    const path: (string | number)[] = []
    for (const segment of segments) {
      if (Array.isArray(segment)) break
      path.push(segment as string | number)
    }
    if (path.length > 0) names.add(path.join('.'))
  }
  return [...names]
}

/** The Liquid of a source apart from its plain text, for a caller that changes one and must leave the other. */
export function splitTemplate(source: string): { liquid: boolean; text: string }[] {
  compileTemplate(source)
  const tokens = new Tokenizer(source, engine.options.operators).readTopLevelTokens(engine.options)
  return tokens.map((token) => ({ liquid: !TypeGuards.isHTMLToken(token), text: source.slice(token.begin, token.end) }))
}

/* ---- rendering ---- */

/** Renders a template. Throws a TemplateError when a limit is exceeded or a filter is given what it cannot take. */
export function renderTemplate(compiled: CompiledTemplate, request: RenderRequest): RenderedTemplate {
  const context = new RenderContext(engine, request)
  let output: string
  try {
    output = toValueSync(engine.renderer.renderTemplates(compiled.nodes, context)) as string
  } catch (error) {
    throw error instanceof TemplateError ? error : located(error, null)
  }
  return { output, used: Object.fromEntries(context.found), missing: [...context.missing] }
}

function located(error: unknown, node: Template | null): TemplateError {
  if (error instanceof TemplateError) {
    if (error.problems.length > 0 || !node) return error
    return new TemplateError(error.code, error.message, [{ ...positionOf(node.token), message: error.message }])
  }
  const text = plainMessage(error)
  const limit = /limit exceeded$|call stack|string length|array length/i.test(text)
  const result = limit
    ? tooCostly('it needs too much time or memory')
    : new TemplateError('TEMPLATE_RENDER_FAILED', `The template cannot be rendered: ${text}.`)
  if (node) result.problems.push({ ...positionOf(node.token), message: result.message })
  return result
}
