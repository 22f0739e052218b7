import { Worker } from 'worker_threads'

// Runs beside the main thread, so that it acts even when that one is busy for ever.
const watch = `
  const parent = process.ppid
  setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL') }, 1000)
`

/** Ends this process when the one that started it is gone, even when the main thread no longer notices anything. */
export function endWithParent(): void {
  try {
    new Worker(watch, { eval: true, stdout: false, stderr: false, resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 } }).unref()
  } catch {
    // Where threads are not permitted, the end of the connection has to do.
  }
}
