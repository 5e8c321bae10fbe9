/** What the columns of gradewire's tables on MySQL and MariaDB are made of. */
import { sql } from "drizzle-orm"
import { bigint, customType, datetime, decimal } from "drizzle-orm/mysql-core"

export const ascii = (length: number) =>
  customType<{ data: string }>({
    dataType: () => `varchar(${length}) CHARACTER SET ascii COLLATE ascii_bin`
  })

export const connectorName = ascii(31)

export const positionText = ascii(64)

export const stateText = ascii(16)

export const ruleText = ascii(32)

/** 700 characters and a connector's name are what an InnoDB key of 3072 bytes has room for. */
export const keyText = customType<{ data: string }>({
  dataType: () => "varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin"
})

/** Lengths add up to less than a key of 3072 bytes. */
export const shortKey = (length: number) =>
  customType<{ data: string }>({
    dataType: () => `varchar(${length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin`
  })

export const moment = (name: string) => datetime(name, { mode: "string", fsp: 6 })

export const count = (name: string) =>
  bigint(name, { mode: "bigint" })
    .notNull()
    .default(sql`0`)

/** Wide enough for every score, narrow enough to add up. */
export const mark = (name: string) => decimal(name, { precision: 40, scale: 10 })
