/**
 * Which alerts hold, since when, and who has been told: turns readings into notices. Pure; time comes from the caller.
 *
 * - An alert is told once it has held for its rule's time, again after the repeat interval, and once when it is over.
 * - In quiet hours only critical ones are told. What began or ended meanwhile is told when they are over, if it still is so.
 * - What becomes unknown neither begins nor ends anything.
 * - What has been told is known twice: when it was given away to be told, so that nothing is said twice, and when a receiver
 *   had taken it, which is what the next process may rely on (AlertMemory.ts).
 */
import { alertRule, type AlertName } from "../../schemas/alert-rules.ts"
import type { AlertsConfig } from "../../schemas/alerts-config.ts"
import { epochSecondsToUtc } from "../../schemas/civil-time.ts"
import type { AlertState } from "./AlertStates.ts"
import type { Notice } from "./Notice.ts"
import { isQuiet } from "./quiet-hours.ts"
import type { Reading } from "./readings.ts"

const REPEAT_SECONDS = 14_400
const MILLIS = 1_000

interface OpenAlert {
  readonly alert: string
  readonly subject: string
  sinceMillis: number
  text: string
  /** When its notice was last given away. */
  toldMillis: number | undefined
  /** When a receiver had taken it. */
  takenMillis: number | undefined
}

export const alertKey = ({ alert, subject }: Pick<AlertState, "alert" | "subject">): string =>
  `${alert} ${subject}`

export type AlertSettings = Pick<AlertsConfig, "quietHours" | "repeatSeconds" | "rules">

export class AlertBook {
  readonly #open = new Map<string, OpenAlert>()
  /** Over; their last notice is on its way. */
  readonly #ending = new Map<string, OpenAlert>()
  readonly #settings: AlertSettings
  readonly #who: Pick<Notice, "connector" | "holder">

  constructor(settings: AlertSettings, who: Pick<Notice, "connector" | "holder">) {
    this.#settings = settings
    this.#who = who
  }

  /**
   * What has to be told now.
   * @param readings all that this process answers for; what is missing has passed to another process
   */
  look(readings: ReadonlyArray<Reading>, now: number): ReadonlyArray<Notice> {
    const quiet = isQuiet(this.#settings.quietHours, now)
    const seen = new Set<string>()
    const notices = readings.flatMap((reading): ReadonlyArray<Notice> => {
      const key = alertKey(reading)
      seen.add(key)
      const breached = this.#isBreached(reading)
      if (breached === true) return this.#holds(key, reading, now, quiet)
      return this.#isOver(key, reading, breached, quiet)
    })
    for (const known of [this.#open, this.#ending]) {
      for (const key of known.keys()) if (!seen.has(key)) known.delete(key)
    }
    return notices
  }

  /** Goes on from what another process said, or this one before its start; what this one has told itself stands. */
  adopt(states: ReadonlyArray<AlertState>): void {
    for (const { alert, sinceMillis, subject, text, toldMillis } of states) {
      const key = alertKey({ alert, subject })
      const open = this.#open.get(key)
      if (open === undefined) {
        this.#open.set(key, { alert, subject, sinceMillis, text, toldMillis, takenMillis: toldMillis })
        continue
      }
      open.sinceMillis = Math.min(open.sinceMillis, sinceMillis)
      open.toldMillis ??= toldMillis
      open.takenMillis ??= toldMillis
    }
  }

  /** A receiver has taken a notice, or every one of them was given up. */
  taken({ alert, state, subject }: Pick<Notice, "alert" | "state" | "subject">): void {
    const key = alertKey({ alert, subject })
    if (state === "resolved") this.#ending.delete(key)
    const open = this.#open.get(key) ?? this.#ending.get(key)
    if (state === "firing" && open !== undefined) open.takenMillis = open.toldMillis
  }

  /** What the next process has to know. */
  states(): ReadonlyArray<AlertState> {
    return [...new Map([...this.#ending, ...this.#open]).values()].map(
      ({ alert, sinceMillis, subject, takenMillis, text }): AlertState => ({
        alert,
        subject,
        sinceMillis,
        toldMillis: takenMillis,
        text
      })
    )
  }

  #rule(alert: AlertName) {
    const own = this.#settings.rules?.[alert]
    return own === false ? undefined : { ...alertRule(alert), ...own }
  }

  /** `undefined`: not known. */
  #isBreached({ alert, value }: Reading): boolean | undefined {
    const rule = this.#rule(alert)
    if (rule === undefined) return false
    if (value === undefined) return undefined
    if (rule.threshold === undefined) return value > 0
    return rule.below === true ? value < rule.threshold : value > rule.threshold
  }

  #holds(key: string, reading: Reading, now: number, quiet: boolean): ReadonlyArray<Notice> {
    const { alert, subject, text } = reading
    const open = this.#open.get(key) ?? {
      alert,
      subject,
      sinceMillis: now,
      text,
      toldMillis: undefined,
      takenMillis: undefined
    }
    this.#open.set(key, open)
    open.text = text
    const { forSeconds, severity } = { ...alertRule(reading.alert), ...this.#rule(reading.alert) }
    const repeat = (this.#settings.repeatSeconds ?? REPEAT_SECONDS) * MILLIS
    const lasts = reading.atOnce === true || now - open.sinceMillis >= forSeconds * MILLIS
    const isDue = open.toldMillis === undefined || now - open.toldMillis >= repeat
    if (!lasts || !isDue || (quiet && severity !== "critical")) return []
    open.toldMillis = now
    return [this.#notice(reading, open, "firing")]
  }

  #isOver(key: string, reading: Reading, breached: false | undefined, quiet: boolean): ReadonlyArray<Notice> {
    const open = this.#open.get(key)
    if (open === undefined || breached === undefined) return []
    const wasTold = open.toldMillis !== undefined
    const isHushed = quiet && alertRule(reading.alert).severity !== "critical"
    if (wasTold && isHushed) return []
    this.#open.delete(key)
    if (wasTold) this.#ending.set(key, open)
    return wasTold ? [this.#notice(reading, open, "resolved")] : []
  }

  #notice({ alert, subject }: Reading, open: OpenAlert, state: "firing" | "resolved"): Notice {
    return {
      ...this.#who,
      alert,
      severity: alertRule(alert).severity,
      state,
      subject,
      text: open.text,
      since: epochSecondsToUtc(Math.floor(open.sinceMillis / MILLIS))
    }
  }
}
