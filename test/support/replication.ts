/** Replication by GTID between real servers, and its end: what stands behind every failover in the tests. */
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise"
import type { RunningServer } from "../../deploy/servers/RunningServer.ts"

const WAIT_SECONDS = 60

/** Settings with which a MariaDB server can take over; MySQL needs none. */
export const STANDBY_SETTINGS = {
  mysql: [],
  mariadb: ["--log-slave-updates", "--gtid-strict-mode=ON"]
} as const

export interface Node {
  readonly server: RunningServer
  readonly query: (text: string) => Promise<ReadonlyArray<RowDataPacket>>
  readonly close: () => void
}

export const connectNode = async (server: RunningServer): Promise<Node> => {
  const connection: Connection = await createConnection({
    uri: server.url,
    charset: "utf8mb4",
    multipleStatements: true
  })
  return {
    server,
    query: async (text) => (await connection.query<Array<RowDataPacket>>(text))[0],
    close: () => connection.destroy()
  }
}

const isMariadb = ({ server }: Node): boolean => server.kind === "mariadb"

/** One cell of the first row, as text. */
export const cellOf = (rows: ReadonlyArray<RowDataPacket>): string => String(Object.values(rows[0] ?? {})[0])

export const replicate = async (replica: Node, source: Node, delaySeconds = 0): Promise<void> => {
  const { port } = source.server
  await replica.query(
    isMariadb(replica)
      ? `SET GLOBAL gtid_slave_pos = @@GLOBAL.gtid_current_pos; CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${port}, MASTER_USER='root', MASTER_USE_GTID=slave_pos, MASTER_DELAY=${delaySeconds}; START SLAVE`
      : `CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=${port}, SOURCE_USER='root', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1, SOURCE_DELAY=${delaySeconds}; START REPLICA`
  )
}

/** Until `replica` has executed everything that `source` has. */
export const caughtUp = async (replica: Node, source: Node): Promise<void> => {
  const [set, wait] = isMariadb(replica)
    ? ["SELECT @@gtid_binlog_pos", "MASTER_GTID_WAIT"]
    : ["SELECT @@GLOBAL.gtid_executed", "WAIT_FOR_EXECUTED_GTID_SET"]
  const all = cellOf(await source.query(set)).replaceAll(/\s/g, "")
  if (cellOf(await replica.query(`SELECT ${wait}('${all}', ${WAIT_SECONDS})`)) !== "0") {
    throw new Error(`the replica does not reach ${all}`)
  }
}

export const halt = async (replica: Node): Promise<void> => {
  await replica.query(isMariadb(replica) ? "STOP SLAVE" : "STOP REPLICA")
}

export const resume = async (replica: Node): Promise<void> => {
  await replica.query(isMariadb(replica) ? "START SLAVE" : "START REPLICA")
}

/** Ends replication on a replica, which takes writes from now on. */
export const promote = async (replica: Node): Promise<void> => {
  await halt(replica)
  await replica.query(isMariadb(replica) ? "RESET SLAVE ALL" : "RESET REPLICA ALL")
}
