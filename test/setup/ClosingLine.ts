/** Ends the run with `N passed, N failed`, the line that continuous integration reads. */
import type { Reporter, TestModule } from "vitest/node"

const countTests = (modules: ReadonlyArray<TestModule>, state: "passed" | "failed"): number =>
  modules.reduce((sum, module) => sum + [...module.children.allTests(state)].length, 0)

export class ClosingLine implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    const brokenFiles = modules.filter((module) => module.errors().length > 0).length
    const failed = countTests(modules, "failed") + brokenFiles + unhandledErrors.length
    // After the default reporter's own summary.
    process.once("exit", () =>
      process.stdout.write(`\n${countTests(modules, "passed")} passed, ${failed} failed\n`)
    )
  }
}

// Vitest takes a reporter file's default export.
// oxlint-disable-next-line import/no-default-export
export default ClosingLine
