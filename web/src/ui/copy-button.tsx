import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button } from './button.tsx'

/** Copies a value. `label` names it for screen readers: "Copy the value of the DKIM record". */
export const CopyButton = ({ value, label, words }: { value: string; label: string; words?: string }) => {
  const [is_copied, setCopied] = useState(false)
  useEffect(() => {
    if (!is_copied) return
    const timer = setTimeout(() => setCopied(false), 1_500)
    return () => clearTimeout(timer)
  }, [is_copied])
  return (
    <Button
      look="quiet"
      size="sm"
      aria-label={is_copied ? 'Copied' : label}
      title={is_copied ? 'Copied' : label}
      onClick={() => void navigator.clipboard.writeText(value).then(() => setCopied(true))}
      icon={is_copied ? <Check aria-hidden className="text-good" /> : <Copy aria-hidden />}
    >
      {words ? (is_copied ? 'Copied' : words) : null}
    </Button>
  )
}
