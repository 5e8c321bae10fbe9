/** What `make demo ARGS="…"` understands. */
import { parseArgs } from "node:util"

export interface DemoOptions {
  readonly source: "mysql" | "mariadb"
  /** score changes per second */
  readonly rate: number
  readonly seconds: number
  /** SIGKILLs of gradewire */
  readonly kills: number
  readonly keep: boolean
  readonly json: string | undefined
  readonly seed: number
}

/** `usage` with exit code 0 was asked for; anything else is a wrong argument. */
export type Arguments =
  | { readonly options: DemoOptions }
  | { readonly usage: string; readonly exitCode: 0 | 2 }

export const USAGE = `Scores travel from a training database to the employee profile, while gradewire is killed and NATS restarted.

  make demo [ARGS="…"]

  --source mysql|mariadb  the training database (default mysql)
  --rate N                score changes per second (default 100)
  --seconds N             how long people take exams (default 30)
  --kills N               how often gradewire is ended with SIGKILL meanwhile (default 2)
  --keep                  leave everything running afterwards, until Ctrl-C
  --json FILE             write the verdict to FILE as well
  --seed N                repeat an earlier run's people and exams (default: random, printed)
  --help                  this text

  make demo ARGS="--rate 500 --seconds 60 --source mariadb"

Exit code: 0 both databases agree · 1 they differ, or the demo could not run · 2 wrong argument · 130 Ctrl-C.
`

const flags = {
  source: { type: "string", default: "mysql" },
  rate: { type: "string", default: "100" },
  seconds: { type: "string", default: "30" },
  kills: { type: "string", default: "2" },
  keep: { type: "boolean", default: false },
  json: { type: "string" },
  seed: { type: "string" },
  help: { type: "boolean", short: "h", default: false }
} as const

export const parseArguments = (args: ReadonlyArray<string>): Arguments => {
  try {
    const { values } = parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: false })
    if (values.help) return { usage: USAGE, exitCode: 0 }
    const { source } = values
    if (source !== "mysql" && source !== "mariadb")
      throw new Error(`--source is mysql or mariadb, not ${JSON.stringify(source)}`)
    return {
      options: {
        source,
        rate: whole("--rate", values.rate, 1, 20_000),
        seconds: whole("--seconds", values.seconds, 5, 86_400),
        kills: whole("--kills", values.kills, 0, 1000),
        keep: values.keep,
        json: values.json,
        seed: whole("--seed", values.seed ?? String(Math.floor(Math.random() * 1e6)), 0, 4_294_967_295)
      }
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { usage: `${reason}\n\n${USAGE}`, exitCode: 2 }
  }
}

const whole = (name: string, text: string, least: number, most: number): number => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new Error(`${name} is a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`)
  return value
}
