/** Runs a program to its end and says what it printed when it fails. */
import { spawn } from "node:child_process"
import { createReadStream } from "node:fs"

export interface Program {
  readonly file: string
  readonly args: ReadonlyArray<string>
  readonly environment?: Readonly<Record<string, string>>
  readonly uid?: number
  readonly gid?: number
}

export interface RunOptions {
  readonly cwd?: string
  /** file to feed to standard input */
  readonly inputFile?: string
}

/** Standard output and standard error as one text; rejects with its tail when the exit code is not 0. */
export const run = (program: Program, options: RunOptions = {}): Promise<string> =>
  new Promise((done, fail) => {
    const child = spawn(program.file, program.args, {
      stdio: [options.inputFile === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      env: { ...process.env, LC_ALL: "C", ...program.environment },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(program.uid === undefined ? {} : { uid: program.uid }),
      ...(program.gid === undefined ? {} : { gid: program.gid })
    })
    const printed: Array<string> = []
    child.stdout?.setEncoding("utf8").on("data", (text: string) => printed.push(text))
    child.stderr?.setEncoding("utf8").on("data", (text: string) => printed.push(text))
    if (options.inputFile !== undefined && child.stdin !== null) {
      // a program that ends early closes its end (EPIPE); its exit code tells why
      child.stdin.on("error", () => undefined)
      createReadStream(options.inputFile).pipe(child.stdin)
    }
    child.once("error", (error: NodeJS.ErrnoException) =>
      fail(
        error.code === "ENOENT" ? new Error(`this machine has no ${program.file}`, { cause: error }) : error
      )
    )
    child.once("close", (code, signal) => {
      const text = printed.join("")
      if (code === 0) done(text)
      else {
        const tail = text.trimEnd().split("\n").slice(-30).join("\n")
        fail(
          new Error(
            `${program.file} ${program.args.join(" ")} ended with ${signal ?? `exit code ${code}`}:\n${tail}`
          )
        )
      }
    })
  })
