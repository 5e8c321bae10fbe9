/** Makes the role `gradewire_reader` on MySQL 8 or MariaDB, where this account may; else says what an administrator has to run. */
import { Effect } from "effect"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { READER_ROLE, READER_VIEWS } from "../../../schemas/hr/reader-views.ts"
import { READY, type ReaderRole } from "../reader-role.ts"
import { openSession, type MySqlOptions } from "./mysql-client.ts"

/** All of them can be repeated. */
const STATEMENTS = [
  `CREATE ROLE IF NOT EXISTS ${READER_ROLE};`,
  ...READER_VIEWS.map((view) => `GRANT SELECT ON \`gradewire\`.\`${view}\` TO ${READER_ROLE};`)
]

/**
 * Nobody but an administrator can see what a role may, so the statements are simply run. A refused one is the answer, not an
 * error.
 */
export const grantReader = (options: MySqlOptions): Effect.Effect<ReaderRole, ProfileStoreError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const session = yield* openSession(options)
      for (const text of STATEMENTS) {
        const wasRun = yield* Effect.result(session.rows(text))
        if (wasRun._tag === "Failure") return { ready: false, statements: STATEMENTS.join("\n") }
      }
      return READY
    })
  )
