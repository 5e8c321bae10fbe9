/** Which recipe makes which server. */
import { mariadbRecipe, mysqlRecipe } from "./mysql.ts"
import { natsRecipe } from "./nats.ts"
import { postgresqlRecipe } from "./postgresql.ts"
import type { Recipe } from "./recipe.ts"
import type { ServerKind } from "./RunningServer.ts"

export const recipes: Readonly<Record<ServerKind, Recipe>> = {
  mysql: mysqlRecipe,
  mariadb: mariadbRecipe,
  nats: natsRecipe,
  postgresql: postgresqlRecipe
}
