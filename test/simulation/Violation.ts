/** A promise that a history broke. `promise` is the id of the README's list. */
export class Violation extends Error {
  readonly promise: string

  constructor(promise: string, message: string) {
    super(`${promise}: ${message}`)
    this.promise = promise
  }
}
