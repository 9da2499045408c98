import type { Deps } from '../../deps.ts'
import { invalid } from '../../http/errors.ts'
import type { SheetFile } from '../../ports/sheets/port.ts'
import type { RawLead } from '../extractions/read-upload.ts'
import { storeExtraction } from '../extractions/store-extraction.ts'
import type { TokenDeps } from './google-token.ts'
import { type Reader, readingSheets } from './sheet-access.ts'
import { chooseTabs, readSpool, type SpooledSheet, spoolSheet } from './spool-sheet.ts'

export type SheetImport = {
  sheet_id: string
  tab_names?: string[] | null
  title?: string | null
  header_row: number
}

/**
 * Copies tabs of a sheet into a new extraction. The sheet is read to the disk first, page by page, so its size costs no
 * memory and an error half-way leaves nothing. Columns of several tabs go together by their names.
 */
export const importSheet = async (
  deps: TokenDeps & Pick<Deps, 'config' | 'storage'>,
  reader: Reader,
  request: SheetImport,
  now: Date,
) => {
  const options = { header_row: request.header_row, max_rows: deps.config.extractions.max_leads }
  const choose = (file: SheetFile) => chooseTabs(file, request.tab_names)
  const spool = await readingSheets(deps, reader, (source) =>
    spoolSheet(deps.config.data_dir, source, request.sheet_id, choose, options),
  )
  const { file, tabs } = spool
  try {
    if (!spool.row_count)
      throw invalid([
        { loc: ['body', 'header_row'], msg: `there are no rows below row ${request.header_row}`, type: 'no_rows' },
      ])
    const title =
      request.title?.trim() || file.title.slice(0, 255).toWellFormed().replaceAll('\0', '').trim() || 'Sheet'
    const columns = [...new Set(spool.tabs.flatMap((tab) => tab.columns.map(({ name }) => name)))]
    const extraction_id = await storeExtraction(
      deps,
      {
        workspace_id: reader.workspace.workspace_id,
        user_id: reader.user_id,
        title,
        source: 'google_sheets',
        metadata: {
          sheet_id: file.sheet_id,
          sheet_title: file.title,
          ...(file.url ? { sheet_url: file.url } : {}),
          tabs: tabs.map((tab) => tab.title),
          header_row: request.header_row,
          ...(spool.is_one_moment ? {} : { edited_while_read: true }),
        },
        now,
      },
      leadsOf(spool),
    )
    return {
      extraction_id,
      title,
      source: 'google_sheets' as const,
      sheet_id: file.sheet_id,
      tabs: tabs.map((tab) => tab.title),
      row_count: spool.row_count,
      columns,
      created_at: now,
    }
  } finally {
    await spool.remove()
  }
}

async function* leadsOf(spool: SpooledSheet): AsyncGenerator<RawLead> {
  const isMany = spool.tabs.filter((tab) => tab.rows).length > 1
  for await (const rows of readSpool(spool))
    for (const { tab, row, values } of rows) {
      const { columns, title } = spool.tabs[tab] as SpooledSheet['tabs'][number]
      const columnValues = Object.fromEntries(values.map((value, index) => [columns[index]?.name ?? '', value]))
      yield { value: { columnValues, sheet_row: row }, sheet: isMany ? title : null, at: ['sheet', title, row] }
    }
}
