/** Firefox knows both names; Chrome only the second. */
export const api: ExtensionApi = typeof browser === 'undefined' ? chrome : browser
