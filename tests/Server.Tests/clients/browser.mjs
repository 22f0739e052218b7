// @segment/analytics-next in Chromium on a page with the standard snippet, loaded from and sending to Tributary. Prints what the page requested and what it
// complained about; the test decides. With "batching" as argument it sends envelopes with credentials, which needs an echoed origin.
import http from 'node:http'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'

const snippet = createRequire(import.meta.url)('@segment/snippet')
const tributary = new URL(process.env.TRIBUTARY_URL)
const writeKey = process.env.WRITE_KEY

const batching = { strategy: 'batching', config: { size: 3, timeout: 300, credentials: 'include', headers: { 'X-Shop': 'yes' } } }
const load = process.argv[2] === 'batching' ? { integrations: { 'Segment.io': { deliveryStrategy: batching } } } : true

// The standard snippet asks for its script by https; a test server has no certificate, so only that scheme is changed.
const script = snippet.max({ apiKey: writeKey, host: tributary.host, page: true, load }).replace('https://', `${tributary.protocol}//`)
const html = `<!doctype html><html><head><title>Shop</title><link rel="icon" href="data:,"><script>${script}</script></head><body>Shop</body></html>`
const site = http.createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(html))
await new Promise((ready) => site.listen(0, '127.0.0.1', ready))

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})
const requests = []
const complaints = []
try {
  const page = await browser.newPage()
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => complaints.push(`${request.method()} ${request.url()}: ${request.failure()?.errorText}`))
  page.on('response', (response) => requests.push({ method: response.request().method(), url: response.url(), status: response.status() }))
  await page.goto(`http://127.0.0.1:${site.address().port}/?utm_source=test`)
  await page.evaluate(async () => {
    await new Promise((ready) => window.analytics.ready(ready))
    await window.analytics.track('Order Completed', { total: 12.5 })
    await window.analytics.identify('ada', { email: 'ada@example.com' })
    await window.analytics.group('acme', { plan: 'pro' })
    await window.analytics.alias('ada-2', 'ada')
    await window.analytics.page('Checkout')
    window.analytics.reset()
    await window.analytics.track('After Reset')
  })
  await page.waitForTimeout(1_000)
} finally {
  await browser.close()
  site.close()
}

console.log(JSON.stringify({ requests, complaints }))
