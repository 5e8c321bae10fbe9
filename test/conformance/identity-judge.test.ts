/** Learners judged before anything is filed, and HR's employees read, on every kind of HR database. */
import { afterAll, beforeAll } from "vitest"
import { MySqlWorlds } from "./mysql-hr-world.ts"
import { coverageConformance } from "./people-populations.ts"
import { changedRowsConformance, PROVING } from "./people-proofs.ts"
import { PostgresWorlds } from "./postgresql-hr-world.ts"

let postgres: PostgresWorlds
let mysql: MySqlWorlds
let mariadb: MySqlWorlds
beforeAll(async () => {
  ;[postgres, mysql, mariadb] = await Promise.all([
    PostgresWorlds.start(),
    MySqlWorlds.start("mysql"),
    MySqlWorlds.start("mariadb")
  ])
}, 300_000)
afterAll(() => Promise.all([postgres?.stop(), mysql?.stop(), mariadb?.stop()]))

const RUNS = 15
const opened = async (worlds: PostgresWorlds | MySqlWorlds) => ({
  world: await worlds.openProving(),
  judge: worlds.identityJudge(PROVING)
})
coverageConformance("PostgreSQL", PROVING, () => opened(postgres), RUNS)
coverageConformance("MySQL", PROVING, () => opened(mysql), RUNS)
coverageConformance("MariaDB", PROVING, () => opened(mariadb), RUNS)
changedRowsConformance("PostgreSQL", () => postgres.openProving())
changedRowsConformance("MySQL", () => mysql.openProving())
changedRowsConformance("MariaDB", () => mariadb.openProving())
