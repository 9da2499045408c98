import { getModelUsage, testWorkspaceModel } from '@bavlio/sdk/operations'
import type { WorkspaceModel, WorkspaceModelTest } from '@bavlio/sdk/types'
import { FlaskConical } from 'lucide-react'
import { useEffect } from 'react'
import { useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { Facts } from '../../../ui/facts.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { LoadingRows } from '../../../ui/states.tsx'
import { dollars, FAILURES } from './model-words.ts'

const ASKED: Record<WorkspaceModelTest['answers'], string> = {
  json_schema: 'held to a schema',
  json_object: 'held to JSON',
  text: 'by words alone',
}

/** One real request, asked for by the person who opens it. */
export const TestDialog = ({
  workspace_id,
  model,
  onClose,
}: {
  workspace_id: string
  model: WorkspaceModel | null
  onClose: () => void
}) => {
  const test = useWrite(testWorkspaceModel, { refreshes: [getModelUsage], shows_error: true })
  const { reset } = test
  // biome-ignore lint/correctness/useExhaustiveDependencies: another model begins anew.
  useEffect(() => reset(), [model?.id])
  const start = (): void => {
    if (model) test.mutate({ workspace_id, model_id: model.id })
  }
  return (
    <Dialog
      is_open={model !== null}
      onClose={onClose}
      title={`Test ${model?.model ?? ''}`}
      description="It writes one message about nobody. This is a real request, and may cost a little."
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button look="primary" icon={<FlaskConical aria-hidden />} is_busy={test.isPending} onClick={start}>
            {test.data || test.error ? 'Test again' : 'Send the request'}
          </Button>
        </>
      }
    >
      <div aria-live="polite" className="flex flex-col gap-4">
        {test.isPending ? (
          <LoadingRows rows={4} />
        ) : test.data ? (
          <Outcome result={test.data} />
        ) : test.error ? (
          <FormFailure failure={test.error} />
        ) : (
          <p className="text-sm text-ink-soft">Nothing is stored but that a request was made, with its cost.</p>
        )}
      </div>
    </Dialog>
  )
}

const Outcome = ({ result }: { result: WorkspaceModelTest }) => (
  <>
    {result.problem ? (
      <Notice tone="bad" title={FAILURES[result.problem.failure] ?? result.problem.failure}>
        {result.problem.message}
        {result.problem.said ? (
          <span className="mt-1 block font-mono text-xs break-words">
            {result.problem.status ? `HTTP ${result.problem.status}: ` : ''}
            {result.problem.said}
          </span>
        ) : null}
      </Notice>
    ) : (
      <Notice tone="good" title="It works" />
    )}
    <Facts
      facts={[
        { name: 'Took', value: `${result.latency_ms.toLocaleString()} ms` },
        {
          name: 'Tokens',
          value: `${result.input_tokens.toLocaleString()} in, ${result.output_tokens.toLocaleString()} out`,
        },
        { name: 'Cost', value: result.cost_microusd === null ? 'Price not known' : dollars(result.cost_microusd) },
        { name: 'Is asked', value: ASKED[result.answers] },
      ]}
    />
    {result.sample ? (
      <figure className="rounded-lg border border-line bg-page px-4 py-3">
        <figcaption className="pb-1 text-sm font-medium text-ink">{result.sample.subject}</figcaption>
        <p className="text-sm whitespace-pre-wrap text-ink-soft [overflow-wrap:anywhere]">{result.sample.body}</p>
      </figure>
    ) : null}
  </>
)
