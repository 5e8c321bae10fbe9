/** PostgreSQL: a cluster of its own, superuser `postgres` without a password, TCP on 127.0.0.1 only. */
import { dirname, join } from "node:path"
import { Client } from "pg"
import type { Recipe } from "./recipe.ts"
import { run } from "./run.ts"

export const postgresqlRecipe: Recipe = {
  templateRevision: 1,
  initialise: async (installation, folder, user) => {
    const initdb = join(dirname(installation.binary), "initdb")
    const args = [
      "-D",
      join(folder, "data"),
      "-U",
      "postgres",
      "-A",
      "trust",
      "-E",
      "UTF8",
      "--locale=C.UTF-8",
      "--no-sync"
    ]
    await run({ ...installation.program(initdb, args), ...user }, { cwd: folder })
  },
  flags: ({ directory, durable, listen, port, settings }) => {
    const parameters = [
      `port=${port}`,
      `listen_addresses=${listen}`,
      // kept below the datadir, so that nothing stays in /dev/shm after SIGKILL
      "dynamic_shared_memory_type=mmap",
      "logging_collector=off",
      "jit=off",
      "max_connections=200",
      "timezone=UTC",
      // never synchronous_commit=off: a commit that was answered must outlive the process, if not the machine
      ...(durable ? ["fsync=on"] : ["fsync=off", "full_page_writes=off"])
    ]
    return [
      "-D",
      join(directory, "data"),
      ...parameters.flatMap((parameter) => ["-c", parameter]),
      ...settings
    ]
  },
  configuration: undefined,
  launch: (installation, _placement, flags, user) => ({
    // TCP is enough, and a socket's path may have no more than 107 characters (unix(7))
    ...installation.program(installation.binary, ["-c", "unix_socket_directories=", ...flags]),
    ...user
  }),
  answer: async (host, placement) => {
    const client = new Client({
      host,
      port: placement.port,
      user: "postgres",
      database: "postgres",
      connectionTimeoutMillis: 5000
    })
    // an error of a connection that is being closed is of no interest here
    client.on("error", () => undefined)
    try {
      await client.connect()
      const { rows } = await client.query<{ folder: string; version: string }>(
        "SELECT current_setting('data_directory') AS folder, current_setting('server_version') AS version"
      )
      const folder = rows[0]?.folder
      if (folder !== join(placement.directory, "data"))
        throw new Error(`another server answers there, from ${folder}`)
      // `15.18 (Debian 15.18-0+deb12u1)`
      return rows[0]?.version.split(" ")[0] ?? ""
    } finally {
      await client.end().catch(() => undefined)
    }
  },
  url: (host, port) => `postgresql://postgres@${host}:${port}/postgres`,
  // SIGTERM would wait for every client to leave (PostgreSQL manual, 19.5 Shutting Down the Server)
  shutdownSignal: "SIGINT",
  // immediate shutdown: a SIGKILL would leave its System V shared memory segment behind
  discardSignal: "SIGQUIT",
  refusesRoot: true,
  image: "postgres:17",
  imageEnvironment: ({ directory }) => ({
    POSTGRES_HOST_AUTH_METHOD: "trust",
    PGDATA: join(directory, "data")
  })
}
