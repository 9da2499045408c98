import { BavlioError } from '@bavlio/sdk'
import { useEffect, useRef, useState } from 'react'
import { type DefaultValues, type FieldValues, type Path, useForm } from 'react-hook-form'
import { describeError } from '../api/query.ts'
import { showError } from '../ui/toast.tsx'

/**
 * A form whose submit is an operation: problems that the server names stand at their fields, everything else above the button.
 * Each field shows all of its problems. `place` maps the field of a problem to the form's own, where the two differ. `submit`
 * can ask whether the form is still there: what follows it must not open where somebody has gone on meanwhile.
 */
export const useOperationForm = <Values extends FieldValues>(options: {
  values: DefaultValues<Values>
  submit: (values: Values, isShown: () => boolean) => Promise<void>
  place?: (field: string) => Path<Values> | null
}) => {
  const form = useForm<Values>({ defaultValues: options.values })
  const [failure, setFailure] = useState<{ message: string; code: string; request_id: string | null } | null>(null)
  const is_shown = useRef(false)
  useEffect(() => {
    is_shown.current = true
    return () => {
      is_shown.current = false
    }
  }, [])
  const onSubmit = form.handleSubmit(async (values) => {
    setFailure(null)
    try {
      await options.submit(values, () => is_shown.current)
    } catch (error) {
      // A form that is gone shows nothing any more.
      if (!is_shown.current) return showError(error)
      const placed = new Map<Path<Values>, Set<string>>()
      if (error instanceof BavlioError)
        for (const { loc, msg } of error.problems) {
          const name = (loc[0] === 'body' ? loc.slice(1) : loc).join('.')
          const field = options.place ? options.place(name) : name in values ? (name as Path<Values>) : null
          if (field) placed.set(field, (placed.get(field) ?? new Set()).add(msg))
        }
      const [first] = placed.keys()
      for (const [field, messages] of placed)
        form.setError(field, { message: [...messages].join('\n') }, { shouldFocus: field === first })
      if (!placed.size) setFailure(describeError(error))
    }
  })
  const errorOf = (name: Path<Values>): string | undefined => form.getFieldState(name, form.formState).error?.message
  return { ...form, onSubmit, failure, errorOf }
}
