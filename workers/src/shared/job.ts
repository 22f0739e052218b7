import { AsyncLocalStorage } from 'async_hooks'

/** A job that the host gave us and that is under way. */
export interface Job {
  readonly id: number
  /** Fires when the host no longer wants the result. */
  readonly signal: AbortSignal
}

const current = new AsyncLocalStorage<Job>()

/** Runs work so that everything it starts knows whose job it is. */
export function runAs<T>(job: Job, work: () => Promise<T>): Promise<T> {
  return current.run(job, work)
}

/** The job on whose behalf the caller runs; undefined outside of jobs. */
export function currentJob(): Job | undefined {
  return current.getStore()
}
