import type { Operation } from '../../http/define-operation.ts'

export const operations: Operation[] = []
