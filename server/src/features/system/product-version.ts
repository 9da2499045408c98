import { readFileSync } from 'node:fs'

let known: string | null = null

/** The version in the server's package file, read on first use. */
export const productVersion = (): string => {
  known ??= (JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string })
    .version
  return known
}
