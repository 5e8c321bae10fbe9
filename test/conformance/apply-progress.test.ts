import { afterAll, beforeAll } from "vitest"
import { applyProgressConformance } from "./apply-progress.ts"
import { openMemoryLogWorld } from "./memory-log-world.ts"
import { NatsServer } from "./nats-log-world.ts"

let server: NatsServer
beforeAll(async () => {
  server = await NatsServer.start()
})
afterAll(() => server.stop())

applyProgressConformance("in memory", openMemoryLogWorld)
applyProgressConformance("NATS JetStream", () => server.open())
