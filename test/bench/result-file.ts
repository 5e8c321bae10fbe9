/**
 * Keeps what a benchmark found: `test/bench/results/2026-11-22-end-to-end.json`, one file a day and bench. A later run of the
 * day replaces the parts that it measured.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { availableParallelism, cpus, loadavg, totalmem } from "node:os"
import { join } from "node:path"

/** Returns the file's name. */
export const keepResult = (bench: string, result: object): string => {
  const at = new Date().toISOString()
  const folder = join(import.meta.dirname, "results")
  const file = join(folder, `${at.slice(0, 10)}-${bench}.json`)
  const machine = {
    node: process.version,
    processor: cpus()[0]?.model.trim(),
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    // above the number of cores: others were at work, and rates a second say little
    loadAtTheEnd: Number(loadavg()[0]!.toFixed(1))
  }
  mkdirSync(folder, { recursive: true })
  const earlier = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as object) : {}
  writeFileSync(file, `${JSON.stringify({ ...earlier, bench, at, machine, ...result }, undefined, 2)}\n`)
  return file
}
