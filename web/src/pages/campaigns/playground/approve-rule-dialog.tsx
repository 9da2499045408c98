import { approvePlaygroundDrafts, unapproveLeadEmail } from '@bavlio/sdk/operations'
import type { ApproveByRuleResult } from '@bavlio/sdk/types'
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../../api/call.ts'
import { keyOf } from '../../../api/query.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { CheckField } from '../../../ui/field.tsx'
import { ErrorPanel, LoadingRows } from '../../../ui/states.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { leadName } from '../lead-name.ts'
import { refreshApprovals } from './use-approval.ts'
import type { Entry } from './use-drafts.ts'

type Rule = { min_score: number; all_checks: boolean; checks: string[] }

/** One call for each batch that the drafts shown come from, since a rule looks at one batch. */
const run = async (
  campaign_id: string,
  entries: Entry[],
  rule: Rule,
  dry_run: boolean,
): Promise<Pick<ApproveByRuleResult, 'approved_lead_ids' | 'exceptions'>> => {
  const waiting = entries.filter(({ draft }) => draft && !draft.is_approved)
  const results = await Promise.all(
    [...new Set(waiting.map(({ batch_id }) => batch_id))].map((batch_id) =>
      approvePlaygroundDrafts(call, {
        campaign_id,
        body: {
          batch_id,
          min_score: rule.min_score,
          ...(rule.all_checks ? {} : { checks: rule.checks }),
          campaign_lead_ids: waiting.filter((entry) => entry.batch_id === batch_id).map(({ id }) => id),
          dry_run,
        },
      }),
    ),
  )
  return {
    approved_lead_ids: results.flatMap(({ approved_lead_ids }) => approved_lead_ids),
    exceptions: results.flatMap(({ exceptions }) => exceptions),
  }
}

/** Approves what passes a rule. Before it does, it shows whom that takes and, for each other, why not. */
export const ApproveRuleDialog = ({
  campaign_id,
  step,
  entries,
  onClose,
  onShow,
}: {
  campaign_id: string
  step: number
  entries: Entry[]
  onClose: () => void
  onShow: (lead_id: string) => void
}) => {
  const names = [...new Set(entries.flatMap(({ draft }) => draft?.quality?.checks.map(({ name }) => name) ?? []))]
  const [rule, setRule] = useState<Rule>({ min_score: 0.8, all_checks: true, checks: names })
  const tried = useQuery({
    queryKey: [...keyOf(approvePlaygroundDrafts), campaign_id, step, rule],
    queryFn: () => run(campaign_id, entries, rule, true),
    placeholderData: keepPreviousData,
    staleTime: 0,
    retry: false,
  })
  const approve = useMutation({
    mutationFn: () => run(campaign_id, entries, rule, false),
    onSuccess: async ({ approved_lead_ids }) => {
      await refreshApprovals(true)
      onClose()
      showDone(`${approved_lead_ids.length} approved`, () => void takeBack(approved_lead_ids))
    },
  })
  const takeBack = async (ids: string[]): Promise<void> => {
    for (const campaign_lead_id of ids)
      await unapproveLeadEmail(call, { campaign_id, campaign_lead_id, body: { step_index: step } })
    await refreshApprovals(true)
  }
  const nameOf = (id: string): string => {
    const lead = entries.find((entry) => entry.id === id)?.lead
    return lead ? leadName(lead) : 'A lead'
  }
  const passing = tried.data?.approved_lead_ids.length ?? 0
  return (
    <Dialog
      is_open
      onClose={onClose}
      title="Approve by rule"
      description="What passes is frozen as it stands, edits included, and goes out word for word."
      className="w-[min(44rem,calc(100vw-2rem))]"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            disabled={!passing || tried.isFetching}
            is_busy={approve.isPending}
            onClick={() => approve.mutate()}
          >
            Approve {passing}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        <label className="flex flex-col gap-1.5 text-sm font-medium">
          <span className="flex justify-between">
            Quality of at least <span className="tabular-nums">{Math.round(rule.min_score * 100)}%</span>
          </span>
          <input
            type="range"
            min={0}
            max={100}
            step={5}
            value={rule.min_score * 100}
            onChange={(event) => setRule({ ...rule, min_score: event.target.valueAsNumber / 100 })}
            className="accent-(--accent)"
          />
        </label>
        <CheckField
          label="Every check has to pass"
          hint="Otherwise only those chosen below, and always those that no text may fail."
          checked={rule.all_checks}
          onChange={(event) => setRule({ ...rule, all_checks: event.target.checked })}
        />
        {rule.all_checks ? null : (
          <fieldset className="grid grid-cols-2 gap-x-4 gap-y-1.5 sm:grid-cols-3">
            <legend className="pb-1.5 text-sm font-medium">Checks that have to pass</legend>
            {names.map((name) => (
              <CheckField
                key={name}
                label={name.replaceAll('_', ' ')}
                checked={rule.checks.includes(name)}
                onChange={(event) =>
                  setRule({
                    ...rule,
                    checks: event.target.checked
                      ? [...rule.checks, name]
                      : rule.checks.filter((other) => other !== name),
                  })
                }
              />
            ))}
          </fieldset>
        )}
        {tried.error ? (
          <ErrorPanel error={tried.error} retry={() => void tried.refetch()} />
        ) : tried.data ? (
          <section aria-label="What the rule does" aria-live="polite" className="flex flex-col gap-2">
            <p className="text-sm">
              <span className="font-semibold text-good">{passing} pass</span>
              {tried.data.exceptions.length ? `, ${tried.data.exceptions.length} do not:` : ', all that wait.'}
            </p>
            {tried.data.exceptions.length ? (
              <ul className="max-h-64 overflow-y-auto rounded-lg border border-line">
                {tried.data.exceptions.map((exception) => (
                  <li key={exception.draft_id} className="border-b border-line px-3 py-2 last:border-0">
                    <button
                      type="button"
                      onClick={() => {
                        onShow(exception.campaign_lead_id)
                        onClose()
                      }}
                      className="text-sm font-medium text-accent-strong hover:underline"
                    >
                      {nameOf(exception.campaign_lead_id)}
                    </button>
                    <ul className="text-xs text-ink-soft">
                      {exception.reasons.map(({ code, message }) => (
                        <li key={`${code} ${message}`}>{message}</li>
                      ))}
                    </ul>
                  </li>
                ))}
              </ul>
            ) : null}
          </section>
        ) : (
          <LoadingRows rows={3} />
        )}
      </div>
    </Dialog>
  )
}
