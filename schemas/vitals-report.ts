/** What a running process says about itself when it is asked over NATS; no value of a person (G9). */
import { Schema } from "effect"

const Seconds = Schema.NullOr(Schema.Finite)

export const RoleReport = Schema.Struct({
  role: Schema.Literals(["capture", "apply"]),
  state: Schema.Literals(["standby", "starting", "running", "waiting", "paused", "stopped"]),
  /** How long it has been so. */
  forSeconds: Schema.Finite,
  /** Tag of the last failure, or who paused it and why; null: neither. */
  why: Schema.NullOr(Schema.String),
  epoch: Schema.NullOr(Schema.Finite)
})
export type RoleReport = typeof RoleReport.Type

export const VitalsReport = Schema.Struct({
  /** `host:pid` */
  holder: Schema.String,
  version: Schema.String,
  upSeconds: Schema.Finite,
  roles: Schema.Array(RoleReport),
  /** Of the stages that this process has; null: not known. */
  lagSeconds: Schema.Struct({
    capture: Schema.optionalKey(Seconds),
    log: Schema.optionalKey(Seconds),
    apply: Schema.optionalKey(Seconds)
  })
})
export type VitalsReport = typeof VitalsReport.Type
