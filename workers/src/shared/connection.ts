import { connect, type Socket } from 'net'
import { encode, FrameReader } from './frames'
import { currentJob, runAs, type Job } from './job'

/** What a mode offers: a function for each operation. It gets the body of the job and what was configured under the job's key. */
export type Operations = Record<string, (body: any, config: any, job: Job) => Promise<unknown>>

/** What the host answers to a request. */
export type Answer = { ok: any } | { error: string }

interface RunningJob extends Job {
  readonly abort: AbortController
}

/** The connection to the host: takes jobs, asks and tells. The process ends with it. */
export class Connection {
  private readonly jobs = new Map<number, RunningJob>()
  private readonly asks = new Map<number, (answer: Answer) => void>()
  private readonly configs = new Map<string, unknown>()
  private lastAsk = 0

  private constructor(
    private readonly socket: Socket,
    private readonly operations: Operations,
    private readonly describeError: (error: unknown) => unknown
  ) {}

  static open(path: string, token: string, operations: Operations, describeError: (error: unknown) => unknown): Connection {
    const socket = connect(path)
    const connection = new Connection(socket, operations, describeError)
    const reader = new FrameReader((frame) => connection.take(frame))
    socket.on('connect', () => connection.send({ ready: token, version: process.version }))
    socket.on('data', (chunk) => reader.push(chunk))
    socket.on('error', () => process.exit(1))
    socket.on('close', () => process.exit(0))
    return connection
  }

  /** Asks the host on behalf of the current job. An aborted request is taken back and answered with an error. */
  ask(kind: string, body: unknown, signal?: AbortSignal): Promise<Answer> {
    const job = currentJob()
    if (!job || !this.jobs.has(job.id)) return Promise.resolve({ error: 'job_over' })
    if (signal?.aborted || job.signal.aborted) return Promise.resolve({ error: 'aborted' })
    const id = ++this.lastAsk
    return new Promise((resolve) => {
      const abort = () => {
        if (this.asks.delete(id)) {
          this.send({ unask: id })
          done({ error: 'aborted' })
        }
      }
      const done = (answer: Answer) => {
        signal?.removeEventListener('abort', abort)
        job.signal.removeEventListener('abort', abort)
        resolve(answer)
      }
      signal?.addEventListener('abort', abort)
      job.signal.addEventListener('abort', abort)
      this.asks.set(id, done)
      this.send({ ask: kind, id, job: job.id, body })
    })
  }

  /** Tells the host something that needs no answer. */
  tell(kind: string, body: unknown): void {
    this.send({ tell: kind, body })
  }

  private send(frame: unknown): void {
    this.socket.write(encode(frame))
  }

  private take(frame: any): void {
    if (frame.op !== undefined) void this.run(frame)
    else if (frame.re !== undefined) this.answered(frame)
    else if (frame.ping) this.send({ pong: true })
    else if (frame.cancel !== undefined) this.jobs.get(frame.cancel)?.abort.abort()
    else if ('value' in frame) this.configs.set(frame.config, frame.value)
    else if (frame.forget !== undefined) this.configs.delete(frame.forget)
  }

  private answered(frame: any): void {
    const done = this.asks.get(frame.re)
    this.asks.delete(frame.re)
    done?.('ok' in frame ? { ok: frame.ok } : { error: frame.error })
  }

  private async run(frame: any): Promise<void> {
    const abort = new AbortController()
    const job: RunningJob = { id: frame.id, signal: abort.signal, abort }
    this.jobs.set(job.id, job)
    // A job that only waits for a timer would not notice that it is over; the host is answered at once.
    const cancelled = new Promise<never>((_, reject) => abort.signal.addEventListener('abort', () => reject(new Error('The job was cancelled.'))))
    try {
      const operation = this.operations[frame.op]
      if (!operation) throw new Error(`There is no operation ${frame.op}.`)
      const config = frame.config === undefined ? undefined : this.configs.get(frame.config)
      const value = await Promise.race([runAs(job, () => operation(frame.body, config, job)), cancelled])
      this.send({ re: job.id, ok: value ?? null })
    } catch (error) {
      this.send({ re: job.id, error: this.describeError(error) })
    } finally {
      this.jobs.delete(job.id)
    }
  }
}
