/**
 * The whole way, MySQL to profile: rows per CPU-second of gradewire's two processes against the plainest peer that npm
 * offers (plain-peer.ts) on the same servers in one run, the time from COMMIT to profile at several rates, and the memory
 * of each role with a backlog. Servers are not counted. Progress goes to standard error, the result to standard output
 * and to test/bench/results/.
 *
 *   make bench-end-to-end ARGS="--rows 60000 --peer-rows 8000 --seconds 10 --backlog 300000"
 */
import { parseArgs } from "node:util"
import { setTimeout as pause } from "node:timers/promises"
import { say } from "./capture-process.ts"
import { ExamPipeline, type RunningProgram, until } from "./exam-pipeline.ts"
import { publishResult } from "./result-file.ts"

const { values: flags } = parseArgs({
  options: {
    /** of gradewire's throughput; 0: not measured */
    rows: { type: "string", default: "60000" },
    "peer-rows": { type: "string", default: "8000" },
    /** rows of one transaction */
    transaction: { type: "string", default: "1000" },
    /** of each rate's latency; 0: not measured */
    seconds: { type: "string", default: "10" },
    rates: { type: "string", default: "50,500,5000" },
    /** events that wait when apply starts; 0: not measured */
    backlog: { type: "string", default: "0" }
  }
})
const TRANSACTION = Number(flags.transaction)
const CAPTURE_BEGINS = "capture begins"
const APPLY_BEGINS = "apply begins"

interface Throughput {
  readonly rows: number
  readonly cpuSeconds: number
  readonly rowsPerCpuSecond: number
  readonly rowsPerSecond: number
}

/** From the first row to the last one in the profile; what it took to start is not counted, on neither side. */
const measureThroughput = async (
  pipeline: ExamPipeline,
  programs: ReadonlyArray<RunningProgram>,
  rows: number
): Promise<Throughput> => {
  const cpu = (): number => programs.reduce((sum, { usage }) => sum + usage.cpuSeconds, 0)
  const [before, countBefore] = [cpu(), await pipeline.count()]
  const startedAt = performance.now()
  const writing = pipeline.write(rows, TRANSACTION)
  await until(async () => (await pipeline.count()) >= countBefore + rows)
  await writing
  const seconds = (performance.now() - startedAt) / 1000
  const cpuSeconds = cpu() - before
  return {
    rows,
    cpuSeconds: Number(cpuSeconds.toFixed(2)),
    rowsPerCpuSecond: Math.round(rows / cpuSeconds),
    rowsPerSecond: Math.round(rows / seconds)
  }
}

interface Latency {
  readonly rate: number
  /** what the training database took */
  readonly achieved: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** At most so many transactions a second; above, each holds several rows. */
const TRANSACTIONS_PER_SECOND = 100

interface Batch {
  readonly last: number
  readonly rows: number
  readonly committedAt: number
}

/** From the return of COMMIT until another session sees the row, looked for every few milliseconds. */
const measureLatency = async (pipeline: ExamPipeline, rate: number, seconds: number): Promise<Latency> => {
  const rowsEach = Math.max(1, Math.round(rate / TRANSACTIONS_PER_SECOND))
  const batches: Array<Batch> = []
  const waits: Array<readonly [milliseconds: number, rows: number]> = []
  const over = new AbortController()
  const watch = async (): Promise<void> => {
    let next = 0
    while (!over.signal.aborted || next < batches.length) {
      const arrived = await pipeline.arrived()
      const at = performance.now()
      for (; next < batches.length && batches[next]!.last <= arrived; next++)
        waits.push([Math.max(0, at - batches[next]!.committedAt), batches[next]!.rows])
      await pause(1)
    }
  }
  const watching = watch()
  const startedAt = performance.now()
  const rows = rate * seconds
  for (let sent = 0; sent < rows; sent += rowsEach) {
    const due = startedAt + (sent / rate) * 1000
    const early = due - performance.now()
    if (early > 0) await pause(early)
    await pipeline.write(rowsEach, rowsEach)
    batches.push({ last: pipeline.written, rows: rowsEach, committedAt: performance.now() })
  }
  const achieved = rows / ((performance.now() - startedAt) / 1000)
  over.abort()
  await watching
  return {
    rate,
    achieved: Math.round(achieved),
    p50Ms: Number(quantile(waits, 0.5).toFixed(1)),
    p99Ms: Number(quantile(waits, 0.99).toFixed(1))
  }
}

const quantile = (waits: ReadonlyArray<readonly [number, number]>, share: number): number => {
  const sorted = waits.toSorted(([a], [b]) => a - b)
  const all = sorted.reduce((sum, [, rows]) => sum + rows, 0)
  let seen = 0
  for (const [milliseconds, rows] of sorted) {
    seen += rows
    if (seen >= share * all) return milliseconds
  }
  return Number.NaN
}

/** It has nothing more to do. */
const untilIdle = async (program: RunningProgram): Promise<void> => {
  let before = Number.NEGATIVE_INFINITY
  await until(() => {
    const { cpuSeconds } = program.usage
    const isIdle = cpuSeconds - before < 0.1
    before = cpuSeconds
    return isIdle
  }, 2_000)
}

/** Rows of a backlog that are waited for at a time. */
const MEMORY_STEP = 500_000

/** Capture works the binlog off first, alone; then apply starts with everything before it. */
const measureMemory = async (pipeline: ExamPipeline, capture: RunningProgram, backlog: number) => {
  const first = pipeline.written + 1
  await pipeline.write(backlog, 5_000)
  await untilIdle(capture)
  const apply = pipeline.start("apply")
  await apply.says(APPLY_BEGINS)
  const startedAt = performance.now()
  for (let next = first; next < pipeline.written; next += MEMORY_STEP) {
    const goal = Math.min(next + MEMORY_STEP, pipeline.written)
    await until(async () => (await pipeline.arrived()) >= goal, 500)
    say(`${goal - first + 1} of ${backlog} applied, apply has ${apply.usage.memoryMiB} MiB`)
  }
  const seconds = (performance.now() - startedAt) / 1000
  return {
    backlog,
    appliedPerSecond: Math.round(backlog / seconds),
    capturePeakMiB: capture.usage.peakMiB,
    applyPeakMiB: apply.usage.peakMiB,
    applyMiB: apply.usage.memoryMiB
  }
}

const pipeline = await ExamPipeline.open()
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void pipeline.close().finally(() => process.exit(1)))
try {
  const result: Record<string, unknown> = { servers: pipeline.servers, transaction: TRANSACTION }
  const [rows, peerRows] = [Number(flags.rows), Number(flags["peer-rows"])]
  await pipeline.migrate()
  const capture = pipeline.start("capture")
  const apply = pipeline.start("apply")
  await Promise.all([capture.says(CAPTURE_BEGINS), apply.says(APPLY_BEGINS)])
  // the copy of the tables: every learner is known before anything is measured
  await pipeline.write(1, 1)
  await until(async () => (await pipeline.arrived()) === pipeline.written)
  const warmUp = Math.min(rows, 5_000)
  if (warmUp > 0) await measureThroughput(pipeline, [capture, apply], warmUp)
  if (rows > 0) {
    result["gradewire"] = await measureThroughput(pipeline, [capture, apply], rows)
    say(`gradewire ${JSON.stringify(result["gradewire"])}`)
  }
  if (Number(flags.seconds) > 0) {
    const latencies: Array<Latency> = []
    for (const rate of flags.rates.split(",").map(Number)) {
      latencies.push(await measureLatency(pipeline, rate, Number(flags.seconds)))
      say(`latency ${JSON.stringify(latencies.at(-1))}`)
    }
    result["latency"] = latencies
  }
  await pipeline.stop(apply)
  if (Number(flags.backlog) > 0) {
    result["memory"] = await measureMemory(pipeline, capture, Number(flags.backlog))
    say(`memory ${JSON.stringify(result["memory"])}`)
  }
  await pipeline.stop(capture)
  if (rows > 0 && peerRows > 0) {
    const peer = pipeline.start("peer")
    await peer.says("ready")
    await measureThroughput(pipeline, [peer], Math.min(peerRows, 1_000))
    const plain = await measureThroughput(pipeline, [peer], peerRows)
    await pipeline.stop(peer)
    const ratio = (result["gradewire"] as Throughput).rowsPerCpuSecond / plain.rowsPerCpuSecond
    Object.assign(result, { peer: plain, ratioPerCpuSecond: Number(ratio.toFixed(1)) })
    say(`peer ${JSON.stringify(plain)}, ratio ${ratio.toFixed(1)}`)
  }
  publishResult({ bench: "end-to-end", ...result })
} finally {
  await pipeline.close()
}
