import type { Readable } from 'node:stream'
import type { z } from 'zod'
import type { Config } from '../config.ts'
import type { Deps } from '../deps.ts'
import type { Logger } from '../log.ts'
import type { Access, Principal, Workspace } from './access.ts'
import type { ErrorCode } from './errors.ts'

/** What an operation does to the world; drives key scopes, confirmations, MCP hints and the badges of the docs. */
export type Impact = 'read' | 'write' | 'destructive' | 'sends' | 'spends'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

/** A multipart body: fields beside files. Files are on disk and hashed when the handler runs; they are removed after it. */
export type Multipart<Fields extends z.ZodType, Json extends z.ZodType | undefined = z.ZodType | undefined> = {
  multipart: true
  fields: Fields
  /** The same request may come as JSON instead, for what fits into memory; `files` is absent then. */
  json?: Json
  /** With `many`, up to so many parts may have this name; they arrive in `file_lists`, in the order of the body. */
  files: Record<string, { required: boolean; description: string; many?: number }>
  /** Which setting bounds each file. */
  limit?: FileLimit
}

/** A table that is read row by row may be far larger than something that goes along with a message. */
export type FileLimit = 'upload' | 'attachment' | 'extraction'

export const multipart = <Fields extends z.ZodType>(
  fields: Fields,
  files: Multipart<Fields>['files'],
  limit: FileLimit = 'upload',
): Multipart<Fields, undefined> => ({
  multipart: true,
  fields,
  files,
  limit,
})

/** A multipart body that may be a JSON one as well. */
export const multipartOrJson = <Fields extends z.ZodType, Json extends z.ZodType>(
  form: Multipart<Fields, undefined>,
  json: Json,
): Multipart<Fields, Json> => ({ ...form, json })

export type UploadedFile = { filename: string; mime_type: string; path: string; size_bytes: number; sha256: Buffer }

/** An answer that is not JSON: its media types and what they hold. */
export type FileResponse = { file: true; types: Record<string, Record<string, unknown>>; description: string }

export const fileResponse = (description: string, types: FileResponse['types']): FileResponse => ({
  file: true,
  description,
  types,
})

/** Server-sent events; `schema` describes one event's data. */
export type EventStream = { stream: true; schema: z.ZodType; description: string }

export const eventStream = (schema: z.ZodType, description: string): EventStream => ({
  stream: true,
  schema,
  description,
})

export type ResponseShape = z.ZodType | FileResponse | EventStream | null

type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined

type BodyOf<B> =
  B extends Multipart<infer Fields, infer Json>
    ?
        | (z.output<Fields> & { files: Record<string, UploadedFile>; file_lists: Record<string, UploadedFile[]> })
        | (Json extends z.ZodType ? z.output<Json> & { files?: undefined } : never)
    : B extends z.ZodType
      ? z.output<B>
      : undefined

export type OperationRequest<P = undefined, Q = undefined, B = undefined> = {
  id: string
  principal: Principal
  workspace: Workspace
  /** The workspace's present; the system's for an operation without a workspace. */
  now: Date
  params: Parsed<P>
  query: Parsed<Q>
  /** Names of the query parameters that the client really sent, to tell a default from a choice. */
  query_given: ReadonlySet<string>
  body: BodyOf<B>
  headers: Record<string, string | string[] | undefined>
  /** The JSON body as it was sent. With access `webhook:<provider>` it is all there is: nothing is parsed before its signature is checked. */
  raw_body: string | null
  ip: string
  /** Path with query, for links to the next page. */
  url: string
  log: Logger
}

/** An answer with another status than the first declared, or with headers of its own. */
export class Answer {
  readonly status: number
  readonly body: unknown
  readonly headers: Record<string, string>
  constructor(status: number, body: unknown, headers: Record<string, string> = {}) {
    this.status = status
    this.body = body
    this.headers = headers
  }
}

export const answer = (status: number, body: unknown, headers?: Record<string, string>): Answer =>
  new Answer(status, body, headers)

/** Raw bytes or a stream with their media type. */
export const sendFile = (
  body: Readable | Buffer | string,
  type: string,
  headers: Record<string, string> = {},
): Answer => new Answer(200, body, { 'content-type': type, ...headers })

export type Operation = {
  id: string
  method: Method
  /** With {params} in braces, exactly as the contract writes it. */
  path: string
  tag: string
  summary: string
  description?: string
  access: Access
  impact: Impact
  params?: z.ZodType
  query?: z.ZodType
  body?: z.ZodType | Multipart<z.ZodType>
  /** A body may be left out. */
  body_optional?: boolean
  /** Largest JSON body, where it is another than that of all operations: for bodies that carry files. */
  body_bytes?: (config: Config) => number
  responses: Record<number, ResponseShape>
  errors?: ErrorCode[]
  /** The answer holds a secret that is shown once; a replay says so instead of repeating it. */
  secret?: boolean
  /** The handler writes outside the request's transaction, so its idempotency key is reserved first and finished after. */
  calls_outside?: boolean
  /** `ours`: not in the contract. */
  source?: 'contract' | 'ours'
  handle: (request: OperationRequest<never, never, never>, deps: Deps) => Promise<unknown>
}

type Declared<P, Q, B> = Omit<Operation, 'params' | 'query' | 'body' | 'handle'> & {
  params?: P
  query?: Q
  body?: B
  handle: (request: OperationRequest<P, Q, B>, deps: Deps) => Promise<unknown>
}

/** Declares one operation. Routes, the OpenAPI document, the access table and the test over every operation read it. */
export const defineOperation = <
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | Multipart<z.ZodType> | undefined = undefined,
>(
  operation: Declared<P, Q, B>,
): Operation => operation as unknown as Operation

export const isMultipart = (body: Operation['body']): body is Multipart<z.ZodType> =>
  body !== undefined && 'multipart' in body
export const isFileResponse = (shape: ResponseShape): shape is FileResponse => shape !== null && 'file' in shape
export const isEventStream = (shape: ResponseShape): shape is EventStream => shape !== null && 'stream' in shape
