import { afterAll, beforeAll } from "vitest"
import { changeFeedConformance } from "./change-feed.ts"
import { openMemoryLogWorld } from "./memory-log-world.ts"
import { NatsServer } from "./nats-log-world.ts"

let server: NatsServer
beforeAll(async () => {
  server = await NatsServer.start()
})
afterAll(() => server.stop())

changeFeedConformance("in memory", openMemoryLogWorld)
changeFeedConformance("NATS JetStream", () => server.open())
