// @segment/analytics-node, unmodified: one track call with what EVENT holds. Exits with 1 when the delivery failed.
import { Analytics } from '@segment/analytics-node'

const failures = []
const analytics = new Analytics({ writeKey: process.env.WRITE_KEY, host: process.env.TRIBUTARY_URL })
analytics.on('error', (error) => failures.push(String(error.reason ?? error)))
const { userId, anonymousId, event, properties, context, messageId } = JSON.parse(process.env.EVENT)
analytics.track({ userId, anonymousId, event, properties, context, messageId })
await analytics.closeAndFlush({ timeout: 10_000 })
console.log(JSON.stringify({ failures }))
process.exit(failures.length > 0 ? 1 : 0)
