import { BavlioError } from '@bavlio/sdk'
import { useState } from 'react'
import { type DefaultValues, type FieldValues, type Path, useForm } from 'react-hook-form'
import { describeError } from '../api/query.ts'

/**
 * A form whose submit is an operation: problems that the server names stand at their fields, everything else above the button.
 * `place` maps the field of a problem to the form's own, where the two differ.
 */
export const useOperationForm = <Values extends FieldValues>(options: {
  values: DefaultValues<Values>
  submit: (values: Values) => Promise<void>
  place?: (field: string) => Path<Values> | null
}) => {
  const form = useForm<Values>({ defaultValues: options.values })
  const [failure, setFailure] = useState<{ message: string; code: string; request_id: string | null } | null>(null)
  const onSubmit = form.handleSubmit(async (values) => {
    setFailure(null)
    try {
      await options.submit(values)
    } catch (error) {
      let is_placed = false
      if (error instanceof BavlioError)
        for (const { loc, msg } of error.problems) {
          const name = (loc[0] === 'body' ? loc.slice(1) : loc).join('.')
          const field = options.place ? options.place(name) : name in values ? (name as Path<Values>) : null
          if (!field) continue
          form.setError(field, { message: msg }, { shouldFocus: !is_placed })
          is_placed = true
        }
      if (!is_placed) setFailure(describeError(error))
    }
  })
  const errorOf = (name: Path<Values>): string | undefined => form.getFieldState(name, form.formState).error?.message
  return { ...form, onSubmit, failure, errorOf }
}
