/** `npx drizzle-kit generate`: migrations of the tables gradewire keeps in the HR database. */
import { defineConfig } from "drizzle-kit"

export default defineConfig({
  dialect: "postgresql",
  schema: [
    "./schemas/hr/tables.ts",
    "./schemas/hr/people-tables.ts",
    "./schemas/hr/profile-tables.ts",
    "./schemas/hr/operator-tables.ts",
    "./schemas/hr/reconciliation-tables.ts"
  ],
  out: "./schemas/hr/migrations/postgresql"
})
