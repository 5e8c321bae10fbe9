/** The writing half of the batch statement: what `judged` decided becomes rows. */
import type { Lane } from "../../../schemas/lane.ts"
import { START } from "../../../schemas/position.ts"
import type { HrMapping } from "./mapping.ts"
import { targetParts } from "./target-statement.ts"

/**
 * - `source`   events as jsonb arrays ($3 scores, $4 learners, $5 assessments), or the held results named in $3 text[]
 * - `fence`    under the epoch alone, or at the expected position too ($6), moving the offset to $7 and on
 * - `isPartial` some event lacks keys that the mapping writes
 * - `isReplay` the events are dead letters that get another attempt
 * - `isFew`    the events are at most {@link FEW}
 * - `place`    the lane that files them; where there are several, results can move from one to another
 */
export interface BatchForm {
  readonly source: "events" | "held"
  readonly fence: "offset" | "epoch"
  readonly isPartial: boolean
  readonly isReplay: boolean
  readonly isFew: boolean
  readonly place: Lane
}

/** Up to so many changes a batch is planned for single lookups: a score that leaves alone is in the profile sooner. */
export const FEW = 8

const LINKS = `link as (
  insert into gradewire.person_link (connector, learner_id, employee_key, rule, linked_at)
  select distinct on (j.learner_id collate "C") $1, j.learner_id, j.person, j.own_rule, clock_timestamp()
  from judged j
  where j.is_filed and not j.revoked and j.learner_id is not null and j.linked is null and j.person is not null
  order by j.learner_id collate "C", j.own_person is null, j.position
  on conflict (connector, learner_id) do nothing
)`

const ledger = (rowKeys: string): string => `won as (
  insert into gradewire.result_ledger as t
    (connector, result_id, position, event_id, state, learner_id, employee_key, row_key, applied_at, match_rule)
  select $1, f.result_id, f.position, f.event_id, case when f.revoked then 'revoked' else 'recorded' end,
    coalesce(f.learner_id, f.ledger_learner), case when f.revoked then f.ledger_employee else f.person end,
    case when f.revoked then f.ledger_row_key else ${rowKeys} end, clock_timestamp(),
    case when f.revoked then f.ledger_rule else f.match_rule end
  from judged f
  where f.is_filed
  order by f.result_id collate "C"
  on conflict (connector, result_id) do update set position = excluded.position, event_id = excluded.event_id,
    state = excluded.state, learner_id = excluded.learner_id, employee_key = excluded.employee_key,
    row_key = excluded.row_key, applied_at = excluded.applied_at, match_rule = excluded.match_rule
  where t.position < excluded.position
  returning t.result_id, t.row_key
),
filed as materialized (
  select f.*, w.row_key from judged f join won w on w.result_id = f.result_id
)`

/** A row that names its result goes with it, even where the ledger did not know that it was there. */
const named = (targets: HrMapping["targets"]): ReadonlyArray<string> =>
  targets.flatMap(({ hasFixedKey }, index) => (hasFixedKey ? [`f.in_${index}`] : []))

/**
 * A held change that says the result is somebody else's takes it from the person it was filed to: right person or
 * nobody (G7). The ledger keeps its position, so that the change is filed once its person is proven.
 */
const gone = ({ targets }: HrMapping): string => `gone as materialized (
  select f.*, false as withdrawn
  from filed f where f.revoked and (${["f.was_filed", ...named(targets)].join(" or ")})
  union all
  select f.*, f.ledger_row_key as row_key, true
  from judged f where f.is_held and f.was_filed and f.learner_id <> f.ledger_learner
),
withdrawn as (
  update gradewire.result_ledger l set state = 'revoked', applied_at = clock_timestamp()
  from gone g where g.withdrawn and l.connector = $1 and l.result_id = g.result_id
)`

const held = (isPartial: boolean): string => `held_in as (
  insert into gradewire.held_change as t
    (connector, result_id, position, event, learner_id, reason, candidates, held_at, updated_at)
  select $1, j.result_id, j.position, ${isPartial ? "jsonb_set(c.event, '{data}', j.d)" : "c.event"}, j.learner_id,
    j.reason, coalesce(j.people, 0), clock_timestamp(), clock_timestamp()
  from judged j join score_change c on c.position = j.position
  where j.is_held
  order by j.result_id collate "C"
  on conflict (connector, result_id) do update set position = excluded.position, event = excluded.event,
    learner_id = excluded.learner_id, reason = excluded.reason, candidates = excluded.candidates,
    updated_at = excluded.updated_at
  where t.position < excluded.position
    or t.position = excluded.position and (t.reason, t.candidates) <> (excluded.reason, excluded.candidates)
),
held_out as (
  -- By place, a lookup for each: of a queue that nobody analysed yet the planner would read the whole for each batch.
  delete from gradewire.held_change h using judged j cross join lateral (
    select r.ctid, r.position from gradewire.held_change r where r.connector = $1 and r.result_id = j.result_id offset 0
  ) p
  where h.ctid = p.ctid
    and (j.is_filed and p.position <= j.position or j.is_stale and p.position <= j.ledger_position)
)`

/**
 * Two lanes that meet in one result must both write its row of the ledger: under REPEATABLE READ the later one then fails
 * and comes again, and sees what the other did. What is filed writes there anyhow; what is held takes the place at START.
 */
const TOUCHED = `touched as (
  insert into gradewire.result_ledger as t (connector, result_id, position, event_id, state, applied_at)
  select $1, j.result_id, '${START}', j.event_id, 'revoked', clock_timestamp()
  from judged j
  where j.is_held and not (j.was_filed and coalesce(j.learner_id <> j.ledger_learner, false))
  order by j.result_id collate "C"
  on conflict (connector, result_id) do update set applied_at = t.applied_at
)`

const DEAD_IN = `dead_in as (
  insert into gradewire.dead_letter
    (connector, position, result_id, type, event_id, event, reason, detail, state, at, updated_at)
  select $1, j.position, j.result_id, j.type, j.event_id, c.event::json,
    case when j.mapping is null then 'TABLE_NOT_MAPPED' else 'WAITING' end,
    case when j.mapping is null then c.event ->> 'subject' else 'an earlier change of this result is a dead letter' end,
    case when j.mapping is null and not j.blocked then 'open' else 'waiting' end, clock_timestamp(), clock_timestamp()
  from judged j join score_change c on c.position = j.position
  where j.is_dead
  on conflict (connector, position) do nothing
)`

/** The letters that this attempt settled; one that waits again for another letter stays as it is. */
const DEAD_DONE = `dead_done as (
  update gradewire.dead_letter x set state = 'done', updated_at = clock_timestamp()
  from (
    select position from score_change union all select position from learner_change
    union all select position from assessment_change
  ) c
  where x.connector = $1 and x.position = c.position
    and not exists (select from judged j where j.position = c.position and j.is_dead)
)`

/** How the changes ended, counted once. */
const TALLY = `tally as materialized (
  select (select count(*) from won)::integer as applied, (count(*) filter (where is_stale))::integer as stale,
    (count(*) filter (where is_held))::integer as held, (count(*) filter (where is_dead))::integer as dead,
    count(*)::integer as results
  from judged
)`

const COUNTS = `applied = o.applied + t.applied, stale = o.stale + t.stale, held = o.held + t.held, dead = o.dead + t.dead`

const offset = (form: BatchForm): string =>
  form.fence === "offset"
    ? `moved as (
  update gradewire.apply_offset o set position = $7, generation = $8::bigint, stream_sequence = $9::bigint,
    anchor_file = $10, anchor_position = $11::bigint, anchor_gtid = $12, anchor_server = $13,
    anchor_timeline = $14::integer, committed_at = $15::timestamptz, updated_at = clock_timestamp(),
    changed_at = clock_timestamp(), changed_committed_at = $15::timestamptz, snapshot = $16::jsonb,
    events = o.events + $17::bigint,
    ${COUNTS}
  from fence, tally t where o.connector = $1 and o.lane = ${form.place.lane}
)`
    : `moved as (
  update gradewire.apply_offset o set updated_at = clock_timestamp(),
    applied = o.applied + t.applied, released = o.released + t.applied
  from fence, tally t where o.connector = $1 and o.lane = ${form.place.lane}
)`

/** @param rowKeys SQL of a filed row's key in its target, over `f` */
export const fileParts = (mapping: HrMapping, form: BatchForm, rowKeys: string): ReadonlyArray<string> => [
  LINKS,
  ledger(rowKeys),
  ...(mapping.targets.length === 0 ? [] : [gone(mapping)]),
  ...mapping.targets.flatMap((target, index) => targetParts(target, index, mapping.zone, form.isPartial)),
  held(form.isPartial),
  ...(form.place.lanes === 1 ? [] : [TOUCHED]),
  ...(form.isReplay ? [DEAD_DONE] : [DEAD_IN]),
  TALLY,
  offset(form)
]
