import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'

/** The rules of ARCHITECTURE.md that a machine can hold, read from the imports. */
const ROOT = resolve(import.meta.dirname, '..')
const SRC = join(ROOT, 'src')

const walk = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(join(folder, entry.name)) : entry.name.endsWith('.ts') ? [join(folder, entry.name)] : [],
  )

const isTest = (file: string): boolean => file.endsWith('.test.ts') || file.includes('/fixtures/')

type Source = { file: string; text: string; imports: { path: string; isType: boolean; target: string | null }[] }

const IMPORT = /^\s*(?:import|export)\s+(type\s+)?[^'";]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'/gm

const sources: Source[] = walk(SRC)
  .filter((file) => !isTest(file))
  .map((file) => {
    const text = readFileSync(file, 'utf8')
    const imports = [...text.matchAll(IMPORT)].map((found) => {
      const path = (found[2] ?? found[3]) as string
      return {
        path,
        isType: Boolean(found[1]),
        target: path.startsWith('.') ? relative(SRC, resolve(dirname(file), path)) : null,
      }
    })
    return { file: relative(SRC, file), text, imports }
  })

const featureOf = (file: string): string | null => /^features\/([^/]+)\//.exec(file)?.[1] ?? null

const violations = (check: (source: Source) => string[]): string[] =>
  sources.flatMap((source) => check(source).map((what) => `${source.file}: ${what}`))

test('operations.ts, workers.ts and queries.ts are private to their feature', () => {
  const lists = new Set(['operations.ts', 'workers.ts', 'app.ts'])
  assert.deepEqual(
    violations(({ file, imports }) =>
      imports.flatMap(({ target }) =>
        target &&
        /^features\/[^/]+\/(operations|workers|queries)\.ts$/.test(target) &&
        featureOf(target) !== featureOf(file) &&
        !lists.has(file)
          ? [`imports ${target}`]
          : [],
      ),
    ),
    [],
  )
})

test('http, queue, db and ports never import features', () => {
  assert.deepEqual(
    violations(({ file, imports }) =>
      /^(http|queue|db|ports)\//.test(file)
        ? imports.flatMap(({ target }) => (target?.startsWith('features/') ? [`imports ${target}`] : []))
        : [],
    ),
    [],
  )
})

test('features never import the composition: app, worker, main, boot, operations, workers', () => {
  assert.deepEqual(
    violations(({ file, imports }) =>
      featureOf(file)
        ? imports.flatMap(({ target }) =>
            target && /^(app|worker|main|boot|operations|workers)\.ts$/.test(target) ? [`imports ${target}`] : [],
          )
        : [],
    ),
    [],
  )
})

test('only deps.ts imports adapters; features see ports by their types', () => {
  // A restore writes files before there is a database that dependencies could be made on.
  // The doctor looks at the machine's own DNS, with or without an instance that runs.
  const composers = new Set(['deps.ts', 'backup/restore.ts', 'cli/doctor.ts'])
  const adapters = /^ports\/(?!.*\/port\.ts$)(?!clock\.ts$)(?!egress\.ts$)/
  assert.deepEqual(
    violations(({ file, imports }) =>
      file.startsWith('ports/') || composers.has(file)
        ? []
        : imports.flatMap(({ target, isType }) =>
            target && adapters.test(target) && !isType ? [`imports the adapter ${target}`] : [],
          ),
    ),
    [],
  )
})

test('a sandbox cannot reach a real transport: only choose-transport.ts decides, and it decides by the workspace’s mode', () => {
  const real = ['ports/mail/direct.ts', 'ports/mail/relay.ts', 'ports/mail/submissions.ts']
  const users = sources
    .filter(({ imports }) => imports.some(({ target, isType }) => !isType && target !== null && real.includes(target)))
    .map(({ file }) => file)
  assert.deepEqual(users, ['ports/mail/choose-transport.ts'])
  // It is the first thing that is decided, before any way out is looked at.
  assert.match(
    sources.find(({ file }) => file === 'ports/mail/choose-transport.ts')?.text ?? '',
    /transportFor: async \(workspace\) => \{\s+if \(workspace\.mode === 'sandbox'\) return options\.world\.transportFor/,
  )
})

test('a sandbox neither searches nor reads the web: one file each decides, by the workspace’s mode', () => {
  const services = ['ports/search/searxng.ts', 'ports/search/brave.ts', 'ports/search/serper.ts']
  const users = sources
    .filter(({ imports }) => imports.some(({ target, isType }) => !isType && services.includes(target ?? '')))
    .map(({ file }) => file)
  assert.deepEqual(users, ['ports/search/choose-search.ts'])
  const textOf = (path: string): string => sources.find(({ file }) => file === path)?.text ?? ''
  assert.match(
    textOf('ports/search/choose-search.ts'),
    /engineFor: \(\{ mode \}\) => \(mode === 'sandbox' \? searchDemoCorpus : service\)/,
  )
  assert.match(textOf('ports/pages/web-pages.ts'), /readerFor: \(\{ mode \}\) => \(mode === 'sandbox' \|\| /)
})

test('process.env is read in config.ts and main.ts only', () => {
  const allowed = new Set(['config.ts', 'main.ts'])
  assert.deepEqual(
    violations(({ file, text }) =>
      !allowed.has(file) && /process\.env\b/.test(withoutComments(text)) ? ['reads process.env'] : [],
    ),
    [],
  )
})

test('the current time is read through ports/clock.ts only', () => {
  const allowed = new Set(['ports/clock.ts'])
  assert.deepEqual(
    violations(({ file, text }) =>
      !allowed.has(file) && /Date\.now\(|new Date\(\)|Temporal\.Now\b/.test(withoutComments(text))
        ? ['reads the clock']
        : [],
    ),
    [],
  )
})

test('SQL never asks the database for the time, except the queue’s own schema', () => {
  // These two compare run_at, which the queue itself writes by the database's clock.
  const allowed = new Set(['queue/runner.ts', 'features/system/system-state.ts'])
  assert.deepEqual(
    violations(({ file, text }) =>
      !allowed.has(file) && /(?<![.\w])(now\(\)|current_timestamp|clock_timestamp\(\))/i.test(sqlIn(text))
        ? ['asks SQL for the time']
        : [],
    ),
    [],
  )
})

test('no import cycles', () => {
  const graph = new Map(
    sources.map(({ file, imports }) => [
      file,
      imports.filter(({ isType, target }) => !isType && target).map(({ target }) => target as string),
    ]),
  )
  const state = new Map<string, 'open' | 'done'>()
  const cycles: string[] = []
  const visit = (file: string, path: string[]): void => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
      return
    }
    state.set(file, 'open')
    for (const next of graph.get(file) ?? []) if (graph.has(next)) visit(next, [...path, file])
    state.set(file, 'done')
  }
  for (const file of graph.keys()) visit(file, [])
  assert.deepEqual(cycles, [])
})

test('no dynamic import hides a dependency on our own files', () => {
  assert.deepEqual(
    violations(({ file, text }) =>
      file !== 'main.ts' && /\bimport\(\s*['"`]\./.test(withoutComments(text)) ? ['imports dynamically'] : [],
    ),
    [],
  )
})

test('nothing is named utils, helpers, common, shared, core, lib or types, and there are no barrels', () => {
  const forbidden = new Set(['utils', 'helpers', 'common', 'shared', 'core', 'lib', 'types', 'index'])
  // db/types.ts is generated and named by HOUSE.md.
  const named = walk(SRC)
    .map((file) => relative(SRC, file))
    .filter((file) => file !== 'db/types.ts')
  assert.deepEqual(
    named.filter((file) => file.split('/').some((part) => forbidden.has(basename(part, '.ts')))),
    [],
  )
})

test('files are kebab-case', () => {
  const names = walk(SRC).map((file) => basename(file))
  assert.deepEqual(
    names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.api|\.test|\.d)*\.ts$/.test(name)),
    [],
  )
})

test('no test is skipped on the quiet or left alone with .only', () => {
  const own = import.meta.filename
  const tests = [...walk(SRC), ...walk(join(ROOT, 'test'))].filter((file) => file.endsWith('.test.ts') && file !== own)
  assert.deepEqual(
    tests
      .filter((file) => /\b(test|it|describe)\.(only|skip|todo)\b/.test(readFileSync(file, 'utf8')))
      .map((file) => relative(ROOT, file)),
    [],
  )
})

test('generated files are what the program would generate', () => {
  execFileSync(process.execPath, [join(SRC, 'main.ts'), 'generate', '--check'], {
    stdio: 'pipe',
    cwd: resolve(ROOT, '..'),
  })
})

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1')
}

function sqlIn(text: string): string {
  return [...withoutComments(text).matchAll(/sql(?:<[^`]*?>)?`([^`]*)`/g)]
    .map((found) => (found[1] as string).replace(/\$\{[^}]*\}/g, ''))
    .join('\n')
}
