/** JSON Schema (as OpenAPI 3.1 uses it) to TypeScript types, as text. */
export type Schema = {
  $ref?: string
  type?: string | string[]
  description?: string
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  items?: Schema | boolean
  prefixItems?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: Schema | boolean
  contentMediaType?: string
  format?: string
  default?: unknown
}

const PLAIN = /^[A-Za-z_$][\w$]*$/
const literal = (value: unknown): string => (typeof value === 'string' ? quote(value) : JSON.stringify(value))
const quote = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`

/** A property or parameter name as it stands in a type. */
export const propertyName = (name: string): string => (PLAIN.test(name) ? name : quote(name))

/** A doc comment, indented, or nothing where there is nothing to say. */
export const docComment = (text: string | undefined, indent: string): string => {
  const words = text?.trim().replaceAll('*/', '*\\/')
  if (!words) return ''
  const lines = words.split('\n').map((line) => line.trim())
  return lines.length === 1
    ? `${indent}/** ${lines[0]} */\n`
    : `${indent}/**\n${lines.map((line) => `${indent} *${line ? ` ${line}` : ''}\n`).join('')}${indent} */\n`
}

/**
 * The type of a schema. `indent` is that of the line it begins on. An unknown keyword widens to `unknown` rather than to
 * something false; a binary string is a Blob, which is what a browser and Node hand over.
 */
export const typeOf = (schema: Schema | boolean | undefined, indent = ''): string => {
  if (schema === undefined || typeof schema === 'boolean') return 'unknown'
  if (schema.$ref) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)
  if ('const' in schema) return literal(schema.const)
  if (schema.enum) return union(schema.enum.map(literal))
  const parts = schema.anyOf ?? schema.oneOf
  if (parts) return union(parts.map((part) => typeOf(part, indent)))
  if (schema.allOf) return schema.allOf.map((part) => grouped(typeOf(part, indent))).join(' & ')
  if (Array.isArray(schema.type)) return union(schema.type.map((type) => typeOf({ ...schema, type }, indent)))
  switch (schema.type) {
    case 'string':
      return schema.format === 'binary' || schema.contentMediaType === 'application/octet-stream' ? 'Blob' : 'string'
    case 'integer':
    case 'number':
      return 'number'
    case 'boolean':
    case 'null':
      return schema.type
    case 'array':
      if (schema.prefixItems) return `[${schema.prefixItems.map((item) => typeOf(item, indent)).join(', ')}]`
      return `${grouped(typeOf(schema.items, indent))}[]`
    case 'object':
      return objectType(schema, indent)
    default:
      return schema.properties ? objectType(schema, indent) : 'unknown'
  }
}

const objectType = (schema: Schema, indent: string): string => {
  const required = new Set(schema.required)
  const properties = Object.entries(schema.properties ?? {})
  const others = schema.additionalProperties
  const open = others && (typeof others === 'boolean' || Object.keys(others).length > 0)
  if (!properties.length)
    return open || others === undefined ? `{ [name: string]: ${typeOf(others)} }` : 'Record<string, unknown>'
  const inner = `${indent}  `
  const lines = properties.map(
    ([name, property]) =>
      `${docComment(property.description, inner)}${inner}${propertyName(name)}${required.has(name) ? '' : '?'}: ${typeOf(property, inner)}\n`,
  )
  // What else may stand in the object must fit beside the named ones, so it is unknown.
  if (open) lines.push(`${inner}[name: string]: unknown\n`)
  return `{\n${lines.join('')}${indent}}`
}

const union = (types: string[]): string => {
  const each = [...new Set(types)]
  return each.includes('unknown') ? 'unknown' : each.join(' | ')
}

const grouped = (type: string): string => (type.includes(' | ') && !type.startsWith('{') ? `(${type})` : type)
