import type { Gathered } from './gathered-rows.ts'

/** The gathered rows as a table in which rows and columns are switched off and columns renamed. `changed` is called after each. */
export const drawPreview = (place: HTMLElement, gathered: Gathered, most: number, changed: () => void): void => {
  const table = document.createElement('table')
  const cellsOfColumn = gathered.columns.map((): HTMLElement[] => [])

  const head = table.createTHead().insertRow()
  const corner = document.createElement('th')
  corner.scope = 'col'
  const all = checkbox(
    'Take all rows',
    gathered.rows.every(({ is_kept }) => is_kept),
    (is_kept) => {
      for (const row of gathered.rows) row.is_kept = is_kept
      for (const [at, box] of boxes.entries()) {
        box.checked = is_kept
        box.closest('tr')?.classList.toggle('off', !(gathered.rows[at]?.is_kept ?? true))
      }
      changed()
    },
  )
  corner.append(all)
  head.append(corner)
  for (const [at, column] of gathered.columns.entries()) {
    const th = document.createElement('th')
    th.scope = 'col'
    const box = checkbox(`Take the column ${column.key}`, column.is_kept, (is_kept) => {
      column.is_kept = is_kept
      for (const cell of cellsOfColumn[at] ?? []) cell.classList.toggle('off', !is_kept)
      changed()
    })
    const name = document.createElement('input')
    name.type = 'text'
    name.value = column.title
    name.maxLength = 200
    name.setAttribute('aria-label', `Name of the column ${column.key}`)
    name.addEventListener('input', () => {
      column.title = name.value
      changed()
    })
    th.append(box, name)
    head.append(th)
  }

  const body = table.createTBody()
  const boxes = gathered.rows.slice(0, most).map((row, index) => {
    const tr = body.insertRow()
    tr.classList.toggle('off', !row.is_kept)
    const box = checkbox(`Take row ${index + 1}`, row.is_kept, (is_kept) => {
      row.is_kept = is_kept
      tr.classList.toggle('off', !is_kept)
      all.checked = gathered.rows.every((one) => one.is_kept)
      changed()
    })
    tr.insertCell().append(box)
    for (const [at, { key, is_kept }] of gathered.columns.entries()) {
      const cell = tr.insertCell()
      cell.textContent = row.values[key] ?? ''
      cell.classList.toggle('off', !is_kept)
      cellsOfColumn[at]?.push(cell)
    }
    return box
  })
  place.replaceChildren(table)
}

const checkbox = (label: string, is_checked: boolean, changed: (is_checked: boolean) => void): HTMLInputElement => {
  const box = document.createElement('input')
  box.type = 'checkbox'
  box.checked = is_checked
  box.setAttribute('aria-label', label)
  box.addEventListener('change', () => changed(box.checked))
  return box
}
