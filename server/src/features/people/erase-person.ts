import { type RawBuilder, sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import { workspaceNow } from '../../ports/clock.ts'
import type { JobRun } from '../../queue/define-job.ts'
import { stopLeads } from '../campaigns/stop-lead.ts'
import { findExtractions } from '../extractions/find-extractions.ts'
import { failJob, finishJob, reportProgress, startJob } from '../jobs/progress.ts'
import { suppressionHash } from '../suppression/suppress.ts'
import { erasePersonJob } from './jobs.ts'
import { isMentionedIn, type Mention, mentionsOf } from './mentions.ts'

/** Who is meant: at least one of the two. `person_ids` are their entries among the people, as far as there are any. */
export type Subject = { email: string | null; linkedin_url: string | null }

type Erasing = Subject & {
  workspace_id: string
  /** Stands in every row that has to keep an address: the same in all of this person's rows, and of nobody. */
  placeholder: string
  hash: Buffer | null
  /** What is looked for in texts. */
  mentions: Mention[]
  /** Whose stored leads name the person. */
  extractions: string[]
  now: Date
}

type Step = { name: string; run: (tx: Tx, who: Erasing) => Promise<Record<string, bigint | number | undefined>> }

/** Whether a text names the person. The plain search is there because it is many times as fast as the pattern. */
const holds = (text: RawBuilder<unknown>, { mentions }: Erasing): RawBuilder<boolean> =>
  sql<boolean>`(${sql.join(
    mentions.map(
      (mention) => sql`(position(${mention.text} in lower(${text})) > 0 and lower(${text}) ~ ${mention.pattern})`,
    ),
    sql` or `,
  )})`

const rowsOf = (who: Erasing): RawBuilder<boolean> =>
  sql<boolean>`workspace_id = ${who.workspace_id} and (${sql.join(
    [
      who.email ? sql`email = ${who.email}` : null,
      who.linkedin_url ? sql`linkedin_url = ${who.linkedin_url}` : null,
    ].filter((part) => part !== null),
    sql` or `,
  )})`

/** Full names of the person, as the workspace's people have them. A single word names too many. */
const namesOf = (who: Erasing): RawBuilder<unknown> => sql`
  select lower(n.name) as name from people p
    cross join lateral (values (p.full_name), (p.first_name || ' ' || p.last_name)) as n (name)
  where p.workspace_id = ${who.workspace_id} and length(n.name) > 4 and n.name like '% %'
    and (p.email = ${who.email ?? ''} or p.linkedin_url = ${who.linkedin_url ?? ''})`

/** Messages to the person: by address, and those of their leads. */
const messagesOf = (who: Erasing): RawBuilder<unknown> => sql`(
  select e.id from emails e where e.workspace_id = ${who.workspace_id} and e.to_email = ${who.email ?? who.placeholder}
  union
  select e.id from emails e where e.workspace_id = ${who.workspace_id} and e.to_email = ${who.placeholder}
  union
  select r.email_id from email_recipients r where r.workspace_id = ${who.workspace_id} and r.address in (${who.email ?? who.placeholder}, ${who.placeholder})
  union
  select e.id from campaign_leads l join emails e on e.campaign_lead_id = l.campaign_lead_id
  where l.workspace_id = ${who.workspace_id} and l.email in (${who.email ?? who.placeholder}, ${who.placeholder}))`

/**
 * The steps, in the order in which they have to be done: first nothing more may leave, then the person disappears from what
 * refers to them, and at last from what they are found by. Each is safe to repeat.
 */
const STEPS: Step[] = [
  {
    name: 'suppression',
    run: async (tx, who) => {
      if (!who.email || !who.hash) return {}
      await sql`
        insert into suppressions (entry_id, workspace_id, kind, hash, reason, source, created_at)
        select ${newId()}, ${who.workspace_id}, 'hash', ${who.hash}, 'manual', 'erasure', ${who.now}
        where not exists (select 1 from suppressions where workspace_id = ${who.workspace_id} and kind = 'hash' and hash = ${who.hash} and released_at is null)`.execute(
        tx,
      )
      const gone =
        await sql`delete from suppressions where workspace_id = ${who.workspace_id} and kind = 'address' and email = ${who.email}`.execute(
          tx,
        )
      return { suppressions: gone.numAffectedRows }
    },
  },
  {
    name: 'campaigns',
    run: async (tx, who) => {
      if (who.email)
        await stopLeads(tx, {
          workspace_id: who.workspace_id,
          email: who.email,
          everywhere: true,
          status: 'stopped',
          reason: 'the person asked to be forgotten',
          event: { type: 'stopped' },
          now: who.now,
        })
      // Texts that were written for the person go; of what was approved the signed statement stays, without what it is about.
      const own = sql`campaign_lead_id in (select campaign_lead_id from campaign_leads where ${rowsOf(who)})`
      await sql`delete from campaign_drafts where ${own}`.execute(tx)
      await sql`
        update approval_records set contents = null, email = null, erased_at = ${who.now}
        where erased_at is null and workspace_id = ${who.workspace_id} and (${own} or email = ${who.email ?? who.placeholder})`.execute(
        tx,
      )
      const leads = await sql`
        update campaign_leads set email = case when email is null then null else ${who.placeholder} end, email_domain = case when email is null then null else 'erased.invalid' end,
          linkedin_url = null, lead_data = '{}', approvals = '{}', written = '{}', text_state = null, text_due_at = null, error = null, next_action_at = null, updated_at = ${who.now},
          status = case when status in ('pending', 'active', 'postponed', 'unknown') then 'stopped' else status end,
          stop_reason = coalesce(stop_reason, 'the person asked to be forgotten')
        where ${rowsOf(who)}`.execute(tx)
      return { campaign_leads: leads.numAffectedRows }
    },
  },
  {
    name: 'messages',
    run: async (tx, who) => {
      const messages = sql`any(array${messagesOf(who)})`
      const clicks = await sql`delete from email_clicks where email_id = ${messages}`.execute(tx)
      await sql`update email_links set original_url = null, anchor_text = null where email_id = ${messages}`.execute(tx)
      await sql`delete from mailbox_sent_copies where email_id = ${messages}`.execute(tx)
      await sql`
        update events set subject = null, url = null, metadata = '{}'
        where workspace_id = ${who.workspace_id} and (email_id = ${messages}
          or campaign_lead_id in (select campaign_lead_id from campaign_leads where workspace_id = ${who.workspace_id} and email = ${who.placeholder}))`.execute(
        tx,
      )
      // Others who got the same message keep their words; it is only this person whom it does not name any more.
      await sql`
        update email_contents set subject = '', body_text = '', body_html = case when body_html is null then null else '' end
        where email_id = ${messages} and not exists (
          select 1 from email_recipients r where r.email_id = email_contents.email_id and r.address not in (${who.email ?? ''}, ${who.placeholder}))`.execute(
        tx,
      )
      const list = (column: 'to_emails' | 'cc_emails' | 'bcc_emails') =>
        sql`${sql.ref(column)} = array(select case when ${holds(sql`a`, who)} then ${who.placeholder} else a end from unnest(${sql.ref(column)}) with ordinality as u (a, n) order by n)`
      const sent = await sql`
        update emails set to_email = case when to_email = ${who.email ?? ''} then ${who.placeholder} else to_email end,
          ${list('to_emails')}, ${list('cc_emails')}, ${list('bcc_emails')}, reply_to = case when lower(reply_to) = ${who.email ?? ''} then null else reply_to end,
          headers = null, smtp_text = null, error_message = null, cause = null, advice = null, updated_at = ${who.now},
          status = case when status in ('queued', 'scheduled') then 'cancelled' else status end,
          cancelled_at = case when status in ('queued', 'scheduled') then ${who.now}::timestamptz else cancelled_at end
        where id = ${messages}`.execute(tx)
      await sql`
        update email_recipients set address = ${who.placeholder}, smtp_text = null, error_message = null, cause = null, advice = null, updated_at = ${who.now},
          status = case when status in ('waiting', 'ready') then 'cancelled' else status end
        where workspace_id = ${who.workspace_id} and address in (${who.email ?? who.placeholder}, ${who.placeholder})`.execute(
        tx,
      )
      return { messages_sent: sent.numAffectedRows, clicks: clicks.numAffectedRows }
    },
  },
  {
    name: 'received',
    run: async (tx, who) => {
      const messages = sql`any(array${messagesOf(who)})`
      await sql`
        update conversations set subject = '', first_from_email = case when lower(first_from_email) = ${who.email ?? ''} then ${who.placeholder} else first_from_email end,
          first_to_email = case when lower(first_to_email) = ${who.email ?? ''} then ${who.placeholder} else first_to_email end, updated_at = ${who.now}
        where workspace_id = ${who.workspace_id} and id in (select conversation_id from emails where id = ${messages} and conversation_id is not null)`.execute(
        tx,
      )
      await sql`
        delete from conversation_search where workspace_id = ${who.workspace_id} and conversation_id in (select conversation_id from emails where id = ${messages})`.execute(
        tx,
      )
      const received = await sql`
        delete from inbound_emails where workspace_id = ${who.workspace_id} and (lower(from_email) = ${who.email ?? ''} or email_id = ${messages}
          or campaign_lead_id in (select campaign_lead_id from campaign_leads where workspace_id = ${who.workspace_id} and email = ${who.placeholder}))`.execute(
        tx,
      )
      // Letters of others that speak of the person: a copy to them, a quotation.
      const named = await sql`
        update inbound_emails set raw = null, raw_kept_since = null, headers = '{}', cc_emails = '[]', details = '{}', quoted_text = null, reply_text = null,
          body_text = '(erased: it named a person who asked to be forgotten)', body_html = null, subject = '', processing_error = null
        where workspace_id = ${who.workspace_id}
          and ${holds(sql`concat_ws(' ', subject, from_email, to_email, reply_to, cc_emails::text, headers::text, details::text, body_text, body_html, quoted_text, encode(coalesce(raw, ''), 'escape'))`, who)}`.execute(
        tx,
      )
      const empty = await sql`
        delete from conversations c where workspace_id = ${who.workspace_id} and subject = '' and not exists (select 1 from emails e where e.conversation_id = c.id)
          and not exists (select 1 from inbound_emails i where i.conversation_id = c.id)`.execute(tx)
      const deliveries = await sql`
        delete from inbound_deliveries where processed_at is not null
          and (alias_id in (select id from aliases where workspace_id = ${who.workspace_id})
            or split_part(rcpt_to, '@', 2) in (select domain from sending_domains where workspace_id = ${who.workspace_id}))
          and ${holds(sql`mail_from || ' ' || rcpt_to || ' ' || encode(raw, 'escape')`, who)}`.execute(tx)
      return {
        messages_received: received.numAffectedRows,
        messages_of_others: named.numAffectedRows,
        conversations: empty.numAffectedRows,
        deliveries: deliveries.numAffectedRows,
      }
    },
  },
  {
    name: 'traces',
    run: async (tx, who) => {
      const inWorkspace = sql`workspace_id = ${who.workspace_id}`
      const alerts =
        await sql`delete from alerts where ${inWorkspace} and ${holds(sql`concat_ws(' ', title, message, metadata::text)`, who)}`.execute(
          tx,
        )
      await sql`delete from event_outbox where ${inWorkspace} and ${holds(sql`details::text`, who)}`.execute(tx)
      const deliveries =
        await sql`delete from webhook_deliveries where ${inWorkspace} and ${holds(sql`concat_ws(' ', body, error)`, who)}`.execute(
          tx,
        )
      const published =
        await sql`delete from published_events where ${inWorkspace} and ${holds(sql`body`, who)}`.execute(tx)
      await sql`update jobs set result = null, message = null, error = null where ${inWorkspace} and ${holds(sql`concat_ws(' ', message, error, result::text)`, who)}`.execute(
        tx,
      )
      await sql`update launch_warnings set details = null, message = 'A lead was erased.' where ${inWorkspace} and ${holds(sql`concat_ws(' ', message, details::text)`, who)}`.execute(
        tx,
      )
      await sql`update audit_entries set subject = 'erased' where ${inWorkspace} and ${holds(sql`subject`, who)}`.execute(
        tx,
      )
      await sql`update audit_entries set note = 'erased' where ${inWorkspace} and ${holds(sql`note`, who)}`.execute(tx)
      await sql`update suppressions set note = null where ${inWorkspace} and ${holds(sql`note`, who)}`.execute(tx)
      await sql`delete from idempotency_keys where starts_with(scope, ${`${who.workspace_id}:`}) and ${holds(sql`concat_ws(' ', body, headers::text)`, who)}`.execute(
        tx,
      )
      await sql`delete from world_reactions where ${inWorkspace} and ${holds(sql`payload::text`, who)}`.execute(tx)
      if (who.email)
        await sql`delete from world_deferrals where ${inWorkspace} and lower(recipient) = ${who.email}`.execute(tx)
      return {
        alerts: alerts.numAffectedRows,
        webhook_deliveries: deliveries.numAffectedRows,
        events: published.numAffectedRows,
      }
    },
  },
  {
    name: 'files',
    run: async (tx, who) => {
      const inWorkspace = sql`workspace_id = ${who.workspace_id}`
      // The uploaded file holds the row as it came. Its rows are in the dataset and its refusals in the error file, so the file can go.
      const files = await sql`
        with named as (
          select distinct i.file_id from imports i where i.workspace_id = ${who.workspace_id} and i.file_id is not null and i.status in ('completed', 'failed', 'undone')
            and (exists (select 1 from dataset_rows r where r.import_id = i.import_id and ${rowsOf(who)})
              or exists (select 1 from import_issues n where n.import_id = i.import_id and ${holds(sql`array_to_string(n.row_values, ' ')`, who)})
              or exists (select 1 from import_changes n where n.import_id = i.import_id and ${holds(sql`concat_ws(' ', n.email, n.cells::text, n.kept::text)`, who)}))
        ), gone as (
          delete from stored_files f using named where f.id = named.file_id returning f.sha256
        )
        insert into released_files (sha256) select distinct sha256 from gone on conflict do nothing`.execute(tx)
      await sql`delete from import_issues where ${inWorkspace} and ${holds(sql`concat_ws(' ', message, array_to_string(row_values, ' '))`, who)}`.execute(
        tx,
      )
      await sql`delete from import_changes where ${inWorkspace} and ${holds(sql`concat_ws(' ', email, cells::text, kept::text)`, who)}`.execute(
        tx,
      )
      const extractions =
        await sql`delete from user_extractions where ${inWorkspace} and (extraction_id = any(${who.extractions}::uuid[]) or ${holds(sql`concat_ws(' ', title, metadata::text)`, who)})`.execute(
          tx,
        )
      return { files: files.numAffectedRows, extractions: extractions.numAffectedRows }
    },
  },
  {
    name: 'drafts',
    run: async (tx, who) => {
      const inWorkspace = sql`workspace_id = ${who.workspace_id}`
      await sql`delete from generation_inputs where ${inWorkspace} and ${holds(sql`lead_data::text`, who)}`.execute(tx)
      // The outcome stays, because runs count it; what it said goes.
      const drafts = await sql`
        update generations set lead_snapshot = '{}', dataset_id = null, row_id = null, research = null, facts = null, used_facts = null, commonality = null,
          quality = null, subject = case when subject is null then null else '' end, body = case when body is null then null else '' end, error = 'erased'
        where ${inWorkspace} and ${holds(sql`concat_ws(' ', lead_snapshot::text, facts::text, subject, body)`, who)}`.execute(
        tx,
      )
      return { drafts: drafts.numAffectedRows }
    },
  },
  {
    name: 'conversations',
    run: async (tx, who) => {
      // The message stays in its place, so that the conversation can still be followed; what it said goes.
      const said = await sql`
        with named as (${namesOf(who)})
        update chat_messages set content = '[erased]', metadata = null where workspace_id = ${who.workspace_id}
          and (${holds(sql`content`, who)} or exists (select 1 from named where position(named.name in lower(content)) > 0))`.execute(
        tx,
      )
      // What was collected is the feature's own and holds together only as a whole.
      await sql`delete from chats where workspace_id = ${who.workspace_id} and ${holds(sql`state::text`, who)}`.execute(
        tx,
      )
      return { chat_messages: said.numAffectedRows }
    },
  },
  {
    // Before the rows, as with conversations: what pages and searches say of people holds their names, which stand there.
    name: 'research',
    run: async (tx, who) => {
      const forgotten = await sql`
        with named as (${namesOf(who)})
        delete from research_cache c where c.workspace_id = ${who.workspace_id} and (
          c.email = ${who.email ?? ''} or c.linkedin_url = ${who.linkedin_url ?? ''}
          or ${holds(sql`concat_ws(' ', c.subject, c.email, c.linkedin_url, c.summary, c.meta::text, c.facts::text)`, who)}
          or exists (select 1 from named where position(named.name in lower(concat_ws(' ', c.subject, c.meta::text, c.facts::text))) > 0))`.execute(
        tx,
      )
      return { research: forgotten.numAffectedRows }
    },
  },
  {
    name: 'rows',
    run: async (tx, who) => {
      const rows = await sql<{ n: number }>`
        with gone as (
          delete from dataset_rows where ${rowsOf(who)} or (workspace_id = ${who.workspace_id} and ${holds(sql`data::text`, who)})
          returning dataset_id, removed_at
        ), counted as (
          update datasets d set row_count = greatest(0, d.row_count - g.n), updated_at = ${who.now}
          from (select dataset_id, count(*)::int as n from gone where removed_at is null group by dataset_id) g where g.dataset_id = d.dataset_id
        )
        select count(*)::int as n from gone`.execute(tx)
      await sql`delete from people where workspace_id = ${who.workspace_id} and ${holds(sql`concat_ws(' ', identity, email, linkedin_url)`, who)}`.execute(
        tx,
      )
      return { dataset_rows: rows.rows[0]?.n ?? 0 }
    },
  },
]

/**
 * Removes a person from everything the workspace has, and leaves a keyed hash of the address on the suppression list, so that
 * a file that brings the address back cannot make anybody write to it. Messages that went to them stay as proof that a message
 * was sent, without address, words and links. Begins again after a kill; each step is safe to repeat.
 */
export const erasePerson = async (
  { erasure_id, job_id }: { erasure_id: string; job_id: string },
  deps: Deps,
  run: JobRun,
): Promise<void> => {
  const found = await sql<{
    workspace_id: string
    subject: string | null
    mode: string
    clock_offset_ms: number
    clock_frozen_at: Date | null
  }>`
    select e.workspace_id, e.subject, w.mode, w.clock_offset_ms, w.clock_frozen_at from erasures e join workspaces w on w.id = e.workspace_id
    where e.erasure_id = ${erasure_id} and e.status in ('queued', 'running')`.execute(deps.db)
  const erasure = found.rows[0]
  if (!erasure?.subject) return
  const subject = JSON.parse(deps.secrets.open(erasure.subject, erasure_id).toString('utf8')) as Subject
  const who: Erasing = {
    ...subject,
    workspace_id: erasure.workspace_id,
    placeholder: `erased-${erasure_id.replaceAll('-', '')}@erased.invalid`,
    hash: subject.email ? suppressionHash(deps.secrets, subject.email) : null,
    mentions: mentionsOf(subject),
    extractions: [],
    now: workspaceNow(
      erasure as { mode: 'sandbox' | 'live'; clock_offset_ms: number; clock_frozen_at: Date | null },
      deps.clock.now(),
    ),
  }
  await startJob(deps.db, job_id, deps.clock.now())
  await sql`update erasures set status = 'running' where erasure_id = ${erasure_id}`.execute(deps.db)
  try {
    // Stored files are read before the steps: a transaction would stay open for as long.
    who.extractions = await findExtractions(
      deps,
      who.workspace_id,
      (text) => isMentionedIn(text, who.mentions),
      run.signal,
    )
    for (const [index, step] of STEPS.entries()) {
      run.signal.throwIfAborted()
      await transaction(deps.db, async (tx) => {
        const counts = await step.run(tx, who)
        const added = Object.fromEntries(Object.entries(counts).map(([name, n]) => [name, Number(n ?? 0)]))
        // A step that ran before a kill has counted already, and finds nothing the second time.
        await sql`
          update erasures set removed = removed || (
            select coalesce(jsonb_object_agg(key, value::int + coalesce((removed ->> key)::int, 0)), '{}') from jsonb_each_text(${JSON.stringify(added)}::jsonb))
          where erasure_id = ${erasure_id}`.execute(tx)
      })
      await reportProgress(deps.db, job_id, index + 1, STEPS.length, step.name, deps.clock.now())
    }
    await transaction(deps.db, async (tx) => {
      await sql`update erasures set status = 'completed', subject = null, completed_at = ${who.now} where erasure_id = ${erasure_id}`.execute(
        tx,
      )
      await finishJob(tx, job_id, { result: { erasure_id }, now: deps.clock.now() })
    })
  } catch (error) {
    if (run.attempt < erasePersonJob.attempts) throw error
    run.log.error({ err: error, erasure_id }, 'erasing a person failed')
    await sql`update erasures set status = 'failed' where erasure_id = ${erasure_id}`.execute(deps.db)
    await failJob(deps.db, job_id, {
      error: 'Not everything could be erased; see the server’s log, then ask again.',
      now: deps.clock.now(),
    })
  }
}
