/**
 * Finds or fetches the programs of a server: a named binary, suitable ones on the machine, else the distribution's packages
 * in the cache. What is cached is used without asking the network.
 */
import { existsSync } from "node:fs"
import { access, constants, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises"
import { delimiter, dirname, join } from "node:path"
import { unpackPackages, type Suite } from "./apt.ts"
import { cachedVersions, compareVersions, lockFile, publish, serversFolder, workFolder } from "./cache.ts"
import { withLock } from "./lock.ts"
import { type Program, run } from "./run.ts"
import type { ServerKind } from "./RunningServer.ts"

export interface Installation {
  readonly kind: ServerKind
  readonly version: string
  /** for people: a path, or the archive it came from */
  readonly from: string
  /** tells installations of equal version apart in the cache, e.g. `mysql-9.7.4` */
  readonly name: string
  /** parent of `usr` where the packages were unpacked; undefined for binaries of the machine */
  readonly root: string | undefined
  /** path of the server's binary */
  readonly binary: string
  /** how to run a program of this installation, e.g. `initdb` beside `postgres` */
  program(path: string, args: ReadonlyArray<string>): Program
}

interface Source {
  readonly suite: Suite
  readonly packages: ReadonlyArray<string>
  readonly wanted: RegExp
}

interface Needs {
  readonly title: string
  readonly variable: string
  readonly programs: ReadonlyArray<string>
  /** beside PATH, oldest first */
  readonly folders: ReadonlyArray<string>
  readonly minimum: string
  readonly isGenuine: (versionLine: string) => boolean
  readonly sources: ReadonlyArray<Source>
  readonly install: string
}

const needs: Readonly<Record<ServerKind, Needs>> = {
  mysql: {
    title: "MySQL",
    variable: "GRADEWIRE_MYSQLD",
    programs: ["mysqld"],
    folders: ["/usr/sbin", "/usr/local/mysql/bin"],
    minimum: "8.4",
    isGenuine: (line) => !/mariadb/i.test(line),
    sources: [{ suite: "sid", packages: ["mysql-server-core"], wanted: /^mysql-server-core/ }],
    install: "export GRADEWIRE_MYSQLD=/path/to/mysqld, or start a Docker engine"
  },
  mariadb: {
    title: "MariaDB",
    variable: "GRADEWIRE_MARIADBD",
    programs: ["mariadbd", "mysqld"],
    folders: ["/usr/sbin", "/usr/local/mysql/bin"],
    minimum: "10.6",
    isGenuine: (line) => /mariadb/i.test(line),
    sources: [
      { suite: "own", packages: ["mariadb-server-core"], wanted: /^mariadb-server-core/ },
      { suite: "sid", packages: ["mariadb-server-core"], wanted: /^mariadb-server-core/ }
    ],
    install: "apt-get install -y --no-install-recommends mariadb-server-core"
  },
  nats: {
    title: "NATS",
    variable: "GRADEWIRE_NATS_SERVER",
    programs: ["nats-server"],
    folders: ["/usr/sbin", "/usr/local/bin"],
    // atomic batches and message schedules begin here
    minimum: "2.12",
    isGenuine: (line) => /nats-server/.test(line),
    sources: [{ suite: "sid", packages: ["nats-server"], wanted: /^nats-server$/ }],
    install: "export GRADEWIRE_NATS_SERVER=/path/to/nats-server, or start a Docker engine"
  },
  postgresql: {
    title: "PostgreSQL",
    variable: "GRADEWIRE_POSTGRES",
    programs: ["postgres"],
    folders: [],
    minimum: "14",
    isGenuine: (line) => /PostgreSQL/.test(line),
    // never sid's: initdb runs `postgres` by itself, through the machine's loader and libc
    sources: [{ suite: "own", packages: ["postgresql"], wanted: /^postgresql(-client)?(-\d+)?$/ }],
    install: "apt-get install -y --no-install-recommends postgresql"
  }
}

/** `--version` lines begin with the program's path, which may hold any text; what it says of itself comes after. */
const versionIn = (text: string): { line: string; version: string } | undefined => {
  const match = /(?: Ver |nats-server: v|\(PostgreSQL\) )(\d+\.\d+(?:\.\d+)?).*/.exec(text)
  return match?.[1] === undefined ? undefined : { line: match[0], version: match[1] }
}

const folderNames = (folder: string): Promise<ReadonlyArray<string>> => readdir(folder).catch(() => [])

/** Debian keeps each PostgreSQL version's programs apart from PATH. */
const postgresFolders = async (root: string): Promise<ReadonlyArray<string>> => {
  const versions = (await folderNames(join(root, "usr/lib/postgresql"))).filter((name) => /^\d+$/.test(name))
  return versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(root, "usr/lib/postgresql", version, "bin"))
}

const isProgram = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false
  )

const direct = (file: string, args: ReadonlyArray<string>): Program => ({ file, args })

const probe = async (kind: ServerKind, program: Program): Promise<string> => {
  const text = await run(program)
  const stated = versionIn(text)
  const { title, minimum, isGenuine } = needs[kind]
  if (stated === undefined || !isGenuine(stated.line))
    throw new Error(`${program.file} is not ${title}: ${text.trim()}`)
  const { version } = stated
  if (compareVersions(version, minimum) < 0) {
    throw new Error(`${program.file} is ${title} ${version}; ${minimum} or newer is needed`)
  }
  return version
}

const machineInstallation = async (kind: ServerKind, path: string): Promise<Installation> => {
  // PostgreSQL finds its other files beside the real binary, not beside a link to it
  const binary = await realpath(path)
  const version = await probe(kind, direct(binary, ["--version"]))
  return {
    kind,
    version,
    from: binary,
    name: `${kind}-${version}-machine`,
    root: undefined,
    binary,
    program: direct
  }
}

const onMachine = async (kind: ServerKind): Promise<Installation | undefined> => {
  const { folders, programs } = needs[kind]
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "")
  const places = [...(kind === "postgresql" ? await postgresFolders("/") : []), ...path, ...folders]
  for (const folder of places) {
    for (const name of programs) {
      const file = join(folder, name)
      if (!(await isProgram(file))) continue
      // an unsuitable one (too old, or MariaDB under MySQL's name) is passed over
      const found = await machineInstallation(kind, file).catch(() => undefined)
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** Folders with the libraries of unpacked packages, and the loader where libc came with them. */
export const librariesOf = async (
  root: string
): Promise<{ loader: string | undefined; folders: ReadonlyArray<string> }> => {
  const folders: Array<string> = []
  let loader: string | undefined
  for (const parent of [join(root, "usr/lib"), join(root, "lib")]) {
    for (const name of await folderNames(parent)) {
      if (!/-linux-gnu/.test(name)) continue
      const folder = join(parent, name)
      folders.push(folder)
      const names = await folderNames(folder)
      const found = names.find((file) => /^ld-linux.*\.so\.\d+$/.test(file) || /^ld64\.so\.\d+$/.test(file))
      if (found !== undefined) loader ??= join(folder, found)
      if (names.includes("systemd")) folders.push(join(folder, "systemd"))
    }
  }
  return { loader, folders }
}

const unpackedInstallation = async (kind: ServerKind, folder: string): Promise<Installation> => {
  const root = join(folder, "root")
  const { loader, folders } = await librariesOf(root)
  const libraries = folders.join(":")
  const environment: Record<string, string> = libraries === "" ? {} : { LD_LIBRARY_PATH: libraries }
  const program = (path: string, args: ReadonlyArray<string>): Program =>
    loader === undefined
      ? { file: path, args, environment }
      : { file: loader, args: ["--library-path", libraries, path, ...args] }
  const places =
    kind === "postgresql"
      ? await postgresFolders(root)
      : ["usr/sbin", "usr/bin"].map((name) => join(root, name))
  const candidates = places.flatMap((place) => needs[kind].programs.map((name) => join(place, name)))
  const binary = candidates.find((path) => existsSync(path))
  if (binary === undefined)
    throw new Error(`no ${needs[kind].programs.join(" or ")} in the packages below ${root}`)
  const version = await probe(kind, program(binary, ["--version"]))
  const from = await readFile(join(folder, "from"), "utf8").catch(() => "packages")
  return { kind, version, from, name: `${kind}-${version}`, root, binary, program }
}

const newestCached = async (kind: ServerKind): Promise<Installation | undefined> => {
  for (const version of await cachedVersions(`${kind}-`)) {
    const found = await unpackedInstallation(kind, join(serversFolder(), `${kind}-${version}`)).catch(
      () => undefined
    )
    if (found !== undefined) return found
  }
  return undefined
}

const fetchPackages = async (
  kind: ServerKind,
  source: Source,
  progress: (line: string) => void
): Promise<Installation> => {
  const folder = await workFolder()
  try {
    await unpackPackages(source.suite, source.packages, source.wanted, join(folder, "root"), progress)
    const from = source.suite === "sid" ? "Debian sid's package" : "the distribution's package"
    await writeFile(join(folder, "from"), from)
    const { version } = await unpackedInstallation(kind, folder)
    return await unpackedInstallation(kind, await publish(folder, `${kind}-${version}`))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const fromPackages = async (kind: ServerKind, progress: (line: string) => void): Promise<Installation> => {
  const before = await newestCached(kind)
  if (before !== undefined) return before
  return withLock(lockFile(`fetch-${kind}`), progress, async () => {
    const meanwhile = await newestCached(kind)
    if (meanwhile !== undefined) return meanwhile
    const failures: Array<string> = []
    for (const source of needs[kind].sources) {
      try {
        return await fetchPackages(kind, source, progress)
      } catch (error) {
        failures.push(`- ${source.suite}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    const { install, minimum, title } = needs[kind]
    throw new Error(
      `No ${title} server (${minimum} or newer) on this machine, and its package could not be fetched.\n` +
        `To fix it: ${install}\n${failures.join("\n")}`
    )
  })
}

/** The server's programs; `GRADEWIRE_SERVERS=packages` passes over the machine's own, to try the rest. */
export const findInstallation = async (
  kind: ServerKind,
  progress: (line: string) => void
): Promise<Installation> => {
  const { variable } = needs[kind]
  const named = process.env[variable]
  if (named !== undefined && named !== "") {
    return machineInstallation(kind, named).catch((error: unknown) => {
      throw new Error(`${variable}=${named}: ${error instanceof Error ? error.message : String(error)}`)
    })
  }
  if (process.env["GRADEWIRE_SERVERS"] !== "packages") {
    const found = await onMachine(kind)
    if (found !== undefined) return found
  }
  return fromPackages(kind, (line) => progress(`${kind}: ${line}`))
}

/** Folder of the installation's files, to look for what stands beside the binary, e.g. `share` below it. */
export const prefixOf = (installation: Installation): string =>
  installation.root === undefined ? dirname(dirname(installation.binary)) : join(installation.root, "usr")
