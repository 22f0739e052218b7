import { Calls } from './calls'
import { Link } from './link'
import { lockDown } from './lockdown'

/** Runs people's functions for the host over its socket until it closes. */
export function start(socket: string, token: string): void {
  const calls: Calls = new Calls(
    Link.open(socket, {
      opened: () => {
        lockDown()
        link.ready(token)
      },
      job: (id, body, config) => calls.begin(id, body, config),
      cancelled: (id) => calls.cancel(id),
      answered: (ask, answer, error) => calls.answered(ask, answer, error)
    })
  )
  const link = calls.link
  // What people's code leaves behind is its own affair.
  process.on('unhandledRejection', () => undefined)
  process.on('uncaughtException', () => undefined)
}
