/**
 * A server's operating-system process, bound to the life of this one.
 *
 * A small shell watches beside it and holds the other end of a pipe. However this process ends (return, uncaught exception,
 * SIGINT, SIGKILL), the kernel closes the pipe; the watcher then kills the server and removes its folder. So no signal
 * listeners are needed here, and the owner's own way of ending stays untouched.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs"
import { setTimeout as pause } from "node:timers/promises"
import type { Program } from "./run.ts"

/**
 * PostgreSQL's processes do not all notice their parent's end (one that waits for a client to log in stays a minute), so the
 * children are looked up and killed as well, while the parent is frozen and can start no more.
 */
const watcherScript = `
pid=
while read -r word value; do
  case $word in
    run) pid=$value ;;
    down) pid= ;;
    done) exit 0 ;;
  esac
done
if [ -n "$pid" ]; then
  kill -STOP "$pid"
  for file in /proc/[0-9]*/stat; do
    { read -r line < "$file"; } 2>/dev/null || continue
    child=\${line%% *}
    line=\${line##*) }
    line=\${line#* }
    [ "\${line%% *}" != "$pid" ] || kill -KILL "$child"
  done
  kill -KILL "$pid"
fi
tries=0
while [ -e "$1" ] && [ $tries -lt 50 ]; do
  rm -rf "$1"
  # a server killed while it starts may make its folder once more before the signal takes effect
  sleep 0.1
  tries=$((tries + 1))
done
`

/** State and parent of a process, from /proc/PID/stat (proc(5)); undefined when it is gone. */
const statOf = (pid: number): { readonly state: string; readonly parent: number } | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return { state: state ?? "", parent: Number(parent) }
  } catch {
    return undefined
  }
}

/** Processes below `pid`, itself first. PostgreSQL's are several, each in a process group of its own. */
const familyOf = (pid: number): ReadonlyArray<number> => {
  const children = new Map<number, Array<number>>()
  let names: ReadonlyArray<string> = []
  try {
    names = readdirSync("/proc")
  } catch {
    // no /proc (macOS): the process itself has to do
  }
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue
    const parent = statOf(Number(name))?.parent
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const family = [pid]
  for (const member of family) family.push(...(children.get(member) ?? []))
  return family
}

const signal = (pid: number, name: NodeJS.Signals): boolean => {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}

const STILL_MILLISECONDS = 1000

/** State "T" in proc(5); where there is no such folder, nothing is known and nothing waited for. */
const standsStill = (pid: number): boolean => {
  try {
    return / [TtZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\)/, ""))
  } catch {
    return true
  }
}

export class OwnedProcess {
  readonly #watcher: ChildProcess
  #child: ChildProcess | undefined
  #ended: Promise<void> = Promise.resolve()
  #outcome = "has not been started"

  /** `folder` is removed when this process ends without having called `release`. */
  constructor(folder: string) {
    this.#watcher = spawn("/bin/sh", ["-c", watcherScript, "gradewire-watcher", folder], {
      // a group of its own: Ctrl-C at the terminal must not end the watcher before its owner
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      cwd: "/"
    })
    this.#watcher.on("error", () => undefined)
    this.#watcher.stdin?.on("error", () => undefined)
    this.#watcher.unref()
    const pipe = this.#watcher.stdin as unknown as { unref?: () => void } | null
    pipe?.unref?.()
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** how the process ended, for error texts */
  get outcome(): string {
    return this.#outcome
  }

  start(program: Program, cwd: string, logFile: string): void {
    const log = openSync(logFile, "a")
    try {
      const child = spawn(program.file, program.args, {
        detached: true,
        cwd,
        stdio: ["ignore", log, log],
        env: { ...process.env, LC_ALL: "C", ...program.environment },
        ...(program.uid === undefined ? {} : { uid: program.uid }),
        ...(program.gid === undefined ? {} : { gid: program.gid })
      })
      this.#tell(`run ${child.pid ?? ""}`)
      this.#child = child
      this.#outcome = "is running"
      this.#ended = new Promise((done) => {
        const end = (outcome: string): void => {
          this.#tell("down")
          this.#child = undefined
          this.#outcome = outcome
          done()
        }
        child.once("error", (error) => end(`could not be started: ${error.message}`))
        child.once("exit", (code, name) => end(`ended with ${name ?? `exit code ${code}`}`))
      })
      child.unref()
    } finally {
      closeSync(log)
    }
  }

  /** SIGKILL to it and all processes below it, as a crash of the machine would. */
  async kill(): Promise<void> {
    const { pid } = this
    if (pid === undefined) return
    // the parent is frozen first, or it could start new children meanwhile
    signal(pid, "SIGSTOP")
    const family = familyOf(pid)
    for (const member of family) signal(member, "SIGKILL")
    await this.#wait(undefined)
    await this.#gone(family.slice(1))
  }

  /** `name` and a bounded wait; SIGKILL when it has not ended by then. */
  async end(name: NodeJS.Signals, milliseconds: number): Promise<void> {
    const { pid } = this
    if (pid === undefined) return
    this.resume()
    signal(pid, name)
    if (!(await this.#wait(milliseconds))) await this.kill()
  }

  /** Returns once it stands still: on a busy machine it would go on for a while after the signal. */
  pause(): void {
    if (this.pid === undefined) return
    const family = familyOf(this.pid)
    for (const member of family) signal(member, "SIGSTOP")
    for (let waited = 0; waited < STILL_MILLISECONDS && !family.every(standsStill); waited++) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }

  resume(): void {
    if (this.pid !== undefined) for (const member of familyOf(this.pid)) signal(member, "SIGCONT")
  }

  /** Nothing is left to guard: the watcher ends and touches nothing. */
  release(): void {
    this.#tell("done")
    this.#watcher.stdin?.end()
  }

  #tell(line: string): void {
    this.#watcher.stdin?.write(`${line}\n`)
  }

  /** true: it has ended */
  async #wait(milliseconds: number | undefined): Promise<boolean> {
    this.#child?.ref()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<boolean>((done) => {
      if (milliseconds !== undefined) timer = setTimeout(() => done(false), milliseconds)
    })
    try {
      return await Promise.race([this.#ended.then(() => true), late])
    } finally {
      clearTimeout(timer)
      this.#child?.unref()
    }
  }

  /** Until they are gone, their files and ports are not free; one that nobody reaps (Z) holds neither. */
  async #gone(pids: ReadonlyArray<number>): Promise<void> {
    const deadline = performance.now() + 10_000
    const remains = (pid: number): boolean => {
      const state = statOf(pid)?.state
      return state !== undefined && state !== "Z" && state !== "X"
    }
    while (pids.some(remains) && performance.now() < deadline) await pause(5)
  }
}
