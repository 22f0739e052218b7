// The classic analytics-node, unmodified: every call once, then a flush. Exits with 1 when a delivery failed.
const Analytics = require('analytics-node')

const analytics = new Analytics(process.env.WRITE_KEY, { host: process.env.TRIBUTARY_URL, flushAt: 4 })
analytics.identify({ userId: 'ada', traits: { email: 'ada@example.com' } })
analytics.track({ userId: 'ada', event: 'Order Completed', properties: { total: 12.5 } })
analytics.page({ anonymousId: 'anon', name: 'Home' })
analytics.screen({ anonymousId: 'anon', name: 'Start' })
analytics.group({ userId: 'ada', groupId: 'acme' })
analytics.alias({ userId: 'ada', previousId: 'anon' })
analytics.flush((error) => {
  console.log(JSON.stringify({ failures: error ? [String(error)] : [] }))
  process.exit(error ? 1 : 0)
})
