/** {@link AlertStates} on PostgreSQL. */
import { Effect } from "effect"
import type { AlertStates } from "../../../src/alerts/AlertStates.ts"
import { ALERT_DAYS, alertOf, type AlertRow } from "../operations.ts"
import type { Ask } from "./open-desk.ts"

const READ = `with forgotten as (
  delete from gradewire.alert_state
  where connector = $1 and updated_at < clock_timestamp() - interval '${ALERT_DAYS} days'
)
select alert, subject, (extract(epoch from since) * 1000)::text as since,
  (extract(epoch from told_at) * 1000)::text as told, text,
  owed_to as owed, is_over
from gradewire.alert_state
where connector = $1 and speaker = $2 and updated_at >= clock_timestamp() - interval '${ALERT_DAYS} days'`

const WRITE = `with gone as (
  delete from gradewire.alert_state s using jsonb_to_recordset($4::jsonb) as g(alert text, subject text)
  where s.connector = $1 and s.speaker = $2 and s.alert = g.alert and s.subject = g.subject
)
insert into gradewire.alert_state (connector, speaker, alert, subject, since, told_at, text, owed_to, is_over, updated_at)
select $1, $2, k.alert, k.subject, to_timestamp(k."sinceMillis" / 1000), to_timestamp(k."toldMillis" / 1000), k.text,
  case jsonb_array_length(k."owedTo") when 0 then null else k."owedTo"::text end, k.over, clock_timestamp()
from jsonb_to_recordset($3::jsonb) as k(alert text, subject text, "sinceMillis" numeric, "toldMillis" numeric, text text,
  "owedTo" jsonb, over boolean)
on conflict (connector, speaker, alert, subject) do update set since = excluded.since, told_at = excluded.told_at,
  text = excluded.text, owed_to = excluded.owed_to, is_over = excluded.is_over, updated_at = excluded.updated_at`

export const alertStates = (ask: Ask, speaker: string): AlertStates => ({
  read: Effect.map(ask<AlertRow>(READ, speaker), (rows) => rows.map(alertOf)),
  write: ({ gone, kept }) => Effect.asVoid(ask(WRITE, speaker, JSON.stringify(kept), JSON.stringify(gone)))
})
