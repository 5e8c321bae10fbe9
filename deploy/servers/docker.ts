import type { RunningServer, ServerKind, StartOptions } from "./RunningServer.ts"
export const wantsDocker = async (): Promise<boolean> => false
export const startDocker = (_kind: ServerKind, _options: StartOptions): Promise<RunningServer> =>
  Promise.reject(new Error("x"))
