import { describe, expect, it } from "vitest"
import { privilegesOf } from "../../../connectors/mysql/preflight-account.ts"
import { timeZoneFinding, tlsFinding } from "../../../connectors/mysql/preflight-session.ts"

const severityOf = (host: string, mode: "preferred" | "required" | "verify-ca", encrypted: boolean) =>
  tlsFinding({ host, tls: { mode } }, encrypted).severity

describe("what a connection shows", () => {
  it("is a warning where others could listen (G9)", () => {
    expect(severityOf("db.internal", "preferred", false)).toBe("warning")
    expect(severityOf("db.internal", "required", true)).toBe("warning")
    expect(severityOf("db.internal", "verify-ca", true)).toBe("ok")
    expect(severityOf("127.0.0.1", "preferred", false)).toBe("ok")
    expect(severityOf("localhost", "required", true)).toBe("ok")
  })

  it("tells the server's clock from the configured zone, names with rules included (G3)", () => {
    const clock = { local: "2026-07-01T10:00:00", utc: "2026-07-01T08:00:00", name: "CEST" }
    expect(timeZoneFinding("Europe/Paris", clock).severity).toBe("ok")
    expect(timeZoneFinding("+02:00", clock).severity).toBe("ok")
    expect(timeZoneFinding("+08:00", clock)).toMatchObject({
      severity: "warning",
      found: "CEST: 2026-07-01T10:00:00 at 2026-07-01T08:00:00Z"
    })
  })
})

describe("grants", () => {
  it("are read from both servers' texts (G9)", () => {
    const { elsewhere, everywhere } = privilegesOf([
      "GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO `r`@`%` IDENTIFIED BY PASSWORD '*1' WITH GRANT OPTION",
      "GRANT SELECT (`a`, `b`), UPDATE (`c`) ON `lms`.`exam` TO `r`@`%`",
      "GRANT SELECT, SHOW VIEW ON `lms`.* TO `r`@`%`",
      "GRANT `role`@`%` TO `r`@`%`"
    ])
    expect([...everywhere]).toEqual(["REPLICATION SLAVE", "BINLOG MONITOR", "GRANT OPTION"])
    expect(elsewhere).toEqual(["UPDATE on `lms`.`exam`"])
  })
})
