import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Where Debian puts it; a PATH of an ordinary user does not hold /usr/sbin. */
const OPENDKIM = ['/usr/sbin/opendkim', '/usr/local/sbin/opendkim'].find((path) => existsSync(path)) ?? null

/** For the tests that need it: false, or the sentence that says why they are skipped. */
export const opendkimMissing = OPENDKIM ? false : 'opendkim is not installed (apt-get install opendkim)'

const RESULT = /dkim=(\w+)[^;]*header\.a=(\S+)\s+header\.s=(\S+)/g

/**
 * What opendkim says of each signature of a message, as `selector algorithm result`, sorted, against the TXT records given;
 * null where it is not installed.
 */
export const judgeByOpendkim = async (raw: Buffer, txt: Record<string, string[]>): Promise<string[] | null> => {
  if (!OPENDKIM) return null
  const folder = await mkdtemp(join(tmpdir(), 'bavlio-opendkim-'))
  try {
    const at = (name: string): string => join(folder, name)
    const keys = Object.entries(txt).filter(([name, values]) => name.includes('._domainkey.') && values.length === 1)
    await writeFile(at('message'), raw)
    await writeFile(at('dns'), keys.map(([name, [value]]) => `${name} ${value}\n`).join(''))
    await writeFile(
      at('conf'),
      `Mode v\nTestDNSData file:${at('dns')}\nTemporaryDirectory ${folder}\nAuthservID judge\nSyslog no\n`,
    )
    const { stdout } = await promisify(execFile)(OPENDKIM, ['-x', at('conf'), '-vvv', '-t', at('message')])
    return [...stdout.matchAll(RESULT)]
      .map(([, result, algorithm, selector]) => `${selector} ${algorithm} ${result}`)
      .sort()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
