import type { SheetSync, SyncSheetRequest, SyncSheetResponse } from '@bavlio/sdk/types'
import { useState } from 'react'
import { describeError } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { Numbers } from '../../../ui/facts.tsx'
import { CheckField, SelectField } from '../../../ui/field.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { EVERY, everyWords, runSync, syncWords } from './run-sync.ts'
import { SheetFields, useSheetChoice } from './sheet-choice.tsx'

type Target = { dataset_id: string; dataset_name: string; columns?: string[] }

/** A dataset follows a sheet. What would change is shown before anything does; with `sync` the way it follows is changed. */
export const SyncDialog = ({
  dataset,
  sync,
  onClose,
  onDone,
}: {
  dataset: Target
  sync?: SheetSync
  onClose: () => void
  onDone: () => void
}) => {
  const state = useSheetChoice(sync)
  const { choice } = state
  const [how, setHow] = useState<
    Pick<SyncSheetRequest, 'duplicates' | 'missing_rows' | 'every_minutes' | 'key_column'>
  >({
    duplicates: sync?.duplicates ?? 'update',
    missing_rows: sync?.missing_rows ?? 'keep',
    every_minutes: sync?.every_minutes ?? null,
    key_column: sync?.key_column ?? null,
  })
  const [allow_mass_removal, setAllowed] = useState(false)
  const [tried, setTried] = useState<{ key: string; result: SyncSheetResponse } | null>(null)
  const [busy, setBusy] = useState<'dry' | 'real' | null>(null)
  const [error, setError] = useState<unknown>(null)

  const body: SyncSheetRequest | null = choice && {
    ...how,
    dataset_id: dataset.dataset_id,
    tab_names: choice.takes_all ? null : choice.tab_names,
    header_row: choice.header_row,
    allow_mass_removal,
  }
  const key = JSON.stringify([state.sheet_id, body])
  const result = tried?.key === key ? tried.result : null
  const run = async (is_dry: boolean): Promise<void> => {
    if (!body) return
    setBusy(is_dry ? 'dry' : 'real')
    setError(null)
    try {
      const found = await runSync(state.sheet_id, { ...body, dry_run: is_dry })
      if (is_dry) setTried({ key, result: found })
      else {
        showDone(`${dataset.dataset_name} follows ${choice?.sheet.title}: ${syncWords(found)}`)
        onDone()
        onClose()
      }
    } catch (problem) {
      setError(problem)
    } finally {
      setBusy(null)
    }
  }
  const columns = dataset.columns ?? []
  return (
    <Dialog
      is_open
      onClose={onClose}
      place="side"
      title={sync ? `How ${dataset.dataset_name} follows ${sync.title}` : `${dataset.dataset_name} follows a sheet`}
      description="New rows and changed cells of the sheet are brought into the dataset; nothing is written to the sheet."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button disabled={!body || busy !== null} is_busy={busy === 'dry'} onClick={() => void run(true)}>
            Dry run
          </Button>
          <Button
            look="primary"
            disabled={!body || busy !== null}
            is_busy={busy === 'real'}
            onClick={() => void run(false)}
          >
            Synchronise
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <FormFailure failure={error ? describeError(error) : null} />
        <SheetFields state={state} />
        {choice ? (
          <>
            <SelectField
              label="Rows are told apart by"
              value={how.key_column ?? ''}
              onChange={(event) => setHow({ ...how, key_column: event.target.value || null })}
            >
              <option value="">The email address, else the profile, else the number of the row</option>
              {columns.map((column) => (
                <option key={column}>{column}</option>
              ))}
              {how.key_column && !columns.includes(how.key_column) ? <option>{how.key_column}</option> : null}
            </SelectField>
            <SelectField
              label="A person who is here already"
              value={how.duplicates}
              onChange={(event) => setHow({ ...how, duplicates: event.target.value as SheetSync['duplicates'] })}
            >
              <option value="update">Write the cells that changed in the sheet</option>
              <option value="skip">Leave as is; bring new rows alone</option>
              <option value="keep">Add the row beside it</option>
            </SelectField>
            <SelectField
              label="Rows that are gone from the sheet"
              value={how.missing_rows}
              onChange={(event) => setHow({ ...how, missing_rows: event.target.value as SheetSync['missing_rows'] })}
            >
              <option value="keep">Stay in the dataset</option>
              <option value="remove">Are taken out, unless a campaign has them</option>
            </SelectField>
            {how.missing_rows === 'remove' ? (
              <CheckField
                label="Even if more than half of the rows are gone"
                hint="Otherwise it stops and says so, because a sheet may have been emptied by mistake."
                checked={allow_mass_removal}
                onChange={(event) => setAllowed(event.target.checked)}
              />
            ) : null}
            <SelectField
              label="Again"
              value={how.every_minutes ?? ''}
              onChange={(event) => setHow({ ...how, every_minutes: Number(event.target.value) || null })}
            >
              {EVERY.map(([minutes, words]) => (
                <option key={words} value={minutes ?? ''}>
                  {words}
                </option>
              ))}
              {how.every_minutes && !EVERY.some(([minutes]) => minutes === how.every_minutes) ? (
                <option value={how.every_minutes}>{everyWords(how.every_minutes)}</option>
              ) : null}
            </SelectField>
          </>
        ) : null}
        {result ? <Tried result={result} /> : null}
      </div>
    </Dialog>
  )
}

const Tried = ({ result }: { result: SyncSheetResponse }) => (
  <section aria-label="What would change" className="flex flex-col gap-4">
    <Notice tone="info" title="Nothing has changed yet">
      {result.message}
    </Notice>
    <Numbers
      numbers={[
        { name: 'Would be added', value: result.inserted, tone: 'good' },
        { name: 'Would change', value: result.updated },
        { name: 'Would be removed', value: result.removed, ...(result.removed ? { tone: 'warn' as const } : {}) },
        { name: 'Cannot be used', value: result.refused, ...(result.refused ? { tone: 'bad' as const } : {}) },
      ]}
    />
    {result.refusals.length ? (
      <ul className="flex flex-col gap-1 text-sm text-ink-soft">
        {result.refusals.slice(0, 10).map((refusal) => (
          <li key={`${refusal.tab} ${refusal.sheet_row}`}>
            {refusal.tab}, row {refusal.sheet_row.toLocaleString()}: {refusal.message}
          </li>
        ))}
      </ul>
    ) : null}
  </section>
)
