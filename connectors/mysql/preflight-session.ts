/** What a connection shows by itself: whether it is encrypted, and in which zone the server's clock is read. */
import { Effect } from "effect"
import { timeZone, utcToLocal } from "../../schemas/civil-time.ts"
import type { Finding } from "../../schemas/finding.ts"
import type { SourceOptions, TlsMode } from "./source-options.ts"
import type { SqlConnection } from "./sql-connection.ts"

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/
const VERIFYING: ReadonlySet<TlsMode> = new Set(["verify-ca", "verify-identity"])

/** Scores and phone numbers pass here; on this machine alone nobody listens. */
export const tlsFinding = (
  { host, tls }: Pick<SourceOptions, "host" | "tls">,
  encrypted: boolean
): Finding => {
  const wanted = "encrypted, with the server's certificate checked"
  const isChecked = encrypted && VERIFYING.has(tls.mode)
  const found = encrypted
    ? isChecked
      ? wanted
      : "encrypted, the certificate is not checked"
    : "not encrypted"
  const isFine = isChecked || LOOPBACK.test(host)
  return {
    severity: isFine ? "ok" : "warning",
    check: "TLS",
    found,
    wanted: isFine && !isChecked ? "no matter on this machine" : wanted,
    fix: isFine
      ? ""
      : "source.tls: { mode: verify-identity, caFile: … } with the certificate authority of the server's certificate; MySQL makes one by itself (ca.pem in its datadir), MariaDB needs ssl_cert, ssl_key and ssl_ca under [mysqld] in my.cnf"
  }
}

/** The server's clock as its sessions see it, against the zone that DATETIME values are said to be in. */
export const checkTimeZone = Effect.fnUntraced(function* (sql: SqlConnection, zone: string | undefined) {
  if (zone === undefined) return []
  const [row = []] = yield* sql.texts(
    "SELECT DATE_FORMAT(NOW(), '%Y-%m-%dT%H:%i:%s'), DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%dT%H:%i:%s'), @@GLOBAL.time_zone, @@GLOBAL.system_time_zone"
  )
  const [local = "", utc = "", name = "", system = ""] = row.map((cell) => cell ?? "")
  return [timeZoneFinding(zone, { local, utc, name: name === "SYSTEM" ? system : name })]
})

interface ServerClock {
  /** `2026-11-22T08:00:00`, of one moment. */
  readonly local: string
  readonly utc: string
  readonly name: string
}

/** Pure part of {@link checkTimeZone}. */
export const timeZoneFinding = (zone: string, { local, name, utc }: ServerClock): Finding => {
  const parsed = timeZone(zone)
  const expected = parsed === undefined ? undefined : utcToLocal(`${utc}Z`, parsed)
  const isSame = expected?.slice(0, local.length) === local
  return {
    severity: isSame ? "ok" : "warning",
    check: "time zone",
    found: `${name}: ${local} at ${utc}Z`,
    wanted: `${zone} (source.timeZone), where DATETIME columns are filled by NOW() or CURRENT_TIMESTAMP`,
    fix: isSame
      ? ""
      : "Set source.timeZone to the zone in which the application writes its DATETIME columns; nothing to do where that is not the server's own"
  }
}
