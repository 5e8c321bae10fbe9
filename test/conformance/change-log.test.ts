import { afterAll, beforeAll } from "vitest"
import { changeLogConformance } from "./change-log.ts"
import { openMemoryLogWorld } from "./memory-log-world.ts"
import { NatsServer } from "./nats-log-world.ts"

let server: NatsServer
beforeAll(async () => {
  server = await NatsServer.start()
})
afterAll(() => server.stop())

changeLogConformance("in memory", openMemoryLogWorld)
changeLogConformance("NATS JetStream", () => server.open())
