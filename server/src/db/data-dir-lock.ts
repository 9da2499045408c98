import { execFile } from 'node:child_process'
import { access, chown, constants, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'

/**
 * One running instance per data folder. The lock itself is the operating system's lock on `bavlio.lock`, which ends with
 * the process however it ends. Node offers file locks only through its SQLite, so an empty SQLite file is opened for the
 * lock alone and never holds anything. A file naming its owner's process id was tried instead: of several starters that
 * find a dead owner, two can come through. `bavlio.pid` beside it is for people and for commands that look for the
 * running instance.
 *
 * The lock file stays when the lock ends: deleting it would let two starters lock two different files of that name. And
 * no other code of this process may open and close it, because POSIX would drop the lock with that.
 */

const lockName = 'bavlio.lock'
const pidName = 'bavlio.pid'
const sqliteBusy = 5

export class DataDirInUseError extends Error {
  readonly code = 'DATA_DIR_IN_USE'
  readonly pid: number | null
  constructor(directory: string, pid: number | null) {
    super(
      pid === process.pid
        ? `The data folder ${directory} is already in use by this process (${pid}).`
        : `The data folder ${directory} is in use by another running instance${pid === null ? '' : `, process ${pid}`}. Stop that one first, or give this one a folder of its own with DATA_DIR.`,
    )
    this.name = 'DataDirInUseError'
    this.pid = pid
  }
}

/** Takes the folder for this process until `release` or its end, or throws DataDirInUseError. */
export async function lockDataDir(directory: string): Promise<{ release(): Promise<void> }> {
  const pidPath = join(directory, pidName)
  const lockPath = join(directory, lockName)
  // 'wx' opens nothing when the file exists, see above about closing it; without it, a folder that cannot be written
  // shows as the file system's own error and not as SQLite's.
  const made = await writeFile(lockPath, '', { flag: 'wx' }).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error
      return false
    },
  )
  if (made) await leaveToOwner(lockPath, directory)
  await access(lockPath, constants.R_OK | constants.W_OK)
  const lock = new DatabaseSync(lockPath, { timeout: 0 })
  try {
    lock.exec('begin exclusive')
  } catch (error) {
    lock.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) {
      throw new DataDirInUseError(directory, await findDataDirOwner(directory))
    }
    throw new Error(
      `The data folder ${directory} is on a file system without file locks; set DATA_DIR to another one.`,
      {
        cause: error,
      },
    )
  }
  const content = `${process.pid}\n${(await readProcess(process.pid))?.started ?? ''}\n`
  await rm(pidPath, { force: true })
  await writeFile(pidPath, content, { mode: 0o644 })
  return {
    async release() {
      if (!lock.isOpen) return
      await rm(pidPath, { force: true })
      lock.close()
    },
  }
}

/** What root makes in somebody's folder belongs to that user, who could not start there by themselves otherwise. */
export async function leaveToOwner(path: string, directory: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = await stat(directory)
  if (uid !== 0) await chown(path, uid, gid)
}

/** The process that holds the folder, or null when nobody living does. */
export async function findDataDirOwner(directory: string): Promise<number | null> {
  const content = await readFile(join(directory, pidName), 'utf8').catch(() => null)
  return content === null ? null : livingOwner(content)
}

async function livingOwner(content: string): Promise<number | null> {
  const [pidText = '', started = ''] = content.split('\n')
  const pid = Number(pidText)
  if (!Number.isInteger(pid) || pid <= 0) return null
  const running = await readProcess(pid)
  if (running === null) return null
  return started === '' || running.started === '' || running.started === started ? pid : null
}

/**
 * A running process and when it started, in the operating system's own spelling ('' where it does not say); null when
 * it is gone. A zombie counts as gone: it holds nothing, and in a container nobody may ever collect it.
 */
export async function readProcess(pid: number): Promise<{ started: string } | null> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return null
  }
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
    if (stat === null) return null
    // The second field is the program's name in parentheses and may hold anything; fields are counted after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? null : { started: fields[19] ?? '' }
  }
  if (process.platform === 'win32') return { started: '' }
  const output = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => null)
  if (output === null) return null
  const line = output.stdout.trim()
  return line.startsWith('Z') ? null : { started: line.slice(line.indexOf(' ') + 1).trim() }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
