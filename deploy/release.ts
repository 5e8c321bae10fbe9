/**
 * What a release hands out, into a folder: `make release`.
 *
 *   gradewire-VERSION.tgz          the program as an npm package: the bundle, its migrations, licences
 *   gradewire-chart-VERSION.tgz    the Helm chart (helm names it gradewire-VERSION.tgz, which is taken)
 *   gradewire-VERSION.cdx.json     CycloneDX bill of materials: the packages that are in the bundle
 *   SHA256SUMS
 */
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import packageJson from "../package.json" with { type: "json" }
import { buildProgram } from "./build.ts"
import { CHART } from "./render-chart.ts"
import { run } from "./servers/run.ts"
import { runTool } from "./tools/find-tool.ts"

const ROOT = fileURLToPath(new URL("..", import.meta.url))

interface Component {
  readonly name: string
  readonly version: string
  readonly properties?: unknown
}
interface Bill {
  readonly components: ReadonlyArray<Component>
  readonly dependencies: ReadonlyArray<{ readonly ref: string; readonly dependsOn?: ReadonlyArray<string> }>
  readonly [key: string]: unknown
}

/** Packages of THIRD-PARTY-LICENSES.txt, `name version`. */
export const bundledPackages = (licenses: string): ReadonlyArray<string> =>
  [...licenses.matchAll(/^={80}\n(\S+ \S+) \(/gm)].map(([, name]) => name!)

/** npm lists what is installed; what did not end up in the bundle is left out, as are paths of this machine. */
const billOfMaterials = async (licenses: string): Promise<Bill> => {
  const args = ["sbom", "--sbom-format", "cyclonedx", "--sbom-type", "application"]
  const printed = await run({ file: "npm", args: [...args, "--loglevel", "silent"] }, { cwd: ROOT })
  const bill = JSON.parse(printed.slice(printed.indexOf("{"))) as Bill
  const bundled = new Set(bundledPackages(licenses))
  const { dependencies: _dependencies, ...rest } = bill
  const components = bill.components
    .filter(({ name, version }) => bundled.has(`${name} ${version}`))
    .map(({ properties: _properties, ...component }) => component)
  const metadata = rest["metadata"] as { component: object }
  // npm names it after the folder.
  const component = { ...metadata.component, name: packageJson.name }
  return { ...rest, metadata: { ...metadata, component }, components } as unknown as Bill
}

/** Fills the folder; resolves with the names of its files. */
export const makeRelease = async (folder: string): Promise<ReadonlyArray<string>> => {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const { name, version } = packageJson
  const dist = join(ROOT, "dist")
  if (!existsSync(join(dist, "gradewire.js"))) await buildProgram(dist)
  const licenses = await readFile(join(ROOT, "dist/THIRD-PARTY-LICENSES.txt"), "utf8")
  await runTool("helm", "package", CHART, "--destination", folder)
  await rename(join(folder, `${name}-${version}.tgz`), join(folder, `${name}-chart-${version}.tgz`))
  await run({ file: "npm", args: ["pack", "--ignore-scripts", "--pack-destination", folder] }, { cwd: ROOT })
  const bill = `${JSON.stringify(await billOfMaterials(licenses), undefined, 2)}\n`
  await writeFile(join(folder, `${name}-${version}.cdx.json`), bill)
  const files = (await readdir(folder)).sort()
  const sums = await Promise.all(
    files.map(async (file) => {
      const hash = createHash("sha256").update(await readFile(join(folder, file)))
      return `${hash.digest("hex")}  ${file}\n`
    })
  )
  await writeFile(join(folder, "SHA256SUMS"), sums.join(""))
  return [...files, "SHA256SUMS"]
}

if (import.meta.main) {
  const folder = process.argv[2] ?? join(ROOT, "release")
  process.stdout.write(`${folder}: ${(await makeRelease(folder)).join(" ")}\n`)
}
