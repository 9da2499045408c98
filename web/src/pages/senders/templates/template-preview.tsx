import { listDatasetRows, listDatasetsWithPagination } from '@bavlio/sdk/operations'
import { ChevronLeft, ChevronRight, Shuffle } from 'lucide-react'
import { useState } from 'react'
import { useRead } from '../../../api/query.ts'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { inputStyle } from '../../../ui/field.tsx'
import { isHtml, renderTemplate } from './render-template.ts'
import { EXAMPLE, valuesOf, variablesOf } from './variables.ts'

const ROWS = 50

/** Whose eyes the preview has: a dataset of the workspace and one of its first rows. */
export const useSample = () => {
  const [chosen, setChosen] = useState<string | null>(null)
  const [at, setAt] = useState(0)
  const datasets = useRead(listDatasetsWithPagination, { limit: 100 })
  const filled = (datasets.data?.items ?? []).filter((dataset) => dataset.row_count > 0)
  const dataset = filled.find((each) => each.dataset_id === chosen) ?? filled[0]
  const rows = useRead(
    listDatasetRows,
    { dataset_id: dataset?.dataset_id ?? '', limit: ROWS },
    { enabled: Boolean(dataset), keep_previous: true },
  )
  const row = rows.data?.items[at]
  const variables = dataset ? variablesOf(dataset) : Object.keys(EXAMPLE).map((name) => ({ name, column: name }))
  return {
    datasets: filled,
    dataset,
    choose: (dataset_id: string) => {
      setChosen(dataset_id)
      setAt(0)
    },
    at,
    rows: rows.data?.items.length ?? 0,
    setAt,
    row,
    variables,
    values: dataset ? valuesOf(variables, row) : EXAMPLE,
  }
}

type Sample = ReturnType<typeof useSample>

/** Follows each key. HTML is shown in a frame that runs nothing and loads nothing. */
export const TemplatePreview = ({ sample, subject, body }: { sample: Sample; subject: string; body: string }) => {
  const [seed, setSeed] = useState(0)
  const html = isHtml(body)
  const subjectShown = renderTemplate(subject, sample.values, 'text', seed)
  const bodyShown = renderTemplate(body, sample.values, html ? 'html' : 'text', seed)
  const empty = [...new Set([...subjectShown.empty, ...bodyShown.empty])]
  const problem = subjectShown.problem ?? bodyShown.problem
  return (
    <Card className="lg:sticky lg:top-6">
      <CardHeader
        title="Preview"
        actions={
          <>
            {sample.datasets.length ? (
              <select
                aria-label="Leads of"
                value={sample.dataset?.dataset_id}
                onChange={(event) => sample.choose(event.target.value)}
                className={`${inputStyle} h-8 !w-44 pr-8`}
              >
                {sample.datasets.map((dataset) => (
                  <option key={dataset.dataset_id} value={dataset.dataset_id}>
                    {dataset.dataset_name}
                  </option>
                ))}
              </select>
            ) : null}
            <div className="flex">
              <Button
                look="quiet"
                size="icon"
                aria-label="The lead before"
                disabled={sample.at <= 0}
                onClick={() => sample.setAt(sample.at - 1)}
                icon={<ChevronLeft aria-hidden />}
              />
              <Button
                look="quiet"
                size="icon"
                aria-label="The next lead"
                disabled={sample.at >= sample.rows - 1}
                onClick={() => sample.setAt(sample.at + 1)}
                icon={<ChevronRight aria-hidden />}
              />
              {/\bspin\b/.test(subject + body) ? (
                <Button
                  look="quiet"
                  size="icon"
                  aria-label="Other words of spin"
                  onClick={() => setSeed(seed + 1)}
                  icon={<Shuffle aria-hidden />}
                />
              ) : null}
            </div>
          </>
        }
      />
      <div className="flex flex-col gap-1 border-b border-line px-4 py-3">
        <p className="truncate text-xs text-ink-faint">
          To {sample.values.email || (sample.dataset ? 'a lead without an address' : 'an example lead')}
        </p>
        <p className="text-base font-semibold text-ink">
          {subjectShown.text || <span className="font-normal text-ink-faint">Goes on in the thread</span>}
        </p>
      </div>
      <div className="min-h-64">
        {problem ? (
          <p role="status" className="px-4 py-3 text-sm text-bad">
            {problem}
          </p>
        ) : html ? (
          <iframe
            title="Body as HTML"
            sandbox=""
            srcDoc={framed(bodyShown.text)}
            className="h-[28rem] w-full bg-white"
          />
        ) : (
          <p className="px-4 py-3 text-base whitespace-pre-wrap text-ink">{bodyShown.text}</p>
        )}
      </div>
      {empty.length ? (
        <p role="status" className="border-t border-line px-4 py-2.5 text-xs text-warn">
          Empty for this lead: {empty.join(', ')}
        </p>
      ) : null}
      <p className="border-t border-line px-4 py-2.5 text-xs text-ink-faint">
        Footer, opt-out, postal address and signature are added when it is sent.
      </p>
    </Card>
  )
}

/** Mail is written for paper, so the frame is white in the dark too. */
const framed = (html: string): string =>
  `<!doctype html><meta charset="utf-8"><style>body{font:14px/1.5 system-ui,sans-serif;color:#18181b;margin:12px 16px}</style>${html}`
