import { violatedConstraint } from '../../db/connect.ts'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { workspaceNow } from '../../ports/clock.ts'
import type { DnsResolver } from '../../ports/dns/port.ts'
import { lockDispatch } from '../aliases/lock-dispatch.ts'
import { withdrawAliasQueue } from '../campaigns/withdraw-queue.ts'
import { raiseAlert } from '../notifications/raise-alert.ts'
import { publishEvents } from '../webhooks/publish-events.ts'
import { checkDomain } from './check-domain.ts'
import type { DnsRecordStatus } from './check-records.ts'
import { removableAt } from './dns-records.ts'
import { domainAlert } from './domain-alert.ts'
import {
  type DomainChange,
  GRACE_MS,
  judgeDomain,
  judgePair,
  judgeVerification,
  nextCheckAt,
  type Verification,
} from './domain-verdict.ts'
import {
  activateKeys,
  type DomainWithRecords,
  findDomain,
  forgetKeys,
  hasLiveOwner,
  lockDomain,
  suspendKey,
  wakeRivals,
  writeCheck,
} from './queries.ts'

type Verifying = Pick<Deps, 'db' | 'config' | 'address' | 'clock' | 'dns' | 'secrets' | 'http'>

const TAKEN = 'Another workspace of this instance has verified this domain.'

/**
 * Checks a domain's records and writes what follows: its status, what its people and customers are told, keys that take over,
 * and when it is looked at again. The look-ups happen outside any transaction. Where DNS cannot be reached nothing is
 * concluded: a verified domain stays verified and goes on sending.
 */
export const verifyDomain = async (
  deps: Verifying,
  resolver: DnsResolver,
  input: { workspace_id: string; domain_id: string },
): Promise<void> => {
  const domain = await findDomain(deps.db, input.workspace_id, input.domain_id)
  if (!domain) return
  const records = await checkDomain(deps, domain, resolver, deps.clock.now())
  const clock = await deps.db
    .selectFrom('workspaces')
    .select(['clock_offset_ms', 'clock_frozen_at'])
    .where('id', '=', input.workspace_id)
    .executeTakeFirstOrThrow()
  const at = { system: deps.clock.now(), now: workspaceNow(clock, deps.clock.now()) }
  const write = (taken: boolean) => transaction(deps.db, (tx) => apply(tx, domain, records, { ...at, taken }))
  try {
    await write(false)
  } catch (error) {
    // Two workspaces proved the same name at the same moment; the index let one of them.
    if (violatedConstraint(error) !== 'sending_domains_owner') throw error
    await write(true)
  }
}

const apply = async (
  tx: Tx,
  checked: DomainWithRecords,
  records: DnsRecordStatus[],
  { now, system, taken }: { now: Date; system: Date; taken: boolean },
): Promise<void> => {
  const { id, workspace_id } = checked
  // Taking messages back needs the dispatcher out of the way, and its lock comes before any row's.
  if (checked.failing_since && now.getTime() - checked.failing_since.getTime() >= GRACE_MS)
    await lockDispatch(tx, workspace_id)
  const domain = await lockDomain(tx, workspace_id, id)
  if (!domain) return
  const verification = judgeVerification(records)
  const isTaken =
    verification.outcome === 'verified' && !domain.is_sandbox && (taken || (await hasLiveOwner(tx, domain.domain, id)))
  const verdict: Verification = isTaken ? { outcome: 'failed', error: TAKEN } : verification
  const change = judgeDomain(isTaken ? { ...domain, status: asRefused(domain.status) } : domain, verdict, now)

  await tell(tx, { id, workspace_id, domain: domain.domain, status: domain.status }, change, now)
  await settleKeys(tx, checked, records, now)
  const found = new Set(records.flatMap(({ key_id, status }) => (status === 'verified' ? [key_id] : [])))
  const waiting = checked.keys.find((key) => key.state === 'next' && !found.has(key.id))
  const mailFrom = judgePair(records, ['mail_from_mx', 'mail_from_spf'])
  const tracking = judgePair(records, ['tracking'])
  const of = (verdict: Verification) =>
    verdict.outcome === 'verified' ? { verified_at: now, error: null } : { verified_at: null, error: verdict.error }
  await writeCheck(
    tx,
    id,
    {
      ...change,
      // A name that was changed while it was being looked up has not been looked up.
      mail_from: mailFrom && domain.mail_from_host === checked.mail_from_host ? of(mailFrom) : null,
      tracking: tracking && domain.tracking_host === checked.tracking_host ? of(tracking) : null,
      next_check_at: domain.is_sandbox
        ? null
        : nextCheckAt(
            { ...change, created_at: domain.created_at, waiting_since: waiting?.created_at ?? null },
            now,
            Math.random(),
          ),
      dns_records: records,
      checked_at: system,
    },
    now,
  )
  if (change.event !== 'failed' || domain.status !== 'verified') return
  await wakeRivals(tx, domain.domain, id, now)
  const aliases = await tx
    .selectFrom('aliases')
    .select('id')
    .where('workspace_id', '=', workspace_id)
    .where('domain_id', '=', id)
    .execute()
  for (const alias of aliases) await withdrawAliasQueue(tx, { workspace_id, alias_id: alias.id }, now)
}

/** A name that somebody else owns is refused whoever asked, and every time in the same way. */
const asRefused = (status: DomainChange['status']): DomainChange['status'] =>
  status === 'failed' ? 'failed' : 'verifying'

/**
 * Keys whose record was found take over from those they replace; an Ed25519 key whose record is gone stops signing, since the
 * RSA one stands beside it; a retired key is forgotten once it may be removed and has been.
 */
const settleKeys = async (
  tx: Tx,
  checked: DomainWithRecords,
  records: readonly DnsRecordStatus[],
  now: Date,
): Promise<void> => {
  const keysWhere = (wanted: (record: DnsRecordStatus) => boolean): string[] =>
    records.flatMap((record) => (record.key_id && wanted(record) ? [record.key_id] : []))
  await activateKeys(
    tx,
    checked.id,
    keysWhere(({ purpose, status }) => purpose === 'dkim_next' && status === 'verified'),
    now,
  )
  await suspendKey(
    tx,
    checked.id,
    keysWhere(
      ({ purpose, required, status }) => purpose === 'dkim' && !required && status !== 'verified' && status !== 'error',
    ),
  )
  const removable = new Set(
    checked.keys
      .filter((key) => (removableAt(key)?.getTime() ?? Number.POSITIVE_INFINITY) <= now.getTime())
      .map(({ id }) => id),
  )
  await forgetKeys(
    tx,
    checked.id,
    keysWhere(
      ({ purpose, status, key_id }) =>
        purpose === 'dkim_retired' && status === 'not_configured' && removable.has(key_id as string),
    ),
  )
}

const tell = async (
  tx: Tx,
  domain: { id: string; workspace_id: string; domain: string; status: string },
  change: DomainChange,
  now: Date,
): Promise<void> => {
  if (change.event)
    await publishEvents(tx, [
      {
        workspace_id: domain.workspace_id,
        event_type: `domain.${change.event}`,
        data: {
          domain_id: domain.id,
          domain: domain.domain,
          status: change.status,
          previous_status: domain.status,
          old_status: domain.status,
          new_status: change.status,
          ...(change.event === 'verified'
            ? { verified_at: change.verified_at?.toISOString() ?? null }
            : { error: change.verification_error }),
        },
        occurred_at: now,
      },
    ])
  if (change.alert) await raiseAlert(tx, domainAlert(domain, change.alert, change, now))
}
