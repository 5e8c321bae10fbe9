/** One history while it happens: databases, people, gradewire's processes and the doors between them. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import type { ProgramCopy } from "../../deploy/demo/Gradewire.ts"
import { type Account, connectTraining, createTraining } from "../../deploy/demo/training-database.ts"
import { type ServerAddress, writeConnectorFile } from "../../deploy/demo/connector-file.ts"
import { type Employee, makePeople, type People } from "../../deploy/demo/people.ts"
import { Random } from "../../deploy/demo/Random.ts"
import type { RunningServer } from "../../deploy/servers/server.ts"
import { mysqlFraming, natsFraming } from "./framers.ts"
import { MAY_HALT } from "./FaultKind.ts"
import { enterEmployees, type HrSession } from "./HrDatabase.ts"
import type { HistoryPlan } from "./plan-history.ts"
import { type OwnExit, Role, type RoleName } from "./Role.ts"
import type { ServerSet } from "./ServerPool.ts"
import { TcpProxy } from "./TcpProxy.ts"
import { Workload } from "./Workload.ts"

/** The doors of the processes; with both roles in one process the two to the log are one. */
export interface Doors {
  readonly source: TcpProxy
  readonly captureLog: TcpProxy
  readonly applyLog: TcpProxy
  readonly hr: TcpProxy
}

const OPERATOR_MS = 1000
const HR_MS = 30_000
const HOLE = "the change log has a hole; apply answers capture for a while, then stops"

export class History {
  readonly plan: HistoryPlan
  readonly folder: string
  readonly servers: ServerSet
  readonly people: People
  readonly workload: Workload
  readonly random: Random
  readonly doors: Doors
  capture: Role
  apply: Role
  /** Tags with which a process may end by itself here. */
  readonly mayHalt = new Set<string>()
  readonly exits: Array<OwnExit> = []
  readonly poisoned = new Set<string>()
  /** rows of a huge transaction */
  readonly hugeRows: number
  /** Employees whom HR has entered so far. */
  readonly hired: Array<Employee> = []
  readonly #program: ProgramCopy
  readonly #startedAt = performance.now()
  #extra = 0
  #trainingTurn: Promise<unknown> = Promise.resolve()

  private constructor(
    plan: HistoryPlan,
    folder: string,
    servers: ServerSet,
    program: ProgramCopy,
    people: People,
    doors: Doors
  ) {
    this.plan = plan
    this.hugeRows = plan.hugeRows
    for (const { kind } of plan.faults) for (const tag of MAY_HALT[kind] ?? []) this.mayHalt.add(tag)
    this.folder = folder
    this.servers = servers
    this.#program = program
    this.people = people
    this.doors = doors
    this.random = new Random(plan.seed ^ 0x5eed)
    this.workload = new Workload(servers.source, people, new Random(plan.seed + 7), plan.rate)
    this.capture = this.role(plan.topology === "split" ? "capture" : "all")
    this.apply = plan.topology === "split" ? this.role("apply") : this.capture
  }

  /** Makes databases, people, doors and configuration; nothing runs yet. */
  static async prepare(
    plan: HistoryPlan,
    folder: string,
    servers: ServerSet,
    program: ProgramCopy
  ): Promise<History> {
    const people = makePeople(plan.seed)
    const training = await connectTraining(servers.source)
    const sourceAccount = await createTraining(training, people.learners)
    training.destroy()
    const targetAccount = await servers.hr.create(people.employees)
    const doors = await openDoors(servers, plan.topology)
    const history = new History(plan, folder, servers, program, people, doors)
    for (const role of history.roles) await history.#configure(role.name, sourceAccount, targetAccount)
    await program.run("migrate", "--config", history.#configFile(history.apply.name))
    await history.hr(async (session) => {
      for (const statement of servers.hr.audit(plan.profile)) await session.rows(statement)
    })
    return history
  }

  /** Every role that runs; one where both are in one process. */
  get roles(): ReadonlyArray<Role> {
    return this.capture === this.apply ? [this.capture] : [this.capture, this.apply]
  }

  /** One line of the history's own log. */
  readonly note = (line: string): void => {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(3)
    appendFileSync(join(this.folder, "history.log"), `${seconds.padStart(8)} ${line}\n`)
  }

  /** `successor` is the one from now on. */
  replace(old: Role, successor: Role): void {
    if (this.capture === old) this.capture = successor
    if (this.apply === old) this.apply = successor
  }

  /** Another process of the role, with a log of its own. */
  role(name: RoleName): Role {
    return new Role(
      {
        name,
        program: this.#program,
        folder: this.folder,
        config: this.#configFile(name),
        hasOwnClock: this.plan.faults.some(({ kind }) => kind === "clocks-jump"),
        exited: (exit) => this.#exited(exit)
      },
      this.#extra++
    )
  }

  async hr<A>(ask: (session: HrSession) => Promise<A>): Promise<A> {
    let session: HrSession | undefined
    try {
      // another fault may have taken the database away for a while
      await until(async () => {
        session = await this.servers.hr.connect().catch(() => undefined)
        return session !== undefined
      }, HR_MS)
      if (session === undefined) throw new Error(`the HR database does not answer for ${HR_MS / 1000} s`)
      return await ask(session)
    } finally {
      await session?.end().catch(() => undefined)
    }
  }

  /** HR enters people. They are entered again where the database has forgotten them. */
  async hire(employees: ReadonlyArray<Employee>): Promise<void> {
    this.hired.push(...employees.filter((one) => !this.hired.includes(one)))
    await this.rehire()
  }

  async rehire(): Promise<void> {
    await this.hr(async (session) => {
      const rows = await session.rows<{ no: string }>("SELECT 工号 AS no FROM hr.employee")
      const known = new Set(rows.map(({ no }) => no))
      await enterEmployees(
        session,
        this.hired.filter(({ no }) => !known.has(no))
      )
    })
  }

  /** Whoever needs the training database to stay there, and whoever takes it away, come after each other. */
  withTraining<A>(act: () => Promise<A>): Promise<A> {
    const turn = this.#trainingTurn.then(act)
    this.#trainingTurn = turn.catch(() => undefined)
    return turn
  }

  /** What gradewire's own comparison says of both databases: nothing, or what it printed. */
  async verify(): Promise<ReadonlyArray<string>> {
    const config = this.#configFile(this.apply.name)
    try {
      await this.#program.run("verify", "--config", config, "-o", "csv", "--wait", "10")
      return []
    } catch (error) {
      return [`verify: ${(error as Error).message}`]
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.roles.map((role) => role.discard()))
    await Promise.allSettled(Object.values(this.doors).map((door) => door.close()))
  }

  /** Where apply says that the log has lost messages, its remedy is a restart of capture: an operator does that. */
  async operate(over: AbortSignal): Promise<void> {
    const seen = new Map<Role, number>()
    while (!over.aborted && this.mayHalt.has("ChangeLogHole")) {
      await pause(OPERATOR_MS)
      const { apply } = this
      const holes = await apply.said(HOLE)
      if (holes <= (seen.get(apply) ?? 0)) continue
      seen.set(apply, holes)
      this.note("apply says that the log has a hole; capture is restarted")
      this.capture.strike()
    }
  }

  #exited(exit: OwnExit): void {
    this.exits.push(exit)
    this.note(`${exit.role} ended by itself: ${exit.tag} (${exit.outcome})`)
  }

  #configFile(role: RoleName): string {
    return join(this.folder, role, "connector.yaml")
  }

  async #configure(role: RoleName, sourceAccount: Account, targetAccount: Account): Promise<void> {
    const { source, changeLog, hr } = this.servers
    const { plan, doors } = this
    const folder = join(this.folder, role)
    await mkdir(folder, { recursive: true })
    const log = role === "apply" ? doors.applyLog : doors.captureLog
    const file = await writeConnectorFile(folder, {
      source: behind(source, doors.source),
      changeLog: behind(changeLog, log),
      target: behind(hr.server, doors.hr),
      sourceAccount,
      targetAccount
    })
    const limits = [
      "limits:",
      "  checkpointSeconds: 1",
      `  segmentEvents: ${plan.segmentEvents}`,
      `  batchEvents: ${plan.batchEvents}`,
      `  snapshotRows: ${plan.snapshotRows}`
    ]
    // the door can only look into what is not encrypted
    const open = "  tls: { mode: disable }"
    const text = readFileSync(file, "utf8")
      .replace(/^( {2}timeZone: .*)$/m, `$1\n${open}\n  start: ${plan.start}`)
      .replace(/^( {2}password: { file: target-password })$/m, `$1\n${open}`)
      .replace(
        /^( {2}servers: .*)$/m,
        plan.messageBytes === undefined ? "$1" : `$1\n  maxMessageBytes: ${plan.messageBytes}`
      )
    const filed =
      plan.profile === "own" ? text.replace(/^ {4}target:\n(?: {6}.*\n)+/m, "    target: own\n") : text
    writeFileSync(file, `${filed}\napply: { lanes: ${plan.lanes} }\n${limits.join("\n")}\n`)
  }
}

const openDoors = async (servers: ServerSet, topology: HistoryPlan["topology"]): Promise<Doors> => {
  const source = await TcpProxy.open(servers.source, mysqlFraming)
  const captureLog = await TcpProxy.open(servers.changeLog, natsFraming)
  const applyLog = topology === "one" ? captureLog : await TcpProxy.open(servers.changeLog, natsFraming)
  return { source, captureLog, applyLog, hr: await TcpProxy.open(servers.hr.server, servers.hr.framing) }
}

const behind = (server: RunningServer, door: TcpProxy): ServerAddress => {
  const url = new URL(server.url)
  url.host = `${door.host}:${door.port}`
  return {
    kind: server.kind,
    version: server.version,
    host: door.host,
    port: door.port,
    url: url.href.replace(/\/$/, "")
  }
}

/** Resolves with true once `is` does, with false when the time is over. */
export const until = async (
  is: () => boolean | Promise<boolean>,
  milliseconds: number,
  everyMs = 25
): Promise<boolean> => {
  const deadline = performance.now() + milliseconds
  for (;;) {
    if (await is()) return true
    if (performance.now() > deadline) return false
    await pause(everyMs)
  }
}
