import { FileUp } from 'lucide-react'
import { type ReactNode, useRef, useState } from 'react'
import { Button } from './button.tsx'
import { cn } from './class-names.ts'

/** Takes a file that is dropped or chosen. The button is the way for keyboards; the area around it is for the mouse. */
export const DropZone = ({
  accept,
  onFile,
  title,
  children,
  is_busy,
  className,
}: {
  accept: string
  onFile: (file: File) => void
  title: string
  children?: ReactNode
  is_busy?: boolean
  className?: string
}) => {
  const [is_over, setOver] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  return (
    <section
      aria-label={title}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false)
      }}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        const file = event.dataTransfer.files[0]
        if (file && !is_busy) onFile(file)
      }}
      className={cn(
        'flex flex-col items-center gap-2 rounded-xl border border-dashed border-line-strong bg-surface px-6 py-14 text-center transition-colors',
        is_over && 'border-accent bg-accent-soft',
        className,
      )}
    >
      <FileUp aria-hidden className="size-7 text-ink-faint" />
      <p className="text-lg font-semibold text-ink">{title}</p>
      {children ? <div className="max-w-md text-sm text-ink-soft">{children}</div> : null}
      <Button className="mt-3" look="primary" is_busy={is_busy} onClick={() => input.current?.click()}>
        Choose a file
      </Button>
      <input
        ref={input}
        type="file"
        accept={accept}
        aria-label="File"
        tabIndex={-1}
        className="hidden"
        onChange={(event) => {
          const file = event.target.files?.[0]
          event.target.value = ''
          if (file) onFile(file)
        }}
      />
    </section>
  )
}
