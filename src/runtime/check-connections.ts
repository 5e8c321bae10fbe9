/** Hosts, TLS files and ways to log in that contradict each other. */
import type { Tls } from "../../schemas/config-values.ts"
import type { ConfigIssue } from "./config-errors.ts"
import type { ConfigParts } from "./config-parts.ts"
import type { Path } from "./path-text.ts"

export const checkConnections = (parts: ConfigParts): ReadonlyArray<ConfigIssue> => [
  ...(parts.source === undefined ? [] : checkHost("source", parts.source.host)),
  ...(parts.target === undefined ? [] : checkHost("target", parts.target.host)),
  ...checkTls("source", parts.source?.tls),
  ...checkTls("changeLog", parts.changeLog?.tls),
  ...checkTls("target", parts.target?.tls),
  ...(parts.changeLog === undefined ? [] : checkLogin(parts.changeLog)),
  ...(parts.changeLog?.servers ?? []).flatMap((server, index) => checkServer(server, index))
]

const checkHost = (section: string, host: string): ReadonlyArray<ConfigIssue> => {
  const parts = /^([^:/\s]+):(\d+)$/.exec(host)
  if (parts !== null) {
    return [issue([section, "host"], "holds a port", `write host: ${parts[1]} and port: ${parts[2]}`)]
  }
  return /[/\s]/.test(host)
    ? [issue([section, "host"], "is no host name or address", "write the bare name, without scheme or path")]
    : []
}

const checkTls = (section: string, tls: Tls | undefined): ReadonlyArray<ConfigIssue> => {
  if (tls === undefined) return []
  const path = [section, "tls"]
  const issues: Array<ConfigIssue> = []
  if ((tls.certFile === undefined) !== (tls.keyFile === undefined)) {
    const missing = tls.certFile === undefined ? "certFile" : "keyFile"
    issues.push(issue(path, `${missing} is missing: a client certificate needs both files`, `add ${missing}`))
  }
  const unused = (["caFile", "certFile", "keyFile"] as const).filter((key) => tls[key] !== undefined)
  if (tls.mode === "disable" && unused.length > 0) {
    issues.push(
      issue([...path, "mode"], `disable makes ${unused.join(", ")} useless`, "write mode: verify-identity")
    )
  }
  if (tls.mode === "require" && tls.caFile !== undefined) {
    issues.push(issue([...path, "mode"], "require does not look at caFile", "write mode: verify-identity"))
  }
  return issues
}

const checkLogin = (changeLog: NonNullable<ConfigParts["changeLog"]>): ReadonlyArray<ConfigIssue> => {
  const issues: Array<ConfigIssue> = []
  const ways = (["user", "token", "credentials"] as const).filter((key) => changeLog[key] !== undefined)
  if (ways.length > 1) {
    const path = ["changeLog", ways[1]!]
    issues.push(issue(path, `${ways.join(" and ")} are different ways to log in`, "keep one of them", "key"))
  }
  if (changeLog.password !== undefined && changeLog.user === undefined) {
    issues.push(issue(["changeLog", "password"], "a password without a user", "add user", "key"))
  }
  if (changeLog.user !== undefined && changeLog.password === undefined) {
    const fix = "add password: { file: … } or { env: … }"
    issues.push(issue(["changeLog", "user"], "a user without a password", fix, "key"))
  }
  return issues
}

/** The whole address is never repeated: it may hold a password. */
const checkServer = (server: string, index: number): ReadonlyArray<ConfigIssue> => {
  const path = ["changeLog", "servers", index]
  if (server.includes("@")) {
    const fix = "move it to user and password: { file: … }"
    return [issue(path, "holds a login; a secret never stands in this file", fix)]
  }
  const address = /^(?:([a-z]+):\/\/)?(\[[0-9a-fA-F:]+\]|[^\s:/]+)(?::(\d+))?\/?$/.exec(server)
  const scheme = address?.[1]
  if (address === null || (scheme !== undefined && scheme !== "nats" && scheme !== "tls")) {
    return [issue(path, "is no address of a NATS server", "for example nats://nats:4222")]
  }
  return []
}

const issue = (path: Path, message: string, fix: string, end: "key" | "value" = "value"): ConfigIssue => ({
  path,
  end,
  message,
  fix
})
