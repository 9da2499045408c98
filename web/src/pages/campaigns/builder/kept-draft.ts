import { currentWorkspace } from '../../../api/session.ts'
import type { Draft } from './draft.ts'

/** What was not saved yet is kept on this device, so that a look at another page, or a reload, loses nothing. */
const keyFor = (campaign_id: string | null): string =>
  `bavlio.draft.${currentWorkspace() ?? ''}.${campaign_id ?? 'new'}`

export const keptDraft = (campaign_id: string | null): Draft | null => {
  try {
    return JSON.parse(sessionStorage.getItem(keyFor(campaign_id)) ?? 'null') as Draft | null
  } catch {
    return null
  }
}
export const keepDraft = (campaign_id: string | null, draft: Draft): void =>
  sessionStorage.setItem(keyFor(campaign_id), JSON.stringify(draft))
export const forgetDraft = (campaign_id: string | null): void => sessionStorage.removeItem(keyFor(campaign_id))
