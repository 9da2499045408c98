import { readFileSync, writeFileSync } from 'node:fs'
import { operations } from '../src/operations.ts'

/**
 * Copies what the tests need of the reference contract into golden/contract-firm.json, so that they run without it:
 *
 *   node server/test/copy-contract.ts path/to/openapi.json
 *
 * Firm operations are those whose shapes were read off the public reference (x-source page or partial). Success schemas of the
 * ones we serve are kept with the components they use; of the others only the names, so that the test notices when we begin
 * to serve one.
 */
type Json = Record<string, unknown>
type ContractOperation = {
  operationId: string
  'x-source'?: string
  responses: Record<string, { content?: Record<string, { schema: Json }> }>
}

const path = process.argv[2]
if (!path) throw new Error('Usage: node server/test/copy-contract.ts path/to/openapi.json')
const contract = JSON.parse(readFileSync(path, 'utf8')) as {
  paths: Record<string, Record<string, ContractOperation>>
  components: { schemas: Record<string, Json> }
}

const REF = '#/components/schemas/'
const used = new Set<string>()
/** Points references at $defs and drops what only the contract's own tools read. */
const localize = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(localize)
  if (typeof node !== 'object' || node === null) return node
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key, value]) => !key.startsWith('x-') && !(key === 'description' && typeof value === 'string'))
      .map(([key, value]) => {
        if (key !== '$ref' || typeof value !== 'string' || !value.startsWith(REF)) return [key, localize(value)]
        used.add(value.slice(REF.length))
        return [key, `#/$defs/${value.slice(REF.length)}`]
      }),
  )
}

const served: Record<string, { id: string; responses: Record<string, unknown> }> = {}
const notServed: string[] = []
for (const [at, methods] of Object.entries(contract.paths))
  for (const [method, operation] of Object.entries(methods)) {
    if (!['page', 'partial'].includes(operation['x-source'] ?? '')) continue
    const name = `${method.toUpperCase()} ${at}`
    if (!operations.some((ours) => `${ours.method} ${ours.path}` === name)) {
      notServed.push(name)
      continue
    }
    const successes = Object.entries(operation.responses).filter(
      ([status, response]) => Number(status) < 300 && response.content?.['application/json'],
    )
    served[name] = {
      id: operation.operationId,
      responses: Object.fromEntries(
        successes.map(([status, response]) => [status, localize(response.content?.['application/json']?.schema)]),
      ),
    }
  }
const defs: Record<string, unknown> = {}
for (const name of used) defs[name] = localize(contract.components.schemas[name])

writeFileSync(
  new URL('./golden/contract-firm.json', import.meta.url),
  `${JSON.stringify({ served, not_served: notServed.sort(), $defs: Object.fromEntries(Object.entries(defs).sort(([a], [b]) => a.localeCompare(b))) }, null, 2)}\n`,
)
