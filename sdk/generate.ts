import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { docComment, propertyName, type Schema, typeOf } from './schema-type.ts'

/**
 * Writes src/generated from the committed openapi.json: the types of all components, and one function for each operation,
 * named as the operation. `--check` writes nothing and fails where a file would differ.
 */
type Parameter = {
  $ref?: string
  name: string
  in: 'path' | 'query' | 'header'
  required?: boolean
  description?: string
  schema?: Schema
}
type Content = Record<string, { schema?: Schema }>
type Operation = {
  operationId: string
  summary: string
  description?: string
  tags: string[]
  parameters?: Parameter[]
  requestBody?: { required?: boolean; content: Content }
  responses: Record<string, { content?: Content }>
}
type Document = { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Schema> } }

const HERE = import.meta.dirname
const BANNER = '// Generated from openapi.json by sdk/generate.ts. Do not edit.\n'

const camel = (id: string): string => id.replace(/_+([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())
const pascal = (id: string): string => `${id[0]?.toUpperCase()}${camel(id).slice(1)}`

/** What a call comes to: data, text, a file to read, events, or nothing. */
const answerOf = (operation: Operation): { kind: 'json' | 'text' | 'file' | 'events' | 'none'; type: string } => {
  const contents = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'))
  const types = new Set<string>()
  for (const [, { content }] of contents)
    for (const [media, { schema }] of Object.entries(content ?? {})) {
      if (media === 'text/event-stream') return { kind: 'events', type: 'AsyncIterable<ServerEvent>' }
      if (media === 'application/json') types.add(typeOf(schema))
      else if (media === 'text/html' || media === 'text/plain') return { kind: 'text', type: 'string' }
      else return { kind: 'file', type: 'Response' }
    }
  return types.size ? { kind: 'json', type: [...types].join(' | ') } : { kind: 'none', type: 'void' }
}

const typesFile = ({ components }: Document): string =>
  [
    BANNER,
    ...Object.entries(components.schemas).map(
      ([name, schema]) => `\n${docComment(schema.description, '')}export type ${name} = ${typeOf(schema)}\n`,
    ),
  ].join('')

const operationsFile = (document: Document): string => {
  const names = new Set<string>()
  const pieces: string[] = []
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(methods)) {
      if (!operation.operationId) continue
      pieces.push(operationCode(path, method.toUpperCase(), operation, names))
    }
  const imports = [...names].filter((name) => name in document.components.schemas).sort()
  return [
    BANNER,
    `import type { Call, CallOptions, ServerEvent } from '../client.ts'\n`,
    `import type {\n${imports.map((name) => `  ${name},\n`).join('')}} from './types.ts'\n`,
    ...pieces,
  ].join('')
}

const operationCode = (path: string, method: string, operation: Operation, names: Set<string>): string => {
  const note = (type: string): string => {
    for (const [word] of type.matchAll(/\b[A-Z]\w*/g)) names.add(word)
    return type
  }
  const given = (operation.parameters ?? []).filter(({ $ref, in: place }) => !$ref && place !== 'header')
  const content = operation.requestBody?.content ?? {}
  const media = Object.keys(content)[0]
  const members = given.map((parameter) => {
    const type = note(typeOf(parameter.schema))
    // Null in a query means what leaving it out means.
    const plain = parameter.in === 'query' ? type.replace(/ \| null\b/, '') : type
    return `${docComment(parameter.description ?? parameter.schema?.description, '  ')}  ${propertyName(parameter.name)}${parameter.required ? '' : '?'}: ${plain}${parameter.required ? '' : ' | undefined'}\n`
  })
  if (media)
    members.push(`  body${operation.requestBody?.required ? '' : '?'}: ${note(typeOf(content[media]?.schema, '  '))}\n`)
  const name = camel(operation.operationId)
  const input = `${pascal(operation.operationId)}Input`
  const needs = given.some(({ required }) => required) || (media !== undefined && operation.requestBody?.required)
  const answer = answerOf(operation)
  note(answer.type)
  const query = given.filter((parameter) => parameter.in === 'query').map(({ name }) => `'${name}'`)
  const spec = [
    `method: '${method}'`,
    `path: '${path}'`,
    ...(query.length ? [`query: [${query.join(', ')}]`] : []),
    ...(media ? [`body: '${media === 'multipart/form-data' ? 'form' : 'json'}'`] : []),
    `answer: '${answer.kind}'`,
  ].join(', ')
  const words = [operation.summary.replace(/\.?$/, '.'), operation.description].filter(Boolean).join('\n\n')
  return [
    '\n',
    members.length ? `export type ${input} = {\n${members.join('')}}\n` : '',
    docComment(words, ''),
    `export const ${name} = (call: Call, input${needs ? '' : '?'}: ${members.length ? input : 'Record<string, never>'}, options?: CallOptions): Promise<${answer.type}> =>\n`,
    `  call({ ${spec} }, input, options)\n`,
  ].join('')
}

const document = JSON.parse(await readFile(join(HERE, '..', 'openapi.json'), 'utf8')) as Document
const files = { 'types.ts': typesFile(document), 'operations.ts': operationsFile(document) }
const folder = join(HERE, 'src', 'generated')
await mkdir(folder, { recursive: true })
let stale = 0
for (const [name, content] of Object.entries(files)) {
  const path = join(folder, name)
  if (process.argv.includes('--check')) {
    if ((await readFile(path, 'utf8').catch(() => '')) !== content) {
      stale++
      console.error(`sdk/src/generated/${name} is not what openapi.json gives: npm run generate`)
    }
  } else await writeFile(path, content)
}
process.exitCode = stale ? 1 : 0
