/**
 * Fetches Debian packages with their libraries and unpacks them into a private folder; nothing is installed on the machine.
 *
 * apt runs on a configuration of its own (lists, archives and package state below our cache), as root or as an ordinary
 * user alike, and verifies signatures as always.
 */
import { existsSync } from "node:fs"
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { debianMirrors, readAptSources } from "./apt-sources.ts"
import { lockFile, serversFolder } from "./cache.ts"
import { withLock } from "./lock.ts"
import { run } from "./run.ts"

/**
 * Which archive to ask. `sid`: Debian's rolling suite, with every library down to libc, because the machine's may be older.
 * `own`: the machine's sources as they are, and only what is not installed on it, to run on the machine's own libc.
 */
export type Suite = "sid" | "own"

const debianKeys = [
  "/usr/share/keyrings/debian-archive-keyring.gpg",
  "/usr/share/keyrings/debian-archive-keyring.pgp"
]

const release = async (): Promise<{ id: string; codename: string }> => {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "")
  const field = (name: string): string => new RegExp(`^${name}="?([^"\\n]*)`, "m").exec(text)?.[1] ?? ""
  return { id: field("ID"), codename: field("VERSION_CODENAME") }
}

const sidSources = async (): Promise<string> => {
  const mirrors = debianMirrors(await readAptSources(), await release())
  if (mirrors.length === 0) throw new Error("this machine's apt sources name no mirror of the Debian archive")
  const keys = debianKeys.find((path) => existsSync(path))
  return mirrors
    .slice(0, 1)
    .map(({ uri, signedBy }) => {
      const key = keys ?? signedBy
      return `deb ${key === undefined ? "" : `[signed-by=${key}] `}${uri} sid main\n`
    })
    .join("")
}

/** The machine's settings for reaching its mirror (proxies, retries, date checks), without its hooks. */
const machineSettings = async (): Promise<string> => {
  const dump = await run({ file: "apt-config", args: ["dump"] })
  return dump
    .split("\n")
    .filter((line) =>
      /^(Acquire::(Check|Max-|http|https|ftp|Retries|Proxy|ForceIPv)|APT::Architectures?\b)/i.test(line)
    )
    .join("\n")
}

interface Apt {
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
}

/**
 * What is installed on the machine, as apt is to see it: without the packages to be fetched, because apt leaves out what it
 * takes for installed, and without relations, which would then be broken.
 */
export const installedBeside = (status: string, wanted: RegExp): string =>
  status
    .split(/\n\n+/)
    .filter((stanza) => !wanted.test(/^Package: (\S+)$/m.exec(stanza)?.[1] ?? ""))
    .map((stanza) => stanza.replaceAll(/^(?:Pre-Depends|Depends|Conflicts|Breaks):.*(?:\n[ \t].*)*\n?/gm, ""))
    .join("\n\n")

/** Writes the private configuration below the cache and brings its package lists up to date. */
const prepareApt = async (suite: Suite, wanted: RegExp, progress: (line: string) => void): Promise<Apt> => {
  const folder = join(serversFolder(), `apt-${suite}`)
  await mkdir(join(folder, "lists/partial"), { recursive: true })
  await mkdir(join(folder, "cache/archives/partial"), { recursive: true })
  const status = join(folder, "status")
  const installed = suite === "own" ? await readFile("/var/lib/dpkg/status", "utf8").catch(() => "") : ""
  await writeFile(status, installedBeside(installed, wanted))
  const settings = [
    await machineSettings(),
    'Dir::Etc::Parts "/dev/null";',
    'Dir::Etc::Main "/dev/null";',
    `Dir::State "${folder}";`,
    `Dir::State::lists "${folder}/lists";`,
    `Dir::State::status "${status}";`,
    `Dir::Cache "${folder}/cache";`,
    // 50 MB each, and made anew on every update
    'Dir::Cache::pkgcache "";',
    'Dir::Cache::srcpkgcache "";',
    'APT::Install-Recommends "0";',
    'Acquire::Retries "3";',
    'Acquire::Languages "none";',
    'Acquire::GzipIndexes "true";'
  ]
  if (suite === "sid") {
    const list = join(folder, "sources.list")
    await writeFile(list, await sidSources())
    settings.push(`Dir::Etc::sourcelist "${list}";`, 'Dir::Etc::sourceparts "/dev/null";')
    // an unreachable mirror is the cause to tell, not the packages that are then unknown
    settings.push('APT::Update::Error-Mode "any";')
    settings.push('Dir::Etc::preferences "/dev/null";', 'Dir::Etc::preferencesparts "/dev/null";')
  }
  // as root apt downloads as the user _apt, who cannot enter a checkout below a private home
  if (process.getuid?.() === 0) settings.push('APT::Sandbox::User "root";')
  const file = join(folder, "apt.conf")
  await writeFile(file, `${settings.join("\n")}\n`)
  const environment = { APT_CONFIG: file, DEBIAN_FRONTEND: "noninteractive" }
  progress(`asking the ${suite === "sid" ? "Debian sid" : "distribution's"} archive for its package list`)
  await run({ file: "apt-get", args: ["update"], environment })
  return { folder, environment }
}

interface Archive {
  readonly path: string
  readonly packageName: string
  readonly bytes: number
}

/** Archives that apt would fetch for `packages`, from its `'uri' file bytes hash` lines (apt-get(8), --print-uris). */
const planOf = async (apt: Apt, packages: ReadonlyArray<string>): Promise<ReadonlyArray<Archive>> => {
  const printed = await run({
    file: "apt-get",
    args: ["install", "-y", "--print-uris", ...packages],
    environment: apt.environment
  })
  return printed.split("\n").flatMap((line) => {
    const [uri, file, bytes] = line.split(" ")
    if (uri?.startsWith("'") !== true || file === undefined) return []
    return [
      {
        path: join(apt.folder, "cache/archives", file),
        packageName: file.split("_")[0] ?? "",
        bytes: Number(bytes)
      }
    ]
  })
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

const download = async (
  apt: Apt,
  packages: ReadonlyArray<string>,
  plan: ReadonlyArray<Archive>,
  progress: (line: string) => void
): Promise<void> => {
  const total = plan.reduce((sum, { bytes }) => sum + bytes, 0)
  progress(`downloading ${plan.length} packages, ${megabytes(total)}`)
  const archives = join(apt.folder, "cache/archives")
  const sizeOf = async (folder: string): Promise<number> => {
    const names = (await readdir(folder)).filter((name) => name.endsWith(".deb"))
    const sizes = await Promise.all(
      names.map((name) =>
        stat(join(folder, name)).then(
          (s) => s.size,
          () => 0
        )
      )
    )
    return sizes.reduce((sum, size) => sum + size, 0)
  }
  const ticker = setInterval(() => {
    Promise.all([sizeOf(archives), sizeOf(join(archives, "partial"))]).then(
      ([whole, part]) => progress(`downloaded ${megabytes(whole + part)} of ${megabytes(total)}`),
      () => undefined
    )
  }, 3000)
  try {
    await run({
      file: "apt-get",
      args: ["install", "-y", "--download-only", ...packages],
      environment: apt.environment
    })
  } finally {
    clearInterval(ticker)
  }
}

/**
 * Libraries and the named packages; perl, systemd, debconf and the like come along as dependencies of installation scripts
 * that never run here. libllvm (100 MB) serves PostgreSQL's JIT alone, which is loaded on use.
 */
const isWanted = (name: string, wanted: RegExp): boolean =>
  wanted.test(name) || (name.startsWith("lib") && !/^lib(llvm|perl|python)/.test(name))

const unneeded = ["doc", "man", "locale", "lintian", "info", "bug"].map(
  (name) => `--exclude=./usr/share/${name}`
)

/** Fetches `packages` and unpacks what `wanted` names, with all libraries, into `root`. */
export const unpackPackages = (
  suite: Suite,
  packages: ReadonlyArray<string>,
  wanted: RegExp,
  root: string,
  progress: (line: string) => void
): Promise<void> =>
  withLock(lockFile(`apt-${suite}`), progress, async () => {
    const apt = await prepareApt(suite, wanted, progress)
    const plan = await planOf(apt, packages)
    await download(apt, packages, plan, progress)
    await mkdir(root, { recursive: true })
    const archives = plan.filter(({ packageName }) => isWanted(packageName, wanted))
    progress(`unpacking ${archives.length} packages`)
    for (const { path } of archives) {
      // the archive's path travels as an argument, never as a piece of the script
      const script =
        'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --no-same-owner --keep-directory-symlink "$@"'
      const args = ["-c", script.replace('"$@"', unneeded.join(" ")), "sh", path, root]
      await run({ file: "sh", args })
    }
    for (const { path } of plan) await rm(path, { force: true })
  })
