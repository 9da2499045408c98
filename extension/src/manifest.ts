export type Browser = 'chrome' | 'firefox'

/**
 * The manifest of one browser. The extension may look at a page only when its button is pressed there (activeTab), and keeps the
 * log-in (storage). What Firefox wants named as collected goes to the person’s own instance and nowhere else. Access to the address of an instance is optional and asked for by that address alone.
 */
export const manifestFor = (browser: Browser, version: string): Record<string, unknown> => ({
  manifest_version: 3,
  name: 'Bavlio: leads from this page',
  short_name: 'Bavlio',
  version,
  description: 'Recognises tables and lists of people on a page and sends what you choose to your own Bavlio.',
  icons: { 16: 'icons/16.png', 32: 'icons/32.png', 48: 'icons/48.png', 128: 'icons/128.png' },
  action: {
    default_title: 'Leads from this page',
    default_popup: 'popup/popup.html',
    default_icon: { 16: 'icons/16.png', 32: 'icons/32.png' },
  },
  permissions: ['activeTab', 'scripting', 'storage'],
  optional_host_permissions: ['https://*/*', 'http://*/*'],
  content_security_policy: {
    extension_pages:
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src https: http:",
  },
  ...(browser === 'firefox'
    ? {
        browser_specific_settings: {
          gecko: {
            id: 'extension@bavlio.invalid',
            strict_min_version: '128.0',
            data_collection_permissions: { required: ['websiteContent', 'authenticationInfo'] },
          },
        },
      }
    : { minimum_chrome_version: '123' }),
})
