/** `npx drizzle-kit generate --config drizzle.mysql.config.ts`: migrations for MySQL and MariaDB. */
import { defineConfig } from "drizzle-kit"

export default defineConfig({
  dialect: "mysql",
  schema: [
    "./schemas/hr/mysql/tables.ts",
    "./schemas/hr/mysql/people-tables.ts",
    "./schemas/hr/mysql/profile-tables.ts",
    "./schemas/hr/mysql/operator-tables.ts",
    "./schemas/hr/mysql/reconciliation-tables.ts"
  ],
  out: "./schemas/hr/migrations/mysql"
})
