/** Which alerts are told, when and how often: from vitals to notices, with a clock that the test turns. */
import { describe, expect, it } from "vitest"
import { AlertBook, type AlertSettings } from "../../../src/alerts/AlertBook.ts"
import { isQuiet } from "../../../src/alerts/quiet-hours.ts"
import { readAlerts } from "../../../src/alerts/readings.ts"
import { Vitals } from "../../../src/pipeline/Vitals.ts"

/** 2026-11-22T12:00:00Z, 20:00 in Shanghai. */
const NOON = 1_795_348_800_000
const MINUTE = 60_000

const bookOf = (settings: AlertSettings = {}) =>
  new AlertBook(settings, { connector: "lms-hr", holder: "pod:1" })

/** A process that applies, all well. */
const working = (now = NOON): Vitals => {
  const vitals = new Vitals()
  vitals.turn("apply", "running", now)
  vitals.hears("apply", now, now)
  vitals.queues = { held: 0, oldestHeldSeconds: 0, deadLetters: 0, lagSeconds: 0 }
  return vitals
}

const told = (book: AlertBook, vitals: Vitals, now: number, speaks = true) =>
  book
    .look(readAlerts(vitals, speaks, now), now)
    .map(({ alert, state, subject }) => `${state} ${alert}${subject === "" ? "" : ` ${subject}`}`)

const withDeadLetters = (vitals: Vitals, deadLetters: number) => {
  vitals.queues = { held: 0, oldestHeldSeconds: 0, deadLetters, lagSeconds: 0 }
  // Heartbeats go on.
  return vitals
}
const heard = (vitals: Vitals, now: number) => {
  vitals.hears("apply", now, now)
  return vitals
}

describe("alerts", () => {
  it("are silent while all is well, and where nothing is known (G1)", () => {
    expect(told(bookOf(), working(), NOON)).toEqual([])
    expect(told(bookOf(), new Vitals(), NOON)).toEqual([])
    const unknown = new Vitals()
    unknown.turn("apply", "running", NOON)
    unknown.turn("capture", "running", NOON)
    expect(told(bookOf(), unknown, NOON + 600 * MINUTE)).toEqual([])
  })

  it("are told once they have lasted, once again after the interval, and once when they are over (G1)", () => {
    const [book, vitals] = [bookOf(), working()]
    withDeadLetters(vitals, 2)
    const at = (minutes: number) => {
      const now = NOON + minutes * MINUTE
      return told(book, heard(vitals, now), now)
    }
    expect(at(0)).toEqual([])
    expect(at(9)).toEqual([])
    expect(at(10)).toEqual(["firing GradewireDeadLetters"])
    expect(at(11)).toEqual([])
    expect(at(249)).toEqual([])
    expect(at(250)).toEqual(["firing GradewireDeadLetters"])
    withDeadLetters(vitals, 0)
    expect(at(251)).toEqual(["resolved GradewireDeadLetters"])
    expect(at(252)).toEqual([])
  })

  it("begin their time anew after a moment of rest, and are not told of a short trouble (G1)", () => {
    const [book, vitals] = [bookOf(), working()]
    const at = (minutes: number, letters: number) => {
      const now = NOON + minutes * MINUTE
      return told(book, heard(withDeadLetters(vitals, letters), now), now)
    }
    expect([at(0, 1), at(9, 1), at(9.5, 0), at(10, 1), at(19, 1)].flat()).toEqual([])
    expect(at(20, 1)).toEqual(["firing GradewireDeadLetters"])
  })

  it("neither begin nor end while their figure is unknown (G1)", () => {
    const [book, vitals] = [bookOf({ rules: { GradewireDeadLetters: { forSeconds: 0 } } }), working()]
    expect(told(book, withDeadLetters(vitals, 1), NOON)).toEqual(["firing GradewireDeadLetters"])
    vitals.queues = undefined
    expect(told(book, vitals, NOON + 1)).toEqual([])
    expect(told(book, withDeadLetters(vitals, 0), NOON + 2)).toEqual(["resolved GradewireDeadLetters"])
  })

  it("tell of lag in two steps, from the slowest lane wherever it runs (G1)", () => {
    const settings = {
      rules: { GradewireLagHigh: { forSeconds: 0 }, GradewireLagCritical: { forSeconds: 0 } }
    }
    const [book, vitals] = [bookOf(settings), working()]
    vitals.queues = { held: 0, oldestHeldSeconds: 0, deadLetters: 0, lagSeconds: 31 }
    expect(told(book, vitals, NOON)).toEqual(["firing GradewireLagHigh"])
    vitals.queues = { ...vitals.queues, lagSeconds: 400 }
    const [notice] = book.look(readAlerts(vitals, true, NOON), NOON)
    expect(notice).toMatchObject({
      connector: "lms-hr",
      alert: "GradewireLagCritical",
      severity: "critical",
      state: "firing",
      text: "scores reach the profile 6m 40s after the exam.",
      since: "2026-11-22T12:00:00Z",
      holder: "pod:1"
    })
  })

  it("name a heartbeat that does not travel, and whoever does not answer (G1)", () => {
    const vitals = new Vitals()
    vitals.turn("capture", "running", NOON)
    vitals.hears("capture", NOON, NOON)
    vitals.connections.set("log", false)
    const book = bookOf()
    const seen = [0, 3, 5].map((minutes) => told(book, vitals, NOON + minutes * MINUTE))
    expect(seen).toEqual([[], [], ["firing GradewireStalled capture", "firing GradewireDisconnected log"]])
  })

  it("tell of a role that has stopped at once, under its own name (G3, G6)", () => {
    const stopped = (tag: string) => {
      const vitals = new Vitals()
      vitals.turn("capture", "stopped", NOON, tag)
      return told(bookOf(), vitals, NOON)
    }
    expect(stopped("PositionPurged")).toEqual(["firing GradewireRoleNotRunning capture"])
    expect(stopped("SchemaDrift")).toEqual(["firing GradewireSchemaDrift capture"])
    expect(stopped("CaptureFenced")).toEqual(["firing GradewireFenced capture"])
  })

  it("wait with a role that only starts over, and are over once it has gone on for a while (G1)", () => {
    const [book, vitals] = [bookOf(), new Vitals()]
    vitals.turn("capture", "waiting", NOON, "SourceConnectionLost")
    expect(told(book, vitals, NOON)).toEqual([])
    expect(told(book, vitals, NOON + 5 * MINUTE)).toEqual(["firing GradewireRoleNotRunning capture"])
    vitals.turn("capture", "running", NOON + 6 * MINUTE)
    expect(told(book, vitals, NOON + 6 * MINUTE)).toEqual([])
    vitals.turn("capture", "waiting", NOON + 6.1 * MINUTE, "SourceConnectionLost")
    expect(told(book, vitals, NOON + 6.1 * MINUTE)).toEqual([])
    vitals.turn("capture", "running", NOON + 7 * MINUTE)
    expect(told(book, vitals, NOON + 7.5 * MINUTE)).toEqual(["resolved GradewireRoleNotRunning capture"])
  })

  it("go on from what was told before a restart: neither again, nor as if it had just begun (G1)", () => {
    const [before, vitals] = [bookOf(), withDeadLetters(working(), 2)]
    expect(told(before, vitals, NOON)).toEqual([])
    const lasting = before.states()
    const after = bookOf()
    after.adopt(lasting)
    expect(told(after, heard(vitals, NOON + 10 * MINUTE), NOON + 10 * MINUTE)).toEqual([
      "firing GradewireDeadLetters"
    ])
    after.taken({ alert: "GradewireDeadLetters", state: "firing", subject: "" }, "ops")
    const again = bookOf()
    again.adopt(after.states())
    const later = NOON + 60 * MINUTE
    vitals.queues = undefined
    expect(told(again, heard(vitals, later), later)).toEqual([])
    const [notice] = again.look(readAlerts(withDeadLetters(vitals, 0), true, later), later)
    expect(notice).toMatchObject({ state: "resolved", since: "2026-11-22T12:00:00Z" })
  })

  it("keep in mind what was given away until somebody has taken it (G1)", () => {
    const [book, vitals] = [bookOf({ rules: { GradewireDeadLetters: { forSeconds: 0 } } }), working()]
    told(book, withDeadLetters(vitals, 2), NOON)
    expect(book.states()).toMatchObject([{ alert: "GradewireDeadLetters", toldMillis: undefined }])
    book.taken({ alert: "GradewireDeadLetters", state: "firing", subject: "" }, "ops")
    expect(book.states()).toMatchObject([{ toldMillis: NOON }])
    told(book, heard(withDeadLetters(vitals, 0), NOON + MINUTE), NOON + MINUTE)
    expect(book.states()).toMatchObject([{ toldMillis: NOON }])
    book.taken({ alert: "GradewireDeadLetters", state: "resolved", subject: "" }, "ops")
    expect(book.states()).toEqual([])
  })

  it("are left to one process: not to one that stands by, nor to one without the first lane (G6)", () => {
    const settings = { rules: { GradewireDeadLetters: { forSeconds: 0 } } }
    const vitals = withDeadLetters(working(), 5)
    expect(told(bookOf(settings), vitals, NOON, false)).toEqual([])
    vitals.turn("apply", "standby", NOON)
    expect(told(bookOf(settings), vitals, NOON)).toEqual([])
  })

  it("keep quiet at night unless they are critical, and are told in the morning if they still hold (G1)", () => {
    const quietHours = { from: "22:00", to: "07:00", timeZone: "Asia/Shanghai" }
    const rules = { GradewireDeadLetters: { forSeconds: 0 }, GradewireLagCritical: { forSeconds: 0 } }
    const [book, vitals] = [bookOf({ quietHours, rules }), working()]
    const night = NOON + 3 * 60 * MINUTE
    vitals.queues = { held: 0, oldestHeldSeconds: 0, deadLetters: 1, lagSeconds: 400 }
    expect(told(book, heard(vitals, night), night)).toEqual(["firing GradewireLagCritical"])
    vitals.queues = { ...vitals.queues, lagSeconds: 0 }
    expect(told(book, heard(vitals, night + 1), night + 1)).toEqual(["resolved GradewireLagCritical"])
    const morning = NOON + 11 * 60 * MINUTE
    expect(told(book, heard(vitals, morning), morning)).toEqual(["firing GradewireDeadLetters"])
    withDeadLetters(vitals, 0)
    const nextNight = NOON + 27 * 60 * MINUTE
    expect(told(book, heard(vitals, nextNight), nextNight)).toEqual([])
    const nextMorning = NOON + 35 * 60 * MINUTE
    expect(told(book, heard(vitals, nextMorning), nextMorning)).toEqual(["resolved GradewireDeadLetters"])
  })

  it("know the quiet hours by the zone's own clock, over midnight and within a day (G1)", () => {
    const night = { from: "22:00", to: "07:00", timeZone: "Asia/Shanghai" }
    const hour = 60 * MINUTE
    expect([0, 1.99, 2, 4, 10.99, 11].map((hours) => isQuiet(night, NOON + hours * hour))).toEqual([
      false,
      false,
      true,
      true,
      true,
      false
    ])
    const lunch = { from: "12:00", to: "13:30", timeZone: "+00:00" }
    expect([-0.01, 0, 1.49, 1.5].map((hours) => isQuiet(lunch, NOON + hours * hour))).toEqual([
      false,
      true,
      true,
      false
    ])
    expect(isQuiet(undefined, NOON)).toBe(false)
  })

  it("can each be switched off or given other figures (G1)", () => {
    const vitals = withDeadLetters(working(), 5)
    vitals.purgeMarginSeconds = 3_600
    const rules = {
      GradewireDeadLetters: { threshold: 10, forSeconds: 0 },
      GradewirePurgeImminent: false,
      GradewirePurgeRisk: { threshold: 7_000, forSeconds: 0 }
    } as const
    expect(told(bookOf({ rules }), vitals, NOON)).toEqual(["firing GradewirePurgeRisk"])
  })

  it("warn of a certificate two weeks ahead (G1)", () => {
    const vitals = working()
    vitals.certificateEnds.set("hr", NOON + 15 * 1_440 * MINUTE)
    const book = bookOf()
    expect(told(book, vitals, NOON)).toEqual([])
    const later = NOON + 2 * 1_440 * MINUTE
    const [notice] = book.look(readAlerts(heard(vitals, later), true, later), later)
    expect(notice).toMatchObject({
      alert: "GradewireCertificateExpiry",
      subject: "hr",
      text: "a certificate of the HR database expires in 13d."
    })
  })
})
