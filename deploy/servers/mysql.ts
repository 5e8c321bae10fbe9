/** MySQL and MariaDB: datadirs with a root account that needs no password, row binlog with full metadata. */
import { existsSync } from "node:fs"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createConnection, type RowDataPacket } from "mysql2/promise"
import { type Installation, prefixOf } from "./installation.ts"
import type { Placement, Recipe } from "./recipe.ts"
import { run } from "./run.ts"

/** Unpacked packages do not lie where they were compiled for. */
const pathFlags = (installation: Installation): ReadonlyArray<string> => {
  if (installation.root === undefined) return []
  const usr = join(installation.root, "usr")
  const shares = ["share/mariadb", "share/mysql"].map((name) => join(usr, name))
  const share =
    shares.find((path) => existsSync(join(path, "english/errmsg.sys"))) ?? join(usr, "share/mysql")
  const charsets = shares.map((path) => join(path, "charsets")).find((path) => existsSync(path))
  const plugins = ["lib/mysql/plugin", "lib/mariadb/plugin"].map((name) => join(usr, name))
  return [
    `--basedir=${usr}`,
    `--lc-messages-dir=${share}`,
    ...(charsets === undefined ? [] : [`--character-sets-dir=${charsets}`]),
    `--plugin-dir=${plugins.find((path) => existsSync(path)) ?? plugins[0]}`
  ]
}

const asRoot = (): ReadonlyArray<string> => (process.getuid?.() === 0 ? ["--user=root"] : [])

/** Accounts come from any address without a name look-up, so that a machine's /etc/hosts plays no part. */
const rootFromAnywhere = [
  "CREATE USER IF NOT EXISTS root@'%' IDENTIFIED BY '';",
  "GRANT ALL PRIVILEGES ON *.* TO root@'%' WITH GRANT OPTION;",
  ""
].join("\n")

const commonFlags = (placement: Placement): ReadonlyArray<string> => [
  `--datadir=${join(placement.directory, "data")}`,
  `--port=${placement.port}`,
  `--bind-address=${placement.listen}`,
  "--skip-name-resolve",
  "--log-bin=binlog",
  "--binlog-row-metadata=FULL",
  // a source needs an id that no replica of it has; running servers never share a port
  `--server-id=${placement.port}`,
  "--character-set-server=utf8mb4",
  "--innodb-buffer-pool-size=64M",
  ...(placement.durable
    ? ["--innodb-flush-log-at-trx-commit=1", "--sync-binlog=1"]
    : ["--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0"])
]

/** `9.7.4-2` and `10.11.14-MariaDB-log` carry the packager's word behind the version. */
const leadingVersion = (text: string): string => /^[\d.]+/.exec(text)?.[0] ?? text

const launch: Recipe["launch"] = (installation, placement, flags) =>
  installation.program(installation.binary, [
    // must stand first
    "--no-defaults",
    ...pathFlags(installation),
    ...asRoot(),
    "--secure-file-priv=",
    // relative to the datadir: a socket's path may have no more than 107 characters (unix(7))
    "--socket=server.sock",
    `--pid-file=${join(placement.directory, "server.pid")}`,
    // a server that starts clears its folder for temporary tables, in use by a neighbour or not
    `--tmpdir=${placement.directory}`,
    ...flags
  ])

const answer: Recipe["answer"] = async (host, placement) => {
  const connection = await createConnection({
    host,
    port: placement.port,
    user: "root",
    connectTimeout: 5000
  })
  try {
    const [rows] = await connection.query<Array<RowDataPacket>>(
      "SELECT @@datadir AS folder, VERSION() AS version"
    )
    const folder = String(rows[0]?.["folder"]).replace(/\/$/, "")
    if (folder !== join(placement.directory, "data"))
      throw new Error(`another server answers there, from ${folder}`)
    return leadingVersion(String(rows[0]?.["version"]))
  } finally {
    connection.destroy()
  }
}

const shared = {
  configuration: undefined,
  launch,
  answer,
  url: (host: string, port: number) => `mysql://root@${host}:${port}/`,
  shutdownSignal: "SIGTERM",
  discardSignal: "SIGKILL",
  refusesRoot: false
} as const

export const mysqlRecipe: Recipe = {
  ...shared,
  templateRevision: 1,
  initialise: async (installation, folder) => {
    const datadir = join(folder, "data")
    const script = join(folder, "accounts.sql")
    await writeFile(script, rootFromAnywhere)
    const flags = [
      "--initialize-insecure",
      "--skip-log-bin",
      `--init-file=${script}`,
      "--innodb-redo-log-capacity=32M"
    ]
    const log = join(folder, "initialise.log")
    const args = ["--no-defaults", ...pathFlags(installation), ...asRoot(), `--datadir=${datadir}`, ...flags]
    await run(installation.program(installation.binary, [...args, `--log-error=${log}`])).catch(
      async (error) => {
        throw new Error(`${error.message}\n${await readFile(log, "utf8").catch(() => "")}`)
      }
    )
    // every server makes a server_uuid of its own, or two could not replicate from each other
    await rm(join(datadir, "auto.cnf"), { force: true })
    await rm(script)
  },
  flags: (placement) => [
    ...commonFlags(placement),
    "--mysqlx=OFF",
    "--gtid-mode=ON",
    "--enforce-gtid-consistency=ON",
    "--innodb-redo-log-capacity=128M",
    ...placement.settings
  ],
  image: "mysql:9.7",
  imageEnvironment: () => ({
    MYSQL_ALLOW_EMPTY_PASSWORD: "yes",
    MYSQL_ROOT_HOST: "%",
    MYSQL_INITDB_SKIP_TZINFO: "yes"
  })
}

const bootstrapScripts = [
  "system_tables.sql",
  "performance_tables.sql",
  "system_tables_data.sql",
  "maria_add_gis_sp_bootstrap.sql",
  "sys_schema.sql"
]

/** What mariadb-install-db(1) feeds to `mariadbd --bootstrap`, without the help tables, and with a root account for TCP. */
const bootstrapText = async (installation: Installation): Promise<string> => {
  const usr = prefixOf(installation)
  const shares = [
    join(usr, "share/mariadb"),
    join(usr, "share/mysql"),
    "/usr/share/mariadb",
    "/usr/share/mysql"
  ]
  const read = async (name: string): Promise<string> => {
    // 11.0 renamed them from mysql_* to mariadb_*; performance_tables came as a file of its own
    const paths = shares.flatMap((share) =>
      ["", "mariadb_", "mysql_"].map((prefix) => join(share, `${prefix}${name}`))
    )
    const path = paths.find((candidate) => existsSync(candidate))
    if (path !== undefined) return readFile(path, "utf8")
    if (name === "performance_tables.sql") return ""
    throw new Error(`MariaDB's ${name} is in none of ${shares.join(", ")}`)
  }
  const scripts = await Promise.all(bootstrapScripts.map(read))
  return [
    "CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n",
    ...scripts,
    // bootstrap runs without grant tables until they are loaded
    "FLUSH PRIVILEGES;",
    // the name of the machine that made the template
    "DELETE FROM mysql.global_priv WHERE Host NOT IN ('localhost', '127.0.0.1', '::1');",
    `FLUSH PRIVILEGES;\n${rootFromAnywhere}`
  ].join("\n")
}

export const mariadbRecipe: Recipe = {
  ...shared,
  templateRevision: 2,
  initialise: async (installation, folder) => {
    const datadir = join(folder, "data")
    await mkdir(datadir)
    const script = join(folder, "bootstrap.sql")
    await writeFile(script, await bootstrapText(installation))
    const args = [
      "--no-defaults",
      ...pathFlags(installation),
      ...asRoot(),
      `--datadir=${datadir}`,
      "--bootstrap"
    ]
    const flags = [
      "--skip-log-bin",
      "--innodb-log-file-size=16M",
      "--max-allowed-packet=8M",
      "--net-buffer-length=16K"
    ]
    await run(installation.program(installation.binary, [...args, ...flags]), { inputFile: script })
    await rm(script)
  },
  flags: (placement) => [
    ...commonFlags(placement),
    "--binlog-format=ROW",
    "--innodb-log-file-size=64M",
    ...placement.settings
  ],
  image: "mariadb:11.8",
  imageEnvironment: () => ({
    MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: "yes",
    MARIADB_ROOT_HOST: "%",
    MARIADB_INITDB_SKIP_TZINFO: "yes"
  })
}
