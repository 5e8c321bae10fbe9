/** What the columns of gradewire's tables on PostgreSQL are made of. */
import { bigint, customType, pgSchema, timestamp } from "drizzle-orm/pg-core"

export const gradewire = pgSchema("gradewire")

/** Text that is compared byte by byte, whatever the database's collation is. */
export const bytewise = customType<{ data: string; driverData: string }>({
  dataType: () => 'text COLLATE "C"'
})

export const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 6, mode: "string" })

export const count = (name: string) => bigint(name, { mode: "bigint" })
