/** The Dockerfile as a careful reviewer reads it: well formed, small, without root, without anything that could install. */
import { readFileSync } from "node:fs"
import { validate } from "dockerfile-utils"
import { describe, expect, it } from "vitest"
import packageJson from "../../package.json" with { type: "json" }
import { readDockerfile } from "../../deploy/image/dockerfile.ts"

const text = readFileSync("Dockerfile", "utf8")
const stages = await readDockerfile(".")
const final = stages.at(-1)!

describe("Dockerfile", () => {
  it("is well formed and uses nothing deprecated (G3)", () => {
    const problems = validate(text).map(({ code, range }) => `line ${range.start.line + 1}: code ${code}`)
    expect(problems).toEqual([])
  })

  it("takes every base image from an argument with a pinned default (G3)", () => {
    expect(stages.map(({ base }) => base)).toEqual(["${BUILD_IMAGE}", "${RUNTIME_IMAGE}"])
    const defaults = [...text.matchAll(/^ARG (?:BUILD|RUNTIME)_IMAGE=(\S+)$/gm)].map(([, image]) => image!)
    expect(defaults).toHaveLength(2)
    for (const image of defaults) expect(image).toMatch(/:(?!latest)/)
    expect(defaults[0]).toContain(`node:${readFileSync(".node-version", "utf8").split(".")[0]}-`)
  })

  it("ends in a stage that runs nothing at build time, not as root, by number (G6)", () => {
    expect(final.steps.filter(({ kind }) => kind === "run")).toEqual([])
    expect(final.user).toMatch(/^[1-9]\d*:[1-9]\d*$/)
    expect(final.entrypoint).toEqual(["/usr/local/bin/gradewire"])
    expect(final.command).toEqual(["run"])
  })

  it("copies only what is named, never the whole context, and never node_modules (G9)", () => {
    const sources = stages.flatMap(({ steps }) =>
      steps.flatMap((step) => (step.kind === "copy" ? step.sources : []))
    )
    expect(sources.filter((source) => source === "." || /node_modules|\*/.test(source))).toEqual([])
    const sent = readFileSync(".dockerignore", "utf8")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1))
    const fromContext = stages.flatMap(({ steps }) =>
      steps.flatMap((step) => (step.kind === "copy" && step.from === undefined ? step.sources : []))
    )
    expect([...sent].sort()).toEqual([...fromContext].sort())
  })

  it("has the same version as the program, and OCI labels (G3)", () => {
    expect(/^ARG VERSION=(.*)$/m.exec(text)?.[1]).toBe(packageJson.version)
    const label = (name: string) => final.labels[`org.opencontainers.image.${name}`]
    expect(label("licenses")).toBe(packageJson.license)
    expect(label("version")).toBe("${VERSION}")
    expect(label("revision")).toBe("${REVISION}")
    expect(label("title")).toBe(packageJson.name)
  })
})
