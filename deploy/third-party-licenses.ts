/** Licence texts of every package that ended up in the bundle, as their licences ask. */
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import type { Metafile } from "esbuild"

const PACKAGE = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//

/** What may be in a program that is given to others without conditions on its own source. */
const PERMISSIVE: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "ISC",
  "MIT",
  "Unlicense"
])

/** @throws where a package's licence is not permissive */
export const thirdPartyLicenses = async (root: string, metafile: Metafile): Promise<string> => {
  const folders = new Set<string>()
  for (const output of Object.values(metafile.outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) {
      const folder = PACKAGE.exec(file)?.[1]
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder)
    }
  }
  const sections = await Promise.all([...folders].sort().map((folder) => section(join(root, folder))))
  return `gradewire contains these packages.\n\n${sections.join("\n")}`
}

const section = async (folder: string): Promise<string> => {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
    readonly name: string
    readonly version: string
    readonly license?: string
  }
  if (license === undefined || !PERMISSIVE.has(license)) {
    throw new Error(
      `${name} ${version} has the licence ${license ?? "(none)"}; only permissive ones may be bundled`
    )
  }
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e(\.|$)/i.test(entry))
  const text = file === undefined ? `Licensed under ${license}.` : await readFile(join(folder, file), "utf8")
  return `${"=".repeat(80)}\n${name} ${version} (${license})\n\n${text.trim()}\n`
}
