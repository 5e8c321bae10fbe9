/** What several parts of a configuration are made of: names, ports, zones, secrets, TLS. */
import { Schema } from "effect"
import { timeZone } from "./civil-time.ts"

/** Of a connector, or of something in its file. */
export const Name = Schema.String.check(
  Schema.isPattern(/^[a-z][a-z0-9-]{0,30}$/u, { expected: "1–31 of a–z, 0–9 and -, starting with a letter" })
)
/** `schema.table`; any characters but a dot inside the parts. */
export const TableName = Schema.String.check(
  Schema.isPattern(/^[^.\s][^.]*\.[^.]+$/u, { expected: "schema.table" })
)
/** TCP port. */
export const Port = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65535 }))
/** Zone of local times: an IANA name, or an offset that never changes. */
export const TimeZoneName = Schema.String.check(
  Schema.makeFilter(
    (text) =>
      timeZone(text) !== undefined ||
      'expected a zone such as "Asia/Shanghai", or an offset such as "+08:00"',
    {
      toJsonSchema: () => ({
        pattern: "^(Z|UTC|[+-](0\\d|1[0-4]):[0-5]\\d|[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)+)$"
      })
    }
  )
)
/** A column's name; any characters. */
export const Column = Schema.NonEmptyString

/** A secret's place: a file's path (its trailing newline is dropped) or an environment variable's name. */
export const Secret = Schema.Union([
  Schema.Struct({ file: Schema.NonEmptyString }),
  Schema.Struct({ env: Schema.NonEmptyString })
])
export type Secret = typeof Secret.Type

export const Tls = Schema.Struct({
  /** `verify-identity` checks certificate and host name; `require` encrypts without checking either. */
  mode: Schema.Literals(["disable", "require", "verify-ca", "verify-identity"]),
  caFile: Schema.optionalKey(Schema.NonEmptyString),
  certFile: Schema.optionalKey(Schema.NonEmptyString),
  keyFile: Schema.optionalKey(Schema.NonEmptyString)
})
export type Tls = typeof Tls.Type
