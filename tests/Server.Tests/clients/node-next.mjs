// @segment/analytics-node, unmodified: every call once, then a flush. Exits with 1 when a delivery failed.
import { Analytics } from '@segment/analytics-node'

const failures = []
const analytics = new Analytics({ writeKey: process.env.WRITE_KEY, host: process.env.TRIBUTARY_URL, flushAt: 3 })
analytics.on('error', (error) => failures.push(String(error.reason ?? error)))
analytics.identify({ userId: 'ada', traits: { email: 'ada@example.com' } })
analytics.track({ userId: 'ada', event: 'Order Completed', properties: { total: 12.5 }, timestamp: new Date('2026-01-01T00:00:00Z') })
analytics.page({ anonymousId: 'anon', name: 'Home' })
analytics.screen({ anonymousId: 'anon', name: 'Start' })
analytics.group({ userId: 'ada', groupId: 'acme', traits: { plan: 'pro' } })
analytics.alias({ userId: 'ada', previousId: 'anon' })
await analytics.closeAndFlush({ timeout: 10_000 })
console.log(JSON.stringify({ failures }))
process.exit(failures.length > 0 ? 1 : 0)
