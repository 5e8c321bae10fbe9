/** Looks at NATS before anything runs: everything that would keep the change log from keeping its word, with its remedy. */
import type { JetStreamAccountStats, StreamInfo } from "@nats-io/jetstream"
import { Effect, Layer } from "effect"
import type { Finding } from "../../schemas/finding.ts"
import { NatsConnection, type Link } from "./NatsConnection.ts"
import type { NatsTrouble } from "./NatsTrouble.ts"
import type { JetStreamOptions } from "./options.ts"
import { STREAM_NOT_FOUND, streamOf } from "./stream-access.ts"
import { addCommand, driftOf, isServerRecent, SERVER_VERSION_MIN } from "./topology.ts"

/** Room for headers beside a segment. */
const HEADER_RESERVE_BYTES = 4_096

const FULL_WARNING_PERCENT = 80

const ENABLE_JETSTREAM =
  "Add `jetstream { store_dir: /var/lib/nats }` to the NATS server's configuration, or enable it for this account, and reload."

/** Never fails: what cannot be looked at is a finding as well. */
export const checkChangeLog = (options: JetStreamOptions): Effect.Effect<ReadonlyArray<Finding>> =>
  check(options).pipe(Effect.provide(Layer.fresh(NatsConnection.layer(options))))

const check = Effect.fnUntraced(function* (options: JetStreamOptions) {
  const connection = yield* NatsConnection
  const reached = yield* Effect.result(connection.link)
  if (reached._tag === "Failure") return [unreachable(options, reached.failure)]
  const link = reached.success
  const findings: Array<Finding> = [
    ok("nats connection", link.nats.getServer(), "a connection"),
    versionFinding(link),
    payloadFinding(link, options)
  ]
  const account = yield* Effect.result(
    connection.ask("asking about the JetStream account", ({ jetstream }) => jetstream.getAccountInfo())
  )
  if (account._tag === "Failure") {
    return [
      ...findings,
      error("jetstream enabled", account.failure.message, "JetStream for this account", ENABLE_JETSTREAM)
    ]
  }
  findings.push(ok("jetstream enabled", "enabled", "enabled"), ...accountFindings(account.success, options))
  const stream = yield* Effect.result(streamOf(connection, options))
  findings.push(
    ...(stream._tag === "Success"
      ? streamFindings(stream.success, options)
      : [noStream(stream.failure, options)]),
    durabilityFinding(options)
  )
  return findings
})

const ok = (check: string, found: string, wanted: string): Finding => ({
  severity: "ok",
  check,
  found,
  wanted,
  fix: ""
})
const error = (check: string, found: string, wanted: string, fix: string): Finding => ({
  severity: "error",
  check,
  found,
  wanted,
  fix
})
const warning = (check: string, found: string, wanted: string, fix: string): Finding => ({
  ...error(check, found, wanted, fix),
  severity: "warning"
})

const unreachable = (options: JetStreamOptions, trouble: NatsTrouble): Finding =>
  error(
    "nats connection",
    trouble.message,
    "a connection",
    trouble.kind === "denied"
      ? "Check changeLog.user and changeLog.password, changeLog.token or changeLog.credentials against the NATS server's accounts."
      : `Start NATS, or correct changeLog.servers (${options.servers.join(", ")}) and changeLog.tls.`
  )

const versionFinding = (link: Link): Finding => {
  const found = link.nats.info?.version ?? "unknown"
  const wanted = `${SERVER_VERSION_MIN} or newer`
  return isServerRecent(found)
    ? ok("nats version", found, wanted)
    : error("nats version", found, wanted, `Upgrade nats-server to ${wanted}.`)
}

const payloadFinding = (link: Link, options: JetStreamOptions): Finding => {
  const found = link.nats.info?.max_payload ?? 0
  const wanted = options.segmentBytes + HEADER_RESERVE_BYTES
  const atLeast = `at least ${wanted} bytes`
  return found >= wanted
    ? ok("nats max_payload", `${found} bytes`, atLeast)
    : error(
        "nats max_payload",
        `${found} bytes`,
        atLeast,
        `Set max_payload: ${Math.max(wanted, 1024 * 1024)} in the NATS server's configuration and reload it, or limits.segmentBytes: ${found - HEADER_RESERVE_BYTES}.`
      )
}

const accountFindings = (
  { limits, storage }: JetStreamAccountStats,
  options: JetStreamOptions
): ReadonlyArray<Finding> => {
  const findings: Array<Finding> = []
  const wanted = options.maxBytes
  if (limits.max_bytes_required && wanted === undefined) {
    findings.push(
      error(
        "jetstream max_bytes",
        "not set",
        "a limit, which this account demands of every stream",
        "Set changeLog.maxBytes, for example 10737418240 for 10 GiB."
      )
    )
  }
  if (limits.max_storage > 0) {
    const free = limits.max_storage - storage
    const enough = wanted === undefined ? free > 0 : free >= wanted
    const found = `${free} of ${limits.max_storage} bytes free`
    const needed = wanted === undefined ? "free storage" : `${wanted} bytes for the stream`
    findings.push(
      enough
        ? ok("jetstream storage", found, needed)
        : warning(
            "jetstream storage",
            found,
            needed,
            "Raise the account's JetStream storage limit, or lower changeLog.maxBytes; a stream that is full makes capture wait."
          )
    )
  }
  return findings
}

const noStream = (trouble: NatsTrouble, options: JetStreamOptions): Finding => {
  const exists = `stream ${options.stream}`
  if (trouble.code !== STREAM_NOT_FOUND) {
    return error("stream", trouble.message, exists, "Let this user ask $JS.API.STREAM.INFO, and check again.")
  }
  return options.manage === "create"
    ? ok("stream", "missing, capture creates it", exists)
    : error("stream", "missing, and changeLog.manage is verify", exists, addCommand(options))
}

const streamFindings = ({ config, state }: StreamInfo, options: JetStreamOptions): ReadonlyArray<Finding> => {
  const findings: Array<Finding> = driftOf(config, options).map((drift) =>
    error(`stream ${drift.setting}`, drift.found, drift.wanted, drift.fix)
  )
  if (findings.length === 0) {
    findings.push(ok("stream", `${config.name}, ${state.messages} messages`, `stream ${config.name}`))
  }
  if (config.num_replicas < options.replicas) {
    findings.push(
      warning(
        "stream replicas",
        String(config.num_replicas),
        String(options.replicas),
        `nats stream edit ${config.name} --replicas ${options.replicas} --force`
      )
    )
  }
  const percent = config.max_bytes > 0 ? Math.floor((state.bytes * 100) / config.max_bytes) : 0
  if (percent >= FULL_WARNING_PERCENT) {
    findings.push(
      warning(
        "stream room",
        `${percent} % of ${config.max_bytes} bytes used`,
        `less than ${FULL_WARNING_PERCENT} %`,
        `nats stream edit ${config.name} --max-bytes ${config.max_bytes * 2} --force`
      )
    )
  }
  return findings
}

/** Clients cannot see the setting; the binlog covers what it may cost (G5). */
const durabilityFinding = (options: JetStreamOptions): Finding =>
  warning(
    "nats sync_interval",
    "not visible to a client; the default is 2m",
    "always",
    options.replicas > 1
      ? "Nothing to do while the replicas stand in different failure domains. Else set jetstream { sync_interval: always } in each server's configuration."
      : "Set jetstream { sync_interval: always } in the NATS server's configuration. Without it a power cut may cost up to 2 minutes of messages, which capture then publishes again from the binlog."
  )
