/** What a form was refused for, where no single field is to blame. */
export const FormFailure = ({
  failure,
}: {
  failure: { message: string; code: string; request_id: string | null } | null
}) =>
  failure ? (
    <div role="alert" className="rounded-md border border-bad/30 bg-bad-soft px-3 py-2 text-sm text-bad">
      <p>{failure.message}</p>
      <p className="font-mono text-2xs">
        {failure.code}
        {failure.request_id ? ` · request ${failure.request_id}` : ''}
      </p>
    </div>
  ) : null
