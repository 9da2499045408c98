import { z } from 'zod'
import { cursorFields, cursorParam, limitParam, listParams } from '../../http/pagination.ts'
import { timestamp } from '../../http/params.ts'

export const GoogleLoginResponse = z
  .object({
    authorization_url: z.url().describe('Consent page to open'),
    state: z.string().describe('One-time CSRF value'),
    instructions: z.string(),
    scopes: z.array(z.string()).describe('What is asked for; ours.'),
    expires_at: timestamp.describe('Consent has to be given before; ours.'),
  })
  .meta({ id: 'GoogleLoginResponse' })

export const CallbackQuery = z.object({
  code: z.string().max(4096).optional().describe('Authorization code'),
  state: z.string().max(4096).optional().describe('State from login'),
  error: z.string().max(4096).optional().describe('Set by Google when consent was refused'),
})

export const GoogleOAuthStatus = z
  .object({
    authenticated: z.boolean().describe('Usable credentials exist'),
    google_email: z.email().nullable(),
    expires_at: timestamp.nullable().describe('Expiry of the current access token, which is renewed by itself'),
    is_expired: z.boolean().describe('The current access token has ended; the next use renews it'),
    scopes: z.array(z.string()).describe('Granted scopes'),
    status: z
      .enum(['not_linked', 'linked', 'consent_ended'])
      .describe('consent_ended: Google takes the consent for ended; link the account again. Ours.'),
    missing_scopes: z.array(z.string()).describe('Asked for and left out by the person; ours.'),
    advice: z.string().nullable().describe('What to do so that everything works; ours.'),
    sheets_source: z
      .enum(['google', 'folder'])
      .nullable()
      .describe('Where this workspace reads sheets: Google, a folder of CSV files, or null for nowhere; ours.'),
  })
  .meta({ id: 'GoogleOAuthStatus' })

export const GoogleAccessToken = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_at: timestamp.nullable(),
  })
  .meta({ id: 'GoogleAccessToken' })

export const GooglePickerConfig = z
  .object({
    api_key: z.string().describe('Browser key'),
    client_id: z.string(),
    app_id: z.string().nullable().describe('Cloud project number'),
    scopes: z.array(z.string()),
  })
  .meta({ id: 'GooglePickerConfig' })

export const GoogleActionResult = z
  .object({ success: z.boolean(), message: z.string() })
  .meta({ id: 'ActionResult', description: 'Plain acknowledgement.' })

const sheetId = z.string().min(10).max(200).describe('Spreadsheet id from its URL')

export const SheetParams = z.object({ sheet_id: z.string().min(1).max(200).describe('Spreadsheet id') })

export const SheetAccessRequest = z
  .object({
    sheet_id: sheetId,
    sheet_name: z.string().max(255).nullable().optional().describe('Title shown in the Picker'),
    sheet_url: z.url().max(2000).nullable().optional(),
  })
  .meta({ id: 'SheetAccessRequest' })

export const SheetTab = z
  .object({
    tab_id: z.int(),
    title: z.string(),
    index: z.int().min(0),
    row_count: z.int().min(0).describe('Rows of the grid, empty ones at its end included'),
    column_count: z.int().min(0),
    is_hidden: z.boolean().describe('Ours.'),
  })
  .meta({ id: 'SheetTab' })

export const SheetInfo = z
  .object({
    sheet_id: z.string(),
    title: z.string(),
    url: z.url(),
    total_tabs: z.int().min(1),
    tabs: z.array(SheetTab),
  })
  .meta({ id: 'SheetInfo' })

export const VerifySheetAccessResponse = z
  .object({
    has_access: z.boolean(),
    sheet_id: z.string(),
    title: z.string().nullable(),
    tabs: z.array(SheetTab),
    reason: z.string().nullable().describe('Why access is missing'),
  })
  .meta({ id: 'VerifySheetAccessResponse' })

export const GrantSheetAccessResponse = z
  .looseObject({
    success: z.boolean(),
    sheet_id: z.string(),
    sheet_name: z.string().nullable(),
    message: z.string(),
  })
  .meta({ id: 'GrantSheetAccessResponse' })

const tabNames = z.array(z.string().min(1).max(200)).min(1).max(200).nullable().optional()
const headerRow = z.int().min(1).max(1_000_000)

export const ImportSheetRequest = z
  .object({
    sheet_id: sheetId,
    tab_names: tabNames.describe('Tabs to take; all when omitted'),
    title: z.string().max(255).nullable().optional().describe('Name of the new extraction'),
    header_row: headerRow.default(1).describe('1-based row with the column names'),
  })
  .meta({ id: 'ImportSheetRequest' })

export const ImportSheetResponse = z
  .object({
    extraction_id: z.uuid(),
    title: z.string(),
    source: z.literal('google_sheets'),
    sheet_id: z.string(),
    tabs: z.array(z.string()),
    row_count: z.int().min(0),
    columns: z.array(z.string()),
    created_at: timestamp,
  })
  .meta({ id: 'ImportSheetResponse' })

export const SheetListQuery = z.object({ limit: limitParam(100), cursor: cursorParam })

export const SheetListResponse = z
  .object({
    items: z.array(
      z
        .object({ sheet_id: z.string(), title: z.string(), url: z.url(), modified_at: timestamp.nullable() })
        .meta({ id: 'ListedSheet' }),
    ),
    next_cursor: z.string().nullable(),
    has_more: z.boolean(),
  })
  .meta({ id: 'SheetListResponse' })

const duplicates = z.enum(['skip', 'update', 'keep'])
const missingRows = z.enum(['keep', 'remove'])

export const SyncSheetRequest = z
  .strictObject({
    dataset_id: z.uuid().describe('Dataset that follows the sheet'),
    tab_names: tabNames.describe('Tabs to read; null for all. Left out: as the last time.'),
    header_row: headerRow.optional().describe('1-based row with the column names. Left out: as the last time, else 1.'),
    key_column: z
      .string()
      .min(1)
      .max(200)
      .nullable()
      .optional()
      .describe(
        'Column that tells rows apart from one time to the next; null: the e-mail address, else the LinkedIn profile, else the row’s number. Left out: as the last time.',
      ),
    duplicates: duplicates
      .optional()
      .describe(
        'Rows whose person is in the dataset: update writes the cells that changed in the sheet, skip brings new rows alone, keep adds a new row beside. Left out: as the last time, else update.',
      ),
    missing_rows: missingRows
      .optional()
      .describe(
        'Rows that are not in the sheet any more: keep leaves them in the dataset, remove takes them out unless a campaign has them. Left out: as the last time, else keep.',
      ),
    every_minutes: z
      .int()
      .min(15)
      .max(43_200)
      .nullable()
      .optional()
      .describe('Repeat by itself; null: no more. Left out: as before.'),
    dry_run: z.boolean().default(false).describe('Say what would change and change nothing'),
    allow_mass_removal: z
      .boolean()
      .default(false)
      .describe('With remove: go on although more than half of at least twenty rows are gone'),
  })
  .meta({ id: 'SyncSheetRequest' })

export type SyncSheetRequest = z.output<typeof SyncSheetRequest>

const count = (description: string) => z.int().min(0).describe(description)

const counts = {
  rows_read: count('Rows of the sheet, blank ones left out'),
  inserted: count('Rows added to the dataset'),
  updated: count('Rows of the dataset with changed cells'),
  removed: count('Rows taken out of the dataset'),
  unchanged: count('Rows that are as they were'),
  missing: count('Rows that are gone from the sheet and stay in the dataset'),
  in_use: count('Of these, rows that stay because a campaign has them'),
  skipped: count('Rows left out: their person is there, or the row was removed from the dataset'),
  refused: count('Rows and changes that cannot be used'),
}

const change = z
  .object({
    action: z.enum(['insert', 'update', 'remove']),
    tab: z.string().nullable(),
    sheet_row: z.int().nullable().describe('Row of the sheet; null for one that is gone'),
    row_id: z.uuid().nullable().describe('Row of the dataset; null for one that a dry run would add'),
    cells: z
      .record(z.string(), z.tuple([z.unknown(), z.unknown()]))
      .describe('Column to the values before and after; null is an empty cell'),
  })
  .meta({ id: 'SheetChange' })

const refusal = z
  .object({ tab: z.string(), sheet_row: z.int(), code: z.string(), message: z.string() })
  .meta({ id: 'SheetRefusal' })

export const SyncSheetResponse = z
  .object({
    sync_id: z.uuid().nullable().describe('Null after a dry run for a sheet that was never synchronised'),
    sheet_id: z.string(),
    dataset_id: z.uuid(),
    status: z.enum(['completed', 'dry_run', 'queued']),
    job_id: z.uuid().nullable().describe('Set for a large sheet, which a job reads: its result has the counts'),
    import_id: z.uuid().nullable().describe('Import that can be undone; null where no row was added or changed'),
    ...counts,
    columns_added: z.array(z.string()).describe('Columns that the dataset got'),
    changes: z.array(change).describe('The first hundred'),
    refusals: z.array(refusal).describe('The first hundred'),
    is_one_moment: z.boolean().describe('False: the sheet was edited while it was read; synchronise again'),
    message: z.string(),
  })
  .meta({ id: 'SyncSheetResponse', description: 'What a synchronisation changed, or would change.' })

const storedResult = z.looseObject({ ...counts, import_id: z.string().nullable() })

export const SheetSync = z
  .object({
    sync_id: z.uuid(),
    sheet_id: z.string(),
    dataset_id: z.uuid(),
    dataset_name: z.string(),
    title: z.string().describe('Of the spreadsheet, when it was last read'),
    user_id: z.uuid().describe('Whose Google account reads it'),
    tab_names: z.array(z.string()).nullable(),
    header_row: z.int(),
    key_column: z.string().nullable(),
    duplicates,
    missing_rows: missingRows,
    every_minutes: z.int().nullable(),
    due_at: timestamp.nullable().describe('When it is next'),
    last_synced_at: timestamp.nullable(),
    last_result: storedResult.nullable(),
    last_error: z.string().nullable().describe('Why the last run came to nothing'),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'SheetSync', description: 'A sheet and the dataset that follows it.' })

export type SyncRow = Omit<z.output<typeof SheetSync>, 'due_at' | 'last_synced_at' | 'created_at' | 'updated_at'> & {
  due_at: Date | null
  last_synced_at: Date | null
  created_at: Date
  updated_at: Date
}

export const SyncListQuery = z.object({
  ...listParams(100),
  dataset_id: z.uuid().optional(),
  sheet_id: z.string().min(1).max(200).optional(),
})

export const SyncListResponse = z
  .object({ items: z.array(SheetSync), ...cursorFields, limit: z.int(), offset: z.int() })
  .meta({ id: 'SheetSyncListResponse' })

export const SyncParams = z.object({ sync_id: z.uuid() })
