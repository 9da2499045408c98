/** An end that the operator can do something about: its message is the whole story, and no stack is shown. */
export class StopError extends Error {
  readonly exit_code: number
  constructor(message: string, exitCode = 1, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StopError'
    this.exit_code = exitCode
  }
}
