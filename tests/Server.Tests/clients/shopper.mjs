// @segment/analytics-node, unmodified: two people, one of whom buys twice. Exits with 1 when a delivery failed.
import { Analytics } from '@segment/analytics-node'

const failures = []
const analytics = new Analytics({ writeKey: process.env.WRITE_KEY, host: process.env.TRIBUTARY_URL })
analytics.on('error', (error) => failures.push(String(error.reason ?? error)))
for (const [userId, orders] of [['ada', 2], ['bob', 1]]) {
  analytics.identify({ userId, traits: { email: `${userId}@example.com` } })
  for (let order = 1; order <= orders; order++) {
    analytics.track({ userId, event: 'Order Completed', properties: { order_id: `${userId}-${order}`, total: 12.5 } })
  }
}
await analytics.closeAndFlush({ timeout: 10_000 })
console.log(JSON.stringify({ failures }))
process.exit(failures.length > 0 ? 1 : 0)
