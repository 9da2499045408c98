/** What outsiders import; operations stand beside it in `@bavlio/sdk/operations`, one function each. */
export { type Call, type CallOptions, type ClientSettings, createClient, type ServerEvent } from './client.ts'
export { BavlioError, type Problem } from './errors.ts'
export { each } from './pagination.ts'
