/**
 * Every command of docs/deploy.md, carried out as far as that goes without a cluster. A new kind of command fails here until
 * somebody says how it is tested.
 */
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises"
import { existsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { buildProgram } from "../../deploy/build.ts"
import { objectsOf } from "../../deploy/render-chart.ts"
import { run } from "../../deploy/servers/run.ts"
import { findTool } from "../../deploy/tools/find-tool.ts"

const page = await readFile("docs/deploy.md", "utf8")
const commands = [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block]) =>
  block!.trim().split("\n")
)

/** Named on the page as never executed. */
const NOT_RUN = /^docker (build|push) /

describe("docs/deploy.md", () => {
  let folder = ""
  let helm = ""
  let kubectl = ""
  const deployments = new Set<string>()

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gw-page-"))
    await mkdir(join(folder, "place"))
    await symlink(resolve("deploy"), join(folder, "place/deploy"))
    ;[helm, kubectl] = await Promise.all([findTool("helm"), findTool("kubectl")])
    if (!existsSync("dist/gradewire.js")) await buildProgram(resolve("dist"))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const shell = (line: string) => run({ file: "sh", args: ["-c", line] }, { cwd: join(folder, "place") })

  /** Each flag is one that the command knows. */
  const knowsFlags = async (program: string, words: ReadonlyArray<string>): Promise<void> => {
    const help = await run({ file: program, args: [words[0]!, "--help"] })
    for (const flag of words.filter((word) => word.startsWith("-"))) expect(help).toContain(flag)
  }

  const carryOut = async (line: string): Promise<void> => {
    const words = line.split(" ")
    if (NOT_RUN.test(line)) return expect(page).toContain("`docker build`")
    if (/^helm (install|upgrade) /.test(line)) {
      const text = await shell(line.replace(/^helm \w+/, `${helm} template`))
      for (const { kind, metadata } of objectsOf(text.replaceAll(/^level=.*\n/gm, ""))) {
        if (kind === "Deployment") deployments.add(metadata.name)
      }
      return
    }
    if (words[0] === "helm") return knowsFlags(helm, words.slice(1))
    if (/^kubectl (-n \w+ )?create /.test(line)) {
      await shell(`${line.replace("kubectl", kubectl)} --dry-run=client -o yaml`)
      return
    }
    if (/^kubectl -n \w+ apply -k /.test(line)) {
      await run({ file: kubectl, args: ["kustomize", words.at(-1)!] })
      return
    }
    const inPod = /^kubectl -n hr exec deployment\/(\S+) -- gradewire (.*)$/.exec(line)
    if (inPod !== null) {
      expect(deployments).toContain(inPod[1])
      await run({ file: process.execPath, args: ["dist/gradewire.js", ...inPod[2]!.split(" "), "--help"] })
      return
    }
    if (line.startsWith("kubectl -n hr rollout status ")) {
      return expect(deployments).toContain(words.at(-1)!.replace("deployment/", ""))
    }
    if (words[0] === "make") return expect(await readFile("Makefile", "utf8")).toContain(`\n${words[1]}:`)
    if (/^(cp|printf|head) /.test(line)) return void (await shell(line))
    throw new Error(`docs/deploy.md: nobody has said how "${line}" is tested`)
  }

  it("has only commands that work as far as they go without a cluster (G3)", async () => {
    expect(commands.length).toBeGreaterThan(12)
    for (const line of commands) await carryOut(line)
  })

  it("links only to what is there (G3)", () => {
    const targets = [...page.matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => join("docs", target!))
    expect(targets.filter((target) => !existsSync(target))).toEqual([])
  })
})
