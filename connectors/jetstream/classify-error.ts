/**
 * What JetStream's error codes mean to a writer: a pure table (nats-server, server/errors.json).
 *
 * An unknown code is taken as "unavailable": capture reads the end of the log again, which is right after any refusal.
 */
import {
  LogFull,
  LogMisconfigured,
  LogMoved,
  LogUnavailable,
  MessageTooLarge,
  type ChangeLogError
} from "../../src/capture/ChangeLog.ts"
import type { NatsTrouble } from "./NatsTrouble.ts"
import { messageSubject, type JetStreamOptions } from "./options.ts"
import { addCommand } from "./topology.ts"

export type Refusal = "moved" | "full" | "too-large" | "misconfigured" | "unavailable"

const REFUSALS: ReadonlyMap<number, Refusal> = new Map([
  [10071, "moved"], // wrong last sequence: {seq}
  [10164, "moved"], // wrong last sequence, which one is not known
  [10070, "moved"], // wrong last msg ID
  [10158, "moved"], // duplicate message id is in process
  [10077, "full"], // store failed: maximum bytes or messages exceeded, no space left on device
  [10002, "full"], // resource limits exceeded for account
  [10023, "full"], // insufficient resources
  [10028, "full"], // insufficient memory resources
  [10047, "full"], // insufficient storage resources
  [10054, "too-large"], // message size exceeds maximum allowed
  [10097, "too-large"], // header size exceeds 64k
  [10060, "misconfigured"], // expected stream does not match
  [10109, "misconfigured"], // stream is sealed
  [10059, "misconfigured"], // stream not found
  [10058, "misconfigured"], // stream name in use with a different configuration
  [10065, "misconfigured"], // subjects overlap with an existing stream
  [10039, "misconfigured"], // JetStream not enabled for account
  [10076, "misconfigured"], // JetStream not enabled
  [10074, "misconfigured"], // replicas > 1 not supported in non-clustered mode
  [10027, "misconfigured"], // maximum number of streams reached
  [10113, "misconfigured"], // the account requires a stream to have max_bytes
  [10122, "misconfigured"], // max_bytes exceeds the account's limit
  [10052, "misconfigured"] // invalid stream configuration
])

export const refusalOf = (code: number): Refusal => REFUSALS.get(code) ?? "unavailable"

/** A refusal of an append; `bytes` and `bytesMax` describe the message. */
export const appendRefused = (
  options: JetStreamOptions,
  refused: { readonly code: number; readonly description: string },
  append: {
    readonly expectedSequence: number
    readonly bytes: number
    readonly bytesMax: number
    /** What the stream holds, and its limits. */
    readonly fill: string
  }
): ChangeLogError => {
  const message = `stream ${options.stream} refuses the message after sequence ${append.expectedSequence}: ${refused.description} (${refused.code})`
  switch (refusalOf(refused.code)) {
    case "moved":
      return new LogMoved({ message, expectedSequence: append.expectedSequence })
    case "full":
      return new LogFull({ message: `${message}; it held ${append.fill}`, stream: options.stream })
    case "too-large":
      return new MessageTooLarge({ message, bytes: append.bytes, bytesMax: append.bytesMax })
    case "misconfigured":
      return new LogMisconfigured({ message, stream: options.stream, fix: fixOf(options, refused.code) })
    case "unavailable":
      return new LogUnavailable({ message })
  }
}

/** Trouble met while asking about the stream. */
export const logErrorOf = (options: JetStreamOptions, trouble: NatsTrouble): ChangeLogError => {
  const { message, code } = trouble
  // Removed between two questions; the next tail makes it anew.
  if (code === 10059 && options.manage === "create") return new LogUnavailable({ message })
  if (trouble.kind === "refused" && refusalOf(code) === "misconfigured") {
    return new LogMisconfigured({ message, stream: options.stream, fix: fixOf(options, code) })
  }
  if (trouble.kind === "refused" && refusalOf(code) === "full") {
    return new LogFull({ message, stream: options.stream })
  }
  return new LogUnavailable({ message })
}

const fixOf = (options: JetStreamOptions, code: number): string => {
  const subject = messageSubject(options.connector, "segment")
  switch (code) {
    case 10039:
    case 10076:
      return "Enable JetStream: add `jetstream { store_dir: /var/lib/nats }` to the NATS server's configuration, or enable it for this account, and reload."
    case 10058:
      return `Name another stream under changeLog.stream, or remove the one that has the name: nats stream rm ${options.stream}`
    case 10059:
      return addCommand(options)
    case 10060:
    case 10065:
      return `Another stream takes the subject ${subject}; find it with: nats stream find --subject ${subject}`
    case 10074:
      return "Set changeLog.replicas to 1, or run NATS as a cluster."
    case 10113:
    case 10122:
      return "Set changeLog.maxBytes to what the NATS account allows: nats account info"
    default:
      return `Look at the stream's settings: nats stream info ${options.stream}`
  }
}
