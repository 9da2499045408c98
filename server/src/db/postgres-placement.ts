import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  chmod,
  chown,
  cp,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { copyPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts'

/**
 * Where the embedded PostgreSQL keeps its data, where its binaries are, and as whom it runs.
 *
 * Normally that is `DATA_DIR/postgres`, node_modules and the user who started us. PostgreSQL refuses root, though, so as
 * root it runs as another user, and that user has to be able to walk through every folder above data and binaries. In a
 * clone below a 0700 folder (root's home, a fresh `mktemp -d`) it cannot. Opening somebody's closed folder is not ours
 * to do, so data or binaries go to a folder that the user can reach, and `DATA_DIR/postgres-location` says where.
 */
export type PostgresPlacement = {
  /** The cluster itself, PostgreSQL's own data directory. */
  data: string
  binaries: PostgresBinaries
  runAs: RunAs | null
  userName: string
  movedBecause: string | null
}

export type RunAs = { uid: number; gid: number; name: string }

/** The folders tried in turn, as root, when DATA_DIR is closed: /var/tmp outlives a reboot, the last may not. */
export const reachableFolders = ['/var/lib/bavlio', '/var/tmp/bavlio', join(tmpdir(), 'bavlio')]

const pointerName = 'postgres-location'
const homeName = 'home'

/**
 * The folder that holds the cluster of this data folder: the one that `postgres-location` names, else the data folder.
 * Throws when it names a folder that is gone, because starting an empty database there would look like lost data.
 */
export async function findClusterParent(dataDir: string): Promise<string> {
  const pointer = await readPointer(dataDir)
  if (pointer === null) return dataDir
  if ((await statOrNull(pointer)) === null) {
    throw new Error(
      `The database of ${dataDir} was kept in ${pointer} (see ${join(dataDir, pointerName)}), which does not exist. Restore that folder, or delete ${pointerName} to begin with an empty database.`,
    )
  }
  return pointer
}

/**
 * A copied folder brings the pointer along, and two copies must not write one database. A moved folder is recognised
 * by its old place being gone, and becomes the database's home.
 */
export async function claimHome(dataDir: string, clusterParent: string): Promise<void> {
  if (clusterParent === dataDir) return
  const homePath = join(clusterParent, homeName)
  const home = (await readFile(homePath, 'utf8').catch(() => '')).trim()
  if (home === dataDir) return
  if (home !== '' && (await readPointer(home)) === clusterParent && !(await isSameFolder(home, dataDir))) {
    throw new Error(
      `${dataDir} is a copy of ${home}, whose database in ${clusterParent} it must not share. Delete ${join(dataDir, pointerName)} to begin with an empty database, or delete the original.`,
    )
  }
  await writeFile(homePath, `${dataDir}\n`)
}

/** Decides user, data and binaries, and makes the folders; existing data is moved when its user cannot reach it. */
export async function placePostgres(
  dataDir: string,
  clusterParent: string,
  binaries: PostgresBinaries,
  folders: string[],
): Promise<PostgresPlacement> {
  if (process.getuid?.() !== 0) return placeForOrdinaryUser(dataDir, clusterParent, binaries)

  let data = join(clusterParent, 'postgres')
  const old = join(dataDir, 'postgres')
  const existing = (await statOrNull(data)) ?? (await statOrNull(old))
  const runAs = await chooseUser(existing !== null && existing.uid !== 0 ? existing : null)
  const reasons: string[] = []

  if (clusterParent !== dataDir) {
    reasons.push(`${pointerName} in ${dataDir} says so`)
  } else if (!(await canEnter(runAs, dataDir))) {
    reasons.push(`the user ${runAs.name} cannot enter ${await describeBarrier(runAs, dataDir)}`)
    data = join(await makeClusterParent(dataDir, runAs, folders), 'postgres')
  }
  if (data !== old && (await statOrNull(data)) === null && (await statOrNull(old)) !== null)
    await moveCluster(old, data)
  if (((await statOrNull(data))?.uid ?? runAs.uid) !== runAs.uid) await giveTo(runAs, data)

  let used = binaries
  if (binaries.missingLinks.length > 0 || !(await canRun(runAs, binaries))) {
    reasons.push(
      binaries.missingLinks.length > 0
        ? `the libraries in ${binaries.directory} lack links that cannot be made there`
        : `the user ${runAs.name} cannot run the binaries in ${await describeBarrier(runAs, binaries.directory)}`,
    )
    used = await copyWhereRunnable(runAs, binaries, folders)
  }
  return { data, binaries: used, runAs, userName: runAs.name, movedBecause: reasons.join('; ') || null }
}

async function placeForOrdinaryUser(
  dataDir: string,
  clusterParent: string,
  binaries: PostgresBinaries,
): Promise<PostgresPlacement> {
  const data = join(clusterParent, 'postgres')
  const existing = await statOrNull(data)
  const uid = process.getuid?.()
  if (existing !== null && uid !== undefined && existing.uid !== uid) {
    const owner = (await findUser(existing.uid))?.name ?? `user ${existing.uid}`
    const folders = clusterParent === dataDir ? dataDir : `${dataDir} ${clusterParent}`
    throw new Error(
      `The database in ${data} belongs to ${owner}, as after a start as root. Start as root again, or take it over: chown -R ${userInfo().username} ${folders}`,
    )
  }
  const reasons: string[] = []
  if (clusterParent !== dataDir) reasons.push(`${pointerName} in ${dataDir} says so`)
  let used = binaries
  if (binaries.missingLinks.length > 0) {
    reasons.push(`the libraries in ${binaries.directory} lack links that cannot be made there`)
    used = await copyPostgresBinaries(binaries, dataDir)
  }
  return { data, binaries: used, runAs: null, userName: userInfo().username, movedBecause: reasons.join('; ') || null }
}

/** Forgets where the data was; for starting over. */
export async function removePointer(dataDir: string): Promise<void> {
  await rm(join(dataDir, pointerName), { force: true })
}

async function chooseUser(owner: { uid: number; gid: number } | null): Promise<RunAs> {
  // Data that an ordinary user made stays that user's, so that both root and that user can start it afterwards.
  if (owner !== null)
    return { uid: owner.uid, gid: owner.gid, name: (await findUser(owner.uid))?.name ?? `${owner.uid}` }
  const user = (await findUser('postgres')) ?? (await findUser('nobody'))
  if (user !== null) return user
  throw new Error(
    'PostgreSQL does not run as root, and this system has neither a user "postgres" nor "nobody" to run it as. Start as an ordinary user, or set DATABASE_URL.',
  )
}

async function findUser(wanted: string | number): Promise<RunAs | null> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '')
  for (const line of passwd.split('\n')) {
    const [name = '', , uid = '', gid = ''] = line.split(':')
    if (name === wanted || (uid !== '' && Number(uid) === wanted)) return { uid: Number(uid), gid: Number(gid), name }
  }
  return null
}

/** Tried as that user and not computed from the modes: access lists, mount options and containers have a say as well. */
async function canEnter(user: RunAs, directory: string): Promise<boolean> {
  return succeedsAs(user, 'cd "$1"', [directory])
}

async function canRun(user: RunAs, binaries: PostgresBinaries): Promise<boolean> {
  const { directory } = binaries
  return succeedsAs(user, 'test -r "$1/share/postgresql/postgres.bki" && "$1/bin/postgres" --version', [directory])
}

async function succeedsAs(user: RunAs, script: string, args: string[]): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  const { uid, gid } = user
  const child = spawn('/bin/sh', ['-c', script, 'sh', ...args], { uid, gid, cwd: '/', stdio: 'ignore' })
  child.on('error', (error) =>
    reject(
      new Error(
        `PostgreSQL does not run as root, and becoming the user ${user.name} failed (${error.message}). Start as an ordinary user, or set DATABASE_URL.`,
      ),
    ),
  )
  child.on('exit', (code) => resolve(code === 0))
  return promise
}

/** The outermost folder above `path` that is closed to the user, for the message only. */
async function describeBarrier(user: RunAs, path: string): Promise<string> {
  const real = await realpath(path)
  const parts: string[] = []
  for (let part = real; part !== dirname(part); part = dirname(part)) parts.unshift(part)
  for (const part of parts) {
    const { mode, uid, gid } = await stat(part)
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return `${part} (mode ${(mode & 0o7777).toString(8).padStart(4, '0')})`
  }
  return real
}

async function makeClusterParent(dataDir: string, user: RunAs, folders: string[]): Promise<string> {
  const base = await openFolder(user, folders, `data of ${dataDir}`)
  const digest = createHash('sha256').update(dataDir).digest('hex').slice(0, 12)
  // The random part keeps a new clone at an old path from finding the database of the deleted one.
  const parent = join(base, `${digest}-${randomBytes(4).toString('hex')}`)
  await mkdir(parent)
  await chmod(parent, 0o711)
  await writeFile(join(parent, homeName), `${dataDir}\n`)
  // The pointer comes before the data: a crash in between then resumes the move instead of starting an empty database.
  const draft = join(dataDir, `${pointerName}.new`)
  await writeFile(draft, `${parent}\n`)
  await rename(draft, join(dataDir, pointerName))
  return parent
}

async function copyWhereRunnable(
  user: RunAs,
  binaries: PostgresBinaries,
  folders: string[],
): Promise<PostgresBinaries> {
  for (const folder of folders) {
    if (!(await isUsableFolder(user, folder))) continue
    const copy = await copyPostgresBinaries(binaries, folder)
    // A folder on a file system mounted noexec is reachable and still of no use.
    if (await canRun(user, copy)) return copy
    await rm(copy.directory, { recursive: true, force: true })
  }
  throw unreachable(user, 'PostgreSQL binaries', folders)
}

async function openFolder(user: RunAs, folders: string[], what: string): Promise<string> {
  for (const folder of folders) if (await isUsableFolder(user, folder)) return folder
  throw unreachable(user, what, folders)
}

function unreachable(user: RunAs, what: string, folders: string[]): Error {
  return new Error(
    `PostgreSQL does not run as root, and there is no folder where the user ${user.name} could reach the ${what} (tried ${folders.join(', ')}). Set DATA_DIR to a folder that user can enter, start as an ordinary user, or set DATABASE_URL.`,
  )
}

/** Somebody else's folder at that name, or one that others may write to, could swap our binaries; it is passed over. */
async function isUsableFolder(user: RunAs, folder: string): Promise<boolean> {
  try {
    await mkdir(dirname(folder), { recursive: true })
    const made = await mkdir(folder).then(
      () => true,
      () => false,
    )
    if (made) await chmod(folder, 0o755)
    const { uid, mode } = await lstat(folder)
    if (!(await lstat(folder)).isDirectory() || uid !== 0 || (mode & 0o022) !== 0) return false
    return await canEnter(user, folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}

async function moveCluster(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error
    const draft = `${to}.moving`
    await rm(draft, { recursive: true, force: true })
    await cp(from, draft, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
    // fs.cp does not keep owners; the caller hands the whole tree to the database's user.
    await rename(draft, to)
    await rm(from, { recursive: true, force: true })
  }
}

/** Hands a cluster to the user who runs it, with the mode that PostgreSQL insists on. */
async function giveTo(user: RunAs, directory: string): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    await lchown(join(entry.parentPath, entry.name), user.uid, user.gid)
  }
  await chmod(directory, 0o700)
  // The top comes last: it is what shows whether the hand-over has been done.
  await chown(directory, user.uid, user.gid)
}

async function readPointer(dataDir: string): Promise<string | null> {
  const content = await readFile(join(dataDir, pointerName), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return ''
    throw error
  })
  return content.trim() || null
}

async function isSameFolder(a: string, b: string): Promise<boolean> {
  const [first, second] = [await statOrNull(a), await statOrNull(b)]
  return first !== null && second !== null && first.ino === second.ino && first.dev === second.dev
}

async function statOrNull(path: string) {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
    throw error
  })
}
