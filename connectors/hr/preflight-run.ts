/** Runs the checks of an HR preflight one after another. */
import { Effect } from "effect"
import { isFailure } from "../../schemas/failure.ts"
import type { Finding } from "../../schemas/finding.ts"
import type { ProfileStoreError } from "../../src/apply/ProfileStore.ts"
import { error } from "./findings.ts"

type Findings = ReadonlyArray<Finding>

/** Never fails: an error on the way, of the connection above all, is a finding. */
export const runChecks = <E extends { readonly cause: unknown }>(
  checks: ReadonlyArray<Effect.Effect<Findings, E>>,
  classify: (cause: unknown) => ProfileStoreError
): Effect.Effect<Findings> =>
  Effect.map(Effect.all(checks), (found) => found.flat()).pipe(
    Effect.catch((failed) => Effect.succeed([unreachable(classify(failed.cause))]))
  )

const unreachable = (failure: unknown): Finding =>
  isFailure(failure)
    ? error("hr database", failure.message, "reachable", failure.remedy)
    : error("hr database", "not reachable", "reachable", "Check target.host and target.port.")

/** Every table that the mapping names. */
export const missingTable = (table: string, fix: string): Finding =>
  error(
    `table ${table}`,
    "not there, or not visible to this user",
    "there",
    `Check the name in the configuration; else:\n${fix}`
  )
