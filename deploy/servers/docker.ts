/**
 * Servers as containers, where a Docker engine answers. Flags and files are those of the local servers.
 *
 * The port is the same inside and outside, because only a fixed binding survives a restart of the container; the server's
 * folder is mounted, so that tests can copy a store or read a binlog. Against a remote engine the files stay over there.
 * testcontainers removes the containers of an owner that dies (its reaper).
 */
import { existsSync } from "node:fs"
import { mkdir, writeFile } from "node:fs/promises"
import { homedir } from "node:os"
import { basename, join } from "node:path"
import { DockerServer } from "./DockerServer.ts"
import { freePort } from "./ports.ts"
import { toStandardError } from "./progress.ts"
import { recipes } from "./recipes.ts"
import type { RunningServer, ServerKind, StartOptions } from "./RunningServer.ts"
import { makeServerFolder } from "./server-folder.ts"

const inContainer = "/gradewire"

/** Places where testcontainers looks for an engine; loading it costs seconds, so nothing is loaded where there is none. */
const hasTraceOfEngine = (): boolean => {
  const runtime = process.env["XDG_RUNTIME_DIR"] ?? `/run/user/${process.getuid?.() ?? 0}`
  const home = homedir()
  return (
    process.env["DOCKER_HOST"] !== undefined ||
    [
      "/var/run/docker.sock",
      join(runtime, "docker.sock"),
      join(home, ".docker/run/docker.sock"),
      join(home, ".docker/desktop/docker.sock"),
      join(home, ".testcontainers.properties")
    ].some((path) => existsSync(path))
  )
}

let answered: Promise<boolean> | undefined

/** Whether servers are to run in containers; a socket file alone proves nothing, so the engine itself is asked. */
export const wantsDocker = (): Promise<boolean> => {
  const wish = process.env["GRADEWIRE_SERVERS"] ?? ""
  if (wish === "docker") return Promise.resolve(true)
  if (wish === "local" || wish === "packages") return Promise.resolve(false)
  if (wish !== "")
    return Promise.reject(new Error(`GRADEWIRE_SERVERS must be docker, local or packages, got "${wish}"`))
  if (!hasTraceOfEngine()) return Promise.resolve(false)
  answered ??= import("testcontainers")
    .then(({ getContainerRuntimeClient }) => getContainerRuntimeClient())
    .then(
      () => true,
      () => false
    )
  return answered
}

/** Starts one container of the kind; rejects with the engine's error, or the tail of the server's log. */
export const startDocker = async (kind: ServerKind, options: StartOptions): Promise<RunningServer> => {
  const progress = options.progress ?? toStandardError
  const recipe = recipes[kind]
  const { GenericContainer, Wait, getContainerRuntimeClient } = await import("testcontainers")
  const client = await getContainerRuntimeClient().catch((error: unknown) => {
    throw new Error("no Docker engine answers. To fix it: start one, or set GRADEWIRE_SERVERS=local", {
      cause: error
    })
  })
  const { host } = client.info.containerRuntime
  const directory = await makeServerFolder(kind, options.directory, undefined)
  await mkdir(join(directory, "data"))
  const placement = {
    name: basename(directory),
    directory: inContainer,
    listen: "0.0.0.0",
    port: await freePort(),
    durable: options.durable ?? false,
    settings: options.settings ?? []
  }
  progress(`${kind}: starting a container of ${recipe.image}`)
  let container = new GenericContainer(recipe.image)
    .withExposedPorts({ container: placement.port, host: placement.port })
    .withEnvironment(recipe.imageEnvironment(placement))
    // all four images take flags alone and put their server's name before them
    .withCommand([...recipe.flags(placement)])
    // any first sign of life: the server's own protocol decides afterwards
    .withWaitStrategy(Wait.forLogMessage(/ready/i))
    .withStartupTimeout(180_000)
    // a container that is ended here is started again later
    .withAutoRemove(false)
  if (host === "localhost" || host === "127.0.0.1") {
    container = container.withBindMounts([{ source: directory, target: inContainer, mode: "rw" }])
    // mounted files then belong to us; root's images change to a user of their own by themselves
    const uid = process.getuid?.() ?? 0
    if (uid !== 0) container = container.withUser(`${uid}:${process.getgid?.() ?? uid}`)
  }
  if (recipe.configuration !== undefined) {
    const content = recipe.configuration(placement)
    await writeFile(join(directory, "server.conf"), content)
    container = container.withCopyContentToContainer([{ content, target: `${inContainer}/server.conf` }])
  }
  const server = new DockerServer(kind, recipe, placement, {
    directory,
    host: host === "localhost" ? "127.0.0.1" : host
  })
  await server.begin(container, client)
  return server
}
