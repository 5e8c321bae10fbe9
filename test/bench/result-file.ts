/**
 * Keeps what a benchmark found: `test/bench/results/2026-11-22-end-to-end.json`, one file a day and bench, with the machine,
 * its load and the state of the code, without which a figure says nothing. A later run of the day replaces the parts that
 * it measured.
 */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { availableParallelism, cpus, loadavg, totalmem } from "node:os"
import { join } from "node:path"

const FOLDER = join(import.meta.dirname, "results")

const load = (): number => Number(loadavg()[0]!.toFixed(1))
/** Before the benchmark itself weighs on it. */
const loadAtTheStart = load()

const commit = (): string => {
  try {
    const git = (...args: ReadonlyArray<string>) =>
      execFileSync("git", args, { cwd: import.meta.dirname, encoding: "utf8" }).trim()
    const changed = git("status", "--porcelain", "--", "../../src", "../../connectors", "../../schemas")
    return `${git("rev-parse", "--short", "HEAD")}${changed === "" ? "" : " and changes"}`
  } catch {
    return "unknown"
  }
}

/** Returns the file's name. */
export const keepResult = (bench: string, result: object): string => {
  const at = new Date().toISOString()
  const file = join(FOLDER, `${at.slice(0, 10)}-${bench}.json`)
  const machine = {
    node: process.version,
    processor: cpus()[0]?.model.trim(),
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    // above the number of cores: others were at work, and rates a second say little
    loadAtTheStart,
    loadAtTheEnd: load()
  }
  mkdirSync(FOLDER, { recursive: true })
  const earlier = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as object) : {}
  const kept = { ...earlier, bench, at, commit: commit(), machine, ...result }
  writeFileSync(file, `${JSON.stringify(kept, undefined, 2)}\n`)
  return file
}

/** The same, its place on standard error and itself as the last line of standard output. */
export const publishResult = (line: { readonly bench: string; readonly [figure: string]: unknown }): void => {
  process.stderr.write(`${keepResult(line.bench, line)}\n`)
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
