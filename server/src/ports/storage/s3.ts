import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import type { S3Settings } from '../../config.ts'
import type { EgressPolicy } from '../egress.ts'
import type { StoragePort } from './port.ts'

/** Contents up to this size are held in memory on the way, larger ones go by the disk. */
const IN_MEMORY_BYTES = 1_048_576
const CONNECT_MS = 10_000
/** Without a byte either way, not for a whole request: a large file may take its time. */
const SILENCE_MS = 60_000
const ATTEMPTS = 4
const RETRY_MS = 50

/**
 * Files as objects `files/ab/abcdef…` of a bucket, on any service that speaks S3. Each request is signed together with the
 * SHA-256 of its body, so a service refuses what arrived damaged; what is fetched is held against its address before anybody
 * reads it. `spool_dir` is a folder of this machine for what is on its way.
 */
export const s3Storage = (settings: S3Settings, parts: { egress: EgressPolicy; spool_dir: string }): StoragePort => {
  const { bucket: Bucket, prefix } = settings
  let opening: Promise<Bucket> | null = null
  const open = (): Promise<Bucket> => {
    opening ??= openBucket(settings, parts.egress)
    return opening
  }
  const keyOf = (sha256: Buffer): string => {
    const name = sha256.toString('hex')
    return `${prefix}files/${name.slice(0, 2)}/${name}`
  }

  const has = async (Key: string): Promise<number | null> => {
    try {
      const { client, sdk } = await open()
      const { ContentLength } = await client.send(new sdk.HeadObjectCommand({ Bucket, Key }))
      return ContentLength ?? null
    } catch (error) {
      if (isMissing(error)) return null
      throw told(error, settings)
    }
  }

  return {
    name: 's3',
    where: describeBucket(settings),
    adopt: async (path, sha256) => {
      const Key = keyOf(sha256)
      const { size } = await stat(path)
      if ((await has(Key)) === size) return
      for (let attempt = 1; ; attempt++)
        try {
          await put(await open(), { Bucket, Key, path, size, sha256 })
          break
        } catch (error) {
          if (attempt >= ATTEMPTS || !isPassing(error)) throw told(error, settings)
          await wait(2 ** attempt * RETRY_MS)
        }
      await rm(path, { force: true })
    },
    read: async (sha256) => {
      try {
        const { client, sdk } = await open()
        const { Body, ContentLength } = await client.send(new sdk.GetObjectCommand({ Bucket, Key: keyOf(sha256) }))
        return await fetchWhole(Body as Readable, ContentLength ?? null, sha256, parts.spool_dir)
      } catch (error) {
        throw told(error, settings)
      }
    },
    remove: async (sha256) => {
      try {
        const { client, sdk } = await open()
        await client.send(new sdk.DeleteObjectCommand({ Bucket, Key: keyOf(sha256) }))
      } catch (error) {
        if (!isMissing(error)) throw told(error, settings)
      }
    },
    async *list() {
      const { client, sdk } = await open()
      let ContinuationToken: string | undefined
      do {
        const page = await client
          .send(new sdk.ListObjectsV2Command({ Bucket, Prefix: `${prefix}files/`, ContinuationToken }))
          .catch((error) => {
            throw told(error, settings)
          })
        for (const { Key } of page.Contents ?? []) {
          const name = Key?.slice(prefix.length)
          if (name && /^files\/[0-9a-f]{2}\/[0-9a-f]{64}$/.test(name)) yield Buffer.from(name.slice(-64), 'hex')
        }
        ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined
      } while (ContinuationToken)
    },
    close: async () => (await opening)?.client.destroy(),
  }
}

type Upload = { Bucket: string; Key: string; path: string; size: number; sha256: Buffer }

/** The client repeats no request whose body is a stream, so each try begins here with a new one. */
const put = async ({ client, sdk }: Bucket, { Bucket, Key, path, size, sha256 }: Upload): Promise<void> => {
  const command = new sdk.PutObjectCommand({
    Bucket,
    Key,
    ContentLength: size,
    ContentType: 'application/octet-stream',
    Body: createReadStream(path),
  })
  // The signature covers the content's own hash, which is known already, instead of leaving the body unsigned.
  command.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> }
      headers['x-amz-content-sha256'] = sha256.toString('hex')
      return next(args)
    },
    { step: 'build', name: 'contentHash' },
  )
  await client.send(command)
}

/** Whether the same request may well succeed in a moment. */
const isPassing = (error: unknown): boolean => {
  const { code, $metadata } = error as { code?: string; $metadata?: { httpStatusCode?: number } }
  const status = $metadata?.httpStatusCode
  if (status !== undefined) return status >= 500 || status === 429 || status === 408
  return ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN'].includes(code ?? '')
}

/** Where the bucket is, for a person; never its keys. */
export const describeBucket = (settings: S3Settings): string =>
  `S3, ${settings.bucket}${settings.prefix ? `/${settings.prefix}` : ''} at ${
    settings.endpoint ? new URL(settings.endpoint).host : `Amazon, ${settings.region}`
  }`

/** Whether the bucket can be reached and listed with these keys. Throws the reason in words for the operator. */
export const examineBucket = async (settings: S3Settings, egress: EgressPolicy): Promise<void> => {
  const { client, sdk } = await openBucket(settings, egress, 1)
  try {
    await client.send(new sdk.ListObjectsV2Command({ Bucket: settings.bucket, Prefix: settings.prefix, MaxKeys: 1 }))
  } catch (error) {
    throw told(error, settings)
  } finally {
    client.destroy()
  }
}

const silent = (): void => {}

type Bucket = { client: S3Client; sdk: typeof import('@aws-sdk/client-s3') }

/** The library comes with the first request: most instances have no bucket, and it takes twenty megabytes. */
const openBucket = async (settings: S3Settings, egress: EgressPolicy, attempts = ATTEMPTS): Promise<Bucket> => {
  const sdk = await import('@aws-sdk/client-s3')
  const address = settings.endpoint ? new URL(settings.endpoint) : null
  const port = Number(address?.port || (address?.protocol === 'http:' ? 80 : 443))
  // The socket looks its host up through the policy, so that the address which was checked is the one that is connected to.
  const lookup = ((host: string, wish: { all?: boolean }, done: (...given: unknown[]) => void) => {
    egress.resolve(host, port).then(
      (found) => {
        const family = found.includes(':') ? 6 : 4
        if (wish.all) done(null, [{ address: found, family }])
        else done(null, found, family)
      },
      (error) => done(error),
    )
  }) as LookupFunction
  const agent = { keepAlive: true, maxSockets: 50, lookup }
  const client = new sdk.S3Client({
    region: settings.region,
    ...(settings.endpoint ? { endpoint: settings.endpoint } : {}),
    forcePathStyle: settings.path_style,
    credentials: { accessKeyId: settings.access_key_id, secretAccessKey: settings.secret_access_key },
    maxAttempts: attempts,
    // It would write to the console; what goes wrong is told by the errors.
    logger: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
    // Checksums of newer kinds are sent in trailers that many services of the kind do not know; the signed hash of the content does
    // the same for all of them.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
    },
  })
  // A literal address never passes the look-up.
  client.middlewareStack.add(
    (next) => async (args) => {
      const { hostname } = args.request as { hostname: string }
      await egress.resolve(hostname, port)
      return next(args)
    },
    { step: 'finalizeRequest', name: 'egress', priority: 'high' },
  )
  return { client, sdk }
}

const isMissing = (error: unknown): boolean => {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } }
  return name === 'NoSuchKey' || name === 'NotFound' || ($metadata?.httpStatusCode === 404 && name !== 'NoSuchBucket')
}

/** The error in words of ours: what a service writes into an error may repeat the request. */
const told = (error: unknown, settings: S3Settings): Error => {
  const { name, code, message, $metadata } = error as {
    name?: string
    code?: string
    message?: string
    $metadata?: { httpStatusCode?: number }
  }
  if (error instanceof DamagedContent || code === 'EGRESS_REFUSED') return error as Error
  const where = describeBucket(settings)
  if (isMissing(error)) return Object.assign(new Error(`${where}: there is no such content.`), { code: 'ENOENT' })
  const status = $metadata?.httpStatusCode
  const why = status
    ? `${status} ${name}`
    : code || (message && !message.includes(settings.secret_access_key) ? message : 'no answer')
  return Object.assign(new Error(`${where}: ${why}`), status ? { status_of_storage: status } : {})
}

class DamagedContent extends Error {}

/** Fetches a content, checks it and hands it out from this machine. */
const fetchWhole = async (
  source: Readable,
  length: number | null,
  sha256: Buffer,
  spoolDir: string,
): Promise<Readable> => {
  const hash = createHash('sha256')
  const check = (): void => {
    if (!hash.digest().equals(sha256))
      throw new DamagedContent(`The stored content ${sha256.toString('hex')} is damaged: its hash is another.`)
  }
  if (length !== null && length <= IN_MEMORY_BYTES) {
    const chunks: Buffer[] = []
    for await (const chunk of source) {
      hash.update(chunk as Buffer)
      chunks.push(chunk as Buffer)
    }
    check()
    return Readable.from(chunks, { objectMode: false })
  }
  await mkdir(spoolDir, { recursive: true })
  const path = join(spoolDir, randomUUID())
  try {
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk)
        done(null, chunk)
      },
    })
    await pipeline(source, meter, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
    check()
    const stream = createReadStream(path)
    stream.once('close', () => void rm(path, { force: true }).catch(() => {}))
    return stream
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}
