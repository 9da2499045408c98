import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'

export type Logger = PinoLogger

/** Fields whose values never reach a log line, wherever they stand. */
const SECRET_FIELDS = [
  'password',
  'token',
  'secret',
  'authorization',
  'api_key',
  'key',
  'cookie',
  'refresh_token',
  'private_key',
]

export const createLogger = (level: string, destination?: DestinationStream): Logger =>
  pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[secret]' },
    },
    destination ?? pino.destination({ dest: 2, sync: false }),
  )
