/** The completion scripts that the shipped program prints: bash's is run by bash, as the key does it; the others hold the same words. */
import { execFile } from "node:child_process"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ShippedProgram } from "../support/ShippedProgram.ts"

const START_MILLIS = 120_000
const execute = promisify(execFile)

let program: ShippedProgram
let bash = ""

beforeAll(async () => {
  program = await ShippedProgram.build()
  bash = join(program.folder, "completion.bash")
  await writeFile(bash, (await program.run("--completions", "bash")).out)
}, START_MILLIS)
afterAll(() => program?.discard())

/** What the tabulator key offers behind these words, of which the last may be empty. */
const offered = async (...words: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const script = `source "$1"; shift
complete -p gradewire > /dev/null || exit 9
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=\${#COMP_LINE}
offer=$(complete -p gradewire | sed -E 's/.*-F ([^ ]+).*/\\1/')
"$offer" gradewire "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await execute("bash", ["-c", script, "bash", bash, "gradewire", ...words])
  return stdout
    .split("\n")
    .map((word) => word.trim())
    .filter((word) => word !== "")
}

describe("shell completion", () => {
  it("offers commands, their commands and their flags in bash (G3)", async () => {
    expect(await offered("")).toEqual(
      expect.arrayContaining(["run", "status", "offsets", "alerts", "throttle"])
    )
    expect(await offered("off")).toEqual(["offsets"])
    expect(await offered("offsets", "")).toEqual(
      expect.arrayContaining(["list", "show", "history", "reset", "restore"])
    )
    expect(await offered("offsets", "reset", "--to-")).toEqual(
      expect.arrayContaining(["--to-gtid", "--to-file-pos", "--to-datetime", "--to-earliest", "--to-latest"])
    )
    expect(await offered("check", "lag", "--w")).toEqual(["--warning"])
  })

  it("offers the values of a flag that takes one of several (G3)", async () => {
    expect(await offered("offsets", "list", "--output", "")).toEqual(
      expect.arrayContaining(["table", "wide", "json", "yaml"])
    )
  })

  it("is printed for zsh and fish too, with every command of the program (G3)", async () => {
    const help = (await program.run("--help")).out
    const listed = help.slice(help.indexOf("SUBCOMMANDS"), help.indexOf("EXAMPLES")).split("\n").slice(1)
    const commands = listed.flatMap((line) => /^ {2}([a-z]+)/.exec(line)?.[1] ?? [])
    expect(commands.length).toBeGreaterThan(15)
    for (const shell of ["zsh", "fish"]) {
      const { code, out } = await program.run("--completions", shell)
      expect(code).toBe(0)
      expect(commands.filter((name) => !new RegExp(`'${name}[:']`).test(out))).toEqual([])
      expect(out).toContain("to-datetime")
    }
  })
})
