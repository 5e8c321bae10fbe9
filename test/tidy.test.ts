/** The house rules that no linter knows, each with the fix in its message. */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { describe, expect, it } from "vitest"

const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  encoding: "utf8"
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(path))
const sources = tracked.filter((path) => /^(src|connectors|schemas|deploy|test)\/.*\.ts$/.test(path))
const text = (path: string): string => readFileSync(path, "utf8")

/** Code without comments and without string contents that only look like code. */
const code = (path: string): string =>
  text(path)
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/^\s*\/\/.*$/gm, "")

interface Import {
  readonly from: string
  readonly to: string
}
const importsOf = (path: string): ReadonlyArray<Import> =>
  [...code(path).matchAll(/(?<!")\b(?:from|import)\s*\(?\s*"([^"\s]+)"/g)].map(([, to]) => ({
    from: path,
    to: to!.startsWith(".") ? normalize(join(dirname(path), to!)) : to!
  }))
const imports = sources.flatMap(importsOf)

const isEffect = (to: string) => to === "effect" || to.startsWith("effect/")
const isPlatform = (to: string) => to.startsWith("@effect/platform-node") || to.startsWith("node:")
const room = (path: string): string => {
  const [top, second = ""] = path.split("/")
  if (top === "src") return path.split("/").length === 2 ? `src/${second}` : `src/${second}/`
  return top === "connectors" ? `connectors/${second}/` : `${top}/`
}
const PURE_ROOMS = [
  "src/alerts/",
  "src/capture/",
  "src/apply/",
  "src/identity/",
  "src/reconcile/",
  "src/pipeline/"
]
const ROOF = ["src/main.ts", "src/compose/"]

/** May a file of the room import this? The table of ARCHITECTURE.md. */
const mayImport = (from: string, to: string): boolean => {
  const [own, other] = [room(from), to.includes("/") && existsSync(to) ? room(to) : ""]
  if (own === other) return true
  if (own === "deploy/" || own === "test/") return own === "test/" || other !== "test/"
  if (ROOF.includes(own)) return other !== "test/" && other !== "deploy/"
  if (own === "schemas/") {
    return isEffect(to) || (from.startsWith("schemas/hr/") && to.startsWith("drizzle-orm"))
  }
  if (other === "schemas/") return true
  // The numbering plans of all countries, without I/O.
  if (own === "src/identity/" && to === "libphonenumber-js/mobile") return true
  if (PURE_ROOMS.includes(own)) return isEffect(to) || other === "src/pipeline/"
  if (own === "src/runtime/") {
    const isRule = other === "src/pipeline/" || other === "src/identity/"
    return isEffect(to) || isPlatform(to) || to === "yaml" || isRule
  }
  if (own === "src/cli/")
    return (
      isEffect(to) ||
      isPlatform(to) ||
      to === "yaml" ||
      to === "csv-stringify/sync" ||
      other.startsWith("src/")
    )
  if (own.startsWith("connectors/")) return !other.startsWith("connectors/") && !ROOF.includes(other)
  return false
}

const BANNED: ReadonlyArray<readonly [pattern: RegExp, instead: string]> = [
  [/\bnew Date\(|\bDate\.now\b/, "Effect's Clock, or text"],
  [/\bconsole\./, "Effect.log"],
  [/\bprocess\.env\b/, "Config, or src/runtime/read-secret.ts"],
  [/ as any\b/, "a schema or a type"],
  [/\bsetTimeout\(/, "Effect.sleep"],
  [/@ts-(ignore|nocheck)/, "a type that fits"],
  [/\bparseFloat\(/, "decimal text"]
]
/** Places that may do what others may not, and why. */
const EXEMPT: Readonly<Record<string, string>> = {
  "src/runtime/read-secret.ts": "the one door to the environment",
  "src/main.ts": "the process itself"
}

describe("the house", () => {
  it("keeps its doors: no room imports what the table does not allow (G3)", () => {
    const wrong = imports
      .filter(({ from, to }) => !mayImport(from, to))
      .map(({ from, to }) => `${from} imports ${to}`)
    expect(wrong, "see the table in ARCHITECTURE.md: move the code, or ask through a port").toEqual([])
  })

  it("lets one file talk to each driver of the source (G3)", () => {
    const users = (driver: string) => [
      ...new Set(
        imports
          .filter(({ from, to }) => to === driver && /^(src|connectors)\//.test(from))
          .map(({ from }) => from)
      )
    ]
    expect(users("@vlasky/zongji")).toEqual(["connectors/mysql/binlog-client.ts"])
  })

  it("bans what loses values, time or privacy, and names what to use instead (G9)", () => {
    const wrong = sources
      .filter((path) => /^(src|connectors|schemas)\//.test(path) && EXEMPT[path] === undefined)
      .flatMap((path) =>
        BANNED.filter(([pattern]) => pattern.test(code(path))).map(
          ([pattern, instead]) => `${path}: ${pattern.source} — use ${instead}`
        )
      )
    expect(wrong).toEqual([])
  })

  it("has no barrels and no drawers (G3)", () => {
    const wrong = sources.filter((path) =>
      /(^|\/)(index\.ts$|utils?\/|helpers?\/|common\/|utils?\.ts$|helpers?\.ts$)/.test(path)
    )
    expect(wrong, "name the file after what it does").toEqual([])
  })

  it("gives every test a title that ends with a promise (G1)", () => {
    const title =
      /\b(?:it|test)(?:\.(?:effect|live|each|for|prop)\b(?:\([\s\S]*?\]\s*(?:as const)?\s*\))?)?\(\s*(["'`])([\s\S]*?)\1/g
    const wrong = sources
      .filter((path) => path.endsWith(".test.ts") || path.startsWith("test/conformance/"))
      .flatMap((path) =>
        [...code(path).matchAll(title)]
          .filter(([, , name]) => !/\(G[1-9](, G[1-9])*\)$/.test(name!))
          .map(([, , name]) => `${path}: ${name}`)
      )
    expect(wrong, "end the title with the promise it proves, for example (G1)").toEqual([])
  })

  it("explains every error tag under a heading of docs/operations.md (G3)", () => {
    const tags = new Set(
      sources
        .filter((path) => /^(src|connectors|schemas)\//.test(path))
        .flatMap((path) =>
          [...code(path).matchAll(/TaggedError<\w+>\(\)\(\s*"(\w+)"|gradewire: ([A-Z]\w+): /g)].map(
            ([, tag, printed]) => tag ?? printed!
          )
        )
    )
    const headings = new Set([...text("docs/operations.md").matchAll(/^### (\w+)$/gm)].map(([, tag]) => tag!))
    expect(
      [...tags].filter((tag) => !headings.has(tag)),
      "add a heading: ### Tag"
    ).toEqual([])
    expect(
      [...headings].filter((tag) => !tags.has(tag)),
      "remove the heading, the tag is gone"
    ).toEqual([])
  })

  it("names no machine, no registry and no unfinished work (G9)", () => {
    const prose = tracked.filter(
      (path) => !/\.(png|svg|bin|gz)$|package-lock\.json$/.test(path) && path !== "test/tidy.test.ts"
    )
    const wrong = prose.filter((path) => /\/work\/|registry\.npmjs|TODO|FIXME/.test(text(path)))
    expect(wrong).toEqual([])
    expect(text("package-lock.json")).not.toMatch(/"resolved":/)
  })
})
