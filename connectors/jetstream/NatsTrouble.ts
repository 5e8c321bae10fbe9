/** What can go wrong between us and NATS, before a port gives it a meaning. */
import { Data } from "effect"
import { JetStreamApiError, JetStreamError } from "@nats-io/jetstream"
import {
  AuthorizationError,
  NoRespondersError,
  PermissionViolationError,
  RequestError,
  TimeoutError
} from "@nats-io/transport-node"

export class NatsTrouble extends Data.TaggedError("NatsTrouble")<{
  /**
   * - `down`       no connection, or it was lost before the answer came
   * - `silent`     connected, but nobody answers in time
   * - `denied`     user or password refused, or not allowed to use the subject
   * - `refused`    JetStream answered with an error; `code` is its err_code
   */
  readonly kind: "down" | "silent" | "denied" | "refused"
  readonly message: string
  /** `err_code` of server/errors.json; 0 for other kinds. */
  readonly code: number
}> {}

export const down = (what: string, why: string): NatsTrouble =>
  new NatsTrouble({ kind: "down", message: `${what}: ${why}`, code: 0 })

/** Names the trouble behind whatever the driver threw. The driver's texts name hosts, users and subjects, no content. */
export const troubleOf = (what: string, error: unknown): NatsTrouble => {
  const cause = causeOf(error)
  const text = cause instanceof Error ? cause.message : String(cause)
  const message = `${what}: ${text}`
  if (cause instanceof JetStreamApiError)
    return new NatsTrouble({ kind: "refused", message, code: cause.code })
  if (cause instanceof AuthorizationError || cause instanceof PermissionViolationError) {
    return new NatsTrouble({ kind: "denied", message, code: 0 })
  }
  if (cause instanceof NoRespondersError) {
    return new NatsTrouble({
      kind: "silent",
      message: `${what}: nobody answers on ${cause.subject}`,
      code: 0
    })
  }
  if (cause instanceof TimeoutError || cause instanceof JetStreamError) {
    return new NatsTrouble({ kind: "silent", message, code: 0 })
  }
  return down(what, text)
}

/** The driver wraps the interesting error in a RequestError, and "not enabled" around that. */
const causeOf = (error: unknown): unknown =>
  error instanceof Error &&
  error.cause instanceof Error &&
  (error instanceof RequestError || error.name === "JetStreamNotEnabled")
    ? causeOf(error.cause)
    : error
