import type { DatasetRow, DatasetSummary } from '@bavlio/sdk/types'

/** A header as the variable of a template, in the server's spelling of everyday names: `Company Size` is `company_size`. */
const variableName = (header: string): string => {
  const name = header
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, 64)
  return /^\d/.test(name) ? `column_${name}` : name || 'column'
}

/** Each variable that the rows of a dataset fill, with its column: lead fields first, then every column by its own name. */
export const variablesOf = (dataset: DatasetSummary): { name: string; column: string }[] => {
  const mapping = dataset.column_mapping ?? {}
  const found = new Map<string, string>()
  for (const column of dataset.columns) {
    const field = mapping[column]
    if (field && !found.has(field)) found.set(field, column)
  }
  for (const column of dataset.columns) {
    const name = variableName(column)
    if (!found.has(name)) found.set(name, column)
  }
  return [...found].map(([name, column]) => ({ name, column }))
}

export const valuesOf = (
  variables: { name: string; column: string }[],
  row: DatasetRow | undefined,
): Record<string, string> => Object.fromEntries(variables.map(({ name, column }) => [name, row?.cells[column] ?? '']))

/** For a workspace without leads, so that the preview shows something all the same. */
export const EXAMPLE: Record<string, string> = {
  first_name: 'Ann',
  last_name: 'Berg',
  full_name: 'Ann Berg',
  company_name: 'North AS',
  company: 'North AS',
  title: 'Head of Sales',
  city: 'Oslo',
  country: 'Norway',
  email: 'ann.berg@north.example',
}
