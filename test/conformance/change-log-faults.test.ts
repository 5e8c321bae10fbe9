import { afterAll, beforeAll } from "vitest"
import { changeLogFaultsConformance } from "./change-log-faults.ts"
import { openMemoryLogWorld } from "./memory-log-world.ts"
import { NatsServer } from "./nats-log-world.ts"

let server: NatsServer
beforeAll(async () => {
  server = await NatsServer.start()
})
afterAll(() => server.stop())

changeLogFaultsConformance("in memory", openMemoryLogWorld)
changeLogFaultsConformance("NATS JetStream", () => server.open())
