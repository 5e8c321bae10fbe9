/**
 * Which alerts hold, since when, and who has been told: turns readings into notices. Pure; time comes from the caller.
 *
 * - An alert is told once it has held for its rule's time, again after the repeat interval, and once when it is over.
 * - In quiet hours only critical ones are told. What began or ended meanwhile is told when they are over, if it still is so.
 * - What becomes unknown neither begins nor ends anything.
 * - What has been told is known twice: when it was given away to be told, so that nothing is said twice, and which receivers
 *   have taken it, which is what the next process may rely on (AlertMemory.ts): it tells those that are owed, and no other.
 */
import { alertRule, type AlertName } from "../../schemas/alert-rules.ts"
import type { AlertsConfig } from "../../schemas/alerts-config.ts"
import { epochSecondsToUtc } from "../../schemas/civil-time.ts"
import type { AlertState } from "./AlertStates.ts"
import type { DueNotice, Notice } from "./Notice.ts"
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
  /** Receivers that it was given away for and that have not taken it. */
  owed: Set<string>
  /** Receivers to which another process left it owed: nobody tries any more, until it is given away again. */
  missed: ReadonlyArray<string>
}

const opened = (
  { alert, subject, text }: Pick<AlertState, "alert" | "subject" | "text">,
  sinceMillis: number
): OpenAlert => ({
  alert,
  subject,
  text,
  sinceMillis,
  toldMillis: undefined,
  takenMillis: undefined,
  owed: new Set(),
  missed: []
})

type Told = Pick<Notice, "alert" | "state" | "subject">

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
  look(readings: ReadonlyArray<Reading>, now: number): ReadonlyArray<DueNotice> {
    const quiet = isQuiet(this.#settings.quietHours, now)
    const seen = new Set<string>()
    const notices = readings.flatMap((reading): ReadonlyArray<DueNotice> => {
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
    for (const state of states) {
      const { over, owedTo, sinceMillis, toldMillis } = state
      const key = alertKey(state)
      const open = this.#open.get(key)
      if (open === undefined) {
        const known = { toldMillis, takenMillis: toldMillis, owed: new Set(owedTo), missed: owedTo }
        const place = over ? this.#ending : this.#open
        place.set(key, { ...opened(state, sinceMillis), ...known })
        continue
      }
      if (over) continue
      open.sinceMillis = Math.min(open.sinceMillis, sinceMillis)
      open.toldMillis ??= toldMillis
      open.takenMillis ??= toldMillis
    }
  }

  /** A notice is on its way to these receivers; where it is for none of them, there is nothing to wait for. */
  given(told: Told, receivers: ReadonlyArray<string>): void {
    const about = this.#about(told)
    if (about === undefined) return
    about.owed = new Set([...about.owed, ...receivers])
    if (about.owed.size === 0) this.#settle(told, about)
  }

  /** A receiver has taken a notice, or will never. Where none takes it, saying it again would not help either. */
  taken(told: Told, receiver: string, isGivenUp = false): void {
    const about = this.#about(told)
    if (about === undefined) return
    // Its end is on its way already, and that is what the receiver is owed now.
    if (told.state === "firing" && !this.#open.has(alertKey(told))) return
    about.owed.delete(receiver)
    if (!isGivenUp || about.owed.size === 0) this.#settle(told, about)
  }

  #about(told: Told): OpenAlert | undefined {
    const key = alertKey(told)
    return told.state === "resolved" ? this.#ending.get(key) : (this.#open.get(key) ?? this.#ending.get(key))
  }

  #settle(told: Told, about: OpenAlert): void {
    if (told.state === "firing") about.takenMillis = about.toldMillis
    else if (about.owed.size === 0) this.#ending.delete(alertKey(told))
  }

  /** What the next process has to know. */
  states(): ReadonlyArray<AlertState> {
    return [...new Map([...this.#ending, ...this.#open])].map(
      ([key, { alert, owed, sinceMillis, subject, takenMillis, text }]): AlertState => ({
        alert,
        subject,
        sinceMillis,
        toldMillis: takenMillis,
        text,
        owedTo: [...owed],
        over: !this.#open.has(key)
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

  #holds(key: string, reading: Reading, now: number, quiet: boolean): ReadonlyArray<DueNotice> {
    const open = this.#open.get(key) ?? opened(reading, now)
    this.#open.set(key, open)
    open.text = reading.text
    const { forSeconds, severity } = { ...alertRule(reading.alert), ...this.#rule(reading.alert) }
    const repeat = (this.#settings.repeatSeconds ?? REPEAT_SECONDS) * MILLIS
    const lasts = reading.atOnce === true || now - open.sinceMillis >= forSeconds * MILLIS
    const isDue = open.toldMillis === undefined || now - open.toldMillis >= repeat
    if (!lasts || (quiet && severity !== "critical")) return []
    if (!isDue) return this.#missed(reading, open, "firing")
    open.toldMillis = now
    open.missed = []
    return [this.#notice(reading, open, "firing")]
  }

  #isOver(
    key: string,
    reading: Reading,
    breached: false | undefined,
    quiet: boolean
  ): ReadonlyArray<DueNotice> {
    const open = this.#open.get(key)
    if (breached === undefined) return []
    const isHushed = quiet && alertRule(reading.alert).severity !== "critical"
    if (open === undefined) {
      const ending = this.#ending.get(key)
      return ending === undefined || isHushed ? [] : this.#missed(reading, ending, "resolved")
    }
    const wasTold = open.toldMillis !== undefined
    if (wasTold && isHushed) return []
    this.#open.delete(key)
    // Whoever has not heard of it yet hears that it is over.
    if (wasTold) this.#ending.set(key, { ...open, owed: new Set(), missed: [] })
    return wasTold ? [this.#notice(reading, open, "resolved")] : []
  }

  /** Once to those to whom the process before this one left it owed. */
  #missed(reading: Reading, about: OpenAlert, state: "firing" | "resolved"): ReadonlyArray<DueNotice> {
    const only = about.missed
    about.missed = []
    return only.length === 0 ? [] : [{ ...this.#notice(reading, about, state), only }]
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
