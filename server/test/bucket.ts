import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from 's3rver'
import type { S3Settings } from '../src/config.ts'

export type Bucket = { settings: S3Settings; host: string; folder: string; close: () => Promise<void> }

/** An S3 server on loopback with one empty bucket. It checks signatures. */
export const startBucket = async (): Promise<Bucket> => {
  const folder = await mkdtemp(join(tmpdir(), 'bavlio-s3-'))
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    directory: folder,
    silent: true,
    configureBuckets: [{ name: 'bavlio-files' }],
  })
  const { port } = await server.run()
  return {
    folder,
    host: `127.0.0.1:${port}`,
    settings: {
      bucket: 'bavlio-files',
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      access_key_id: 'S3RVER',
      secret_access_key: 'S3RVER',
      path_style: true,
      prefix: 'tests/',
    },
    close: async () => {
      await server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
