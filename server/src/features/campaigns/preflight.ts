import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Deps } from '../../deps.ts'
import { forecastFinish } from '../../forecast.ts'
import type { Workspace } from '../../http/access.ts'
import { composeText, hasOptOut } from '../../message-text.ts'
import { TemplateError, templateProblems } from '../../template-engine.ts'
import { nextOpening, toDate } from '../../time-window.ts'
import { readBalance } from '../credits/ledger.ts'
import { readRowsAfter } from '../datasets/dataset-rows.ts'
import { findSuppressed } from '../suppression/suppress.ts'
import { type DatasetRow, leadFromRow } from './lead-from-row.ts'
import { leadVariables } from './lead-variables.ts'
import type { CampaignRow } from './queries.ts'
import type { LaunchSummary, LaunchWarning } from './schema.ts'
import { loadSendingContext, type SendingContext } from './sending-context.ts'

export const BATCH_ROWS = 2_000
/** Single rows are named up to this many for each kind of warning; the count covers all. */
export const NAMED_ROWS = 100
/** Texts are rendered for as many rows when nobody waits in the background; addresses are checked for all. */
const RENDERED_ROWS = 20_000

export type CheckContext = { campaign: CampaignRow; sending: SendingContext; aliases: AliasRow[] }

export type AliasRow = {
  id: string
  full_email: string
  domain: string
  domain_id: string
  domain_status: string
  is_active: boolean
  /** Null for an alias of a sending domain. */
  mailbox_status: string | null
  mailbox_id: string | null
  daily_limit: number
  ramp_start: number | null
  ramp_step: number | null
  ramp_started_on: string | null
}

const warning = (code: LaunchWarning['code'], message: string, more: Partial<LaunchWarning> = {}): LaunchWarning => ({
  code,
  message,
  severity: 'warning',
  row_index: null,
  step_index: null,
  affected_rows: 0,
  details: null,
  ...more,
})

export const loadCheckContext = async (db: Db, campaign: CampaignRow): Promise<CheckContext> => {
  const sending = (await loadSendingContext(db, campaign.campaign_id)) as SendingContext
  const aliases = await sql<AliasRow>`
    select a.id, a.full_email, d.domain, d.id as domain_id, d.status as domain_status, d.is_active, m.status as mailbox_status, m.id as mailbox_id, a.daily_limit, a.ramp_start, a.ramp_step, a.ramp_started_on
    from aliases a join sending_domains d on d.id = a.domain_id left join mailboxes m on m.id = a.mailbox_id
    where a.workspace_id = ${sending.workspace_id} and a.deleted_at is null and a.id = any(${campaign.alias_ids ?? []}::uuid[])`.execute(
    db,
  )
  return { campaign, sending, aliases: aliases.rows }
}

/** What is wrong with the campaign itself, whoever its leads are. */
export const campaignWarnings = ({ campaign, sending, aliases }: CheckContext, now: Date): LaunchWarning[] => {
  const found: LaunchWarning[] = []
  if (!aliases.length)
    found.push(warning('alias_unverified', 'The campaign has no sending alias.', { severity: 'blocking' }))
  for (const alias of aliases)
    if (alias.mailbox_status !== null && alias.mailbox_status !== 'active')
      found.push(
        warning(
          'alias_unverified',
          `${alias.full_email} cannot send: the mailbox ${alias.mailbox_status === 'paused' ? 'is paused' : alias.mailbox_status === 'needs_attention' ? 'has to be reconnected' : 'is not connected'}.`,
          { severity: 'blocking', details: { alias_id: alias.id, mailbox_id: alias.mailbox_id } },
        ),
      )
    else if (alias.domain_status !== 'verified' || !alias.is_active)
      found.push(
        warning(
          'alias_unverified',
          `${alias.full_email} cannot send: its domain ${alias.domain} is ${alias.is_active ? alias.domain_status : 'switched off'}.`,
          {
            severity: 'blocking',
            details: { alias_id: alias.id, domain_id: alias.domain_id },
          },
        ),
      )
  for (const step of sending.steps)
    for (const variant of step.variants) {
      if (variant.weight === 0) continue
      if (variant.type === 'PERSONALIZATION') {
        if (!sending.senders.has(variant.sender_profile_id ?? ''))
          found.push(
            warning(
              'other',
              `The sender profile of variant ${variant.label} in step ${step.step} is not there any more.`,
              {
                severity: 'blocking',
                step_index: step.step,
              },
            ),
          )
        continue
      }
      const template = variant.template_id ? sending.templates.get(variant.template_id) : undefined
      if (!template) {
        found.push(
          warning('other', `Variant ${variant.label} of step ${step.step} has no template any more.`, {
            severity: 'blocking',
            step_index: step.step,
          }),
        )
        continue
      }
      const problems = [template.subject, template.body, template.body_text ?? ''].flatMap((part) =>
        templateProblems(part),
      )
      for (const problem of problems)
        found.push(
          warning(
            'other',
            `The template of variant ${variant.label} in step ${step.step} is broken: ${problem.message} (line ${problem.line}, column ${problem.column}).`,
            {
              severity: 'blocking',
              step_index: step.step,
            },
          ),
        )
      // What a broken template shows cannot be said.
      if (!problems.length && !hasOptOut(template))
        found.push(
          warning(
            'missing_opt_out',
            `The text of variant ${variant.label} in step ${step.step} shows no {{ unsubscribe_url }}; an unsubscribe link is added below it.`,
            {
              severity: 'info',
              step_index: step.step,
            },
          ),
        )
      if (step.step === 1 && template.subject.trim() === '')
        found.push(
          warning('other', `Variant ${variant.label} of the first step has no subject.`, {
            severity: 'blocking',
            step_index: 1,
          }),
        )
    }
  if (!sending.postal_address?.trim())
    found.push(
      warning(
        'missing_postal_address',
        'The workspace has no postal address, which commercial mail must carry (CAN-SPAM and alike). Set it in the workspace’s settings.',
        {
          severity: sending.mode === 'live' ? 'blocking' : 'warning',
        },
      ),
    )
  const from =
    campaign.start_date && campaign.launch_type === 'scheduled' && campaign.start_date > now ? campaign.start_date : now
  if (!nextOpening(sending.window, from))
    found.push(
      warning('window_never_opens', 'The sending window never opens: look at its days, times and holidays.', {
        severity: 'blocking',
      }),
    )
  return found
}

export type RowFinding = {
  code: LaunchWarning['code']
  message: string
  row_index: number
  step_index: number | null
  details: Record<string, unknown> | null
  usable: boolean
}

export type CheckedRow = {
  row: DatasetRow
  draft: Extract<ReturnType<typeof leadFromRow>, { lead: unknown }>['lead'] | null
}

/** Addresses of these that are being written to by another campaign of the workspace. */
const findActiveElsewhere = async (
  db: Db,
  workspaceId: string,
  campaignId: string,
  emails: string[],
): Promise<Set<string>> => {
  const found = await sql<{ email: string }>`
    select distinct l.email from campaign_leads l join campaigns c on c.campaign_id = l.campaign_id
    where l.workspace_id = ${workspaceId} and l.email = any(${emails}::text[]) and l.campaign_id <> ${campaignId}
      and l.status in ('pending', 'active', 'postponed', 'unknown')
      and c.status in ('launching', 'scheduled', 'active', 'draining', 'paused')`.execute(db)
  return new Set(found.rows.map((row) => row.email))
}

/**
 * Checks one batch of rows: who becomes a lead, who does not and why, and what their texts would lack. `seen` holds the
 * addresses of earlier rows. Reads only.
 */
export const checkRows = async (
  deps: Pick<Deps, 'db' | 'secrets'>,
  context: CheckContext,
  rows: DatasetRow[],
  seen: Set<string>,
  options: { render: boolean },
): Promise<{ checked: CheckedRow[]; findings: RowFinding[] }> => {
  const { campaign, sending } = context
  const findings: RowFinding[] = []
  const checked: CheckedRow[] = []
  const refuse = (
    row: DatasetRow,
    code: LaunchWarning['code'],
    message: string,
    details: Record<string, unknown> | null = null,
  ): void => {
    findings.push({ code, message, row_index: row.row_index, step_index: null, details, usable: false })
    checked.push({ row, draft: null })
  }
  const shape = {
    steps: sending.steps,
    alias_ids: campaign.alias_ids ?? [],
    column_mapping: sending.column_mapping,
    use_lead_timezone: campaign.use_lead_timezone,
  }
  const made = rows.map((row) => ({ row, result: leadFromRow(row, shape) }))
  const emails = made.flatMap(({ result }) => ('lead' in result ? [result.lead.email] : []))
  const suppressed = await findSuppressed(deps.db, sending.workspace_id, emails, deps.secrets)
  const elsewhere = campaign.allow_overlap
    ? new Set<string>()
    : await findActiveElsewhere(deps.db, sending.workspace_id, campaign.campaign_id, emails)
  for (const { row, result } of made) {
    if ('problem' in result) {
      refuse(row, result.problem.code, result.problem.message)
      continue
    }
    const { lead } = result
    const known = suppressed.get(lead.email)
    if (known)
      refuse(row, 'suppressed', `${lead.email} is on the suppression list (${known.reason}).`, {
        entry_id: known.entry_id,
        reason: known.reason,
      })
    else if (seen.has(lead.email)) refuse(row, 'duplicate_lead', `${lead.email} stands in an earlier row already.`)
    else if (elsewhere.has(lead.email))
      refuse(row, 'address_active_elsewhere', `${lead.email} is being written to by another campaign.`)
    else {
      seen.add(lead.email)
      checked.push({ row, draft: lead })
      if (options.render) findings.push(...textFindings(sending, row, lead))
    }
  }
  return { checked, findings }
}

/** Renders every step that the lead would get and reports placeholders without a value: never a silent blank. */
const textFindings = (
  sending: SendingContext,
  row: DatasetRow,
  lead: { variant_assignments: Record<string, string> },
): RowFinding[] => {
  const variables = leadVariables(sending.variable_names, row.data)
  const findings: RowFinding[] = []
  for (const step of sending.steps) {
    const variant = step.variants.find(({ label }) => label === lead.variant_assignments[String(step.step)])
    const template = variant?.template_id ? sending.templates.get(variant.template_id) : undefined
    if (!template) continue
    try {
      const { missing } = composeText({
        template,
        variables,
        seed: `${row.id}:${step.step}`,
        footer: { opt_out_url: 'https://unsubscribe.invalid/' },
      })
      if (missing.length)
        findings.push({
          code: 'missing_variable',
          message: `No value for ${missing.map((name) => `{{ ${name} }}`).join(', ')} in step ${step.step}.`,
          row_index: row.row_index,
          step_index: step.step,
          details: { variables: missing },
          usable: true,
        })
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      findings.push({
        code: 'other',
        message: `Step ${step.step} cannot be rendered: ${error.message}`,
        row_index: row.row_index,
        step_index: step.step,
        details: null,
        usable: true,
      })
    }
  }
  return findings
}

const SUMMARY_TEXT: Partial<Record<LaunchWarning['code'], (n: number) => string>> = {
  missing_email: (n) => `${n} rows have no e-mail address and are skipped.`,
  invalid_email: (n) => `${n} rows have an address that cannot be written to and are skipped.`,
  duplicate_lead: (n) => `${n} rows repeat an address of an earlier row and are skipped.`,
  suppressed: (n) => `${n} rows are on the suppression list and are skipped.`,
  address_active_elsewhere: (n) => `${n} rows are being written to by another campaign and are skipped.`,
  missing_variable: (n) => `${n} messages would have a blank where a placeholder has no value.`,
  other: (n) => `${n} messages cannot be rendered.`,
}

/** Collects findings: one summary warning for each kind with its count, and the first rows by name. */
export const createWarningList = () => {
  const counts = new Map<LaunchWarning['code'], number>()
  const named: LaunchWarning[] = []
  return {
    add: (finding: RowFinding): void => {
      const count = (counts.get(finding.code) ?? 0) + 1
      counts.set(finding.code, count)
      if (count <= NAMED_ROWS)
        named.push(
          warning(finding.code, finding.message, {
            row_index: finding.row_index,
            step_index: finding.step_index,
            affected_rows: 1,
            details: finding.details,
          }),
        )
    },
    warnings: (): LaunchWarning[] => [
      ...[...counts].map(([code, n]) => warning(code, SUMMARY_TEXT[code]?.(n) ?? `${n} rows.`, { affected_rows: n })),
      ...named,
    ],
  }
}

export type Preflight = {
  can_launch: boolean
  summary: LaunchSummary
  warnings: LaunchWarning[]
  forecast: ReturnType<typeof forecastOf> | null
  /** For all texts that are to be written, over all steps. */
  estimated_credits: number
}

/** What the review of a campaign's texts has left to do: how many of the first step, and of all steps, nobody has approved. */
type Unreviewed = { first_step: number; all: number }

const countApproved = async (db: Db, campaignId: string, rowIds: string[]): Promise<Map<string, Set<string>>> => {
  const found = await sql<{ dataset_row_id: string; steps: string[] }>`
    select dataset_row_id, array(select jsonb_object_keys(approvals)) as steps from campaign_leads
    where campaign_id = ${campaignId} and approvals <> '{}' and dataset_row_id = any(${rowIds}::uuid[])`.execute(db)
  return new Map(found.rows.map((row) => [row.dataset_row_id, new Set(row.steps)]))
}

/** Texts of a batch of rows that are to be written and that nobody has approved. Asks nothing where no step is written. */
const countUnreviewed = async (
  db: Db,
  { campaign, sending }: CheckContext,
  checked: CheckedRow[],
): Promise<Unreviewed> => {
  const counted = { first_step: 0, all: 0 }
  if (!sending.senders.size) return counted
  const drafts = checked.flatMap(({ draft }) => (draft ? [draft] : []))
  const approved = await countApproved(
    db,
    campaign.campaign_id,
    drafts.map(({ dataset_row_id }) => dataset_row_id),
  )
  for (const draft of drafts)
    for (const { step, variants } of sending.steps) {
      const variant = variants.find(({ label }) => label === draft.variant_assignments[String(step)])
      if (variant?.type !== 'PERSONALIZATION' || approved.get(draft.dataset_row_id)?.has(String(step))) continue
      counted.all++
      if (step === 1) counted.first_step++
    }
  return counted
}

const WHAT_POLICY_DOES = {
  launch_default: 'they are written when their turn comes.',
  hold: 'the launch is held: the campaign is paused until they are reviewed.',
  cancel: 'the launch is cancelled: the campaign goes back to draft.',
} as const

const reviewWarnings = (
  { campaign }: CheckContext,
  unreviewed: Unreviewed,
  credits: { needed: number; first_step: number; available: number | null },
): LaunchWarning[] => {
  const found: LaunchWarning[] = []
  const policy = campaign.unreviewed_launch_policy
  if (unreviewed.first_step)
    found.push(
      warning(
        'unreviewed_drafts',
        `${unreviewed.first_step} texts of the first step are not approved; ${WHAT_POLICY_DOES[policy]}`,
        {
          severity: policy === 'launch_default' ? 'info' : 'warning',
          step_index: 1,
          affected_rows: unreviewed.first_step,
          details: { unreviewed_launch_policy: policy },
        },
      ),
    )
  if (credits.available !== null && credits.needed > credits.available)
    found.push(
      warning(
        'insufficient_credits',
        `Writing all texts would take ${credits.needed} credits; ${credits.available} are available.`,
        {
          severity: policy === 'launch_default' && credits.first_step > credits.available ? 'blocking' : 'warning',
          details: { needed: credits.needed, first_step: credits.first_step, available: credits.available },
        },
      ),
    )
  return found
}

/**
 * What a launch would do and what stands in its way, without changing anything. Every address is checked; texts are
 * rendered for the first rows of a very large dataset, and a warning says so.
 */
export const preflight = async (
  deps: Pick<Deps, 'db' | 'secrets' | 'address' | 'llm'>,
  workspace: Workspace,
  campaign: CampaignRow,
  now: Date,
): Promise<Preflight> => {
  const context = await loadCheckContext(deps.db, campaign)
  const blocking = campaignWarnings(context, now)
  if (workspace.mode === 'live' && !deps.address.base_url.startsWith('https://'))
    blocking.push(
      warning(
        'other',
        'BASE_URL is not https: mailbox providers ignore one-click unsubscribe links without TLS (RFC 8058).',
      ),
    )
  const list = createWarningList()
  const seen = new Set<string>()
  let total = 0
  let launchable = 0
  const unreviewed = { first_step: 0, all: 0 }
  for (let after = -1; ; ) {
    const rows = await readRowsAfter(deps.db, campaign.dataset_id, after, BATCH_ROWS)
    if (!rows.length) break
    after = rows.at(-1)?.row_index ?? after
    const { checked, findings } = await checkRows(deps, context, rows, seen, { render: total < RENDERED_ROWS })
    total += rows.length
    launchable += checked.filter(({ draft }) => draft).length
    const texts = await countUnreviewed(deps.db, context, checked)
    unreviewed.first_step += texts.first_step
    unreviewed.all += texts.all
    for (const finding of findings) list.add(finding)
  }
  const cost = unreviewed.all ? (await deps.llm(workspace.workspace_id)).credits_per_draft : 0
  const balance = cost ? await readBalance(deps.db, workspace.workspace_id, now) : null
  const estimated_credits = unreviewed.all * cost
  const warnings = [
    ...blocking,
    ...reviewWarnings(context, unreviewed, {
      needed: estimated_credits,
      first_step: unreviewed.first_step * cost,
      available: balance && !balance.unlimited ? balance.available_credits : null,
    }),
    ...list.warnings(),
  ]
  if (total > RENDERED_ROWS)
    warnings.push(
      warning(
        'other',
        `Texts were rendered for the first ${RENDERED_ROWS} of ${total} rows; the launch checks them all.`,
        { severity: 'info' },
      ),
    )
  if (!launchable)
    warnings.unshift(
      warning('no_leads', total ? 'No row of the dataset can become a lead.' : 'The dataset has no rows.', {
        severity: 'blocking',
      }),
    )
  return {
    can_launch: !warnings.some(({ severity }) => severity === 'blocking'),
    summary: { total_rows: total, launchable_rows: launchable, warning_count: warnings.length },
    warnings,
    forecast: launchable ? forecastOf(context, launchable, now) : null,
    estimated_credits,
  }
}

export const forecastOf = ({ campaign, sending, aliases }: CheckContext, leads: number, now: Date) => {
  const from =
    campaign.start_date && campaign.launch_type === 'scheduled' && campaign.start_date > now ? campaign.start_date : now
  const result = forecastFinish({
    leads,
    steps: sending.steps.map(({ delay_days }) => ({ delay_days })),
    daily_limit: campaign.daily_limit,
    aliases: aliases.map((alias) => ({
      daily_limit: alias.daily_limit,
      ramp_start: alias.ramp_start,
      ramp_step: alias.ramp_step,
      started_on: alias.ramp_started_on,
    })),
    min_interval_seconds: campaign.min_interval_seconds,
    window: sending.window,
    now: from,
  })
  const first = nextOpening(sending.window, from)
  return {
    first_send_at: first ? toDate(first) : null,
    last_send_at: result.last_send_at ? toDate(result.last_send_at) : null,
    messages: leads * sending.steps.length,
    days: result.days,
  }
}
