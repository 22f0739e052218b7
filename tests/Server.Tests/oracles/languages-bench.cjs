// Times Segment's packages on one trigger, one event and one mapping: what the benchmark of the languages compares with.
const { transform } = require('@segment/actions-core')
const { parseFql, validate } = require('@segment/destination-subscriptions')

function measure(name, ms, work) {
  for (let warm = 0; warm < 5000; warm++) work()
  const start = process.hrtime.bigint()
  const until = start + BigInt(ms) * 1000000n
  let count = 0
  while (process.hrtime.bigint() < until) {
    for (let at = 0; at < 100; at++, count++) if (!work()) throw new Error(`${name} did not match`)
  }

  const nanoseconds = Number(process.hrtime.bigint() - start) / count
  console.log(`npm        ${name.padEnd(32)} ${nanoseconds.toFixed(0).padStart(10)} ns ${Math.round(1e9 / nanoseconds).toLocaleString('en').padStart(12)}/s`)
}

let input = ''
process.stdin.setEncoding('utf8')
process.stdin.on('data', (chunk) => (input += chunk))
process.stdin.on('end', () => {
  const { ms, fql, event, mapping } = JSON.parse(input)
  const text = JSON.stringify(event)
  const ast = parseFql(fql)
  measure('trigger: parse and evaluate', ms, () => validate(parseFql(fql), event))
  measure('trigger: evaluate', ms, () => validate(ast, event))
  measure('event: read', ms, () => JSON.parse(text))
  measure('mapping, event read before', ms, () => transform(mapping, event))
  measure('mapping from and to bytes', ms, () => JSON.stringify(transform(mapping, JSON.parse(text))))
})
