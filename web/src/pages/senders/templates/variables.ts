import type { DatasetSummary } from '@bavlio/sdk/types'

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

/** The variables that the rows of a dataset fill: lead fields, and each other column by its own name. */
export const variablesOf = ({
  columns,
  column_mapping,
}: Pick<DatasetSummary, 'columns' | 'column_mapping'>): string[] => [
  ...new Set([
    ...columns.flatMap((column) => column_mapping?.[column] ?? []),
    ...columns.filter((column) => !column_mapping?.[column]).map(variableName),
  ]),
]

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
