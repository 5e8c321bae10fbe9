/**
 * The process's own small HTTP server: /livez, /readyz, /startupz and /metrics, for Kubernetes and Prometheus.
 *
 * It answers from memory alone. Nothing here asks a neighbour, and nothing it says holds a value of a person (G9).
 */
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Clock, Effect, Layer, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import type { Fate } from "../../schemas/failure.ts"
import { monotonicMillis } from "../pipeline/monotonic-millis.ts"
import { readGauges, type ProcessFigures } from "../pipeline/read-gauges.ts"
import { CurrentVitals } from "../pipeline/Vitals.ts"
import { healthText, liveness, readiness, startup, type Health } from "./health.ts"

export interface ProbeAddress {
  readonly host: string
  readonly port: number
}

/** The address is taken, not this machine's, or not allowed. */
export class HttpUnavailable extends Schema.TaggedError<HttpUnavailable>()("HttpUnavailable", {
  message: Schema.String,
  host: Schema.String,
  port: Schema.Number,
  /** Of the operating system: EADDRINUSE, EADDRNOTAVAIL, EACCES. */
  code: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return this.code === "EADDRINUSE"
      ? `Something else listens there, often a second gradewire (ss -ltnp 'sport = :${this.port}'). Stop it, or give this one another port: http: { port: … } in the configuration, or --http HOST:PORT; --http off does without.`
      : "Give it an address of this machine and a port above 1023: http: { host: …, port: … } in the configuration, or --http HOST:PORT; --http off does without."
  }
}

/** A probe waits a second or two; what is under way is answered, then the door closes. */
const CLOSE = "1 second"

/** Serves for as long as the layer lives. */
export const layerProbes = (
  address: ProbeAddress,
  figures: () => ProcessFigures
): Layer.Layer<never, HttpUnavailable> => {
  const server = NodeHttpServer.layer(createServer, { ...address, gracefulShutdownTimeout: CLOSE })
  const served = HttpRouter.serve<never, never, HttpRouter.HttpRouter, never, never>(routes(figures), {
    disableLogger: true,
    disableListenLog: true
  })
  return served.pipe(
    Layer.provide(server),
    Layer.catch((error) => Layer.effectDiscard(Effect.fail(unavailable(address, error.cause))))
  )
}

const unavailable = ({ host, port }: ProbeAddress, cause: unknown): HttpUnavailable => {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "unknown"
  return new HttpUnavailable({ message: `cannot listen on ${host}:${port}: ${code}`, host, port, code })
}

const PATHS = ["/livez", "/readyz", "/startupz", "/metrics"] as const
type Path = (typeof PATHS)[number]

const routes = (figures: () => ProcessFigures): Layer.Layer<never, never, HttpRouter.HttpRouter> =>
  HttpRouter.use((router) =>
    Effect.gen(function* () {
      for (const path of PATHS) yield* router.add("*", path, onlyReading(answer(path, figures)))
      yield* router.add("*", "*", text(404, `Not here. There are ${PATHS.join(", ")}.\n`))
    })
  )

const text = (status: number, body: string) =>
  HttpServerResponse.text(body, {
    status,
    contentType: "text/plain; charset=utf-8",
    headers: { "cache-control": "no-store" }
  })

const onlyReading =
  (
    answer: Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest>
  ) =>
  (request: HttpServerRequest.HttpServerRequest) =>
    request.method === "GET" || request.method === "HEAD"
      ? answer
      : Effect.succeed(HttpServerResponse.setHeader(text(405, "Only GET and HEAD.\n"), "allow", "GET, HEAD"))

const answer = (path: Path, figures: () => ProcessFigures) =>
  Effect.gen(function* () {
    if (path === "/metrics") {
      yield* readGauges(figures())
      return HttpServerResponse.text(yield* PrometheusMetrics.format(), {
        contentType: "text/plain; version=0.0.4; charset=utf-8",
        headers: { "cache-control": "no-store" }
      })
    }
    const { url } = yield* HttpServerRequest.HttpServerRequest
    const health = yield* judge(path)
    return text(health.ok ? 200 : 503, healthText(health, /[?&]verbose(?:[=&]|$)/.test(url)))
  })

const judge = (path: Exclude<Path, "/metrics">): Effect.Effect<Health> =>
  Effect.gen(function* () {
    const vitals = yield* CurrentVitals
    if (path === "/livez") return liveness(vitals, yield* monotonicMillis)
    return path === "/startupz" ? startup(vitals) : readiness(vitals, yield* Clock.currentTimeMillis)
  })

const BEAT_MILLIS = 1_000

/** Beats for as long as it runs. */
export const watchdog: Effect.Effect<never> = Effect.gen(function* () {
  const vitals = yield* CurrentVitals
  while (true) {
    vitals.beatMillis = yield* monotonicMillis
    yield* Effect.sleep(BEAT_MILLIS)
  }
})
