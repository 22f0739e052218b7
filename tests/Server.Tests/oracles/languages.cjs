// Answers what Segment's packages make of triggers and mappings: a JSON list of cases on standard input, a list of answers on standard output.
// The batch form is no part of the package's face, only of its files.
const { transform, transformBatch } = require(`${__dirname}/node_modules/@segment/actions-core/dist/cjs/mapping-kit`)
const { parseFql, generateFql, validate } = require('@segment/destination-subscriptions')

function answer(item) {
  if ('fql' in item) {
    const ast = parseFql(item.fql)
    const answered = ast.error ? { error: ast.error.name === 'Error' ? ast.error.message : '' } : { ast }
    try {
      answered.matches = validate(ast, item.event)
    } catch {
      answered.matches = false
    }
    try {
      if (!ast.error) answered.written = generateFql(ast)
    } catch {
      // A tree with an empty group has no text.
    }
    return answered
  }

  try {
    const output = item.batch ? transformBatch(item.mapping, item.event) : transform(item.mapping, item.event)
    return output === undefined ? {} : { output }
  } catch (failure) {
    return { error: String(failure.message) }
  }
}

let input = ''
process.stdin.setEncoding('utf8')
process.stdin.on('data', (chunk) => (input += chunk))
process.stdin.on('end', () => process.stdout.write(JSON.stringify(JSON.parse(input).map(answer))))
