/**
 * Which alerts hold, since when, and who has been told: turns readings into notices. Pure; time comes from the caller.
 *
 * - An alert is told once it has held for its rule's time, again after the repeat interval, and once when it is over.
 * - In quiet hours only critical ones are told. What began or ended meanwhile is told when they are over, if it still is so.
 * - What becomes unknown neither begins nor ends anything.
 */
import { alertRule, type AlertName } from "../../schemas/alert-rules.ts"
import type { AlertsConfig } from "../../schemas/alerts-config.ts"
import { epochSecondsToUtc } from "../../schemas/civil-time.ts"
import type { Notice } from "./Notice.ts"
import { isQuiet } from "./quiet-hours.ts"
import type { Reading } from "./readings.ts"

const REPEAT_SECONDS = 14_400
const MILLIS = 1_000

interface OpenAlert {
  readonly sinceMillis: number
  text: string
  toldMillis: number | undefined
}

export type AlertSettings = Pick<AlertsConfig, "quietHours" | "repeatSeconds" | "rules">

export class AlertBook {
  readonly #open = new Map<string, OpenAlert>()
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
      const key = `${reading.alert} ${reading.subject}`
      seen.add(key)
      const breached = this.#isBreached(reading)
      if (breached === true) return this.#holds(key, reading, now, quiet)
      return this.#isOver(key, reading, breached, quiet)
    })
    for (const key of this.#open.keys()) if (!seen.has(key)) this.#open.delete(key)
    return notices
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
    const open = this.#open.get(key) ?? { sinceMillis: now, text: reading.text, toldMillis: undefined }
    this.#open.set(key, open)
    open.text = reading.text
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
    if (open === undefined) return []
    const wasTold = open.toldMillis !== undefined
    const isHushed = quiet && alertRule(reading.alert).severity !== "critical"
    if (wasTold && (breached === undefined || isHushed)) return []
    this.#open.delete(key)
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
