/** {@link Operations} on MySQL and MariaDB. */
import { Effect, type Scope } from "effect"
import {
  type ComparisonRow,
  type ControlRow,
  type LagRow,
  type Operations,
  comparisonOf,
  controlOf,
  lagOf
} from "../operations.ts"
import { alertStates } from "./alert-states.ts"
import type { MySqlOptions } from "./mysql-client.ts"
import { instantOf } from "./offset-statements.ts"
import { openDesk } from "./open-desk.ts"
import { literal } from "./sql-text.ts"

export const openOperations = (
  options: MySqlOptions,
  connector: string
): Effect.Effect<Operations, never, Scope.Scope> =>
  Effect.map(openDesk(options), (desk): Operations => {
    const { rows } = desk
    const ours = `connector = ${literal(connector)}`
    return {
      controls: Effect.map(
        rows<ControlRow>(`select c.* from \`gradewire\`.\`control\` c where ${ours} order by role desc`),
        (found) => found.map(controlOf(instantOf))
      ),
      setControl: ({ changedBy, paused, reason, role }) => {
        const [why, who] = [literal(reason), literal(changedBy)]
        return Effect.asVoid(
          rows(`insert into \`gradewire\`.\`control\` (connector, role, paused, reason, changed_by, changed_at)
values (${literal(connector)}, ${literal(role)}, ${paused}, ${why}, ${who}, utc_timestamp(6))
on duplicate key update paused = ${paused}, reason = ${why}, changed_by = ${who}, changed_at = utc_timestamp(6)`)
        )
      },
      setThrottle: ({ changedBy, eventsPerSecond, reason, role }) => {
        const [why, who] = [literal(reason), literal(changedBy)]
        const limit = eventsPerSecond === null ? "null" : String(eventsPerSecond)
        return Effect.asVoid(
          rows(`insert into \`gradewire\`.\`control\`
  (connector, role, paused, reason, changed_by, changed_at, events_per_second)
values (${literal(connector)}, ${literal(role)}, false, ${why}, ${who}, utc_timestamp(6), ${limit})
on duplicate key update events_per_second = ${limit}, reason = if(paused, reason, ${why}), changed_by = ${who},
  changed_at = utc_timestamp(6)`)
        )
      },
      recordMapping: ({ hash, mapping, programVersion, startedBy }) => {
        const [by, version] = [literal(startedBy), literal(programVersion)]
        return Effect.asVoid(
          rows(`insert into \`gradewire\`.\`mapping_version\`
  (connector, hash, first_started_at, last_started_at, starts, started_by, program_version, mapping)
values (${literal(connector)}, ${literal(hash)}, utc_timestamp(6), utc_timestamp(6), 1, ${by}, ${version}, ${literal(mapping)})
on duplicate key update last_started_at = utc_timestamp(6), starts = starts + 1, started_by = ${by}, program_version = ${version}`)
        )
      },
      lag: Effect.map(
        rows<LagRow>(
          `select total_lag_s, heartbeat_age_s, held, oldest_held_s, dead_letters, capture_paused, apply_paused from \`gradewire\`.\`lag\` where ${ours}`
        ),
        ([row]) => lagOf(row)
      ),
      comparison: Effect.map(
        rows<ComparisonRow>(`select r.run, r.by_whom, timestampdiff(microsecond, r.finished_at, utc_timestamp(6)) / 1e6 as age_s, d.kind,
  count(d.kind) as n
from (
  select run, by_whom, finished_at from \`gradewire\`.\`reconciliation_run\`
  where ${ours} and state = 'done' and finished_at is not null
    and coalesce(json_value(scope, '$.tables[0]'), json_value(scope, '$.course'), json_value(scope, '$.person'),
      json_value(scope, '$.since')) is null
  order by finished_at desc limit 1
) r
left join \`gradewire\`.\`reconciliation_diff\` d on d.${ours} and d.run = r.run and d.repaired_at is null
group by r.run, r.by_whom, r.finished_at, d.kind`),
        comparisonOf
      ),
      alerts: (speaker) => alertStates(desk, connector, speaker)
    }
  })
