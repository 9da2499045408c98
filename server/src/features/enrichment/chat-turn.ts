import type { Tx } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { problem } from '../../http/errors.ts'
import type { LlmPort } from '../../ports/llm/port.ts'
import type { Chat, ChatMessage, Turn } from '../chats/chat-turn.ts'
import { hasNewAddress, isNo, isSaid, isYes, spokenText } from '../chats/spoken-text.ts'
import { readBalance } from '../credits/ledger.ts'
import { asProblem } from '../personalization/model-problem.ts'
import { findSession } from '../sessions/session-dataset.ts'
import { cancelProcessing, startProcessing } from '../sessions/start-processing.ts'
import { type EnrichmentState, isStatusQuestion, isStop, type Plan, readFirst } from './chat-state.ts'
import { chooseRows, createSession } from './choose-rows.ts'
import { creditsOf, estimatedMinutes } from './enrichment-progress.ts'
import { countWaitingBeside, type EnrichmentRun, findRunOf, findSessionState, listWaitingRows } from './queries.ts'
import { countKinds, findWanted, type Wanted } from './wanted-leads.ts'

export const GREETING =
  'Who shall be enriched? Paste LinkedIn profiles, e-mail addresses, company domains, or names with their company, such as “Ann Lee, Havn AS”; or upload a file. I say what it costs before anything starts.'

export const FIRST_SUGGESTIONS = ['https://www.linkedin.com/in/ann-lee', 'havn.example', 'Ann Lee, Havn AS']

const SHOWN_MESSAGES = 20

const INSTRUCTIONS =
  'Find out whose data the user wants enriched: people by LinkedIn profile, e-mail address or name with company, companies by domain, or the attached file. You start nothing and know no prices: when the user has named somebody, the program says the cost itself and asks for a yes. Never say that work was started, is running or is done. Be short.'

const FIELDS = [
  {
    name: 'leads',
    question: 'Who shall be enriched?',
    examples: FIRST_SUGGESTIONS,
    required: true,
  },
  {
    name: 'file',
    question: 'Shall the attached file be enriched?',
    examples: ['yes', 'only the first 50 rows'],
    required: false,
  },
]

/** What a message asks for, decided before anything is looked up. */
type Intent =
  | { kind: 'yes' | 'no' | 'stop' | 'status' | 'help' }
  | { kind: 'named'; wanted: Wanted[] }
  | { kind: 'file'; first: number | null }
  | { kind: 'said'; reply: string; suggestions: string[]; model: string }

export type TurnExtra = { job_id: string | null }

type Who = { workspace_id: string; user_id: string }

/**
 * Decides what a message asks for. Rules come first, and they alone read a yes: it decides about money. A model is asked only
 * about what no rule understands, and what it understood is read by the same rules and has to have been said.
 */
export const understand = async (
  llm: LlmPort,
  chat: Chat<EnrichmentState>,
  messages: ChatMessage[],
  said: string,
): Promise<Intent> => {
  const { state } = chat
  if (state.plan && isYes(said)) return { kind: 'yes' }
  if (state.plan && isNo(said)) return { kind: 'no' }
  if (isStop(said)) return { kind: 'stop' }
  if (isStatusQuestion(said)) return { kind: 'status' }
  const wanted = findWanted(said)
  if (wanted.length) return { kind: 'named', wanted }
  const first = readFirst(said)
  if (first === 0) return { kind: 'help' }
  if (
    state.file &&
    (first !== null || /\b(?:file|all|every|enrich|rows|datei|alle|fichier|tous|archivo|todos)\b/i.test(said))
  )
    return { kind: 'file', first }
  if (!llm.has_model) return state.file && !state.plan && isYes(said) ? { kind: 'file', first: null } : { kind: 'help' }
  try {
    const spoken = messages
      .filter(({ role }) => role !== 'system')
      .map(({ role, content }) => ({ role: role as 'user' | 'assistant', content }))
    const turn = await llm.talk(
      {
        instructions: INSTRUCTIONS,
        fields: state.file ? FIELDS : FIELDS.slice(0, 1),
        collected: {},
        messages: [...spoken.slice(-SHOWN_MESSAGES), { role: 'user', content: said }],
      },
      { workspace_id: chat.workspace_id, purpose: 'enrichment_chat', reference: chat.chat_id },
    )
    const everything = [...spoken.filter(({ role }) => role === 'user').map(({ content }) => content), said]
    const named =
      turn.learned.leads && isSaid(turn.learned.leads, everything) ? findWanted(spokenText(turn.learned.leads)) : []
    if (named.length) return { kind: 'named', wanted: named }
    const file = turn.learned.file ?? ''
    const asked = readFirst(file)
    if (state.file && asked !== 0 && (isYes(file) || asked !== null)) return { kind: 'file', first: asked }
    const reply = spokenText(turn.reply)
    return reply === '' || hasNewAddress(reply, [...everything, GREETING])
      ? { kind: 'help' }
      : { kind: 'said', reply, suggestions: turn.suggestions, model: turn.use.model }
  } catch (error) {
    throw asProblem(error)
  }
}

const RULES = 'bavlio-rule-writer/1'

type Told = Turn<EnrichmentState, TurnExtra>

const tell = (
  state: EnrichmentState,
  content: string,
  suggestions: string[],
  more: { job_id?: string; model?: string } = {},
): Told => ({
  state,
  reply: { role: 'assistant', content, metadata: { suggestions, model: more.model ?? RULES } },
  extra: { job_id: more.job_id ?? null },
})

/** Carries out what was understood, in the transaction that stores the turn. */
export const carryOut = async (
  tx: Tx,
  deps: Deps,
  llm: LlmPort,
  chat: Chat<EnrichmentState>,
  intent: Intent,
  now: Date,
): Promise<Told> => {
  const who = { workspace_id: chat.workspace_id, user_id: chat.user_id }
  const { state } = chat
  const running = await runningJob(tx, who.workspace_id, state)
  switch (intent.kind) {
    case 'yes':
      return state.plan ? start(tx, deps, llm, who, state, state.plan, now) : tell(state, GREETING, FIRST_SUGGESTIONS)
    case 'no':
      return tell(withdrawn(state), 'All right, nothing was started and nothing was charged.', FIRST_SUGGESTIONS)
    case 'stop':
      return stop(tx, deps, who, state, running, now)
    case 'status':
      return tell(state, await describeWork(tx, who.workspace_id, state), running ? ['status', 'stop'] : [])
    case 'named': {
      const session_id = await sessionForNamed(tx, who, state, now)
      const session = await findSession(tx, who.workspace_id, session_id, true)
      if (!session) throw problem('CONFLICT')
      if (session.status === 'processing')
        return tell(state, 'The leads that you named before are still being worked on; name more when that is over.', [
          'status',
          'stop',
        ])
      const { row_ids } = await chooseRows(tx, who, session, intent.wanted, now)
      const earlier = await countWaitingBeside(tx, session_id, row_ids)
      const what = `${countKinds(intent.wanted)}${earlier ? ` and ${earlier} that ${earlier === 1 ? 'was' : 'were'} named before` : ''}`
      return offer(tx, deps, who, { ...state, named_session_id: session_id }, session_id, null, now, what)
    }
    case 'file':
      return offerFile(tx, deps, who, state, intent.first, now)
    case 'said': {
      const nothing = running || state.plan ? '' : ' Nothing was started and nothing was charged.'
      return tell(state, intent.reply + nothing, intent.suggestions, { model: intent.model })
    }
    default:
      return tell(
        state,
        state.plan
          ? `Say “yes” to start or “no” to leave it. ${GREETING}`
          : state.file
            ? `Say “enrich the file”, or “the first 50 rows” of it. ${GREETING}`
            : GREETING,
        state.plan ? ['yes', 'no'] : state.file ? ['enrich the file', 'the first 50 rows'] : FIRST_SUGGESTIONS,
      )
  }
}

const runningJob = async (tx: Tx, workspaceId: string, state: EnrichmentState): Promise<EnrichmentRun | null> => {
  const run = state.job_id ? await findRunOf(tx, workspaceId, state.job_id) : null
  return run && (run.status === 'queued' || run.status === 'running') ? run : null
}

/** Whoever was offered and declined is not worked on with those who are named next. */
const withdrawn = (state: EnrichmentState): EnrichmentState => ({
  ...state,
  plan: null,
  named_session_id: state.plan?.session_id === state.named_session_id ? null : state.named_session_id,
})

/** Leads named in the conversation share a session until they have been worked on. */
const sessionForNamed = async (tx: Tx, who: Who, state: EnrichmentState, now: Date): Promise<string> => {
  const known = state.named_session_id ? await findSessionState(tx, who.workspace_id, state.named_session_id) : null
  return known && known.status !== 'completed' ? known.session_id : createSession(tx, who, now)
}

const offerFile = async (
  tx: Tx,
  deps: Deps,
  who: Who,
  state: EnrichmentState,
  first: number | null,
  now: Date,
): Promise<Told> => {
  const sessionId = state.file?.processing_session_id
  const session = sessionId ? await findSessionState(tx, who.workspace_id, sessionId) : null
  if (!session)
    return tell(
      state,
      'I do not have the rows of that file: upload it to a processing session and tell me which one.',
      [],
    )
  if (session.status === 'processing')
    return tell(state, 'The file is still being read or worked on. Ask again when that is over.', ['status'])
  return offer(tx, deps, who, state, session.session_id, first, now, state.file?.filename ?? 'the file')
}

/** Says what the work would cost and asks for a yes; nothing starts. */
const offer = async (
  tx: Tx,
  deps: Deps,
  who: Who,
  state: EnrichmentState,
  sessionId: string,
  first: number | null,
  now: Date,
  what: string,
): Promise<Told> => {
  const session = await findSessionState(tx, who.workspace_id, sessionId)
  const waiting = session?.waiting ?? 0
  if (waiting === 0)
    return tell(
      { ...state, plan: null },
      'There is nobody left to enrich there: every lead was worked on.',
      FIRST_SUGGESTIONS,
    )
  const plan = planFor(deps, sessionId, waiting, first)
  const { unlimited, available_credits } = await readBalance(tx, who.workspace_id, now)
  const price = deps.enrichment.credits_per_lead
  const cost =
    price === 0
      ? 'It costs no credits.'
      : `It costs at most ${plan.credits} credits, ${price} for each lead that is worked on with success; ${unlimited ? 'your plan does not count them' : `you have ${available_credits}`}.`
  const isTooMuch = !unlimited && plan.credits > available_credits
  const affordable = price === 0 ? 0 : Math.floor(available_credits / price)
  const question = isTooMuch
    ? `That is more than there are.${affordable ? ` “The first ${affordable} rows” would do.` : ''}`
    : 'Shall I start?'
  return tell(
    { ...state, plan },
    `${plan.leads} ${plan.leads === 1 ? 'lead' : 'leads'} (${what}) can be enriched with ${deps.enrichment.name}. ${cost} It takes about ${estimatedMinutes(plan.leads)} ${estimatedMinutes(plan.leads) === 1 ? 'minute' : 'minutes'}. ${question}`,
    isTooMuch ? ['no', ...(affordable ? [`the first ${affordable} rows`] : [])] : ['yes', 'no'],
  )
}

/** Rows that are chosen one by one; who wants more wants the whole file. */
const MOST_CHOSEN = 100_000

const planFor = (deps: Pick<Deps, 'enrichment'>, session_id: string, waiting: number, asked: number | null): Plan => {
  const first = asked !== null && asked < waiting ? Math.min(asked, MOST_CHOSEN) : null
  const leads = first ?? waiting
  return { session_id, leads, first, credits: leads * deps.enrichment.credits_per_lead }
}

const start = async (
  tx: Tx,
  deps: Deps,
  llm: LlmPort,
  who: Who,
  state: EnrichmentState,
  plan: Plan,
  now: Date,
): Promise<Told> => {
  const session = await findSessionState(tx, who.workspace_id, plan.session_id)
  if (!session)
    return tell(
      { ...state, plan: null },
      'Those leads are gone: their session was deleted. Nothing was started.',
      FIRST_SUGGESTIONS,
    )
  const present = planFor(deps, plan.session_id, session.waiting, plan.first)
  // A yes is good for what was said: more rows or another price since then are asked about again.
  if (present.leads !== plan.leads || present.credits > plan.credits)
    return offer(tx, deps, who, state, plan.session_id, plan.first, now, 'they have changed since')
  const { job_id, leads_count, credits_required } = await startProcessing(
    { ...deps, db: tx, llm: async () => llm },
    who,
    plan.session_id,
    {
      priority: 'normal',
      ...(plan.first !== null ? { row_ids: await listWaitingRows(tx, plan.session_id, plan.first) } : {}),
    },
    now,
  )
  return tell(
    { ...state, plan: null, job_id, job_session_id: plan.session_id },
    `Started: ${leads_count} ${leads_count === 1 ? 'lead is' : 'leads are'} being worked on${credits_required ? `, and ${credits_required} credits are held for it` : ''}. Ask “status” at any time, or say “stop”.`,
    ['status', 'stop'],
    { job_id },
  )
}

const stop = async (
  tx: Tx,
  deps: Deps,
  who: Who,
  state: EnrichmentState,
  running: EnrichmentRun | null,
  now: Date,
): Promise<Told> => {
  if (!running) return tell(withdrawn(state), 'Nothing is running, so there is nothing to stop.', FIRST_SUGGESTIONS)
  const session = await findSession(tx, who.workspace_id, running.session_id, true)
  if (session?.status === 'processing') await cancelProcessing(tx, session, now, deps.clock.now())
  const { processed_count: done, credits_per_lead } = (await findRunOf(tx, who.workspace_id, running.job_id)) ?? running
  return tell(
    { ...state, plan: null },
    `Stopped. ${done} ${done === 1 ? 'lead stays' : 'leads stay'} done${done * credits_per_lead ? ` and ${done * credits_per_lead} credits were spent on them` : ''}; the others wait.`,
    [],
  )
}

const describeWork = async (tx: Tx, workspaceId: string, state: EnrichmentState): Promise<string> => {
  const run = state.job_id ? await findRunOf(tx, workspaceId, state.job_id) : null
  if (!run) return state.plan ? 'Nothing runs yet: say “yes” to start what I offered.' : 'Nothing was started yet.'
  const { processed_count, failed_count, leads_count, cells_filled } = run
  const counts = `${processed_count} of ${leads_count} leads are done, ${failed_count} could not be worked on, and ${cells_filled} cells were filled`
  const spent = creditsOf(run) ? `; ${creditsOf(run)} credits are spent` : ''
  const word = {
    queued: 'Waiting for a worker',
    running: 'Under way',
    completed: 'Finished',
    failed: 'It broke off',
    cancelled: 'Stopped',
  }[run.status]
  return `${word}: ${counts}${spent}.`
}
