import { join } from 'node:path'
import type { Config } from '../../config.ts'
import type { EgressPolicy } from '../egress.ts'
import { diskStorage } from './disk.ts'
import type { StoragePort } from './port.ts'

/** The bucket where one is configured, whose library is loaded then alone, else the data folder. */
export const createStorage = async (
  config: Pick<Config, 's3' | 'data_dir'>,
  egress: EgressPolicy,
): Promise<StoragePort> =>
  config.s3
    ? (await import('./s3.ts')).s3Storage(config.s3, { egress, spool_dir: join(config.data_dir, 'incoming') })
    : diskStorage(config.data_dir)
