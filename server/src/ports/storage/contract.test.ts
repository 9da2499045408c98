import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { access, appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Bucket, startBucket } from '../../../test/bucket.ts'
import { readConfig } from '../../config.ts'
import { createEgressPolicy, EgressRefused } from '../egress.ts'
import { createStorage } from './choose-storage.ts'
import type { StoragePort } from './port.ts'
import { describeBucket, examineBucket, s3Storage } from './s3.ts'

let bucket: Bucket
let folder: string
const opened: StoragePort[] = []

before(async () => {
  bucket = await startBucket()
  folder = await mkdtemp(join(tmpdir(), 'bavlio-storage-'))
})

after(async () => {
  for (const storage of opened) await storage.close()
  await bucket.close()
  await rm(folder, { recursive: true, force: true })
})

const sha256 = (content: Buffer): Buffer => createHash('sha256').update(content).digest()

const draft = async (content: Buffer): Promise<string> => {
  const path = join(folder, `draft-${randomUUID()}`)
  await writeFile(path, content)
  return path
}

const contentOf = async (storage: StoragePort, address: Buffer): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of await storage.read(address)) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const listed = async (storage: StoragePort): Promise<string[]> => {
  const found: string[] = []
  for await (const address of storage.list()) found.push(address.toString('hex'))
  return found.sort()
}

const settings = (): Record<string, string> => ({
  S3_BUCKET: bucket.settings.bucket,
  S3_ENDPOINT: bucket.settings.endpoint as string,
  S3_ACCESS_KEY_ID: 'S3RVER',
  S3_SECRET_ACCESS_KEY: 'S3RVER',
  S3_PREFIX: 'tests',
  EGRESS_ALLOW: bucket.host,
})

const OPEN: Record<string, () => StoragePort> = {
  disk: () => {
    const config = readConfig({ DATA_DIR: join(folder, 'disk') })
    return createStorage(config, createEgressPolicy([]))
  },
  s3: () => {
    const config = readConfig({ DATA_DIR: join(folder, 's3'), ...settings() })
    return createStorage(config, createEgressPolicy(config.egress_allow))
  },
}

for (const [name, open] of Object.entries(OPEN))
  describe(`storage: ${name}`, () => {
    let storage: StoragePort
    before(() => {
      storage = open()
      opened.push(storage)
    })

    test('is the adapter that the settings name', () => assert.equal(storage.name, name))

    test('what was adopted is read back byte for byte, whatever its size, and again', async () => {
      for (const size of [0, 1, 70_000, 1_048_576, 3_000_000]) {
        const content = randomBytes(size)
        await storage.adopt(await draft(content), sha256(content))
        assert.ok((await contentOf(storage, sha256(content))).equals(content), `${size}`)
        assert.ok((await contentOf(storage, sha256(content))).equals(content), `${size} again`)
      }
    })

    test('the same content twice is one content', async () => {
      const content = randomBytes(1_000)
      await storage.adopt(await draft(content), sha256(content))
      const before = await listed(storage)
      await storage.adopt(await draft(content), sha256(content))
      assert.deepEqual(await listed(storage), before)
      assert.ok((await contentOf(storage, sha256(content))).equals(content))
    })

    test('what was never stored, and what was removed, is ENOENT; removing it once more is no fault', async () => {
      const content = randomBytes(500)
      const address = sha256(content)
      await assert.rejects(storage.read(address), { code: 'ENOENT' })
      await storage.adopt(await draft(content), address)
      await storage.remove(address)
      await storage.remove(address)
      await assert.rejects(storage.read(address), { code: 'ENOENT' })
      await storage.adopt(await draft(content), address)
      assert.ok((await contentOf(storage, address)).equals(content), 'it can be stored again')
    })

    test('the list has every address once', async () => {
      for (const address of await listed(storage)) await storage.remove(Buffer.from(address, 'hex'))
      assert.deepEqual(await listed(storage), [])
      const addresses: string[] = []
      for (let n = 0; n < 12; n++) {
        const content = Buffer.from(`content ${n}`)
        await storage.adopt(await draft(content), sha256(content))
        addresses.push(sha256(content).toString('hex'))
      }
      assert.deepEqual(await listed(storage), addresses.sort())
    })

    test('a content that is read by two at once comes whole to both', async () => {
      const content = randomBytes(2_500_000)
      await storage.adopt(await draft(content), sha256(content))
      const both = await Promise.all([contentOf(storage, sha256(content)), contentOf(storage, sha256(content))])
      assert.ok(both.every((one) => one.equals(content)))
    })
  })

describe('storage: s3 beyond what both do', () => {
  const policy = () => createEgressPolicy([bucket.host])
  const spool = (): string => join(folder, 'spool')
  const with_ = (given: Partial<Bucket['settings']>, egress = policy()): StoragePort => {
    const storage = s3Storage({ ...bucket.settings, ...given }, { egress, spool_dir: spool() })
    opened.push(storage)
    return storage
  }

  test('the draft is gone from the disk once the bucket has it, and what was fetched once it was read', async () => {
    const storage = with_({})
    const content = randomBytes(2_000_000)
    const path = await draft(content)
    await storage.adopt(path, sha256(content))
    await assert.rejects(access(path), { code: 'ENOENT' })
    const stream = await storage.read(sha256(content))
    const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()))
    assert.equal((await readdir(spool())).length, 1)
    stream.destroy()
    await closed
    while ((await readdir(spool())).length) await new Promise((resolve) => setImmediate(resolve))
  })

  test('a content that is not what its address says is refused, in memory and by the disk', async () => {
    const storage = with_({ prefix: 'damaged/' })
    for (const size of [1_000, 2_000_000]) {
      const content = randomBytes(size)
      await storage.adopt(await draft(content), sha256(content))
      const name = sha256(content).toString('hex')
      const key = `damaged/files/${name.slice(0, 2)}/${name}`
      const kept = join(bucket.folder, bucket.settings.bucket, `${key}._S3rver_object`)
      await appendFile(kept, 'x')
      await assert.rejects(storage.read(sha256(content)), /is damaged/)
    }
    assert.deepEqual(await readdir(spool()), [])
  })

  test('two prefixes of one bucket do not see each other', async () => {
    const [a, b] = [with_({ prefix: 'a/' }), with_({ prefix: '' })]
    const content = randomBytes(10)
    await a.adopt(await draft(content), sha256(content))
    assert.deepEqual(await listed(a), [sha256(content).toString('hex')])
    assert.deepEqual(await listed(b), [])
    await assert.rejects(b.read(sha256(content)), { code: 'ENOENT' })
  })

  /** A server that answers as the test says, for what the embedded one never does. */
  const answering = async (
    answer: (request: IncomingMessage) => [status: number, body?: string],
  ): Promise<{ endpoint: string; host: string; close: () => Promise<void> }> => {
    const server = createServer((request, response) => {
      request.resume()
      request.on('end', () => {
        const [status, body] = answer(request)
        response.writeHead(status, { 'content-type': 'application/xml' }).end(body)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    return {
      host,
      endpoint: `http://${host}`,
      close: async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  }

  test('every fault names the bucket and its reason, and no secret, even where the service repeats them', async () => {
    const secret = 'a-secret-that-nobody-may-see'
    const server = await answering(({ headers }) => [
      403,
      `<Error><Code>SignatureDoesNotMatch</Code><Message>${secret} ${headers.authorization}</Message></Error>`,
    ])
    try {
      const storage = with_(
        { endpoint: server.endpoint, secret_access_key: secret, access_key_id: 'key-id' },
        createEgressPolicy([server.host]),
      )
      for (const call of [() => listed(storage), () => storage.read(sha256(Buffer.from('x')))])
        await assert.rejects(call(), (error: Error) => {
          assert.match(error.message, /bavlio-files.*403 SignatureDoesNotMatch/)
          const all = JSON.stringify(error, Object.getOwnPropertyNames(error))
          assert.ok(!all.includes(secret) && !all.includes('key-id'), all)
          return true
        })
    } finally {
      await server.close()
    }
    await assert.rejects(listed(with_({ bucket: 'missing-bucket' })), /missing-bucket.*404 NoSuchBucket/)
    assert.ok(!describeBucket(bucket.settings).includes('S3RVER'))
  })

  test('the list goes on over the pages of the service, and leaves out what is not ours', async () => {
    const name = (n: number): string => sha256(Buffer.from(String(n))).toString('hex')
    const key = (n: number): string => `tests/files/${name(n).slice(0, 2)}/${name(n)}`
    const page = (keys: string[], next?: string): string =>
      `<ListBucketResult><IsTruncated>${next !== undefined}</IsTruncated>${next ? `<NextContinuationToken>${next}</NextContinuationToken>` : ''}${keys
        .map((one) => `<Contents><Key>${one}</Key></Contents>`)
        .join('')}</ListBucketResult>`
    const server = await answering(({ url }) => {
      const query = new URL(`http://x${url}`).searchParams
      if (query.get('prefix') !== 'tests/files/') return [400]
      return query.get('continuation-token') === 'more'
        ? [200, page([key(3), 'tests/files/readme.txt'])]
        : [200, page([key(1), key(2)], 'more')]
    })
    try {
      const storage = with_({ endpoint: server.endpoint }, createEgressPolicy([server.host]))
      assert.deepEqual(await listed(storage), [1, 2, 3].map(name).sort())
    } finally {
      await server.close()
    }
  })

  test('a service on a private address is reached only where EGRESS_ALLOW lists it, by name and by number', async () => {
    const content = randomBytes(10)
    const { port } = new URL(bucket.settings.endpoint as string)
    for (const endpoint of [bucket.settings.endpoint as string, `http://localhost:${port}`]) {
      const storage = with_({ endpoint }, createEgressPolicy([]))
      await assert.rejects(storage.read(sha256(content)), EgressRefused)
      await assert.rejects(storage.adopt(await draft(content), sha256(content)), EgressRefused)
      await assert.rejects(examineBucket({ ...bucket.settings, endpoint }, createEgressPolicy([])), EgressRefused)
    }
    await examineBucket({ ...bucket.settings, prefix: 'nothing-here/' }, policy())
  })

  test('a put carries the hash of its content in the signature and no trailer, and is tried again after a fault', async () => {
    const seen: IncomingMessage['headers'][] = []
    const server = await answering(({ method, headers }) => {
      if (method === 'HEAD') return [404]
      seen.push(headers)
      return seen.length < 3 ? [503] : [200]
    })
    try {
      const storage = with_({ endpoint: server.endpoint }, createEgressPolicy([server.host]))
      const content = randomBytes(300_000)
      await storage.adopt(await draft(content), sha256(content))
      assert.equal(seen.length, 3)
      for (const headers of seen) {
        assert.equal(headers['x-amz-content-sha256'], sha256(content).toString('hex'))
        assert.equal(headers['content-length'], '300000')
        assert.match(headers.authorization ?? '', /SignedHeaders=[^,]*x-amz-content-sha256/)
        assert.equal(headers['x-amz-trailer'], undefined)
      }
    } finally {
      await server.close()
    }
  })

  test('settings of S3 come together, and a bucket needs its keys', () => {
    const problems = (env: Record<string, string>): string[] => {
      try {
        readConfig(env)
        return []
      } catch (error) {
        return (error as { problems: string[] }).problems
      }
    }
    assert.equal(problems({ S3_BUCKET: 'b-files' }).length, 1)
    assert.equal(problems({ S3_ENDPOINT: 'https://s3.example.com' }).length, 1)
    assert.equal(problems({ S3_BUCKET: '-', S3_PREFIX: '/x' }).length, 2)
    assert.equal(problems({ ...settings(), UPLOAD_MAX_BYTES: '6000000000' }).length, 1)
    assert.deepEqual(problems(settings()), [])
    const config = readConfig({ S3_BUCKET: 'b-files', S3_ACCESS_KEY_ID: 'a', S3_SECRET_ACCESS_KEY: 's' })
    assert.deepEqual([config.s3?.path_style, config.s3?.prefix], [false, ''])
    assert.equal(readConfig(settings()).s3?.path_style, true)
  })
})
