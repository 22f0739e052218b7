import { Connection } from '../shared/connection'
import { describeError } from './errors'
import { serveFetchWith } from './fetch'
import { operations, tellTokens } from './operations'

/** Serves the host over its socket until it closes. */
export function start(socket: string, token: string): void {
  const connection = Connection.open(socket, token, operations, describeError)
  serveFetchWith((kind, body, signal) => connection.ask(kind, body, signal))
  tellTokens((destinationId, tokens) => connection.ask('tokens', { destinationId, tokens }))
  // A promise that nobody waits for is the fault of one destination; the others go on.
  process.on('unhandledRejection', (reason) => connection.tell('log', { message: `unhandled: ${describeError(reason).name}` }))
}
