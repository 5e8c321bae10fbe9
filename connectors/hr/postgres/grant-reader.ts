/** Makes the role `gradewire_reader`, where this account may; else says what an administrator has to run. */
import { Effect } from "effect"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { READER_ROLE, READER_VIEWS } from "../../../schemas/hr/reader-views.ts"
import { READY, type ReaderRole } from "../reader-role.ts"
import { classifyError } from "./classify-error.ts"
import { migrationGrants } from "./migrate.ts"
import { openSession, type PostgresOptions, type PostgresSession } from "./postgres-client.ts"

const VIEWS = READER_VIEWS.map((view) => `gradewire.${view}`).join(", ")

const CREATE_ROLE = `CREATE ROLE ${READER_ROLE} NOLOGIN;`
const GRANTS = [
  `REVOKE ALL ON ALL TABLES IN SCHEMA gradewire FROM ${READER_ROLE};`,
  `GRANT USAGE ON SCHEMA gradewire TO ${READER_ROLE};`,
  `GRANT SELECT ON ${VIEWS} TO ${READER_ROLE};`
]

/** Whether the role exists, and whether it may read these views and nothing else of the schema. */
const STATE = `select r.oid is not null as exists, r.oid is not null
  and has_schema_privilege(r.oid, n.oid, 'usage')
  and (select bool_and(has_table_privilege(r.oid, c.oid, 'select') = (c.relkind = 'v' and c.relname = any($1)))
    from pg_class c where c.relnamespace = n.oid and c.relkind in ('r', 'v')) as ready
from pg_namespace n left join pg_roles r on r.rolname = '${READER_ROLE}' where n.nspname = 'gradewire'`

const stateOf = (session: PostgresSession) =>
  Effect.map(
    session.rows<{ exists: boolean; ready: boolean }>({ text: STATE, values: [[...READER_VIEWS]] }),
    ([found]) => found ?? { exists: false, ready: false }
  )

/** A refused statement is the answer, not an error. */
export const grantReader = (options: PostgresOptions): Effect.Effect<ReaderRole, ProfileStoreError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const session = yield* openSession(options)
      const place = {
        server: `${options.host}:${options.port}/${options.database}`,
        grants: migrationGrants(options.user, options.database)
      }
      return yield* Effect.gen(function* () {
        const before = yield* stateOf(session)
        if (before.ready) return READY
        const missing = [...(before.exists ? [] : [CREATE_ROLE]), ...GRANTS]
        for (const text of missing) {
          const wasRun = yield* Effect.result(session.rows({ text }))
          if (wasRun._tag === "Failure") break
        }
        const after = yield* stateOf(session)
        return after.ready ? READY : { ready: false, statements: missing.join("\n") }
      }).pipe(Effect.mapError(({ cause }) => classifyError(cause, place)))
    })
  )
