import { afterAll, beforeAll } from "vitest"
import { MySqlWorlds } from "./mysql-hr-world.ts"
import { profileStoreConformance } from "./profile-store.ts"

let mysql: MySqlWorlds
let mariadb: MySqlWorlds
beforeAll(async () => {
  ;[mysql, mariadb] = await Promise.all([MySqlWorlds.start("mysql"), MySqlWorlds.start("mariadb")])
}, 300_000)
afterAll(() => Promise.all([mysql.stop(), mariadb.stop()]))

profileStoreConformance("MySQL", () => mysql.open())
profileStoreConformance("MariaDB", () => mariadb.open())
