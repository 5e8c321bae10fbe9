/**
 * Bundles the program into dist/: `node dist/gradewire.js` needs nothing but Node.
 *
 * - One tiny entry switches the compile cache on before anything heavy is read, then loads the program.
 * - Every command's adapters are chunks of their own, read only when that command runs.
 * - Names are kept: libraries recognise their classes by `constructor.name`, and stack traces stay readable.
 */
import { chmod, cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build as bundleFiles, type Metafile, type Plugin } from "esbuild"
import { thirdPartyLicenses } from "./third-party-licenses.ts"

const ROOT = fileURLToPath(new URL("..", import.meta.url))
const MIGRATIONS = fileURLToPath(new URL("../schemas/hr/migrations/", import.meta.url))

/** Optional parts of drivers that are asked for by `require` and done without where they are missing. */
const OPTIONAL = ["pg-native", "pg-cloudflare", "cloudflare:sockets", "bufferutil", "utf-8-validate"]

/** CommonJS inside an ES module still wants these three. */
const BANNER = [
  'import { createRequire as __createRequire } from "node:module";',
  "const require = __createRequire(import.meta.url);",
  "const __filename = import.meta.filename, __dirname = import.meta.dirname;"
].join(" ")

/** Runs on every Node, to say so where it is too old. */
const ENTRY = `#!/usr/bin/env node
import module from "node:module"
if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write("gradewire: needs Node 24 or newer, this is " + process.versions.node + "\\n")
  process.exit(1)
}
module.enableCompileCache()
await import("./program/bundle/main.js")
`

/** A deliberate mistake in one source file, for a test of the tests. */
export interface Change {
  /** from the project's folder */
  readonly file: string
  readonly from: RegExp
  readonly to: string
}

const withChange = ({ file, from, to }: Change): Plugin => ({
  name: `change ${file}`,
  setup: (build) => {
    const path = join(ROOT, file)
    build.onLoad({ filter: /\.ts$/ }, async (loaded) => {
      if (loaded.path !== path) return undefined
      const text = await readFile(path, "utf8")
      const contents = text.replace(from, () => to)
      if (contents === text) throw new Error(`${file} does not say ${from.source} any more`)
      return { contents, loader: "ts" }
    })
  }
})

const bundle = async (folder: string, changes: ReadonlyArray<Change>): Promise<Metafile> => {
  const { metafile } = await bundleFiles({
    absWorkingDir: ROOT,
    entryPoints: { main: "src/main.ts" },
    // As deep as src/compose, so that one relative URL finds the migrations from the source and from here.
    outdir: join(folder, "program/bundle"),
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    keepNames: true,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    chunkNames: "[name]-[hash]",
    external: OPTIONAL,
    banner: { js: BANNER },
    metafile: true,
    plugins: changes.map(withChange),
    logLevel: "warning"
  })
  return metafile
}

/** Bytes of every file of the bundle and of what a bare `--help` reads. */
const report = (metafile: Metafile): string => {
  const outputs = Object.entries(metafile.outputs)
  const read = new Set<string>()
  const visit = (file: string): void => {
    if (read.has(file)) return
    read.add(file)
    for (const used of metafile.outputs[file]?.imports ?? []) {
      if (used.kind === "import-statement" && !used.external) visit(used.path)
    }
  }
  visit(outputs.find(([, output]) => output.entryPoint === "src/main.ts")![0])
  const sum = (files: ReadonlyArray<string>): number =>
    files.reduce((bytes, file) => bytes + metafile.outputs[file]!.bytes, 0)
  const kib = (bytes: number): string => `${Math.round(bytes / 1024)} KiB`
  return `${outputs.length} files, ${kib(sum(outputs.map(([file]) => file)))}; read for --help: ${read.size} files, ${kib(sum([...read]))}`
}

/**
 * Replaces `dist` by a fresh build, in one step at the end: a program that is started meanwhile finds the old one whole.
 * Resolves with a line on sizes.
 */
export const buildProgram = async (dist: string, changes: ReadonlyArray<Change> = []): Promise<string> => {
  const folder = `${dist}.${process.pid}`
  try {
    await mkdir(folder, { recursive: true })
    const metafile = await bundle(folder, changes)
    await writeFile(join(folder, "gradewire.js"), ENTRY)
    await chmod(join(folder, "gradewire.js"), 0o755)
    await writeFile(join(folder, "package.json"), `${JSON.stringify({ type: "module", private: true })}\n`)
    await cp(MIGRATIONS, join(folder, "schemas/hr/migrations"), {
      recursive: true,
      // Only for making the next migration.
      filter: (source) => !source.endsWith("_snapshot.json")
    })
    for (const page of ["operations.md", "alerts.md"]) {
      await cp(join(ROOT, "docs", page), join(folder, "docs", page))
    }
    await writeFile(join(folder, "THIRD-PARTY-LICENSES.txt"), await thirdPartyLicenses(ROOT, metafile))
    await rm(dist, { recursive: true, force: true })
    await rename(folder, dist)
    return report(metafile)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const dist = process.argv[2] ?? join(ROOT, "dist")
  process.stdout.write(`${dist}: ${await buildProgram(dist)}\n`)
}
