/** Section `reconcile`: its short forms, what it refuses, and what stands where nothing is said. */
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { repairSettings } from "../../schemas/reconcile-config.ts"
import { effectiveConfig } from "../../src/compose/effective-config.ts"
import { decodeConfig } from "../../src/runtime/decode-config.ts"
import { CONNECTOR_YAML } from "../support/connector-yaml.ts"

const decode = (section: string) => decodeConfig("c.yaml", `${CONNECTOR_YAML}\nreconcile: ${section}\n`)
const problems = (section: string): ReadonlyArray<string> =>
  Result.match(decode(section), {
    onSuccess: () => [],
    onFailure: (error) => error.problems.map(({ fix, message, path }) => `${path}  ${message}  (${fix})`)
  })
const settings = (section: string) => repairSettings(Result.getOrThrow(decode(section)).reconcile)

describe("what is done by the clock", () => {
  it("mends nothing unless it is told to, and by auto what is missing or stale, up to a hundred rows (G3)", () => {
    expect(settings('{ cron: "30 3 * * *" }')).toBeUndefined()
    const auto = { kinds: ["missing", "stale"], limit: 100 }
    expect(settings('{ cron: "30 3 * * *", repair: auto }')).toEqual(auto)
    expect(settings('{ cron: "30 3 * * *", repair: {} }')).toEqual(auto)
    expect(settings('{ cron: "30 3 * * *", repair: { kinds: [mismatch], limit: 5 } }')).toEqual({
      kinds: ["mismatch"],
      limit: 5
    })
  })

  it("shows its defaults as it runs with them (G3)", () => {
    const config = effectiveConfig(Result.getOrThrow(decode('{ cron: "30 3 * * *", repair: auto }')))
    expect(config.reconcile).toMatchObject({
      keepDays: 90,
      repair: { kinds: ["missing", "stale"], limit: 100 }
    })
  })

  it("refuses to revoke by itself, to mend what nothing compares, and a key in the file itself (G3, G9)", () => {
    expect(problems('{ cron: "30 3 * * *", repair: { kinds: [extra] } }').join("\n")).toContain(
      "reconcile.repair"
    )
    expect(problems("{ repair: auto }")).toEqual([
      'reconcile.repair  nothing is compared by itself, so nothing is mended by itself  (add cron: "30 3 * * *", or remove repair; gradewire repair mends by hand)'
    ])
    expect(problems("{ keepDays: 30 }")).toEqual([])
    const [leak] = problems("{ signingKey: -----BEGIN }")
    expect(leak).toContain("reconcile.signingKey")
    expect(leak).not.toContain("BEGIN")
  })
})
