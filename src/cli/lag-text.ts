/** Lag as pt-heartbeat prints it, and as Nagios wants it. Pure. */
import type { LagSample } from "./LagSample.ts"
import { secondsText } from "./seconds-text.ts"

const WINDOWS_SECONDS = [60, 300, 900] as const
const MILLIS = 1_000

/** Averages over the last minute, five and fifteen, of the samples whose lag was known. */
export class LagAverages {
  readonly #known: Array<{ readonly atMillis: number; readonly seconds: number }> = []

  take({ lagSeconds }: LagSample, nowMillis: number): void {
    if (lagSeconds !== null) this.#known.push({ atMillis: nowMillis, seconds: lagSeconds })
    const oldest = nowMillis - WINDOWS_SECONDS[2] * MILLIS
    while (this.#known.length > 0 && this.#known[0]!.atMillis <= oldest) this.#known.shift()
  }

  /** `null` where nothing was known in that time. */
  of(nowMillis: number): ReadonlyArray<number | null> {
    return WINDOWS_SECONDS.map((window) => {
      const within = this.#known.filter(({ atMillis }) => atMillis > nowMillis - window * MILLIS)
      return within.length === 0
        ? null
        : within.reduce((sum, { seconds }) => sum + seconds, 0) / within.length
    })
  }
}

const seconds = (value: number | null): string => (value === null ? "unknown" : `${value.toFixed(2)}s`)

/** `0.38s [  0.41s,  0.36s,  0.40s ]  read 0.21s  publish 0.03s  apply 0.14s  held 4  dead 1` */
export const monitorLine = (sample: LagSample, averages: ReadonlyArray<number | null>): string => {
  const means = averages.map((value) => seconds(value).padStart(7)).join(", ")
  return [`${seconds(sample.lagSeconds).padStart(7)} [${means} ]`, ...parts(sample)].join("  ")
}

/** One line about this moment. */
export const lagText = (sample: LagSample): string =>
  [
    `${sample.connector}  lag ${secondsText(sample.lagSeconds)}`,
    `heartbeat ${sample.heartbeatAgeSeconds === null ? "unknown" : `${secondsText(sample.heartbeatAgeSeconds)} ago`}`,
    ...parts(sample)
  ].join("  ")

const parts = (sample: LagSample): ReadonlyArray<string> => [
  `read ${seconds(sample.readSeconds)}`,
  `publish ${seconds(sample.publishSeconds)}`,
  `apply ${seconds(sample.applySeconds)}`,
  `held ${sample.held ?? "unknown"}`,
  `dead ${sample.deadLetters ?? "unknown"}`,
  ...sample.paused.map((role) => `${role} paused`),
  ...(sample.trouble === null ? [] : [`(${sample.trouble.tag})`])
]

export interface Thresholds {
  readonly warning: number
  readonly critical: number
}

const WORDS = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const

/** 0 ok, 1 warning, 2 critical, 3 unknown: what is not known is never well. */
export const lagVerdict = ({ lagSeconds }: LagSample, { critical, warning }: Thresholds): 0 | 1 | 2 | 3 => {
  if (lagSeconds === null) return 3
  if (lagSeconds > critical) return 2
  return lagSeconds > warning ? 1 : 0
}

/** One line with performance figures (Monitoring Plugins, "Plugin Output for Nagios"): `'label'=value[unit];[warn];[crit];[min]`. */
export const nagiosLine = (sample: LagSample, thresholds: Thresholds): string => {
  const word = WORDS[lagVerdict(sample, thresholds)]
  const why =
    sample.lagSeconds !== null
      ? `lag ${secondsText(sample.lagSeconds)}, heartbeat ${secondsText(sample.heartbeatAgeSeconds)} ago`
      : (sample.trouble?.message ?? "nothing has been applied yet")
  const said = [why, ...sample.paused.map((role) => `${role} is paused`)].join(", ")
  const figures = [
    figure("lag", sample.lagSeconds, "s", `${thresholds.warning};${thresholds.critical}`),
    figure("heartbeat_age", sample.heartbeatAgeSeconds, "s", ";"),
    figure("held", sample.held, "", ";"),
    figure("dead_letters", sample.deadLetters, "", ";")
  ].join(" ")
  return `GRADEWIRE ${word} - ${sample.connector}: ${oneLine(said)} | ${figures}`
}

/** `U`: not known. */
const figure = (label: string, value: number | null, unit: string, limits: string): string =>
  `${label}=${value === null ? "U" : `${unit === "s" ? value.toFixed(3) : value}${unit}`};${limits};0`

/** A pipe would begin the figures. */
const oneLine = (text: string): string => text.replaceAll(/[|\r\n]+/g, " ")
