import { crc32, deflateRawSync } from 'node:zlib'

export type ZipPart = { name: string; content: string | Buffer }

/** A ZIP archive (APPNOTE 6.3) of parts, the same bytes every time. `damage` makes one of those that damaged disks leave. */
export const writeZip = (
  parts: ZipPart[],
  options: { stored?: boolean; encrypted?: boolean; damage?: 'checksum' | 'content' } = {},
): Buffer => {
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content } of parts) {
    const plain = Buffer.from(content)
    const body = options.stored ? plain : deflateRawSync(plain)
    if (options.damage === 'content') body.fill(0x55, Math.floor(body.length / 3), Math.floor(body.length / 2))
    const head = Buffer.alloc(26)
    head.writeUInt16LE(20, 0)
    head.writeUInt16LE(0x800 | (options.encrypted ? 1 : 0), 2)
    head.writeUInt16LE(options.stored ? 0 : 8, 4)
    head.writeUInt32LE(0x5a210000, 6)
    head.writeUInt32LE(options.damage === 'checksum' ? (crc32(plain) ^ 1) >>> 0 : crc32(plain), 10)
    head.writeUInt32LE(body.length, 14)
    head.writeUInt32LE(plain.length, 18)
    head.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), head, Buffer.from(name)])
    const central = Buffer.alloc(14)
    central.writeUInt32LE(offset, 10)
    directory.push(
      Buffer.concat([
        Buffer.from('PK\x01\x02'),
        Buffer.from([20, 0]),
        head.subarray(0, 26),
        central,
        Buffer.from(name),
      ]),
    )
    bodies.push(local, body)
    offset += local.length + body.length
  }
  const all = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(parts.length, 4)
  end.writeUInt16LE(parts.length, 6)
  end.writeUInt32LE(all.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...bodies, all, Buffer.from('PK\x05\x06'), end])
}
