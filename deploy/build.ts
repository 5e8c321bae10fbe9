/**
 * Bundles the program into dist/: `node dist/gradewire.js` needs nothing but Node.
 *
 * - One tiny entry switches the compile cache on before anything heavy is read, then loads the program.
 * - Every command's adapters are chunks of their own, read only when that command runs.
 * - Names are kept: libraries recognise their classes by `constructor.name`, and stack traces stay readable.
 */
import { chmod, cp, mkdir, rm, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { build, type Metafile } from "esbuild"
import { thirdPartyLicenses } from "./third-party-licenses.ts"

const ROOT = fileURLToPath(new URL("..", import.meta.url))
const DIST = fileURLToPath(new URL("../dist/", import.meta.url))
const MIGRATIONS = fileURLToPath(new URL("../schemas/hr/migrations/", import.meta.url))

/** Optional parts of drivers that are asked for by `require` and done without where they are missing. */
const OPTIONAL = ["pg-native", "pg-cloudflare", "cloudflare:sockets", "bufferutil", "utf-8-validate"]

/** CommonJS inside an ES module still wants these three. */
const BANNER = [
  'import { createRequire as __createRequire } from "node:module";',
  "const require = __createRequire(import.meta.url);",
  "const __filename = import.meta.filename, __dirname = import.meta.dirname;"
].join(" ")

const ENTRY = `#!/usr/bin/env node
import { enableCompileCache } from "node:module"
enableCompileCache()
await import("./program/bundle/main.js")
`

const bundle = async (): Promise<Metafile> => {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { main: "src/main.ts" },
    // As deep as src/compose, so that one relative URL finds the migrations from the source and from here.
    outdir: `${DIST}program/bundle`,
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
  return `dist/: ${outputs.length} files, ${kib(sum(outputs.map(([file]) => file)))}; read for --help: ${read.size} files, ${kib(sum([...read]))}`
}

const main = async (): Promise<void> => {
  await rm(DIST, { recursive: true, force: true })
  await mkdir(DIST, { recursive: true })
  const metafile = await bundle()
  await writeFile(`${DIST}gradewire.js`, ENTRY)
  await chmod(`${DIST}gradewire.js`, 0o755)
  await writeFile(`${DIST}package.json`, `${JSON.stringify({ type: "module", private: true })}\n`)
  await cp(MIGRATIONS, `${DIST}schemas/hr/migrations`, { recursive: true })
  await writeFile(`${DIST}THIRD-PARTY-LICENSES.txt`, await thirdPartyLicenses(ROOT, metafile))
  process.stdout.write(`${report(metafile)}\n`)
}

await main()
