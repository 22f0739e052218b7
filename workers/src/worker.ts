import { readFileSync } from 'fs'
import { endWithParent } from './shared/watchdog'

const argument = (name: string): string | undefined => {
  const at = process.argv.indexOf(name)
  return at < 0 ? undefined : process.argv[at + 1]
}

const mode = argument('--mode')
const socket = argument('--socket')

// Each mode is loaded only where it is run: the actions alone are several megabytes of code.
if (process.argv.includes('--catalogue')) {
  process.stdout.write(JSON.stringify(require('./actions/catalogue').catalogue()))
} else if (mode === 'actions' && socket) {
  endWithParent()
  require('./actions/host').start(socket, readFileSync(0, 'utf8'))
} else if (mode === 'functions' && socket) {
  // No watchdog: it would be a thread, and threads are not permitted where people's code runs. The kernel's limit of processor time ends what outlives the host.
  require('./functions/host').start(socket, readFileSync(0, 'utf8'))
} else {
  process.stderr.write('usage: worker --socket <path> --mode actions|functions\n')
  process.exit(2)
}
