/** {@link AlertStates} on MySQL and MariaDB. */
import { Effect } from "effect"
import type { AlertState, AlertStates } from "../../../src/alerts/AlertStates.ts"
import { ALERT_DAYS, alertOf, type AlertRow } from "../operations.ts"
import type { DeskSession } from "./open-desk.ts"
import { literal } from "./sql-text.ts"

const TABLE = "`gradewire`.`alert_state`"

const moment = (millis: number | undefined): string =>
  millis === undefined ? "null" : `timestampadd(microsecond, ${millis}000, timestamp'1970-01-01 00:00:00')`
const millis = (column: string): string =>
  `timestampdiff(microsecond, timestamp'1970-01-01 00:00:00', ${column}) / 1000`

export const alertStates = (
  { rows, script }: DeskSession,
  connector: string,
  speaker: string
): AlertStates => {
  const ours = `connector = ${literal(connector)} and speaker = ${literal(speaker)}`
  const place = ({ alert, subject }: Pick<AlertState, "alert" | "subject">) =>
    `${literal(alert)}, ${literal(subject)}`
  const row = (state: AlertState) =>
    `(${literal(connector)}, ${literal(speaker)}, ${place(state)}, ${moment(state.sinceMillis)}, ${moment(state.toldMillis)}, ${literal(state.text)}, ${literal(state.owedTo.length === 0 ? null : JSON.stringify(state.owedTo))}, ${state.over}, utc_timestamp(6))`
  return {
    read: Effect.andThen(
      rows(
        `delete from ${TABLE} where connector = ${literal(connector)} and updated_at < utc_timestamp(6) - interval ${ALERT_DAYS} day`
      ),
      Effect.map(
        rows<AlertRow>(
          `select alert, subject, ${millis("since")} as since, ${millis("told_at")} as told, text, owed_to as owed, is_over from ${TABLE} where ${ours}`
        ),
        (found) => found.map(alertOf)
      )
    ),
    write: ({ gone, kept }) =>
      Effect.asVoid(
        script([
          ...(gone.length === 0
            ? []
            : [
                `delete from ${TABLE} where ${ours} and (alert, subject) in (${gone.map((one) => `(${place(one)})`).join(", ")})`
              ]),
          ...(kept.length === 0
            ? []
            : [
                `replace into ${TABLE} (connector, speaker, alert, subject, since, told_at, text, owed_to, is_over, updated_at)
values ${kept.map(row).join(",\n")}`
              ])
        ])
      )
  }
}
