/**
 * When the certificates of the three connections come to their end: those that the configuration names, and those that the
 * servers show. Both are looked at anew every time, because they are renewed: files are read again, servers asked over a new
 * connection.
 */
import { X509Certificate } from "node:crypto"
import { TLSSocket } from "node:tls"
import { Effect, type Scope } from "effect"
import { openPeer as openLog } from "../../connectors/jetstream/peer-socket.ts"
import { connectSql } from "../../connectors/mysql/sql-connection.ts"
import type { Machine } from "../cli/Actions.ts"
import { CurrentVitals, type OutsideSystem } from "../pipeline/Vitals.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"
import { readNamedFile } from "../runtime/read-secret.ts"
import { changeLogOptions, sourceOptions } from "./options.ts"
import { targetOf } from "./target-of.ts"

const LOOK = "10 minutes"
/** After a look that a server did not answer. */
const LOOK_AGAIN = "1 minute"
const PATIENCE = "10 seconds"

interface Watched {
  readonly system: OutsideSystem
  /** Of the configuration. */
  readonly section: "source" | "changeLog" | "target"
  readonly peer: Effect.Effect<unknown, unknown, Machine | Scope.Scope>
}

/** For as long as it runs. A server that does not answer shows what it showed last; whoever connects for work says why. */
export const watchCertificates = Effect.fnUntraced(function* (loaded: LoadedConfig) {
  const { certificateEnds } = yield* CurrentVitals
  const watched: ReadonlyArray<Watched> = [
    {
      system: "source",
      section: "source",
      peer: Effect.map(Effect.flatMap(sourceOptions(loaded), connectSql), ({ socket }) => socket)
    },
    { system: "log", section: "changeLog", peer: Effect.flatMap(changeLogOptions(loaded), openLog) },
    { system: "hr", section: "target", peer: Effect.flatMap(targetOf(loaded), ({ peer }) => peer) }
  ]
  const shown = new Map<OutsideSystem, number | undefined>()
  while (true) {
    let allAnswered = true
    for (const { peer, section, system } of watched) {
      const seen = yield* Effect.scoped(Effect.map(peer, peerEnd)).pipe(
        Effect.timeout(PATIENCE),
        Effect.catch(() => Effect.succeed("no answer" as const))
      )
      if (seen === "no answer") allAnswered = false
      else shown.set(system, seen)
      const end = earliest([shown.get(system), ...(yield* namedEnds(loaded, section))])
      if (end === undefined) certificateEnds.delete(system)
      else certificateEnds.set(system, end)
    }
    yield* Effect.sleep(allAnswered ? LOOK : LOOK_AGAIN)
  }
})

/** Of the files that a section names. */
const namedEnds = ({ config, folder }: LoadedConfig, section: Watched["section"]) =>
  Effect.forEach(["caFile", "certFile"] as const, (key) => {
    const file = config[section].tls?.[key]
    if (file === undefined) return Effect.succeed(undefined)
    return readNamedFile(file, `${section}.tls.${key}`, folder).pipe(
      Effect.map(firstEnd),
      Effect.catch(() => Effect.succeed(undefined))
    )
  })

const earliest = (ends: ReadonlyArray<number | undefined>): number | undefined => {
  const known = ends.filter((end) => end !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

/**
 * Of the server's certificate and its issuers as far as they are known, the end of the one that ends first, ms since 1970 UTC;
 * `undefined`: the connection is not encrypted.
 */
export const peerEnd = (socket: unknown): number | undefined => {
  const ends: Array<number> = []
  let certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
  while (certificate !== undefined) {
    ends.push(certificate.validToDate.getTime())
    certificate = certificate.issuerCertificate
  }
  return earliest(ends)
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Of all certificates in a PEM text the end of the one that ends first, ms since 1970 UTC; `undefined`: none is readable. */
export const firstEnd = (pem: string): number | undefined =>
  earliest(
    (pem.match(PEM) ?? []).map((text) => {
      try {
        return new X509Certificate(text).validToDate.getTime()
      } catch {
        return undefined
      }
    })
  )
