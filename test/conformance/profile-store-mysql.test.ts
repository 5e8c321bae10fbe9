import { afterAll, beforeAll } from "vitest"
import { MySqlWorlds } from "./mysql-hr-world.ts"
import { deadLetterConformance } from "./dead-letters.ts"
import { heldConformance } from "./held.ts"
import { scoreSemanticsConformance } from "./score-semantics.ts"
import { traceConformance } from "./trace.ts"
import { relinkConformance } from "./relink.ts"
import { SCORES } from "./hr-world.ts"
import { OWN_SCORES } from "./own-scores.ts"
import { ownTablesConformance } from "./profile-store-own.ts"
import { conversionsConformance } from "./conversions.ts"
import { offsetDeskConformance } from "./offset-desk.ts"
import { laneDecisionsConformance } from "./lane-decisions.ts"
import { lanesConformance, laneSetConformance } from "./lanes.ts"
import { parkedConformance } from "./parked-accounts.ts"
import { leaversConformance, peopleProofsConformance, PROVING } from "./people-proofs.ts"
import { populationsConformance } from "./people-populations.ts"
import { profileStoreConformance } from "./profile-store.ts"

let mysql: MySqlWorlds
let mariadb: MySqlWorlds
beforeAll(async () => {
  ;[mysql, mariadb] = await Promise.all([MySqlWorlds.start("mysql"), MySqlWorlds.start("mariadb")])
}, 300_000)
afterAll(() => Promise.all([mysql.stop(), mariadb.stop()]))

profileStoreConformance("MySQL", () => mysql.open())
profileStoreConformance("MariaDB", () => mariadb.open())
deadLetterConformance("MySQL", async () => ({ world: await mysql.open(), desk: mysql.desk() }))
deadLetterConformance("MariaDB", async () => ({ world: await mariadb.open(), desk: mariadb.desk() }))
profileStoreConformance("MySQL, own tables", () => mysql.openOwn())
profileStoreConformance("MariaDB, own tables", () => mariadb.openOwn())
ownTablesConformance("MySQL", () => mysql.openOwn())
ownTablesConformance("MariaDB", () => mariadb.openOwn())
conversionsConformance("MySQL", () => mysql.openMapped())
conversionsConformance("MariaDB", () => mariadb.openMapped())
peopleProofsConformance("MySQL", () => mysql.openProving())
peopleProofsConformance("MariaDB", () => mariadb.openProving())
populationsConformance("MySQL", () => mysql.openProving(), 12)
populationsConformance("MariaDB", () => mariadb.openProving(), 12)
lanesConformance("MySQL", () => mysql.open())
laneSetConformance("MySQL", async () => ({ world: await mysql.open(), lanes: mysql.laneDesk() }))
lanesConformance("MariaDB", () => mariadb.open())
laneSetConformance("MariaDB", async () => ({ world: await mariadb.open(), lanes: mariadb.laneDesk() }))
heldConformance("MySQL", async () => ({ world: await mysql.open(), desk: mysql.heldDesk() }))
relinkConformance("MySQL", async () => ({ world: await mysql.openMapped(), desk: mysql.heldDesk() }))
relinkConformance("MySQL, own tables", async () => ({
  world: await mysql.openOwn(),
  desk: mysql.heldDesk(OWN_SCORES)
}))
heldConformance("MariaDB", async () => ({ world: await mariadb.open(), desk: mariadb.heldDesk() }))
relinkConformance("MariaDB", async () => ({ world: await mariadb.openMapped(), desk: mariadb.heldDesk() }))
relinkConformance("MariaDB, own tables", async () => ({
  world: await mariadb.openOwn(),
  desk: mariadb.heldDesk(OWN_SCORES)
}))
laneDecisionsConformance("MySQL", async () => ({ world: await mysql.open(), desk: mysql.heldDesk() }))
laneDecisionsConformance("MariaDB", async () => ({ world: await mariadb.open(), desk: mariadb.heldDesk() }))
offsetDeskConformance("MySQL", async () => ({ world: await mysql.open(), desk: mysql.offsetDesk() }))
offsetDeskConformance("MariaDB", async () => ({ world: await mariadb.open(), desk: mariadb.offsetDesk() }))
traceConformance("MySQL", async () => ({
  world: await mysql.openOwn(),
  desk: mysql.heldDesk(OWN_SCORES),
  trace: mysql.traceDesk()
}))
traceConformance("MariaDB", async () => ({
  world: await mariadb.openOwn(),
  desk: mariadb.heldDesk(OWN_SCORES),
  trace: mariadb.traceDesk()
}))
scoreSemanticsConformance("MySQL", () => mysql.openOwn())
scoreSemanticsConformance("MariaDB", () => mariadb.openOwn())
leaversConformance("MySQL", async () => ({
  world: await mysql.openProving(),
  desk: mysql.heldDesk(SCORES, PROVING)
}))
leaversConformance("MariaDB", async () => ({
  world: await mariadb.openProving(),
  desk: mariadb.heldDesk(SCORES, PROVING)
}))
for (const [name, opened] of [
  ["MySQL", () => mysql],
  ["MariaDB", () => mariadb]
] as const)
  parkedConformance(name, async () => ({
    world: await opened().openProving(),
    desk: opened().heldDesk(SCORES, PROVING),
    waiting: async () => (await opened().sql("select held_changes as n from gradewire.offsets"))[0]!["n"]
  }))
