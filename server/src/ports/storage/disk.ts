import { createReadStream } from 'node:fs'
import { access, copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { StoragePort } from './port.ts'

/** Files under `<folder>/files/ab/abcdef…`, moved into place by rename after an fsync, readable by this user alone. */
export const diskStorage = (folder: string): StoragePort => {
  const root = join(folder, 'files')
  const pathOf = (sha256: Buffer): string => join(root, sha256.toString('hex').slice(0, 2), sha256.toString('hex'))
  return {
    name: 'disk',
    where: `disk, ${root}`,
    adopt: async (path, sha256) => {
      const target = pathOf(sha256)
      await mkdir(dirname(target), { recursive: true, mode: 0o700 })
      const present = await access(target).then(
        () => true,
        () => false,
      )
      if (present) return
      const handle = await open(path, 'r')
      await handle.sync()
      await handle.close()
      try {
        await rename(path, target)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
        await copyFile(path, `${target}.part`)
        await rename(`${target}.part`, target)
      }
    },
    read: async (sha256) => {
      await access(pathOf(sha256))
      return createReadStream(pathOf(sha256))
    },
    remove: (sha256) => rm(pathOf(sha256), { force: true }),
    close: async () => {},
    async *list() {
      for (const shelf of await readdir(root).catch(() => [] as string[]))
        for (const name of await readdir(join(root, shelf)))
          if (/^[0-9a-f]{64}$/.test(name)) yield Buffer.from(name, 'hex')
    },
  }
}
