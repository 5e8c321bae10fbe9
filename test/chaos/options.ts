/** What `make chaos ARGS="…"` understands. */
import { parseArgs } from "node:util"
import { FAULT_KINDS, type FaultKind } from "./FaultKind.ts"
import { LANES_MAX } from "../../schemas/lane.ts"
import { PROFILE_KINDS, type ProfileKind, TARGET_KINDS, type TargetKind } from "./HrDatabase.ts"
import { SOURCE_KINDS, type SourceKind } from "./ServerPool.ts"

export interface ChaosOptions {
  readonly seeds: number
  readonly firstSeed: number
  /** undefined: as the seed draws */
  readonly source: SourceKind | undefined
  readonly target: TargetKind | undefined
  readonly profile: ProfileKind | undefined
  readonly lanes: number | undefined
  /** draw only these faults, each at least once; empty: whatever the seed draws */
  readonly faults: ReadonlyArray<FaultKind>
  /** one history for each fault instead of `seeds` of them */
  readonly each: boolean
  /** rows of a huge transaction */
  readonly hugeRows: number
  /** keep the folders of histories that passed, too */
  readonly keep: boolean
}

export type Arguments =
  | { readonly options: ChaosOptions }
  | { readonly usage: string; readonly exitCode: 0 | 2 }

export const USAGE = `Seeded fault histories against real processes and real servers, each judged by one oracle.

  make chaos [ARGS="…"]

  --seeds N               how many histories (default 10)
  --first-seed S          seed of the first one (default 1)
  --source KIND           the training database, mysql or mariadb (default: as the seed draws)
  --target KIND           the HR database, postgresql, mysql or mariadb (default: as the seed draws)
  --profile KIND          where scores are filed, mapped or own (default: as the seed draws)
  --lanes N               into which apply is divided (default: as the seed draws)
  --fault KIND            only this fault; may be repeated
  --each                  one history for each fault
  --huge-rows N           rows of a huge transaction (default 50000)
  --keep                  keep the folders of histories that passed, too
  --help                  this text

Faults: ${FAULT_KINDS.join(", ")}

A seed repeats the plan: servers, deployment, workload, faults and their order; the machine's own timing it cannot repeat.
Exit code: 0 all passed · 1 some failed · 2 wrong argument · 130 ended early.
`

const flags = {
  seeds: { type: "string", default: "10" },
  "first-seed": { type: "string", default: "1" },
  source: { type: "string" },
  target: { type: "string" },
  profile: { type: "string" },
  lanes: { type: "string" },
  fault: { type: "string", multiple: true, default: [] as Array<string> },
  "huge-rows": { type: "string", default: "50000" },
  each: { type: "boolean", default: false },
  keep: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false }
} as const

export const parseArguments = (args: ReadonlyArray<string>): Arguments => {
  try {
    const { values } = parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: false })
    if (values.help) return { usage: USAGE, exitCode: 0 }
    const faults = (values.fault ?? []).map((name) => {
      const kind = FAULT_KINDS.find((known) => known === name)
      if (kind === undefined) throw new Error(`--fault ${JSON.stringify(name)} is none of those below`)
      return kind
    })
    return {
      options: {
        source: oneOf("--source", values.source, SOURCE_KINDS),
        target: oneOf("--target", values.target, TARGET_KINDS),
        profile: oneOf("--profile", values.profile, PROFILE_KINDS),
        lanes: values.lanes === undefined ? undefined : whole("--lanes", values.lanes, 1, LANES_MAX),
        faults,
        seeds: whole("--seeds", values.seeds, 1, 1_000_000),
        firstSeed: whole("--first-seed", values["first-seed"], 0, 1_000_000_000),
        hugeRows: whole("--huge-rows", values["huge-rows"], 1, 10_000_000),
        each: values.each,
        keep: values.keep
      }
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { usage: `${reason}\n\n${USAGE}`, exitCode: 2 }
  }
}

const oneOf = <Kind extends string>(
  name: string,
  text: string | undefined,
  kinds: ReadonlyArray<Kind>
): Kind | undefined => {
  const found = kinds.find((kind) => kind === text)
  if (text !== undefined && found === undefined)
    throw new Error(`${name} is one of ${kinds.join(", ")}, not ${JSON.stringify(text)}`)
  return found
}

const whole = (name: string, text: string, least: number, most: number): number => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new Error(`${name} is a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`)
  return value
}
