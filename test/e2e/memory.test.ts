/**
 * What each role of the shipped program takes of the machine: capture as it copies the tables and works off large
 * transactions, apply with a backlog before it. The kernel's own figure (VmHWM), so that everything counts.
 */
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ExamPipeline, until } from "../bench/exam-pipeline.ts"
import { ShippedProgram } from "../support/ShippedProgram.ts"

/** 200 MB */
const PEAK_MIB_MAX = 190
/** Some hundred times what may wait in either role. */
const ROWS = 120_000
/** Besides, in one transaction. */
const ROWS_OF_ONE = 60_000
const STATEMENT_ROWS = 5_000
const CASE_MILLIS = 400_000

describe("a backlog", () => {
  let pipeline: ExamPipeline
  let program: ShippedProgram

  beforeAll(async () => {
    program = await ShippedProgram.build()
    pipeline = await ExamPipeline.open(join(program.folder, "dist/gradewire.js"))
    await pipeline.migrate()
  }, CASE_MILLIS)

  afterAll(async () => {
    await pipeline.close()
    await rm(program.folder, { recursive: true, force: true })
  })

  it("leaves each role below 200 MB (G8)", { timeout: CASE_MILLIS, retry: 0 }, async () => {
    const capture = pipeline.start("capture")
    const first = pipeline.start("apply")
    await pipeline.write(1, 1)
    await until(async () => (await pipeline.arrived()) === pipeline.written)
    await pipeline.stop(first)
    await pipeline.write(ROWS, STATEMENT_ROWS)
    await pipeline.sql.query("BEGIN")
    await pipeline.write(ROWS_OF_ONE, STATEMENT_ROWS)
    await pipeline.sql.query("COMMIT")
    const apply = pipeline.start("apply")
    await until(async () => (await pipeline.arrived()) === pipeline.written, 500)
    expect(await pipeline.count()).toBe(pipeline.written)
    expect(capture.usage.peakMiB).toBeLessThan(PEAK_MIB_MAX)
    expect(apply.usage.peakMiB).toBeLessThan(PEAK_MIB_MAX)
  })
})
