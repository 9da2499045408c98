import { join } from 'node:path'
import type { Config } from '../../config.ts'
import type { EgressPolicy } from '../egress.ts'
import { diskStorage } from './disk.ts'
import type { StoragePort } from './port.ts'
import { s3Storage } from './s3.ts'

/** The bucket where one is configured, else the data folder. */
export const createStorage = (config: Pick<Config, 's3' | 'data_dir'>, egress: EgressPolicy): StoragePort =>
  config.s3
    ? s3Storage(config.s3, { egress, spool_dir: join(config.data_dir, 'incoming') })
    : diskStorage(config.data_dir)
