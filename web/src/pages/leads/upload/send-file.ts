import {
  createProcessingSession,
  importFileIntoDataset,
  uploadCsvWithSenderProfileSupport,
  uploadExcelWithMultiSheetAndSenderProfileSupport,
} from '@bavlio/sdk/operations'
import { call } from '../../../api/call.ts'
import { uploadCall } from '../../../api/upload-call.ts'
import type { Target } from './choose-target.tsx'
import type { FileRead } from './read-file.ts'

/** Sends the file where it belongs and answers the import; `dry_run` makes a plan of it and changes nothing. */
export const sendFile = async (
  read: FileRead,
  target: Target,
  dry_run: boolean,
  onProgress: (sent: number, total: number) => void,
): Promise<string> => {
  const upload = uploadCall(onProgress)
  const body = {
    file: read.file,
    duplicates: target.duplicates,
    duplicates_in: target.duplicates_in,
    dry_run,
    ...(read.kind === 'csv'
      ? { column_mapping: JSON.stringify(read.sheets[0]?.mapping ?? {}) }
      : {
          sheet_config: JSON.stringify(
            Object.fromEntries(
              read.sheets.map((sheet) => [
                sheet.name,
                sheet.is_chosen ? { enabled: true, column_mapping: sheet.mapping } : { enabled: false },
              ]),
            ),
          ),
        }),
  }
  if (target.dataset_id) return (await importFileIntoDataset(upload, { dataset_id: target.dataset_id, body })).import_id
  const { session_id } = await createProcessingSession(call, { body: { session_type: 'personalization' } })
  const load =
    read.kind === 'csv' ? uploadCsvWithSenderProfileSupport : uploadExcelWithMultiSheetAndSenderProfileSupport
  return (await load(upload, { session_id, body })).import_id
}
