/** The training system's database: learners keyed by phone, exams, scores under Chinese names, and a table nobody maps. */
import { randomBytes } from "node:crypto"
import { type Connection, createConnection } from "mysql2/promise"
import type { RunningServer } from "../servers/server.ts"
import { EXAMS, type Learner } from "./people.ts"

export interface Account {
  readonly user: string
  readonly password: string
}

const TABLES = [
  "CREATE DATABASE training CHARACTER SET utf8mb4",
  `CREATE TABLE training.learner (
    id          BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    \`姓名\`      VARCHAR(64) NOT NULL,
    \`手机号\`    VARCHAR(20) NULL UNIQUE,
    \`邮箱\`      VARCHAR(128) NULL,
    \`注册时间\`  DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
  )`,
  `CREATE TABLE training.exam (
    \`考试编号\`  VARCHAR(32) NOT NULL PRIMARY KEY,
    \`名称\`      VARCHAR(128) NOT NULL,
    \`满分\`      DECIMAL(5,2) NOT NULL,
    \`及格线\`    DECIMAL(5,2) NOT NULL,
    \`讲师\`      VARCHAR(64) NULL
  )`,
  `CREATE TABLE training.\`成绩\` (
    id          BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    \`学员id\`    BIGINT UNSIGNED NOT NULL,
    \`考试编号\`  VARCHAR(32) NOT NULL,
    \`分数\`      DECIMAL(5,2) NULL COMMENT 'NULL: not marked yet',
    \`满分\`      DECIMAL(5,2) NOT NULL,
    \`及格线\`    DECIMAL(5,2) NOT NULL,
    \`完成时间\`  DATETIME(3) NOT NULL COMMENT 'UTC+8',
    \`评语\`      VARCHAR(500) NULL,
    \`备注\`      VARCHAR(500) NULL COMMENT 'internal, not for the profile',
    KEY (\`学员id\`),
    FOREIGN KEY (\`学员id\`) REFERENCES training.learner (id),
    FOREIGN KEY (\`考试编号\`) REFERENCES training.exam (\`考试编号\`)
  ) AUTO_INCREMENT = 1000000`,
  `CREATE TABLE training.\`学习日志\` (
    id           BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    \`学员id\`     BIGINT UNSIGNED NOT NULL,
    \`页面\`       VARCHAR(200) NOT NULL,
    \`停留秒数\`   INT NOT NULL,
    \`时间\`       DATETIME(3) NOT NULL
  )`
]

/** A connection as the training system's own user. */
export const connectTraining = (server: RunningServer): Promise<Connection> =>
  createConnection({ uri: server.url, charset: "utf8mb4", dateStrings: true })

/** Creates tables and people, and gradewire's account with what it needs to read the binlog and no more. */
export const createTraining = async (
  connection: Connection,
  learners: ReadonlyArray<Learner>
): Promise<Account> => {
  for (const statement of TABLES) await connection.query(statement)
  await connection.query(
    "INSERT INTO training.exam (`考试编号`, `名称`, `满分`, `及格线`, `讲师`) VALUES ?",
    [EXAMS.map(({ fullMark, no, passMark, title }) => [no, title, fullMark, passMark, "培训部"])]
  )
  await connection.query("INSERT INTO training.learner (id, `姓名`, `手机号`, `邮箱`) VALUES ?", [
    learners.map(({ email, id, name, phone }) => [id, name, phone, email])
  ])
  const account = { user: "gradewire", password: randomBytes(18).toString("base64url") }
  await connection.query("CREATE USER gradewire@'%' IDENTIFIED BY ?", [account.password])
  await connection.query("GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO gradewire@'%'")
  for (const table of ["learner", "exam", "`成绩`"])
    await connection.query(`GRANT SELECT ON training.${table} TO gradewire@'%'`)
  return account
}
