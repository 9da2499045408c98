import type { Config } from '../../config.ts'
import type { OutboundHttp } from '../outbound-http.ts'
import { csvFolder } from './csv-folder.ts'
import { createGoogleConsent } from './google-consent.ts'
import { googleSheets } from './google-sheets.ts'
import type { SheetsPort } from './port.ts'

/** A sandbox reads the folder and never reaches Google; a live workspace reads Google, or the folder where that is chosen. */
export const createSheetsPort = (
  config: Pick<Config, 'google_sheets' | 'sheets_folder'>,
  http: OutboundHttp,
): SheetsPort => {
  const { google_sheets: google, sheets_folder: folder } = config
  const kindFor: SheetsPort['kindFor'] = (workspace) => {
    if (workspace.mode === 'sandbox') return 'folder'
    if (google) return 'google'
    return folder.serves_live ? 'folder' : null
  }
  return {
    kindFor,
    sourceFor: (workspace, token) => {
      const kind = kindFor(workspace)
      if (kind === 'folder') return csvFolder(folder.path, workspace.workspace_id)
      return kind === 'google' && google ? googleSheets(google, http, token) : null
    },
    consent: google ? createGoogleConsent(google, http) : null,
  }
}
