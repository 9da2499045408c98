import { CopyButton } from '../../ui/copy-button.tsx'

/** A secret that is shown once. */
export const SecretBox = ({ label, value }: { label: string; value: string }) => (
  <div className="flex flex-col gap-1.5">
    <p className="text-sm font-medium text-ink">{label}</p>
    <div className="flex items-center gap-2 rounded-md border border-line-strong bg-sunken py-1 pr-1 pl-3">
      <code className="min-w-0 flex-1 font-mono text-xs break-all text-ink select-all">{value}</code>
      <CopyButton value={value} label={`Copy the ${label}`} words="Copy" />
    </div>
  </div>
)
