import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Layer, Metric } from "effect"
import { describe, expect, it } from "vitest"
import { metricsPage } from "../../deploy/generate-metrics-page.ts"
import { freePort } from "../../deploy/servers/ports.ts"
import { METRICS, lagSeconds, retriesTotal } from "../../src/pipeline/metrics.ts"
import { CurrentVitals, Vitals } from "../../src/pipeline/Vitals.ts"
import { layerProbes } from "../../src/runtime/probes.ts"

const FIGURES = { version: "1.2.3", residentBytes: 1, heapBytes: 1, cpuSeconds: 2, startSeconds: 3 }

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: Headers
}
type Ask = (path: string, method?: string) => Promise<Answer>

/** Probes over the vitals, for as long as `use` runs. */
const probing = async (vitals: Vitals, use: (ask: Ask, port: number) => Promise<void>): Promise<void> => {
  const port = await freePort()
  const ask: Ask = async (path, method = "GET") => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method })
    return { status: response.status, body: await response.text(), headers: response.headers }
  }
  await Effect.promise(() => use(ask, port)).pipe(
    Effect.provide(layerProbes({ host: "127.0.0.1", port }, () => FIGURES)),
    Effect.provideService(CurrentVitals, vitals),
    Effect.provideService(Metric.MetricRegistry, new Map()),
    Effect.runPromise
  )
}

const running = (): Vitals => {
  const vitals = new Vitals()
  vitals.turn("apply", "running", Date.now())
  vitals.migrated = true
  return vitals
}

describe("the probes", () => {
  it("stay healthy while every neighbour is down, and say so (G1)", async () => {
    const vitals = running()
    vitals.turn("apply", "waiting", Date.now() - 5_000, "StoreUnavailable")
    vitals.connections.set("hr", false)
    await probing(vitals, async (ask) => {
      for (const path of ["/livez", "/readyz", "/startupz"]) {
        expect(await ask(path)).toMatchObject({ status: 200, body: "ok\n" })
      }
      const { body } = await ask("/readyz?verbose")
      expect(body).toMatch(/^\[\+\] apply: waiting for 5\.\d+s StoreUnavailable$/m)
      expect(body).toContain("[+] connection hr: does not answer\n")
      expect(body).toContain("[+] lag apply: unknown\n")
    })
  })

  it("are not ready before our own tables are there, nor started before a role has begun (G3)", async () => {
    const vitals = new Vitals()
    await probing(vitals, async (ask) => {
      expect((await ask("/startupz")).status).toBe(503)
      vitals.migrated = false
      expect((await ask("/startupz")).status).toBe(200)
      expect(await ask("/readyz")).toMatchObject({
        status: 503,
        body: "[-] migrations: waiting for the HR database\nnot ok\n"
      })
    })
  })

  it("find a process that is stuck by its watchdog alone (G1)", async () => {
    const vitals = running()
    vitals.beatMillis = -1_000_000
    await probing(vitals, async (ask) => expect((await ask("/livez")).status).toBe(503))
  })

  it("refuse other methods and paths (G3)", async () => {
    await probing(running(), async (ask) => {
      const refused = await ask("/metrics", "POST")
      expect(refused.status).toBe(405)
      expect(refused.headers.get("allow")).toBe("GET, HEAD")
      expect((await ask("/metrics", "HEAD")).status).toBe(200)
      expect(await ask("/secrets")).toMatchObject({
        status: 404,
        body: "Not here. There are /livez, /readyz, /startupz, /metrics.\n"
      })
      expect((await ask("/", "DELETE")).status).toBe(404)
    })
  })

  it("name whoever takes the port, and what to do (G3)", async () => {
    await probing(running(), async (_, port) => {
      const failure = await Effect.runPromise(
        Effect.flip(Effect.scoped(Layer.build(layerProbes({ host: "127.0.0.1", port }, () => FIGURES))))
      )
      expect(failure).toMatchObject({ _tag: "HttpUnavailable", code: "EADDRINUSE", port, fate: "halt" })
      expect(failure.remedy).toContain(`sport = :${port}`)
    })
  })
})

describe("the metrics", () => {
  it("are all on their page (G3)", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/metrics.md"), "utf8")
    expect(page, "run `make schemas`").toBe(metricsPage())
  })

  it("have a unit or _total in their name, a HELP text and known labels (G3)", () => {
    for (const { help, kind, name } of METRICS) {
      expect(name).toMatch(/^(gradewire|process|nodejs)_[a-z_]+$/)
      expect({ name, isTotal: name.endsWith("_total") }).toEqual({ name, isTotal: kind === "counter" })
      expect(help).toMatch(/^.{10,}[^.]$/)
    }
    expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length)
  })

  it("are served in Prometheus' text format, unknown as NaN and never as 0 (G1)", async () => {
    await probing(running(), async (ask) => {
      const { body, headers } = await ask("/metrics")
      expect(headers.get("content-type")).toContain("text/plain; version=0.0.4")
      expect(body).toContain("# TYPE gradewire_lag_seconds gauge\n")
      expect(body).toContain('gradewire_lag_seconds{stage="apply"} NaN\n')
      expect(body).toContain("gradewire_held_results NaN\n")
      expect(body).toContain('gradewire_up{role="apply"} 1\n')
      expect(body).toContain('gradewire_build_info{version="1.2.3"} 1\n')
      expect(body).not.toContain('role="capture"')
      for (const line of body.trimEnd().split("\n")) {
        expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]*\})? (NaN|[+-]Inf|[-+.e\d]+))$/)
      }
    })
  })

  it("keep one metric for each set of labels (G8)", () => {
    expect(retriesTotal({ stage: "capture", class: "X" })).toBe(
      retriesTotal({ stage: "capture", class: "X" })
    )
    expect(lagSeconds({ stage: "log" })).not.toBe(lagSeconds({ stage: "apply" }))
  })
})

describe("lag", () => {
  it("is the age of the news while news comes, and grows once it does not (G1)", () => {
    const vitals = running()
    vitals.hears("apply", 1_000_000, 1_000_400)
    expect(vitals.lagSeconds("apply", 1_010_000)).toBe(0.4)
    expect(vitals.lagSeconds("apply", 1_060_000)).toBe(60)
    vitals.turn("apply", "waiting", 1_010_000, "StoreUnavailable")
    expect(vitals.lagSeconds("apply", 1_010_000)).toBe(10)
    expect(vitals.lagSeconds("capture", 1_010_000)).toBeUndefined()
    expect(vitals.heartbeatAgeSeconds("apply", 1_010_400)).toBe(10)
  })
})
