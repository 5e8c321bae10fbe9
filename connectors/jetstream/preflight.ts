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
      : noStream(stream.failure, account.success, options)),
    durabilityFinding(link, options)
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

const noStream = (
  trouble: NatsTrouble,
  account: JetStreamAccountStats,
  options: JetStreamOptions
): ReadonlyArray<Finding> => {
  const exists = `stream ${options.stream}`
  if (trouble.code !== STREAM_NOT_FOUND) {
    const fix = `Let this user publish to $JS.API.STREAM.INFO.${options.stream}, and check again.`
    return [error("stream", trouble.message, exists, fix)]
  }
  if (options.manage === "verify") {
    return [error("stream", "missing, and changeLog.manage is verify", exists, addCommand(options))]
  }
  return [ok("stream", "missing, capture creates it", exists), ...streamsLeft(account)]
}

/** Only where a stream must be made. */
const streamsLeft = ({ limits, streams }: JetStreamAccountStats): ReadonlyArray<Finding> => {
  if (limits.max_streams <= 0) return []
  const found = `${streams} of ${limits.max_streams} used`
  return streams < limits.max_streams
    ? [ok("jetstream streams", found, "room for one more")]
    : [
        error(
          "jetstream streams",
          found,
          "room for one more",
          "Raise the account's limit of JetStream streams, or remove a stream that nobody uses: nats stream ls"
        )
      ]
}

const streamFindings = ({ config, state }: StreamInfo, options: JetStreamOptions): ReadonlyArray<Finding> => {
  const findings: Array<Finding> = driftOf(config, options).map((drift) =>
    error(`stream ${drift.setting}`, drift.found, drift.wanted, drift.fix)
  )
  if (findings.length === 0) {
    findings.push(ok("stream", `${config.name}, ${state.messages} messages`, `stream ${config.name}`))
  }
  if (config.allow_atomic !== true) {
    findings.push(
      warning(
        "stream allow_atomic",
        "false",
        "true; without it other readers may see part of a transaction that spans several segments",
        `nats stream edit ${config.name} --allow-batch --force`
      )
    )
  }
  const largest = options.segmentBytes + HEADER_RESERVE_BYTES
  if (config.max_msg_size > 0 && config.max_msg_size < largest) {
    findings.push(
      warning(
        "stream max_msg_size",
        `${config.max_msg_size} bytes`,
        `at least ${largest} bytes; capture cuts smaller segments`,
        `nats stream edit ${config.name} --max-msg-size ${largest} --force`
      )
    )
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

/**
 * What a power cut would cost. JetStream acknowledges before it has written to disk; how long before, clients cannot see:
 * it stands in /jsz of the server's monitoring port, which may be closed or elsewhere. The binlog covers the cost (G5).
 */
const durabilityFinding = (link: Link, options: JetStreamOptions): Finding => {
  const host = link.nats.getServer().replace(/:\d+$/, "")
  const look = `To see it: curl -s http://${host}:8222/jsz (config.sync_interval; the port is http_port of that server).`
  const cost =
    "A power cut (not the end of the NATS process alone) may cost what was acknowledged since the last write to disk, up to 2 minutes by default; capture then publishes it again from the binlog, as far as that still reaches back."
  const remedy =
    options.replicas > 1
      ? "Nothing to do while the replicas stand in different failure domains: a cut of one costs nothing then. Else"
      : "To lose nothing at all"
  return warning(
    "nats sync_interval",
    "not visible to a client; the default is 2m",
    "always",
    `${cost} ${remedy} set jetstream { sync_interval: always } in the NATS server's configuration. ${look}`
  )
}
