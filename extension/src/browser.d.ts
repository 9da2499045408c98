/** What this extension uses of the browsers' API: the same in Chrome and Firefox, which both answer with promises here. */
type ExtensionTab = { id?: number; url?: string }

type ExtensionApi = {
  storage: {
    local: {
      get: (keys: string[]) => Promise<Record<string, unknown>>
      set: (values: Record<string, unknown>) => Promise<void>
      clear: () => Promise<void>
    }
  }
  tabs: { query: (wanted: { active: boolean; currentWindow: boolean }) => Promise<ExtensionTab[]> }
  scripting: {
    executeScript: <T>(injection: {
      target: { tabId: number }
      files?: string[]
      func?: () => T
    }) => Promise<{ result?: T }[]>
  }
  permissions: {
    request: (wanted: { origins: string[] }) => Promise<boolean>
    remove: (given: { origins: string[] }) => Promise<boolean>
  }
  runtime: { getManifest: () => { version: string } }
}

declare const chrome: ExtensionApi
declare const browser: ExtensionApi | undefined
