import { listAliases } from '@bavlio/sdk/operations'
import type { BavimailAlias } from '@bavlio/sdk/types'
import { useRead } from '../../../api/query.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import type { Draft } from './draft.ts'
import type { DraftProblem, Lock } from './draft-problems.ts'
import { MendLink } from './mends.tsx'
import { Section } from './section.tsx'

/** From which addresses it sends. A lead keeps its address for the whole sequence, so a running campaign only gains some. */
export const SendersSection = ({
  draft,
  stored,
  change,
  lock,
  problems,
  number,
}: {
  draft: Draft
  /** The addresses that leads may be in conversation with already. */
  stored: string[]
  change: (patch: Partial<Draft>) => void
  lock: Lock
  problems: DraftProblem[]
  number: number
}) => {
  const read = useRead(listAliases, {})
  const chosen = new Set(draft.alias_ids)
  const usable = (read.data ?? []).filter((alias) => alias.domain_status === 'verified')
  const capacity = (read.data ?? []).reduce(
    (sum, alias) => sum + (chosen.has(alias.id) ? (alias.daily_limit ?? 0) : 0),
    0,
  )
  return (
    <Section
      id="senders"
      number={number}
      title="Senders"
      note={
        chosen.size
          ? `${chosen.size.toLocaleString()} ${chosen.size === 1 ? 'address' : 'addresses'}, together at most ${capacity.toLocaleString()} messages a day`
          : 'Leads are spread evenly over the addresses; each keeps the same one.'
      }
      is_complete={chosen.size > 0}
      problems={problems}
      actions={
        usable.length > 1 && !lock.senders ? (
          <Button
            size="sm"
            look="quiet"
            onClick={() =>
              change({ alias_ids: [...new Set([...draft.alias_ids, ...usable.map((alias) => alias.id)])] })
            }
          >
            Choose all verified
          </Button>
        ) : undefined
      }
    >
      <Loaded read={read}>
        {(aliases) =>
          aliases.length ? (
            <ul className="grid gap-2 sm:grid-cols-2">
              {aliases.map((alias) => {
                const is_kept = !lock.is_open && stored.includes(alias.id)
                return (
                  <AliasChoice
                    key={alias.id}
                    alias={alias}
                    is_chosen={chosen.has(alias.id)}
                    is_locked={lock.senders || is_kept}
                    note={is_kept ? 'Leads are in conversation with it, so it stays.' : undefined}
                    onToggle={() =>
                      change({
                        alias_ids: chosen.has(alias.id)
                          ? draft.alias_ids.filter((id) => id !== alias.id)
                          : [...draft.alias_ids, alias.id],
                      })
                    }
                  />
                )
              })}
            </ul>
          ) : (
            <Empty title="There is no address to send from yet" action={<MendLink to="senders" />}>
              Add a domain and an alias on it, or connect a mailbox.
            </Empty>
          )
        }
      </Loaded>
    </Section>
  )
}

const AliasChoice = ({
  alias,
  is_chosen,
  is_locked,
  note,
  onToggle,
}: {
  alias: BavimailAlias
  is_chosen: boolean
  is_locked: boolean
  note: string | undefined
  onToggle: () => void
}) => (
  <li>
    <label
      title={note}
      className={`flex h-full items-start gap-3 rounded-lg border px-3 py-2.5 ${is_chosen ? 'border-accent bg-accent-soft/50' : 'border-line'} ${is_locked ? '' : 'cursor-pointer hover:border-line-strong'}`}
    >
      <input
        type="checkbox"
        className="mt-0.5 size-4 accent-(--accent)"
        checked={is_chosen}
        disabled={is_locked}
        onChange={onToggle}
      />
      <span className="min-w-0 flex-1">
        <span className="block truncate text-sm font-medium">{alias.full_email}</span>
        <span className="block text-xs text-ink-faint">
          {alias.display_name ? `${alias.display_name}, ` : ''}
          {(alias.daily_limit ?? 0).toLocaleString()} a day
          {alias.ramp_start ? `, ramping up from ${alias.ramp_start}` : ''}
        </span>
      </span>
      {alias.domain_status === 'verified' ? null : (
        <Badge tone="warn">{alias.domain_status === 'failed' ? 'Domain failed' : 'Not verified'}</Badge>
      )}
    </label>
  </li>
)
