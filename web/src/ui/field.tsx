import { type ComponentProps, type ReactNode, useId } from 'react'
import { cn } from './class-names.ts'

export const inputStyle =
  'w-full rounded-md border border-line-strong bg-surface px-2.5 text-base text-ink placeholder:text-ink-faint hover:border-ink-faint focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0 disabled:bg-sunken disabled:text-ink-faint aria-invalid:border-bad'

type Labelled = {
  label: ReactNode
  hint?: ReactNode
  error?: string | undefined
  /** Keeps the label for screen readers and hides it from sight, where the place says enough. */
  is_label_hidden?: boolean
}

type Control = { id: string; 'aria-invalid': boolean | undefined; 'aria-describedby': string | undefined }

/** A label, a control, a hint and an error that belong together. */
export const Field = ({
  label,
  hint,
  error,
  is_label_hidden,
  className,
  children,
}: Labelled & { className?: string; children: (control: Control) => ReactNode }) => {
  const id = useId()
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(' ')
  return (
    <div className={cn('flex min-w-0 flex-col gap-1.5', className)}>
      <label htmlFor={id} className={is_label_hidden ? 'sr-only' : 'text-sm font-medium text-ink'}>
        {label}
      </label>
      {children({ id, 'aria-invalid': error ? true : undefined, 'aria-describedby': described || undefined })}
      {error ? (
        <p id={`${id}-error`} role="alert" className="text-xs whitespace-pre-line text-bad">
          {error}
        </p>
      ) : null}
      {hint ? (
        <p id={`${id}-hint`} className="text-xs text-ink-faint">
          {hint}
        </p>
      ) : null}
    </div>
  )
}

export const TextField = ({
  label,
  hint,
  error,
  is_label_hidden,
  className,
  ...props
}: Labelled & ComponentProps<'input'>) => (
  <Field label={label} hint={hint} error={error} is_label_hidden={is_label_hidden} className={className}>
    {(control) => <input {...control} {...props} className={cn(inputStyle, 'h-9')} />}
  </Field>
)

export const TextArea = ({
  label,
  hint,
  error,
  is_label_hidden,
  className,
  ...props
}: Labelled & ComponentProps<'textarea'>) => (
  <Field label={label} hint={hint} error={error} is_label_hidden={is_label_hidden} className={className}>
    {(control) => <textarea rows={4} {...control} {...props} className={cn(inputStyle, 'py-2')} />}
  </Field>
)

/** The browser's own list: it works with every keyboard, screen reader and phone. */
export const SelectField = ({
  label,
  hint,
  error,
  is_label_hidden,
  className,
  children,
  ...props
}: Labelled & ComponentProps<'select'>) => (
  <Field label={label} hint={hint} error={error} is_label_hidden={is_label_hidden} className={className}>
    {(control) => (
      <select {...control} {...props} className={cn(inputStyle, 'h-9 pr-8')}>
        {children}
      </select>
    )}
  </Field>
)

export const CheckField = ({ label, hint, className, ...props }: Omit<Labelled, 'error'> & ComponentProps<'input'>) => {
  const id = useId()
  return (
    <div className={cn('flex items-start gap-2.5', className)}>
      <input
        type="checkbox"
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        {...props}
        className="mt-0.5 size-4 accent-(--accent)"
      />
      <div>
        <label htmlFor={id} className="text-sm font-medium text-ink">
          {label}
        </label>
        {hint ? (
          <p id={`${id}-hint`} className="text-xs text-ink-faint">
            {hint}
          </p>
        ) : null}
      </div>
    </div>
  )
}
