/** The demo from its first line to its verdict. */
import { writeFile } from "node:fs/promises"
import { loadavg } from "node:os"
import { ArrivalBook } from "./ArrivalBook.ts"
import { Cleanup } from "./Cleanup.ts"
import { compareDatabases } from "./compare-databases.ts"
import { Faults } from "./Faults.ts"
import { duration } from "./figures.ts"
import { Gradewire, ProgramCopy } from "./Gradewire.ts"
import { watchProfile } from "./hr-database.ts"
import { keepRunning } from "./keep-running.ts"
import { LiveRun } from "./LiveRun.ts"
import type { DemoOptions } from "./options.ts"
import { EXAMS } from "./people.ts"
import { WorkloadPlan } from "./plan-workload.ts"
import { prepareStage, SERVER_NAMES, type Stage, step } from "./prepare-stage.ts"
import { Random } from "./Random.ts"
import { readDatabases } from "./read-databases.ts"
import type { Screen } from "./Screen.ts"
import { connectTraining } from "./training-database.ts"
import { reachVerdict, type Verdict } from "./verdict.ts"
import { verdictLines } from "./verdict-text.ts"
import { Writers } from "./Writers.ts"

const DRAIN_MS = 60_000
/** Why a demo was aborted that somebody ended by a signal. */
export const INTERRUPTED = new Error("interrupted")

/** Resolves with the exit code; rejects where the demo itself could not go on. */
export const runDemo = async (
  options: DemoOptions,
  screen: Screen,
  abort: AbortController
): Promise<number> => {
  const cleanup = new Cleanup()
  const { signal } = abort
  try {
    screen.line(screen.style("bold", "gradewire demo: from the training database to the employee's profile"))
    screen.line(
      screen.style(
        "dim",
        `${options.source}, ${options.rate} changes/s for ${options.seconds} s, ${options.kills} × SIGKILL, --seed ${options.seed}`
      )
    )
    screen.line()
    const stage = await prepareStage(options, screen, cleanup)
    signal.throwIfAborted()
    const program = await ProgramCopy.into(stage.folder)
    await preflight(program, stage, screen)
    const gradewire = new Gradewire(program, stage.folder, stage.config)
    cleanup.add(() => gradewire.discard())
    const { exitCode, live } = await perform(stage, options, gradewire, screen, abort, cleanup)
    if (options.keep) await keepRunning(stage, gradewire, live, screen, signal)
    return exitCode
  } finally {
    screen.clear()
    await cleanup.run()
  }
}

/** What an operator would do before the first start. */
const preflight = async (program: ProgramCopy, stage: Stage, screen: Screen): Promise<void> => {
  const firstLine = (text: string): string => text.replaceAll(`${stage.folder}/`, "").split("\n")[0] ?? ""
  const validated = await program.run("config", "validate", "--config", stage.config)
  step(screen, "gradewire config validate", firstLine(validated))
  await check(program, stage.config, screen)
}

/** Tells what is well and what deserves a warning; rejects with the findings as an operator reads them on an error. */
const check = async (program: ProgramCopy, config: string, screen: Screen): Promise<void> => {
  const text = await program
    .run("check", "--config", config, "--output", "json")
    .catch(() => program.run("check", "--config", config))
  const { findings } = JSON.parse(text) as { findings: ReadonlyArray<{ severity: string; check: string }> }
  const warnings = findings.filter(({ severity }) => severity === "warning").map((finding) => finding.check)
  const well = `${findings.length - warnings.length} of ${findings.length} findings are well`
  step(screen, "gradewire check", warnings.length === 0 ? well : `${well}; warnings:`)
  for (const warning of warnings) screen.line(screen.style("dim", `      ${warning}`))
}

/** Several connections, so that commits come side by side. */
const laneCount = (rate: number): number => Math.min(24, 4 + Math.floor(rate / 100))

const perform = async (
  stage: Stage,
  options: DemoOptions,
  gradewire: Gradewire,
  screen: Screen,
  abort: AbortController,
  cleanup: Cleanup
): Promise<{ readonly exitCode: number; readonly live: LiveRun }> => {
  const book = new ArrivalBook()
  const connections = await Promise.all(
    Array.from({ length: laneCount(options.rate) }, () => connectTraining(stage.source))
  )
  const plan = new WorkloadPlan(
    new Random(options.seed + 1),
    stage.people.learners,
    EXAMS,
    connections.length
  )
  const writers = new Writers(connections, plan, book)
  cleanup.add(() => writers.close())
  const live = new LiveRun(stage, options, gradewire, writers, book, screen, abort)
  const faults = new Faults(live, stage, options, gradewire, writers, screen)
  const profile = await watchProfile(
    stage.hrUrl,
    (arrival) => live.arrived(arrival),
    (error) => abort.abort(error)
  )
  cleanup.add(profile.close)
  try {
    const firstMs = await live.begin()
    const first = `first score in the profile after ${duration(firstMs)}`
    step(screen, "gradewire run", `pid ${gradewire.pid}; ${first}`)
    screen.line()
    await live.takeExams(faults)
    const missing = await live.drain(DRAIN_MS)
    const verdict = await judge({ stage, options, gradewire, live, faults, writers, missing })
    for (const line of verdictLines(verdict, screen)) screen.line(line)
    if (options.json !== undefined)
      await writeFile(options.json, `${JSON.stringify(verdict, undefined, 2)}\n`)
    return { exitCode: verdict.passed ? 0 : 1, live }
  } catch (error) {
    live.stopWatching()
    if (error !== INTERRUPTED) screen.line(await gradewire.logTail(8))
    throw error
  }
}

interface Performed {
  readonly stage: Stage
  readonly options: DemoOptions
  readonly gradewire: Gradewire
  readonly live: LiveRun
  readonly faults: Faults
  readonly writers: Writers
  /** what had not arrived when the drain gave up */
  readonly missing: string | undefined
}

const judge = async (performed: Performed): Promise<Verdict> => {
  const { faults, gradewire, live, missing, options, stage, writers } = performed
  const complaints: Array<string> = missing === undefined ? [] : [missing]
  const peakMemoryMiB = await gradewire.peakMemoryMiB()
  // read before a stop: the load of the run, not of its end
  const [load = 0] = loadavg()
  if (!options.keep) {
    const startedAt = performance.now()
    const outcome = await gradewire.stop()
    live.event(`SIGTERM gradewire: ${outcome} after ${duration(performance.now() - startedAt)}`)
    if (outcome !== "ended with exit code 0") complaints.push(`gradewire ${outcome} on SIGTERM, not in order`)
  }
  if (live.unexpectedExits > 0) complaints.push(`gradewire ended by itself ${live.unexpectedExits} times`)
  const databases = await readDatabases(stage.training, stage.hr)
  const lateLearners = new Set(stage.people.learners.flatMap(({ id, kind }) => (kind === "late" ? [id] : [])))
  const lateRefs = new Set(
    databases.results.flatMap(({ learnerId, ref }) => (lateLearners.has(learnerId) ? [ref] : []))
  )
  return reachVerdict(
    {
      comparison: compareDatabases(databases),
      book: live.book,
      sourceRefs: new Set(databases.results.map(({ ref }) => ref)),
      released: databases.profile.filter(({ ref }) => lateRefs.has(ref)).length,
      complaints
    },
    {
      source: `${SERVER_NAMES[options.source].toLowerCase()} ${stage.source.version}`,
      seed: options.seed,
      rate: { asked: options.rate, achieved: live.achieved },
      kills: faults.kills,
      natsRestarts: faults.natsRestarts,
      unexpectedExits: live.unexpectedExits,
      rolledBack: writers.rolledBack,
      peakMemoryMiB: peakMemoryMiB ?? null,
      load
    }
  )
}
