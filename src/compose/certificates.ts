/** When the certificates that the configuration names come to their end; files are read again, because they are renewed. */
import { X509Certificate } from "node:crypto"
import { Effect } from "effect"
import { CurrentVitals, type OutsideSystem } from "../pipeline/Vitals.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"
import { readNamedFile } from "../runtime/read-secret.ts"

const LOOK = "10 minutes"

/** For as long as it runs; sees nothing, and says so nowhere, where the configuration names no certificate. */
export const watchCertificates = Effect.fnUntraced(function* ({ config, folder }: LoadedConfig) {
  const vitals = yield* CurrentVitals
  const systems: ReadonlyArray<readonly [OutsideSystem, string, (typeof config.source)["tls"]]> = [
    ["source", "source", config.source.tls],
    ["log", "changeLog", config.changeLog.tls],
    ["hr", "target", config.target.tls]
  ]
  while (true) {
    for (const [system, section, tls] of systems) {
      let first: number | undefined
      for (const key of ["caFile", "certFile"] as const) {
        const file = tls?.[key]
        if (file === undefined) continue
        const end = yield* readNamedFile(file, `${section}.tls.${key}`, folder).pipe(
          Effect.map(firstEnd),
          // Whoever connects with it says so.
          Effect.catch(() => Effect.succeed(undefined))
        )
        if (end !== undefined && (first === undefined || end < first)) first = end
      }
      if (first !== undefined) vitals.certificateEnds.set(system, first)
    }
    yield* Effect.sleep(LOOK)
  }
})

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Of all certificates in a PEM text the end of the one that ends first, ms since 1970 UTC; `undefined`: none is readable. */
export const firstEnd = (pem: string): number | undefined => {
  const ends = (pem.match(PEM) ?? []).flatMap((text) => {
    try {
      return [new X509Certificate(text).validToDate.getTime()]
    } catch {
      return []
    }
  })
  return ends.length === 0 ? undefined : Math.min(...ends)
}
