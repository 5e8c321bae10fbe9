/** {@link Operations} on PostgreSQL. */
import { Effect, type Scope } from "effect"
import {
  comparisonOf,
  controlOf,
  lagOf,
  type ComparisonRow,
  type ControlRow,
  type LagRow,
  type Operations
} from "../operations.ts"
import { alertStates } from "./alert-states.ts"
import { openDesk } from "./open-desk.ts"
import type { PostgresOptions } from "./postgres-client.ts"

const grants = (user: string): string =>
  `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA gradewire TO ${user};`

const CONTROLS = `select role, paused, reason, changed_by,
  to_char(timezone('UTC', changed_at), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as changed_at,
  to_jsonb(c) ->> 'events_per_second' as events_per_second
from gradewire.control c where connector = $1 order by role desc`

const SET_CONTROL = `insert into gradewire.control (connector, role, paused, reason, changed_by, changed_at)
values ($1, $2, $3, $4, $5, clock_timestamp())
on conflict (connector, role) do update set paused = excluded.paused, reason = excluded.reason,
  changed_by = excluded.changed_by, changed_at = excluded.changed_at`

const SET_THROTTLE = `insert into gradewire.control as c
  (connector, role, paused, reason, changed_by, changed_at, events_per_second)
values ($1, $2, false, $3, $4, clock_timestamp(), $5)
on conflict (connector, role) do update set events_per_second = excluded.events_per_second,
  reason = case when c.paused then c.reason else excluded.reason end,
  changed_by = excluded.changed_by, changed_at = excluded.changed_at`

const RECORD_MAPPING = `insert into gradewire.mapping_version
  (connector, hash, first_started_at, last_started_at, starts, started_by, program_version, mapping)
values ($1, $2, clock_timestamp(), clock_timestamp(), 1, $3, $4, $5::jsonb)
on conflict (connector, hash) do update set last_started_at = excluded.last_started_at,
  starts = gradewire.mapping_version.starts + 1, started_by = excluded.started_by,
  program_version = excluded.program_version`

const LAG = `select total_lag_s::text, heartbeat_age_s::text, held::text, oldest_held_s::text, dead_letters::text,
  capture_paused, apply_paused
from gradewire.lag where connector = $1`

const COMPARISON = `select r.run, r.by_whom, extract(epoch from clock_timestamp() - r.finished_at)::text as age_s, d.kind,
  count(d.kind)::text as n
from (
  select run, by_whom, finished_at from gradewire.reconciliation_run
  where connector = $1 and state = 'done' and finished_at is not null
    and coalesce(scope ->> 'tables', scope ->> 'course', scope ->> 'person', scope ->> 'since') is null
  order by finished_at desc limit 1
) r
left join gradewire.reconciliation_diff d on d.connector = $1 and d.run = r.run and d.repaired_at is null
group by r.run, r.by_whom, r.finished_at, d.kind`

export const openOperations = (
  options: PostgresOptions,
  connector: string
): Effect.Effect<Operations, never, Scope.Scope> =>
  Effect.map(openDesk(options, connector, grants), (ask): Operations => ({
    controls: Effect.map(ask<ControlRow>(CONTROLS), (found) => found.map(controlOf((text) => text))),
    setControl: ({ changedBy, paused, reason, role }) =>
      Effect.asVoid(ask(SET_CONTROL, role, paused, reason, changedBy)),
    setThrottle: ({ changedBy, eventsPerSecond, reason, role }) =>
      Effect.asVoid(ask(SET_THROTTLE, role, reason, changedBy, eventsPerSecond)),
    recordMapping: ({ hash, mapping, programVersion, startedBy }) =>
      Effect.asVoid(ask(RECORD_MAPPING, hash, startedBy, programVersion, mapping)),
    lag: Effect.map(ask<LagRow>(LAG), ([row]) => lagOf(row)),
    comparison: Effect.map(ask<ComparisonRow>(COMPARISON), comparisonOf),
    alerts: (speaker) => alertStates(ask, speaker)
  }))
