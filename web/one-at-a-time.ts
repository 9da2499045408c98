import { rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

/** How often the owner of a lock says that it is still there, and after how long a silence it is not. */
const SIGN_MS = 2_000
const SILENCE_MS = 30_000

const ageOf = async (path: string): Promise<number> => {
  const found = await stat(path).catch(() => null)
  return found ? Date.now() - found.mtimeMs : 0
}

/** Takes a lock out of the way whose owner was killed, unless somebody has taken it over meanwhile. */
const removeSilent = async (lock: string): Promise<void> => {
  if ((await ageOf(lock)) < SILENCE_MS) return
  const aside = `${lock}.${process.pid}`
  await rename(lock, aside).catch(() => {})
  if ((await ageOf(aside)) < SILENCE_MS) await rename(aside, lock).catch(() => {})
  else await rm(aside, { force: true })
}

/**
 * Does the work while no other process does it: the others wait. `lock` is the path of a file that is there meanwhile and keeps
 * a new time; one that has not had a new time for 30 seconds belongs to a process that was killed, and is taken over.
 */
export const oneAtATime = async <T>(lock: string, work: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      await writeFile(lock, '', { flag: 'wx' })
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      await removeSilent(lock)
      await pause(100)
    }
  }
  const signs = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => {}), SIGN_MS)
  try {
    return await work()
  } finally {
    clearInterval(signs)
    await rm(lock, { force: true })
  }
}
