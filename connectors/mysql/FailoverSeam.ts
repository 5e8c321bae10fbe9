/**
 * Watches the first transactions that are new on a server to which the source failed over.
 *
 * - A transaction without GTID may have been captured from the old server under its place there: nobody can tell.
 * - MariaDB counts a domain's transactions one by one. A first one that is not the next has lost those before it: they came
 *   to this server with a backup and not into its binlog.
 */
import { PositionPurged, SourceForeign } from "../../src/capture/history-errors.ts"
import type { GtidSet } from "../../schemas/GtidSet.ts"

const MARIADB_GTID = /^(\d+)-\d+-(\d+)$/

export class FailoverSeam {
  readonly #lastOf: Map<string, bigint>

  constructor(captured: GtidSet) {
    this.#lastOf = new Map([...captured.domains()].map(([domain, { sequence }]) => [domain, sequence]))
  }

  /** A transaction that is not captured. @throws SourceForeign, PositionPurged */
  cross(gtid: string | null): void {
    if (gtid === null) {
      throw new SourceForeign({
        message:
          "the binlog holds a transaction without GTID, which may have been captured from the old server",
        place: "",
        expected: "transactions with GTIDs",
        found: "one without"
      })
    }
    const [, domain, number] = MARIADB_GTID.exec(gtid) ?? []
    if (domain === undefined || number === undefined) return
    const last = this.#lastOf.get(domain) ?? 0n
    const sequence = BigInt(number)
    if (sequence > last + 1n) {
      throw new PositionPurged({
        message: `the new server's binlog goes on with ${gtid}; of domain ${domain} everything up to ${last} was captured, and what lies between is not in it`,
        place: ""
      })
    }
    if (sequence <= last) {
      throw new SourceForeign({
        message: `the new server's binlog holds ${gtid}, which was not captured although its domain ${domain} was up to ${last}: it was written out of order (gtid_strict_mode = OFF), or long before capture began`,
        place: "",
        expected: `transactions of domain ${domain} behind ${last}`,
        found: gtid
      })
    }
    this.#lastOf.set(domain, sequence)
  }
}
