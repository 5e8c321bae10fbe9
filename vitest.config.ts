import { defineConfig } from "vitest/config"

const realServerMillis = 120_000

export default defineConfig({
  test: {
    reporters: ["default", "./test/setup/ClosingLine.ts"],
    passWithNoTests: false,
    allowOnly: false,
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts", "test/tidy.test.ts"],
          testTimeout: 60_000
        }
      },
      {
        test: {
          name: "real",
          include: ["test/{conformance,integration,e2e}/**/*.test.ts"],
          globalSetup: ["./test/setup/build-program.ts"],
          testTimeout: realServerMillis,
          hookTimeout: realServerMillis,
          // Real servers on a shared machine: a second try is shown as such in the report.
          retry: 1,
          // Two cores carry the servers as well; more files at once only make them wait for each other.
          maxWorkers: 2
        }
      }
    ]
  }
})
